import { IconPlayerPlay, IconRouteOff } from "@tabler/icons-react";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { getRouteApi, Link, Navigate } from "@tanstack/react-router";
import { lazy, Suspense, useEffect, useMemo, useState, type ReactNode } from "react";
import { ApiError } from "@/api";
import { Page } from "@/app/Page";
import { useT } from "@/i18n";
import { Breadcrumbs, Button, EmptyState, ErrorState, isActive, LinkButton, Skeleton, StatusBadge, Tabs } from "@/ui";
import { LogView } from "./log/LogView";
import { useFailedChecks } from "./model/checks";
import { runQueries, type RunDetail } from "./model/data";
import { countTasks, type LiveRun } from "./model/live";
import { useLive, useLog } from "./model/useLive";
import { CancelButton, canRetry, RetryButton } from "./parts/actions";
import { useRunTitle } from "./parts/words";
import { Checks } from "./run/Checks";
import { Facts } from "./run/Facts";
import { Gantt } from "./run/Gantt";
import { Problems } from "./run/Problems";
import { Tasks } from "./run/Tasks";
import type { RunTab } from "./search";
import { StartDialog } from "./start/StartDialog";
import css from "./run/Run.module.css";

const RunGraph = lazy(() => import("./run/RunGraph"));
const route = getRouteApi("/runs/$run");

/** A run: what it did, what it does, what went wrong and what to do about it. */
export function RunPage() {
  const t = useT();
  const { run: id } = route.useParams();
  const search = route.useSearch();
  const detail = useQuery(runQueries.run(id));
  if (detail.data === undefined) {
    const missing = detail.error instanceof ApiError && detail.error.status === 404;
    if (!missing && (!detail.error || detail.isFetching)) return <Waiting />;
    return (
      <Page title={t("runs.run")} above={<Above />}>
        {missing ? (
          <EmptyState icon={<IconRouteOff />} title={t(id === "latest" ? "runs.empty" : "runs.missing", { id })} action={<LinkButton to="/runs">{t("runs.all")}</LinkButton>}>
            {t(id === "latest" ? "runs.empty.detail" : "runs.missing.detail")}
          </EmptyState>
        ) : (
          <ErrorState error={detail.error} title={t("runs.run.failed")} onRetry={() => void detail.refetch()} />
        )}
      </Page>
    );
  }
  // The newest run is another one tomorrow: what is looked at has an address that stays.
  if (id !== detail.data.run.id) return <Navigate to="/runs/$run" params={{ run: detail.data.run.id }} search={search} replace />;
  return <Run key={id} detail={detail.data} />;
}

const Above = () => {
  const t = useT();
  return (
    <Breadcrumbs>
      <Link to="/runs">{t("runs.title")}</Link>
    </Breadcrumbs>
  );
};

function Run({ detail }: { detail: RunDetail }) {
  const t = useT();
  const client = useQueryClient();
  const title = useRunTitle();
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const [again, setAgain] = useState(false);
  const { live, state } = useLive(detail.run, detail.tasks);
  const { run, tasks, connected } = state;
  const active = isActive(run.status);
  const failed = useFailedChecks(tasks, detail.checks);
  const counts = useMemo(() => (tasks.length > 0 ? countTasks(tasks) : (run.tasks ?? {})), [tasks, run.tasks]);
  const tab = search.tab ?? "timeline";

  // Which asset reads which is told with the run, not by its events: it is read again when there are new ones.
  const known = useMemo(() => new Set(detail.tasks.map(({ asset }) => asset)), [detail.tasks]);
  const unknown = tasks.some(({ asset }) => !known.has(asset));
  useEffect(() => {
    if (!unknown) return;
    const timer = setTimeout(() => void client.invalidateQueries({ queryKey: ["runs", run.id], exact: true }), 700);
    return () => clearTimeout(timer);
  }, [unknown, client, run.id, detail]);

  const show = (next: RunTab) => void navigate({ search: (was) => ({ ...was, tab: next }), replace: true });
  return (
    <Page
      title={t("runs.run.title", { what: title(run, 1) })}
      above={<Above />}
      heading={
        <>
          <span className={css.heading} title={run.selectors?.join("\n")}>{title(run)}</span>
          <StatusBadge status={run.status} />
        </>
      }
      below={<Facts run={run} counts={counts} connected={connected} />}
      actions={
        active ? (
          <CancelButton run={run} />
        ) : (
          <>
            <Button icon={<IconPlayerPlay />} onClick={() => setAgain(true)}>
              {t("runs.again")}
            </Button>
            {canRetry(run) && <RetryButton run={run} look="primary" />}
          </>
        )
      }
    >
      <Problems run={run} tasks={tasks} onAll={() => void navigate({ search: { tab: "tasks", status: "failed" } })} />
      <Tabs
        label={t("runs.views")}
        value={tab}
        onChange={show}
        tabs={[
          { value: "timeline", label: t("runs.tab.timeline") },
          { value: "graph", label: t("runs.tab.graph") },
          { value: "tasks", label: t("runs.tab.tasks"), count: tasks.length || undefined },
          { value: "log", label: t("runs.tab.log") },
          { value: "checks", label: t("runs.tab.checks"), count: failed.checks.length || undefined },
        ]}
      >
        {tab === "timeline" && <Gantt run={run} tasks={tasks} />}
        {tab === "graph" && (
          <Suspense fallback={<Skeleton height="max(420px, calc(100dvh - 170px))" radius={10} />}>
            <RunGraph run={run} tasks={tasks} edges={detail.edges} />
          </Suspense>
        )}
        {tab === "tasks" && <Tasks run={run} tasks={tasks} />}
        {tab === "log" && <RunLog live={live} active={active} run={run.id} />}
        {tab === "checks" && <Checks {...failed} active={active} run={run.id} />}
      </Tabs>
      {again && <StartDialog selectors={run.selectors ?? []} onClose={() => setAgain(false)} />}
    </Page>
  );
}

function RunLog({ live, active, run }: { live: LiveRun; active: boolean; run: string }): ReactNode {
  return <LogView log={useLog(live)} active={active} run={run} assets />;
}

function Waiting() {
  const t = useT();
  return (
    <Page
      title={t("runs.run")}
      above={<Above />}
      heading={
        <>
          <span className="sr-only">{t("ui.loading")}</span>
          <Skeleton width={260} height={22} />
        </>
      }
      below={
        <>
          <div className={css.facts}><Skeleton width={420} height={12} /></div>
          <div className={css.progress}>
            <Skeleton height={8} radius={4} />
            <div className={css.legend}><Skeleton width={180} height={12} style={{ margin: 6 }} /></div>
          </div>
        </>
      }
    >
      <div aria-busy>
        <div className={css.boneTabs}><Skeleton width={340} height={12} /></div>
        <Skeleton height={400} radius={10} />
      </div>
    </Page>
  );
}
