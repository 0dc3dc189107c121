import { Link } from "@tanstack/react-router";
import type { Overview, RunInfo } from "@/api";
import { useFormat } from "@/format";
import { useT } from "@/i18n";
import { Card, Duration, EmptyState, LinkButton, RowLink, Skeleton, StatusBadge, Table, Time, type TableColumn } from "@/ui";
import css from "./Home.module.css";

const rows = 8;

/** The newest runs. */
export function RunsCard({ runs }: { runs: RunInfo[] | undefined }) {
  const t = useT();
  const columns: TableColumn<RunInfo>[] = [
    { id: "status", header: t("home.runs.status"), width: "1%", cell: (run) => <StatusBadge status={run.status} /> },
    {
      id: "what",
      header: t("home.runs.what"),
      cell: (run) => (
        <RowLink to="/runs/$run" params={{ run: run.id }} className={css.cut} title={run.selectors?.join(" ")}>
          {run.selectors?.length ? run.selectors.join(", ") : t("home.run.all")}
        </RowLink>
      ),
    },
    { id: "tasks", header: t("home.runs.tasks"), hide: "phone", width: "1%", cell: (run) => <Tasks run={run} /> },
    { id: "begun", header: t("home.runs.begun"), width: "1%", cell: (run) => <Time at={run.started_at ?? run.created_at} /> },
    { id: "took", header: t("home.runs.took"), width: "1%", align: "end", hide: "phone", cell: (run) => <Duration from={run.started_at ?? run.created_at} to={run.finished_at} /> },
  ];
  return (
    <Card title={t("home.runs")} className={css.list} flush actions={<LinkButton to="/runs" look="quiet" size="s">{t("home.runs.all")}</LinkButton>}>
      {runs === undefined ? (
        <Waiting head />
      ) : runs.length === 0 ? (
        <EmptyState compact title={t("home.runs.none")} />
      ) : (
        <Table label={t("home.runs")} rows={runs.slice(0, rows)} rowKey={(run) => run.id} columns={columns} rowHeight={40} />
      )}
    </Card>
  );
}

function Tasks({ run }: { run: RunInfo }) {
  const t = useT();
  const f = useFormat();
  const counts = run.tasks ?? {};
  const all = Object.values(counts).reduce((sum, n) => sum + n, 0);
  const failed = counts.failed ?? 0;
  const waiting = (counts.queued ?? 0) + (counts.running ?? 0) + (counts.retrying ?? 0);
  return (
    <span className={css.tasks}>
      {waiting > 0 ? t("home.tasks.done", { done: f.number(all - waiting), n: f.number(all) }) : t("home.tasks", { n: all })}
      {failed > 0 && <span className={css.bad}> · {t("home.tasks.failed", { n: failed })}</span>}
    </span>
  );
}

/** The tables that changed last. */
export function UpdatedCard({ updated }: { updated: Overview["updated"] | undefined }) {
  const t = useT();
  const f = useFormat();
  return (
    <Card
      title={t("home.updated")}
      className={css.list}
      flush
      actions={<LinkButton to="/catalog" search={{ sort: "updated" }} look="quiet" size="s">{t("home.updated.all")}</LinkButton>}
    >
      {updated === undefined ? (
        <Waiting />
      ) : updated.length === 0 ? (
        <EmptyState compact title={t("home.updated.none")} />
      ) : (
        <ul>
          {updated.slice(0, rows).map((u) => (
            <li key={u.table} className={css.update}>
              <Link to="/catalog/$table" params={{ table: u.table }} className={css.name}>{u.table}</Link>
              <span className={css.grew} title={t("home.updated.rows", { n: u.rows, count: f.number(u.rows) })}>
                {u.added_rows > 0 ? t("home.updated.added", { n: u.added_rows, count: f.compact(u.added_rows) }) : t("home.updated.rows", { n: u.rows, count: f.compact(u.rows) })}
              </span>
              <span className={css.when}><Time at={u.updated_at} /></span>
            </li>
          ))}
        </ul>
      )}
    </Card>
  );
}

function Waiting({ head }: { head?: boolean }) {
  return (
    <div>
      {head && <div style={{ height: 34 }} />}
      {Array.from({ length: rows }, (_, i) => (
        <div key={i} className={css.update}>
          <Skeleton width={`${58 - ((i * 17) % 30)}%`} height={12} />
        </div>
      ))}
    </div>
  );
}
