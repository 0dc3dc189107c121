import { IconRouteOff, IconTable } from "@tabler/icons-react";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { getRouteApi, Link, Navigate } from "@tanstack/react-router";
import { useEffect, useMemo } from "react";
import { ApiError, type RunInfo } from "@/api";
import { Page } from "@/app/Page";
import { useT } from "@/i18n";
import { Breadcrumbs, Card, EmptyState, ErrorState, isActive, LinkButton, Skeleton, StatusBadge } from "@/ui";
import { LogView } from "./log/LogView";
import { failedChecks } from "./model/checks";
import { runQueries, type TaskDetail } from "./model/data";
import { useLive, useLog } from "./model/useLive";
import { CancelButton, canRetry, RetryButton } from "./parts/actions";
import { CheckCard } from "./parts/CheckCard";
import { useInterval } from "./parts/words";
import { Attempts } from "./task/Attempts";
import { Passed } from "./task/Passed";
import { TaskFacts } from "./task/TaskFacts";
import { TaskProblem } from "./task/TaskProblem";
import css from "./task/Task.module.css";

const route = getRouteApi("/runs/$run/tasks/$task");

/** One task of a run: what it made of what, its attempts, its checks and its log. */
export function TaskPage() {
  const t = useT();
  const { run: id, task: taskId } = route.useParams();
  const run = useQuery(runQueries.run(id));
  const task = useQuery(runQueries.task(id, taskId));
  const error = run.error ?? task.error;
  if (run.data === undefined || task.data === undefined) {
    const missing = error instanceof ApiError && error.status === 404;
    return (
      <Page title={t("runs.task")} above={<Above run={id} />}>
        {missing ? (
          <EmptyState icon={<IconRouteOff />} title={t("runs.task.missing", { id: taskId })} action={<LinkButton to="/runs">{t("runs.all")}</LinkButton>}>
            {t("runs.missing.detail")}
          </EmptyState>
        ) : error && !run.isFetching && !task.isFetching ? (
          <ErrorState
            error={error}
            title={t("runs.task.failed")}
            onRetry={() => {
              void run.refetch();
              void task.refetch();
            }}
          />
        ) : (
          <div className={css.page}>
            <Skeleton height={180} radius={10} className={css.side} />
            <Skeleton height={360} radius={10} />
          </div>
        )}
      </Page>
    );
  }
  if (id !== run.data.run.id) return <Navigate to="/runs/$run/tasks/$task" params={{ run: run.data.run.id, task: taskId }} replace />;
  return <Task key={`${id} ${taskId}`} run={run.data.run} detail={task.data} others={run.data.tasks} />;
}

function Above({ run }: { run: string }) {
  const t = useT();
  return (
    <Breadcrumbs>
      <Link to="/runs">{t("runs.title")}</Link>
      <Link to="/runs/$run" params={{ run }}>{run}</Link>
    </Breadcrumbs>
  );
}

function Task({ run: first, detail, others }: { run: RunInfo; detail: TaskDetail; others: { id: string; asset: string }[] }) {
  const t = useT();
  const interval = useInterval();
  const client = useQueryClient();
  const { live, state } = useLive(first, [detail.task], detail.task.id);
  const log = useLog(live);
  const { run } = state;
  const task = state.tasks.find(({ id }) => id === detail.task.id) ?? detail.task;
  const active = isActive(task.status);

  // Attempts and checks come with the task, not by events: read again when it has got on.
  const stand = `${task.attempt} ${task.status}`;
  const known = `${detail.task.attempt} ${detail.task.status}`;
  useEffect(() => {
    if (stand !== known) void client.invalidateQueries({ queryKey: ["runs", run.id, "tasks", task.id], exact: true });
  }, [stand, known, client, run.id, task.id]);

  const failed = useMemo(() => failedChecks(detail.checks), [detail.checks]);
  const passed = useMemo(() => {
    const bad = new Set(failed.map(({ name }) => name));
    return [...new Map(detail.checks.map((check) => [check.name, check])).values()].filter(({ name }) => !bad.has(name));
  }, [detail.checks, failed]);
  return (
    <Page
      title={task.asset}
      above={<Above run={run.id} />}
      heading={
        <>
          <span>{task.asset}</span>
          {task.start && <span className={css.interval}>{interval(task)}</span>}
          <StatusBadge status={task.status} />
        </>
      }
      actions={
        <>
          <LinkButton to="/catalog/$table" params={{ table: task.asset }} icon={<IconTable />}>{t("runs.task.table")}</LinkButton>
          {isActive(run.status) ? <CancelButton run={run} /> : canRetry(run) && task.status !== "succeeded" && <RetryButton run={run} look={task.status === "failed" ? "primary" : "default"} />}
        </>
      }
    >
      <div className={css.page}>
        <div className={css.side}>
          <TaskFacts task={task} connected={state.connected || !active} />
        </div>
        <div className={css.main}>
          <TaskProblem className={css.problem} run={run} task={task} others={others} checks={failed.length > 0} />
          {failed.length > 0 && (
            <section className={css.section} aria-label={t("runs.tab.checks")}>
              <h2>{t("runs.task.checks.failed")}</h2>
              {failed.map((check) => <CheckCard key={check.name} check={check} />)}
            </section>
          )}
          {(detail.attempts.length > 1 || task.attempt > 1) && <Attempts attempts={detail.attempts} task={task} />}
          <section className={css.section} aria-label={t("runs.log")}>
            <h2>{t("runs.log")}</h2>
            <LogView log={log} active={active} run={run.id} height="clamp(200px, 46dvh, 560px)" />
          </section>
          {passed.length > 0 && (
            <Card title={t("runs.task.checks.passed")} note={t("runs.task.checks.count", { n: passed.length })} flush>
              <Passed checks={passed} />
            </Card>
          )}
        </div>
      </div>
    </Page>
  );
}
