import { IconChevronDown, IconPlayerPlay } from "@tabler/icons-react";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import type { RunInfo } from "@/api";
import { useT } from "@/i18n";
import { Button, Card, Duration, EmptyState, isActive, QueryView, RowLink, Skeleton, StatusBadge, StatusIcon, Table, Time, type TableColumn } from "@/ui";
import { runQueries } from "../model/data";
import { TaskCounts } from "../parts/TaskBar";
import { useRunError, useRunTitle } from "../parts/words";
import css from "./List.module.css";

const rowHeight = 52;

/** The runs, newest first. */
export function RunList({ onStart }: { onStart: () => void }) {
  const t = useT();
  const query = useInfiniteQuery(runQueries.list());
  const title = useRunTitle();
  const errorOf = useRunError();
  const runs = useMemo(() => {
    // A run that began while pages were read moves the others to the next one.
    const seen = new Set<string>();
    return query.data?.pages.flatMap((page) => page.items).filter(({ id }) => !seen.has(id) && seen.add(id));
  }, [query.data]);

  const columns = useMemo<TableColumn<RunInfo>[]>(
    () => [
      {
        id: "status",
        header: t("runs.column.status"),
        width: "1%",
        cell: (run) => (
          <span className={css.status}>
            <span className={css.wide}><StatusBadge status={run.status} /></span>
            <span className={css.narrow}><StatusIcon status={run.status} size={18} /></span>
          </span>
        ),
      },
      {
        id: "what",
        header: t("runs.column.what"),
        width: "99%",
        cell: (run) => {
          const error = errorOf(run);
          return (
            <div className={css.what}>
              <RowLink to="/runs/$run" params={{ run: run.id }} className={css.title} title={run.selectors?.join("\n")}>
                {title(run)}
              </RowLink>
              <span className={css.under} data-bad={run.status === "failed" || undefined} title={error ? run.error : undefined}>
                {error ?? run.id}
              </span>
            </div>
          );
        },
      },
      { id: "tasks", header: t("runs.column.tasks"), width: "1%", hide: "phone", cell: (run) => <TaskCounts counts={run.tasks ?? {}} active={isActive(run.status)} /> },
      { id: "by", header: t("runs.column.by"), width: "1%", hide: "tablet", cell: (run) => <span className={css.by}>{run.by}</span> },
      {
        id: "begun",
        header: t("runs.column.begun"),
        width: "1%",
        cell: (run) => (
          <span className={css.begun}>
            <Time at={run.started_at ?? run.created_at} />
          </span>
        ),
      },
      {
        id: "took",
        header: t("runs.column.took"),
        width: "1%",
        align: "end",
        hide: "phone",
        cell: (run) => (
          <span className={css.took}>
            <Duration from={run.started_at ?? run.created_at} to={run.finished_at} />
          </span>
        ),
      },
    ],
    [t, title, errorOf],
  );

  return (
    <QueryView
      query={{ data: runs, error: query.error, isFetching: query.isFetching, refetch: query.refetch as never }}
      title={t("runs.list.failed")}
      loading={<Waiting />}
      empty={(list) =>
        list.length === 0 && (
          <EmptyState
            icon={<IconPlayerPlay />}
            title={t("runs.empty")}
            action={
              <Button look="primary" icon={<IconPlayerPlay />} onClick={onStart}>
                {t("runs.start")}
              </Button>
            }
          >
            {t("runs.empty.detail")}
          </EmptyState>
        )
      }
    >
      {(list) => (
        <>
          <Card flush>
            <Table label={t("runs.title")} rows={list} rowKey={(run) => run.id} columns={columns} rowHeight={rowHeight} />
          </Card>
          {query.hasNextPage && (
            <div className={css.more}>
              <Button look="quiet" icon={<IconChevronDown />} busy={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
                {t("runs.list.more")}
              </Button>
            </div>
          )}
        </>
      )}
    </QueryView>
  );
}

function Waiting() {
  return (
    <Card flush>
      <div style={{ height: 34 }} />
      {Array.from({ length: 8 }, (_, i) => (
        <div key={i} className={css.bone} style={{ height: rowHeight }}>
          <Skeleton width={76} height={20} radius={4} />
          <Skeleton width={`${42 - ((i * 13) % 22)}%`} height={12} />
        </div>
      ))}
    </Card>
  );
}
