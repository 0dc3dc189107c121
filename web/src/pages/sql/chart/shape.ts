import type { Aggregate, ChartSpec, Kind, Value } from "./choose";

/** The values of a result that a chart needs, column by column: x as it is (times in ms), y as numbers. */
export type ChartInput = { x: readonly Value[]; y: readonly (readonly (number | null)[])[]; series?: readonly Value[] };

export type Bucket = "minute" | "hour" | "day" | "week" | "month";

export type ChartData = {
  /** Times in ms, numbers or names, in the order of the axis. */
  x: (number | string)[];
  /** `name` is undefined for rows without a value in the series column. */
  series: { name: string | undefined; column: number; others?: boolean; values: (number | null)[] }[];
  /** What was done to make it readable; each is said under the chart. */
  notes: {
    /** Several rows became one value. */
    aggregated?: boolean;
    bucket?: Bucket;
    /** Of how many categories and series these are some. */
    categories?: { shown: number; total: number };
    series?: { shown: number; total: number };
  };
};

export const limits = { times: 1500, categories: 40, series: 8 };

type Cell = { sum: number; n: number; min: number; max: number };

const add = (cell: Cell | undefined, value: number): Cell =>
  cell === undefined
    ? { sum: value, n: 1, min: value, max: value }
    : { sum: cell.sum + value, n: cell.n + 1, min: Math.min(cell.min, value), max: Math.max(cell.max, value) };

function result(cell: Cell | undefined, how: Aggregate): number | null {
  if (cell === undefined) return null;
  if (how === "avg") return cell.sum / cell.n;
  return how === "count" ? cell.n : cell[how];
}

/** How many minutes a zone is east of UTC at a time in ms: it changes with the clocks. */
export type Offset = (at: number) => number;

/** Turns rows into what is drawn: few enough values to be read, with a word about what was left out. */
export function shape(spec: ChartSpec, kind: Kind, input: ChartInput, zone: Offset = () => 0): ChartData {
  const notes: ChartData["notes"] = {};
  const keyOf = kind === "time" ? times(input.x, zone, notes) : (value: Value) => (kind === "number" ? Number(value) : text(value));

  // name of series → x → cell; without a series column one per measure
  const groups = new Map<string, { name: string | undefined; column: number; cells: Map<number | string, Cell>; total: number }>();
  const order = new Map<number | string, number>();
  for (let row = 0; row < input.x.length; row++) {
    const raw = input.x[row];
    if ((raw === null || raw === undefined) && kind !== "category") continue;
    const x = keyOf(raw);
    for (const [i, values] of input.y.entries()) {
      const value = spec.aggregate === "count" ? (values[row] === null ? null : 1) : values[row];
      if (!order.has(x)) order.set(x, 0);
      if (value === null || value === undefined || !Number.isFinite(value)) continue;
      const named = input.series && text(input.series[row]);
      const key = `${i}\u0000${named ?? ""}`;
      let group = groups.get(key);
      if (group === undefined) groups.set(key, (group = { name: named === "" ? undefined : named, column: spec.y[i]!, cells: new Map(), total: 0 }));
      const before = group.cells.get(x);
      if (before) notes.aggregated = true;
      group.cells.set(x, add(before, value));
      group.total += Math.abs(value);
      order.set(x, order.get(x)! + Math.abs(value));
    }
  }

  let xs = [...order.keys()];
  if (kind === "category") {
    if (xs.length > limits.categories) {
      notes.categories = { shown: limits.categories, total: xs.length };
      xs = xs.sort((a, b) => order.get(b)! - order.get(a)!).slice(0, limits.categories);
    }
  } else {
    xs.sort((a, b) => Number(a) - Number(b));
    if (kind === "number" && xs.length > limits.times) {
      notes.categories = { shown: limits.times, total: xs.length };
      xs = xs.slice(0, limits.times);
    }
  }

  let shown = [...groups.values()];
  let rest: typeof shown = [];
  if (input.series && shown.length > limits.series) {
    const ranked = [...shown].sort((a, b) => b.total - a.total);
    notes.series = { shown: limits.series - 1, total: shown.length };
    rest = ranked.slice(limits.series - 1);
    shown = ranked.slice(0, limits.series - 1);
  }
  const series: ChartData["series"] = shown.map((g) => ({ name: g.name, column: g.column, values: xs.map((x) => result(g.cells.get(x), spec.aggregate)) }));
  if (rest.length > 0 && (spec.aggregate === "sum" || spec.aggregate === "count")) {
    const others = xs.map((x) => {
      const cells = rest.flatMap((g) => g.cells.get(x) ?? []);
      return cells.length === 0 ? null : cells.reduce((sum, cell) => sum + result(cell, spec.aggregate)!, 0);
    });
    series.push({ name: undefined, column: spec.y[0]!, others: true, values: others });
  }
  return { x: xs, series, notes };
}

const text = (value: Value): string => (value === null || value === undefined ? "" : String(value));

/** The place of a time on the axis: itself, or the beginning of its hour, day … where there are too many. */
function times(values: readonly Value[], zone: Offset, notes: ChartData["notes"]): (value: Value) => number {
  const seen = new Set<number>();
  let low = Infinity;
  let high = -Infinity;
  for (const value of values) {
    if (value === null || value === undefined) continue;
    const at = Number(value);
    seen.add(at);
    if (at < low) low = at;
    if (at > high) high = at;
  }
  if (seen.size <= limits.times) return Number;
  const steps: [Bucket, number][] = [["minute", 60e3], ["hour", 3600e3], ["day", 86400e3], ["week", 7 * 86400e3], ["month", 30 * 86400e3]];
  const [bucket] = steps.find(([, ms]) => (high - low) / ms <= limits.times / 2) ?? steps.at(-1)!;
  notes.bucket = bucket;
  notes.aggregated = true;
  return (value) => floor(Number(value), bucket, zone);
}

function floor(at: number, bucket: Bucket, zone: Offset): number {
  if (bucket === "minute") return Math.floor(at / 60e3) * 60e3;
  const shift = zone(at) * 60e3;
  const local = at + shift;
  // The hour that clocks are put back over is there twice.
  if (bucket === "hour") return Math.floor(local / 3600e3) * 3600e3 - shift;
  const begin = beginning(local, bucket);
  // The clocks may have been put forward or back since.
  return begin - zone(begin - shift) * 60e3;
}

function beginning(local: number, bucket: Bucket): number {
  const day = 86400e3;
  if (bucket === "day") return Math.floor(local / day) * day;
  if (bucket === "week") return (Math.floor((local / day + 3) / 7) * 7 - 3) * day; // 1970-01-01 was a Thursday
  const date = new Date(local);
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), 1);
}
