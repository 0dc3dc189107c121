import type { PlannedTask, Reason } from "@/api";

/** What a run would do with one asset: all of its tasks together. */
export type PlannedAsset = { asset: string; kind: string; tasks: number; intervals: number; start?: string; end?: string; reasons: Reason[] };

/** The assets of a plan in its order: those that run, and those that run only if something before them changes what they read. */
export function groupPlan(items: readonly PlannedTask[]): { sure: PlannedAsset[]; maybe: PlannedAsset[] } {
  const groups = { sure: new Map<string, PlannedAsset>(), maybe: new Map<string, PlannedAsset>() };
  const certain = new Set(items.filter((item) => !item.if_changed).map(({ asset }) => asset));
  for (const item of items) {
    // An asset that has a task of each kind is one that runs.
    const group = certain.has(item.asset) ? groups.sure : groups.maybe;
    let asset = group.get(item.asset);
    if (!asset) group.set(item.asset, (asset = { asset: item.asset, kind: item.kind, tasks: 0, intervals: 0, reasons: [] }));
    asset.tasks++;
    asset.intervals += item.intervals ?? 0;
    if (item.start && (!asset.start || new Date(item.start) < new Date(asset.start))) asset.start = item.start;
    if (item.end && (!asset.end || new Date(item.end) > new Date(asset.end))) asset.end = item.end;
    for (const reason of item.reasons) {
      if (!asset.reasons.some((r) => r.code === reason.code && r.input === reason.input)) asset.reasons.push(reason);
    }
  }
  return { sure: [...groups.sure.values()], maybe: [...groups.maybe.values()] };
}
