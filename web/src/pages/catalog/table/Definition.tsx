import { IconFileUnknown } from "@tabler/icons-react";
import type { ReactNode } from "react";
import { useReasonText } from "@/app/assets";
import type { AssetStatus, TableDetail } from "@/api";
import { useFormat } from "@/format";
import { useT } from "@/i18n";
import { Card, Code, CopyButton, Duration, EmptyState, Link, LinkButton, StatusBadge, Time } from "@/ui";
import css from "../Table.module.css";

/** A source's table, as newer servers tell of it. */
type MadeBy = NonNullable<TableDetail["made_by"]> & { type?: string; table?: string };

/** Which file makes the table, what it says, and why a run would work on it. */
export function Definition({ table }: { table: TableDetail }) {
  const t = useT();
  const made: MadeBy | null = table.made_by;
  if (!made) {
    return (
      <EmptyState icon={<IconFileUnknown />} title={t("catalog.definition.none")}>
        {t("catalog.definition.none.detail")}
      </EmptyState>
    );
  }
  const place = `${made.file}:${made.line}`;
  return (
    <div className={css.overview}>
      <div className={css.main}>
        <Card title={<code>{place}</code>} actions={<CopyButton text={place} />}>
          <dl className={css.terms}>
            <Term label={t("catalog.write")}><code>{made.write}</code></Term>
            {made.every && <Term label={t("catalog.every")}>{made.every}</Term>}
            {table.owner && <Term label={t("catalog.owner")}>{table.owner}</Term>}
          </dl>
          {made.source && (
            <p>{t("catalog.definition.source", { source: made.source, type: made.type ?? "", table: made.table ?? table.name.slice(table.namespace.length + 1) })}</p>
          )}
        </Card>
        {made.sql && (
          <Card title={t("catalog.definition.sql")}>
            <Code label={`${t("catalog.definition.sql")} ${made.file}`} code={made.sql} />
          </Card>
        )}
      </div>
      {table.asset && <Standing asset={table.asset} />}
    </div>
  );
}

function Standing({ asset }: { asset: AssetStatus }) {
  const t = useT();
  const f = useFormat();
  const reasonText = useReasonText();
  const { last } = asset;
  const reasons = [...new Set(asset.reasons?.map(reasonText))];
  return (
    <aside className={css.aside}>
      <Card title={t("catalog.definition.standing")} actions={<StatusBadge status={asset.status} />}>
        {asset.status === "failed" && last?.error && <pre className={css.error}>{last.error}</pre>}
        <div className={css.reasons}>
          {reasons.length === 0 ? (
            <p>{t("catalog.definition.fresh")}</p>
          ) : asset.if_changed ? (
            // Nothing has happened yet: what counts is which tables it waits for.
            <>
              <p>{t("catalog.definition.ifchanged")}</p>
              <ul>
                {[...new Set(asset.reasons?.flatMap((r) => r.input ?? []))].map((input) => (
                  <li key={input}><Link to="/catalog/$table" params={{ table: input }}>{input}</Link></li>
                ))}
              </ul>
            </>
          ) : (
            <>
              <p>{t("catalog.definition.reasons")}</p>
              <ul>{reasons.map((reason) => <li key={reason}>{reason}</li>)}</ul>
            </>
          )}
        </div>
        <dl className={css.dl}>
          <dt>{t("catalog.definition.filled")}</dt>
          <dd><Time at={asset.filled_at} /></dd>
          {asset.filled_from && asset.filled_to && (
            <>
              <dt>{t("catalog.definition.intervals")}</dt>
              <dd>{f.dateTime(asset.filled_from)} – {f.dateTime(asset.filled_to)}</dd>
            </>
          )}
          {asset.checked_at && (
            <>
              <dt>{t("catalog.definition.checked")}</dt>
              <dd><Time at={asset.checked_at} /></dd>
            </>
          )}
        </dl>
      </Card>
      {last && (
        <Card
          title={t("catalog.definition.last")}
          actions={
            <LinkButton to="/runs/$run/tasks/$task" params={{ run: last.run, task: last.id }} size="s" look="quiet">
              {t("catalog.definition.opentask")}
            </LinkButton>
          }
        >
          <dl className={css.dl}>
            <dt>{t("catalog.status")}</dt>
            <dd><StatusBadge status={last.status} /></dd>
            <dt>{t("catalog.definition.started")}</dt>
            <dd><Time at={last.started_at ?? last.queued_at} /></dd>
            <dt>{t("catalog.definition.took")}</dt>
            <dd><Duration from={last.started_at} to={last.finished_at} /></dd>
            <dt>{t("catalog.rows")}</dt>
            <dd>{last.unchanged ? t("catalog.definition.unchanged") : f.number(last.rows)}</dd>
            <dt>{t("catalog.definition.run")}</dt>
            <dd><Link to="/runs/$run" params={{ run: last.run }}>{last.run}</Link></dd>
          </dl>
        </Card>
      )}
    </aside>
  );
}

function Term({ label, children }: { label: string; children: ReactNode }) {
  return (
    <div>
      <dt>{label}</dt>
      <dd>{children}</dd>
    </div>
  );
}
