import type { RunStatus } from "@/api";
import type { LiveTask } from "./data";

/** An asset of a run: all of its tasks together. */
export type GraphAsset = { asset: string; status: RunStatus; tasks: LiveTask[]; done: number; rows: number };

/** Bad news first, then what is at work; an asset has succeeded when all of its tasks have. */
const telling: readonly RunStatus[] = ["failed", "running", "retrying", "cancelling", "interrupted", "cancelled", "queued", "skipped", "succeeded"];
const over: readonly RunStatus[] = ["succeeded", "failed", "skipped", "cancelled", "interrupted"];

export function assetsOf(tasks: readonly LiveTask[]): GraphAsset[] {
  const byAsset = new Map<string, LiveTask[]>();
  for (const task of tasks) {
    const list = byAsset.get(task.asset);
    if (list) list.push(task);
    else byAsset.set(task.asset, [task]);
  }
  return [...byAsset].map(([asset, list]) => ({
    asset,
    status: telling.find((status) => list.some((task) => task.status === status)) ?? "queued",
    tasks: list,
    done: list.filter((task) => over.includes(task.status)).length,
    rows: list.reduce((sum, task) => sum + task.rows, 0),
  }));
}
