import { isEachRun } from "@/app/assets";
import type { AssetStatus, Overview } from "@/api";

/** How pressing it is: what failed, what was stopped or never built, what is due, what each run looks at anyway. */
function rank(asset: AssetStatus): number {
  if (asset.status === "failed") return 0;
  if (asset.status === "never_built" || asset.status === "interrupted" || asset.status === "cancelled") return 1;
  return readEachRun(asset) ? 3 : 2;
}

/** A source without a schedule is due at any time: that is no reason to worry. */
export const readEachRun = (asset: AssetStatus): boolean =>
  asset.status === "due" && asset.reasons !== undefined && asset.reasons.length > 0 && asset.reasons.every(isEachRun);

export type Attention = { items: AssetStatus[]; failed: number; late: number; running: number };

/** What needs attention, the most pressing first, and the numbers for the headline. */
export function attention(o: Overview): Attention {
  const items = o.late.map((asset, i) => ({ asset, i })).sort((a, b) => rank(a.asset) - rank(b.asset) || a.i - b.i).map(({ asset }) => asset);
  const calm = items.filter(readEachRun).length;
  return {
    items,
    failed: o.assets.failed,
    late: Math.max(0, o.assets.due + o.assets.never_built - calm),
    running: o.assets.running,
  };
}
