import { IconHistory, IconTable, IconTerminal2 } from "@tabler/icons-react";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import type { TableDetail } from "@/api";
import { useFormat } from "@/format";
import { useT } from "@/i18n";
import { Badge, Button, Card, CopyButton, EmptyState, ErrorState, LinkButton, Skeleton, Sparkline, Table, Time, type TableColumn } from "@/ui";
import { tableQueries, type Version } from "./data";
import { useOperation } from "./operation";
import { firstRows } from "./sql";
import css from "../Table.module.css";

/** How a table has become what it is: each version, what it did, and a way to read it as it was. */
export function Snapshots({ table }: { table: TableDetail }) {
  const t = useT();
  const f = useFormat();
  const operation = useOperation();
  const { data, error, isFetching, refetch, hasNextPage, fetchNextPage, isFetchingNextPage } = useInfiniteQuery(tableQueries.snapshots(table.name));
  const versions = useMemo(() => data?.pages.flatMap((page) => page.items), [data]);
  const columns = useMemo<TableColumn<Version>[]>(
    () => [
      {
        id: "at",
        header: t("catalog.snapshots.committed"),
        width: "1%",
        cell: (v) => (
          <span className={css.committed}>
            <Time at={v.at} as="datetime" />
            <span className={css.note}><Time at={v.at} /></span>
            <span className={css.below}>{operation(v.operation)}{v.current && ` · ${t("catalog.snapshots.now")}`}</span>
          </span>
        ),
      },
      {
        id: "operation",
        header: t("catalog.snapshots.operation"),
        width: "1%",
        hide: "phone",
        cell: (v) => (
          <span className={css.operation}>
            {operation(v.operation)}
            {v.current && <Badge tone="accent">{t("catalog.snapshots.now")}</Badge>}
          </span>
        ),
      },
      {
        id: "change",
        header: t("catalog.snapshots.change"),
        align: "end",
        cell: (v) => (
          <span className={css.change}>
            {v.added_rows ? <span className={css.added}>+{f.number(v.added_rows)}</span> : null}
            {v.deleted_rows ? <span className={css.removed}>−{f.number(v.deleted_rows)}</span> : null}
            {!v.added_rows && !v.deleted_rows && <span className={css.note}>–</span>}
          </span>
        ),
      },
      { id: "rows", header: t("catalog.rows"), align: "end", hide: "phone", cell: (v) => f.number(v.rows ?? 0) },
      { id: "size", header: t("catalog.size"), align: "end", hide: "phone", cell: (v) => f.bytes(v.bytes ?? 0) },
      { id: "files", header: t("catalog.files"), align: "end", hide: "tablet", cell: (v) => f.number(v.files ?? 0) },
      { id: "id", header: t("catalog.version"), hide: "tablet", width: "1%", cell: (v) => <span className={css.path}><code>{v.id}</code><CopyButton text={v.id} /></span> },
      {
        id: "act",
        header: <span className="sr-only">{t("catalog.snapshots.read")}</span>,
        width: "1%",
        cell: (v) => (
          <span className={css.acts}>
            <LinkButton to="/catalog/$table" params={{ table: table.name }} search={{ tab: "sample", snapshot: v.current ? undefined : v.id }} size="s" look="quiet" icon={<IconTable />} aria-label={t("catalog.snapshots.sample")}>
              <span className={css.word}>{t("catalog.snapshots.sample")}</span>
            </LinkButton>
            <LinkButton to="/sql" search={{ sql: firstRows(table.name, 100, v.id) }} size="s" look="quiet" icon={<IconTerminal2 />} aria-label={t("catalog.snapshots.query")}>
              <span className={css.word}>{t("catalog.snapshots.query")}</span>
            </LinkButton>
          </span>
        ),
      },
    ],
    [t, f, operation, table.name],
  );
  if (versions === undefined) {
    if (error && !isFetching) return <ErrorState error={error} title={t("catalog.snapshots.failed")} onRetry={() => void refetch()} />;
    return <Card flush><div className={css.bones}>{Array.from({ length: 6 }, (_, i) => <Skeleton key={i} />)}</div></Card>;
  }
  if (versions.length === 0) return <EmptyState icon={<IconHistory />} title={t("catalog.snapshots.empty")} />;
  return (
    <div className={css.tab}>
      {versions.length > 2 && (
        <div className={css.history}>
          <Sparkline values={versions.map((v) => v.rows ?? null).reverse()} label={t("catalog.snapshots.rows")} height={44} />
          <span className={css.note}>{t("catalog.snapshots.rows")}</span>
        </div>
      )}
      <Card flush>
        <Table label={t("catalog.tab.snapshots")} rows={versions} rowKey={(v) => v.id} columns={columns} />
      </Card>
      <div className={css.after}>
        <span className={css.note}>{t(hasNextPage ? "catalog.snapshots.note.more" : "catalog.snapshots.note", { n: versions.length })}</span>
        {hasNextPage && <Button size="s" busy={isFetchingNextPage} onClick={() => void fetchNextPage()}>{t("catalog.loadmore")}</Button>}
      </div>
    </div>
  );
}
