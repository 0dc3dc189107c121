import { IconFileOff } from "@tabler/icons-react";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useMemo, type ReactNode } from "react";
import type { TableDetail } from "@/api";
import { useFormat } from "@/format";
import { useT } from "@/i18n";
import { Badge, Button, Card, CopyButton, EmptyState, ErrorState, Skeleton, Table, type TableColumn } from "@/ui";
import { tableQueries, type File } from "./data";
import { VersionSelect } from "./VersionSelect";
import css from "../Table.module.css";

/** The data files of a version: where they lie, how large they are, and what is in them. */
export function Files({ table, snapshot, onSnapshot }: { table: TableDetail; snapshot: string | undefined; onSnapshot: (snapshot: string | undefined) => void }) {
  const t = useT();
  const f = useFormat();
  const { data, error, isFetching, refetch, hasNextPage, fetchNextPage, isFetchingNextPage } = useInfiniteQuery(tableQueries.files(table.name, snapshot));
  const files = useMemo(() => data?.pages.flatMap((page) => page.items), [data]);
  const total = data?.pages[0]?.total ?? 0;
  const partitioned = files?.some((file) => file.partition && Object.keys(file.partition).length > 0) ?? false;
  const columns = useMemo<TableColumn<File>[]>(() => {
    const list: TableColumn<File>[] = [
      {
        id: "path",
        header: t("catalog.files.path"),
        sort: (file) => file.path,
        cell: (file) => (
          <span className={css.path}>
            <code title={file.path}>{within(file.path, table.location)}</code>
            <CopyButton text={file.path} label={t("catalog.path.copy")} />
            {file.deletes ? <Badge tone="warn">{t("catalog.files.deletes", { n: file.deletes })}</Badge> : null}
          </span>
        ),
      },
    ];
    if (partitioned) {
      list.push({
        id: "partition",
        header: t("catalog.files.partition"),
        hide: "phone",
        width: "1%",
        sort: (file) => partitionText(file),
        cell: (file) => (
          <span className={css.partition}>
            {Object.entries(file.partition ?? {}).map(([field, value]) => <Badge key={field}>{field}={value}</Badge>)}
          </span>
        ),
      });
    }
    list.push(
      { id: "rows", header: t("catalog.rows"), align: "end", width: 110, descFirst: true, sort: (file) => file.rows, cell: (file) => f.number(file.rows) },
      { id: "size", header: t("catalog.size"), align: "end", width: 110, descFirst: true, sort: (file) => file.bytes, cell: (file) => f.bytes(file.bytes) },
    );
    return list;
  }, [t, f, partitioned, table.location]);

  let body: ReactNode;
  if (files === undefined) {
    body =
      error && !isFetching ? (
        <ErrorState error={error} title={t("catalog.files.failed")} onRetry={() => void refetch()} />
      ) : (
        <Card flush><div className={css.bones}>{Array.from({ length: 8 }, (_, i) => <Skeleton key={i} />)}</div></Card>
      );
  } else if (files.length === 0) body = <EmptyState icon={<IconFileOff />} title={t("catalog.files.empty")} />;
  else {
    const rows = files.reduce((sum, file) => sum + file.rows, 0);
    const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
    const complete = files.length === total;
    body = (
      <>
        <dl className={css.figures} aria-label={t("catalog.files.summary")}>
          <div><dt>{t("catalog.files")}</dt><dd>{f.number(total)}</dd></div>
          <div><dt>{t("catalog.size")}</dt><dd>{complete ? f.bytes(bytes) : "…"}</dd></div>
          <div><dt>{t("catalog.files.average")}</dt><dd>{f.bytes(Math.round(bytes / files.length))}</dd></div>
          <div><dt>{t("catalog.files.rowsper")}</dt><dd>{f.compact(Math.round(rows / files.length))}</dd></div>
        </dl>
        <Card flush>
          <Table label={t("catalog.tab.files")} rows={files} rowKey={(file) => file.path} columns={columns} rowHeight={36} />
        </Card>
        {hasNextPage && (
          <div className={css.after}>
            <span className={css.note}>{t("catalog.files.shown", { n: f.number(files.length), total: f.number(total) })}</span>
            <Button size="s" busy={isFetchingNextPage} onClick={() => void fetchNextPage()}>{t("catalog.loadmore")}</Button>
          </div>
        )}
      </>
    );
  }
  return (
    <div className={css.tab}>
      <div className={css.bar}>
        <VersionSelect table={table.name} value={snapshot} onChange={onSnapshot} />
      </div>
      {body}
    </div>
  );
}

const partitionText = (file: File) => Object.entries(file.partition ?? {}).map(([k, v]) => `${k}=${v}`).join(" ");

/** A path without that of its table. */
const within = (path: string, location: string) => (path.startsWith(`${location}/`) ? path.slice(location.length + 1) : path);
