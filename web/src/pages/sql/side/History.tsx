import { IconHistory, IconPlayerPlay } from "@tabler/icons-react";
import { infiniteQueryOptions, useInfiniteQuery } from "@tanstack/react-query";
import { useDeferredValue, useMemo, useState } from "react";
import { api, type List, type QueryInfo } from "@/api";
import { useFormat } from "@/format";
import { useT } from "@/i18n";
import { Button, EmptyState, IconButton, QueryView, SearchField, Skeleton, StatusIcon, Time } from "@/ui";
import { Marked } from "./Schema";
import css from "./Side.module.css";

export const historyOptions = infiniteQueryOptions({
  queryKey: ["queries"],
  queryFn: ({ signal, pageParam }) => api.get<List<QueryInfo>>("/queries", { signal, params: { limit: 50, cursor: pageParam } }),
  initialPageParam: "",
  getNextPageParam: (last) => last.next || undefined,
  staleTime: 2_000,
});

/** What was run before, newest first. */
export function History({ onOpen, onRun }: { onOpen: (query: QueryInfo) => void; onRun: (query: QueryInfo) => void }) {
  const t = useT();
  const query = useInfiniteQuery(historyOptions);
  const [search, setSearch] = useState("");
  const wanted = useDeferredValue(search.trim().toLowerCase());
  const items = useMemo(() => query.data?.pages.flatMap((p) => p.items), [query.data]);
  return (
    <div className={css.panel}>
      <div className={css.search}>
        <SearchField label={t("sql.history.search")} value={search} onChange={setSearch} size="s" />
      </div>
      <QueryView
        query={{ data: items, error: query.error, isFetching: query.isFetching, refetch: query.refetch as never }}
        compact
        title={t("sql.history.failed")}
        loading={<Skeleton lines={9} className={css.loading} />}
        empty={(list) =>
          list.length === 0 && (
            <EmptyState compact icon={<IconHistory />} title={t("sql.history.empty")}>
              {t("sql.history.empty.detail")}
            </EmptyState>
          )
        }
      >
        {(list) => {
          const found = list.filter((q) => !wanted || q.sql.toLowerCase().includes(wanted));
          return (
            <ul className={css.list} aria-label={t("sql.history")}>
              {found.map((info) => (
                <Entry key={info.id} info={info} search={wanted} onOpen={onOpen} onRun={onRun} />
              ))}
              {found.length === 0 && <EmptyState compact title={t("sql.history.none", { text: search.trim() })} />}
              {query.hasNextPage && (
                <li className={css.next}>
                  <Button size="s" look="quiet" busy={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
                    {t("sql.history.older")}
                  </Button>
                </li>
              )}
            </ul>
          );
        }}
      </QueryView>
    </div>
  );
}

function Entry({ info, search, onOpen, onRun }: { info: QueryInfo; search: string; onOpen: (query: QueryInfo) => void; onRun: (query: QueryInfo) => void }) {
  const t = useT();
  const f = useFormat();
  return (
    <li className={css.item}>
      <button type="button" className={css.open} onClick={() => onOpen(info)} title={t("sql.history.open")}>
        <code className={css.sql}>
          <Marked text={oneLine(info.sql, search)} search={search} />
        </code>
        <span className={css.about}>
          <StatusIcon status={info.status} size={13} />
          <Time at={info.started_at} />
          <span>{f.duration(info.elapsed_ms)}</span>
          {info.status === "succeeded" && <span>{t("sql.rows", { n: info.rows, rows: f.compact(info.rows) })}</span>}
          {info.status === "failed" && info.error && <span className={css.failure}>{info.error.message}</span>}
        </span>
      </button>
      <IconButton size="s" label={t("sql.history.rerun")} icon={<IconPlayerPlay />} className={css.more} onClick={() => onRun(info)} />
    </li>
  );
}

/** The part of a statement that says most about it: around what was searched, else its beginning, without its first comments. */
function oneLine(sql: string, search: string): string {
  const line = sql.replace(/^(\s*--[^\n]*\n|\s*\/\*[\s\S]*?\*\/)+/, "").replace(/\s+/g, " ").trim() || sql.trim();
  const at = search ? line.toLowerCase().indexOf(search) : -1;
  return (at > 90 ? `…${line.slice(at - 30)}` : line).slice(0, 240);
}
