import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { useMemo } from "react";
import type { RunInfo } from "@/api";
import { useFormat } from "@/format";
import { useT } from "@/i18n";
import { Duration, EmptyState, isActive, StatusIcon, useStatusLabel } from "@/ui";
import { Graph, type GraphNode } from "@/ui/graph";
import type { Edge, LiveTask } from "../model/data";
import { assetsOf, type GraphAsset } from "../model/graph";
import { barColor } from "../parts/TaskBar";
import css from "./RunGraph.module.css";

const route = getRouteApi("/runs/$run");

/** The assets of a run, what each is at, and which of them reads which. */
export default function RunGraph({ run, tasks, edges }: { run: RunInfo; tasks: readonly LiveTask[]; edges: readonly Edge[] }) {
  const t = useT();
  const label = useStatusLabel();
  const leave = useNavigate();
  const navigate = route.useNavigate();
  const nodes = useMemo(
    () => assetsOf(tasks).map((data): GraphNode<GraphAsset> => ({ id: data.asset, label: `${data.asset}, ${label(data.status)}`, data, width: 230, height: 56 })),
    [tasks, label],
  );
  if (nodes.length === 0) return <EmptyState compact title={t(isActive(run.status) ? "runs.tasks.soon" : "runs.tasks.none")} />;
  const open = (asset: string) => {
    const [task, ...more] = tasks.filter((one) => one.asset === asset);
    if (task && more.length === 0) void leave({ to: "/runs/$run/tasks/$task", params: { run: run.id, task: task.id } });
    else void navigate({ search: { tab: "tasks", search: asset } });
  };
  return (
    <div className={css.frame}>
      <Graph label={t("runs.graph.label")} nodes={nodes} edges={edges} renderNode={(node) => <Node asset={node.data} />} onOpen={open} />
    </div>
  );
}

function Node({ asset }: { asset: GraphAsset }) {
  const t = useT();
  const f = useFormat();
  const label = useStatusLabel();
  const { status, tasks, done, rows } = asset;
  const [only] = tasks;
  const working = tasks.find((task) => task.status === "running");
  const progress = working?.progress;
  const all = progress?.rows_total ?? 0;
  const share = tasks.length > 1 ? done / tasks.length : all > 0 ? Math.min(1, (progress?.rows ?? 0) / all) : undefined;
  return (
    <div className={css.node} data-status={status}>
      <div className={css.top}>
        <StatusIcon status={status} />
        <span className={css.name} title={asset.asset}>{asset.asset}</span>
      </div>
      <div className={css.under}>
        <span>
          {tasks.length > 1
            ? t("runs.graph.tasks", { done: f.number(done), n: f.number(tasks.length) })
            : (progress?.rows ?? 0) > 0
              ? t("runs.rows", { n: progress?.rows ?? 0, count: f.compact(progress?.rows ?? 0) })
              : status === "succeeded" && rows > 0
                ? t("runs.rows", { n: rows, count: f.compact(rows) })
                : label(status)}
        </span>
        {tasks.length === 1 && only?.started_at && (only.finished_at || status === "running") && <span><Duration from={only.started_at} to={only.finished_at} /></span>}
      </div>
      {working && (
        <span className={css.progress} data-unknown={share === undefined || undefined}>
          <i style={{ width: share === undefined ? undefined : `${share * 100}%`, background: barColor("running") }} />
        </span>
      )}
    </div>
  );
}
