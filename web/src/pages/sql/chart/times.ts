/** How finely times have to be told: by the values that there are. Times are ms, in the zone that they are told in. */
export type Precision = "month" | "day" | "time" | "second";

const day = 86_400_000;

export function precisionOf(times: readonly number[]): Precision {
  let precision: Precision = "month";
  for (const at of times) {
    if (at % day !== 0) return times.some((t) => t % 60_000 !== 0) ? "second" : "time";
    if (precision === "month" && new Date(at).getUTCDate() !== 1) precision = "day";
  }
  return precision;
}

/** From the first to the last, in ms. */
export const spanOf = (times: readonly number[]): number => (times.length === 0 ? 0 : times.at(-1)! - times[0]!);
