import { IconPlayerPlay, IconSearchOff, IconStack2 } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { useDeferredValue, useMemo } from "react";
import { queries, type AssetStatus } from "@/api";
import { useReasonText } from "@/app/assets";
import { useTyped } from "@/app/useTyped";
import { useT } from "@/i18n";
import { Button, Card, EmptyState, isActive, QueryView, SearchField, Select, Skeleton, StatusBadge, StatusIcon, Table, Time, useStatusLabel, type TableColumn } from "@/ui";
import { readFailure } from "../model/failure";
import { useInterval } from "../parts/words";
import css from "./List.module.css";

const route = getRouteApi("/runs");
const rowHeight = 52;
/** The most pressing first. */
const rank: readonly string[] = ["failed", "interrupted", "cancelled", "never_built", "running", "retrying", "queued", "due", "fresh"];
const worst = (asset: AssetStatus) => (rank.indexOf(asset.status) + rank.length) % rank.length;

/** Where every asset stands, and what the next run would do with it. */
export function AssetList({ onStart }: { onStart: (selectors: string[]) => void }) {
  const t = useT();
  const label = useStatusLabel();
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const [typed, setTyped] = useTyped(search.search, (text) => void navigate({ search: (was) => ({ ...was, search: text }), replace: true }));
  const wanted = useDeferredValue(typed.trim().toLowerCase());
  const assets = useQuery({
    ...queries.assets(),
    refetchInterval: (query) => (query.state.data?.some(({ status }) => isActive(status)) ? 2_000 : 15_000),
  });
  const columns = useColumns(onStart);
  const statuses = useMemo(() => [...new Set(assets.data?.map(({ status }) => status))].sort((a, b) => rank.indexOf(a) - rank.indexOf(b)), [assets.data]);
  const shown = useMemo(
    () => assets.data?.filter((a) => (!search.status || a.status === search.status) && (!wanted || a.asset.toLowerCase().includes(wanted))),
    [assets.data, search.status, wanted],
  );
  return (
    <>
      <div className={css.tools}>
        <SearchField label={t("runs.assets.search")} value={typed} onChange={setTyped} />
        <Select
          label={t("runs.column.status")}
          labelHidden
          value={search.status ?? ""}
          onChange={(status) => void navigate({ search: (was) => ({ ...was, status: status || undefined }), replace: true })}
          options={[{ value: "", label: t("runs.status.all") }, ...statuses.map((status) => ({ value: status, label: label(status) }))]}
        />
        <span className={css.count} role="status">{shown && t("runs.assets.count", { n: shown.length })}</span>
      </div>
      <QueryView
        query={{ ...assets, data: shown }}
        title={t("runs.assets.failed")}
        loading={
          <Card flush>
            <div style={{ height: 34 }} />
            {Array.from({ length: 10 }, (_, i) => (
              <div key={i} className={css.bone} style={{ height: rowHeight }}>
                <Skeleton width={84} height={20} radius={4} />
                <Skeleton width={`${34 - ((i * 13) % 18)}%`} height={12} />
              </div>
            ))}
          </Card>
        }
        empty={(list) =>
          list.length === 0 &&
          (assets.data?.length === 0 ? (
            <EmptyState icon={<IconStack2 />} title={t("runs.assets.empty")}>{t("runs.assets.empty.detail")}</EmptyState>
          ) : (
            <EmptyState icon={<IconSearchOff />} title={t("runs.assets.none")} />
          ))
        }
      >
        {(list) => (
          <Card flush>
            <Table label={t("runs.tab.assets")} rows={list} rowKey={(a) => a.asset} columns={columns} rowHeight={rowHeight} sort={{ id: "status", desc: false }} />
          </Card>
        )}
      </QueryView>
    </>
  );
}

function useColumns(onStart: (selectors: string[]) => void): TableColumn<AssetStatus>[] {
  const t = useT();
  const reasonText = useReasonText();
  const interval = useInterval();
  return useMemo(
    () => [
      {
        id: "status",
        header: t("runs.column.status"),
        width: "1%",
        sort: worst,
        cell: ({ status }) => (
          <span className={css.status}>
            <span className={css.wide}><StatusBadge status={status} /></span>
            <span className={css.narrow}><StatusIcon status={status} size={18} /></span>
          </span>
        ),
      },
      {
        id: "asset",
        header: t("runs.column.asset"),
        width: "99%",
        sort: (a) => a.asset,
        cell: (asset) => {
          const failed = asset.status === "failed" && asset.last?.error ? readFailure(asset.last.error).message : undefined;
          const why = failed ?? asset.reasons?.filter(({ code }) => code !== "last_failed").map(reasonText).join(" · ");
          return (
            <div className={css.what}>
              <Link to="/catalog/$table" params={{ table: asset.asset }} className={css.asset}>{asset.asset}</Link>
              <span className={css.under} data-bad={failed !== undefined || undefined} title={failed ? asset.last?.error : why}>
                {why || t("runs.assets.nothing")}
              </span>
            </div>
          );
        },
      },
      { id: "kind", header: t("runs.column.kind"), width: "1%", hide: "tablet", sort: (a) => a.kind, cell: (a) => <code className={css.kind}>{a.kind}</code> },
      {
        id: "intervals",
        header: t("runs.column.filled"),
        width: "1%",
        hide: "tablet",
        cell: (a) => <span className={css.by}>{interval({ start: a.filled_from, end: a.filled_to })}</span>,
      },
      { id: "at", header: t("runs.column.built"), width: "1%", hide: "phone", descFirst: true, sort: (a) => a.filled_at, cell: (a) => <span className={css.by}><Time at={a.filled_at} /></span> },
      {
        id: "last",
        header: t("runs.column.last"),
        width: "1%",
        hide: "phone",
        cell: ({ last, asset }) =>
          last && (
            <Link to="/runs/$run/tasks/$task" params={{ run: last.run, task: last.id }} className={css.by}>
              <span className="sr-only">{t("runs.assets.task", { asset })}: </span>
              <StatusIcon status={last.status} /> <Time at={last.finished_at ?? last.started_at ?? last.queued_at} />
            </Link>
          ),
      },
      {
        id: "run",
        header: <span className="sr-only">{t("runs.start")}</span>,
        width: "1%",
        align: "end",
        cell: ({ asset }) => (
          <Button size="s" look="quiet" icon={<IconPlayerPlay />} onClick={() => onStart([asset])} aria-label={t("runs.assets.run", { asset })}>
            {t("runs.run")}
          </Button>
        ),
      },
    ],
    [t, reasonText, interval, onStart],
  );
}
