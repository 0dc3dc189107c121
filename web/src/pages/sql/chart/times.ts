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

/** What the marks of an axis of times say, so that they are short. */
export type Told = "month" | "day" | "time";

export function toldBy(precision: Precision, span: number): Told {
  if (precision === "month" || span > 400 * day) return "month";
  return precision === "day" || span > 3 * day ? "day" : "time";
}

/** The least time between two marks: nearer ones would say the same. The shortest month has 28 days. */
export const stepOf = (told: Told): number | undefined => ({ month: 28 * day, day, time: undefined })[told];

/** From the first to the last, in ms. */
export const spanOf = (times: readonly number[]): number => (times.length === 0 ? 0 : times.at(-1)! - times[0]!);

/** How many minutes a zone (the browser's, when there is none) is east of UTC at a time. */
export function offsetIn(zone: string | undefined): (at: number) => number {
  let format: Intl.DateTimeFormat;
  try {
    format = new Intl.DateTimeFormat("en", { timeZone: zone, timeZoneName: "longOffset" });
  } catch {
    return () => 0; // a zone that this browser does not know
  }
  const read = (at: number): number => {
    const name = format.formatToParts(at).find((p) => p.type === "timeZoneName")?.value ?? "";
    const [, sign, hours, minutes] = /GMT([+-])(\d+):?(\d+)?/.exec(name) ?? [];
    return hours === undefined ? 0 : (sign === "-" ? -1 : 1) * (Number(hours) * 60 + Number(minutes ?? 0));
  };
  // Most days have one offset from their beginning to their end: what is known of these needs no look at the zone.
  const known = new Map<number, number>();
  const atDay = (n: number): number => {
    let offset = known.get(n);
    if (offset === undefined) known.set(n, (offset = read(n * day)));
    return offset;
  };
  return (at) => {
    const n = Math.floor(at / day);
    if (Math.abs(n + 1) > 1e8 - 1) return 0; // the ends of the calendar
    const offset = atDay(n);
    return offset === atDay(n + 1) ? offset : read(at);
  };
}
