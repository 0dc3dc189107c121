import { IconSearchOff } from "@tabler/icons-react";
import { getRouteApi } from "@tanstack/react-router";
import { useDeferredValue, useMemo } from "react";
import type { RunInfo } from "@/api";
import { useTyped } from "@/app/useTyped";
import { useFormat } from "@/format";
import { useT } from "@/i18n";
import { Card, Duration, EmptyState, isActive, RowLink, SearchField, Select, StatusBadge, StatusIcon, Table, Time, useStatusLabel, type TableColumn } from "@/ui";
import type { LiveTask } from "../model/data";
import { countTasks } from "../model/live";
import { FailureLine } from "../parts/Failure";
import { statusOrder } from "../parts/TaskBar";
import { useInterval, useKnownError, useTaskNote, useTaskReason } from "../parts/words";
import css from "./Run.module.css";

const route = getRouteApi("/runs/$run");

/** The tasks of a run, to be narrowed and sorted. */
export function Tasks({ run, tasks }: { run: RunInfo; tasks: readonly LiveTask[] }) {
  const t = useT();
  const f = useFormat();
  const label = useStatusLabel();
  const { status, search } = route.useSearch();
  const navigate = route.useNavigate();
  const [typed, setTyped] = useTyped(search, (text) => void navigate({ search: (was) => ({ ...was, search: text }), replace: true }));
  const wanted = useDeferredValue(typed.trim().toLowerCase());
  const counts = useMemo(() => countTasks(tasks), [tasks]);
  const columns = useColumns(run.id);
  const shown = useMemo(
    () => tasks.filter((task) => (!status || task.status === status) && (!wanted || task.asset.toLowerCase().includes(wanted))),
    [tasks, status, wanted],
  );
  return (
    <>
      <div className={css.tools}>
        <SearchField size="s" label={t("runs.tasks.search")} value={typed} onChange={setTyped} />
        <Select
          size="s"
          label={t("runs.column.status")}
          labelHidden
          value={status ?? ""}
          onChange={(value) => void navigate({ search: (was) => ({ ...was, status: value || undefined }), replace: true })}
          options={[
            { value: "", label: t("runs.status.all") },
            ...statusOrder.filter((s) => counts[s] || s === status).map((s) => ({ value: s, label: `${label(s)} (${f.number(counts[s] ?? 0)})` })),
          ]}
        />
        <span className={css.quiet} role="status">
          {t("runs.tasks.count", { n: shown.length })}
        </span>
      </div>
      <Card flush>
        <Table
          label={t("runs.tab.tasks")}
          rows={shown}
          rowKey={(task) => task.id}
          columns={columns}
          rowHeight={50}
          empty={
            tasks.length === 0 ? (
              <EmptyState compact title={t(isActive(run.status) ? "runs.tasks.soon" : "runs.tasks.none")} />
            ) : (
              <EmptyState compact icon={<IconSearchOff />} title={t("runs.tasks.notfound")} />
            )
          }
        />
      </Card>
    </>
  );
}

function useColumns(run: string): TableColumn<LiveTask>[] {
  const t = useT();
  const interval = useInterval();
  const reason = useTaskReason();
  const note = useTaskNote();
  const known = useKnownError();
  return useMemo(
    () => [
      {
        id: "status",
        header: t("runs.column.status"),
        width: "1%",
        sort: (task) => statusOrder.indexOf(task.status),
        cell: ({ status }) => (
          <span>
            <span className={css.wide}><StatusBadge status={status} /></span>
            <span className={css.narrow}><StatusIcon status={status} size={18} /></span>
          </span>
        ),
      },
      {
        id: "asset",
        header: t("runs.column.asset"),
        width: "99%",
        sort: (task) => task.asset,
        cell: (task) => {
          const said = known(task.error);
          return (
            <div className={css.what}>
              <span>
                <RowLink to="/runs/$run/tasks/$task" params={{ run, task: task.id }}>{task.asset}</RowLink>
                {task.start && <span className={css.interval}>{interval(task)}</span>}
              </span>
              <span className={css.under} data-bad={task.status === "failed" || undefined}>
                {said ?? (task.error ? <FailureLine error={task.error} /> : [note(task), reason(task)].filter(Boolean).join(" · "))}
              </span>
            </div>
          );
        },
      },
      { id: "attempt", header: t("runs.column.attempts"), width: "1%", align: "end", hide: "tablet", descFirst: true, sort: (task) => task.attempt, cell: (task) => <span className={css.number}>{task.attempt || "–"}</span> },
      {
        id: "rows",
        header: t("runs.column.rows"),
        width: "1%",
        align: "end",
        hide: "tablet",
        descFirst: true,
        sort: (task) => task.rows,
        cell: (task) => <Rows task={task} />,
      },
      { id: "begun", header: t("runs.column.begun"), width: "1%", hide: "tablet", sort: (task) => task.started_at, cell: (task) => <span className={css.number}><Time at={task.started_at} as="clock" /></span> },
      {
        id: "took",
        header: t("runs.column.took"),
        width: "1%",
        align: "end",
        descFirst: true,
        sort: (task) => (task.started_at ? new Date(task.finished_at ?? Date.now()).getTime() - new Date(task.started_at).getTime() : undefined),
        cell: (task) => <span className={css.took}><Duration from={task.started_at} to={task.finished_at ?? (isActive(task.status) ? undefined : task.started_at)} /></span>,
      },
    ],
    [t, interval, reason, note, known, run],
  );
}

function Rows({ task }: { task: LiveTask }) {
  const t = useT();
  const f = useFormat();
  if (task.status === "running" && task.progress) {
    const { rows = 0, rows_total: all = 0 } = task.progress;
    return <span className={css.number}>{all > 0 ? t("runs.tasks.done", { done: f.compact(rows), n: f.compact(all) }) : rows > 0 ? f.compact(rows) : "–"}</span>;
  }
  return <span className={css.number} title={f.number(task.rows)}>{task.rows > 0 ? f.compact(task.rows) : "–"}</span>;
}
