import type { Cell, Grain, MetricResult } from "@/api";
import type { Format } from "@/format";
import type { Translate } from "@/i18n";
import { areMonths, columnLabel, dimensionText, exactPeriod, hourOfDay, isDate, period, toNumber, weekday } from "./format";
import type { Column } from "./data";

/** Series beyond this many cannot be told apart. */
export const mostSeries = 8;

export type ShapedSeries = {
  name: string;
  values: (number | null)[];
  /** The value of the dimension that the series is of, for its colour. */
  of?: string;
  previous?: boolean;
  /** All that did not fit. */
  others?: boolean;
  metric?: string;
};

export type Shaped = {
  /** The place of each value: a day, or a word. */
  x: string[];
  label: (value: string) => string;
  exact: (value: string) => string;
  time: boolean;
  /** The dimension whose values are the series. */
  by?: string;
  series: ShapedSeries[];
  format: string;
  /** Series that are neither shown nor part of the others. */
  left: number;
};

type Words = { t: Translate; f: Format };

const rowsOf = (result: MetricResult) => result.rows;
const placed = (columns: readonly Column[], role: Column["role"]) => columns.map((column, at) => ({ column, at })).filter(({ column }) => column.role === role);

/** Turns rows into series: by time or by a dimension, and a second dimension side by side. */
export function shape(result: MetricResult, grain: Grain | undefined, { t, f }: Words, additive: boolean): Shaped {
  const rows = rowsOf(result);
  const time = placed(result.columns, "time")[0];
  const dimensions = placed(result.columns, "dimension");
  const measures = placed(result.columns, "measure");
  const befores = placed(result.columns, "previous");
  const none = t("dashboards.none");
  const format = measures[0]?.column.format ?? "number";
  const name = (column: Column) => columnLabel(column, f.locale);
  const before = (column: Column) => (measures.length === 1 ? t("dashboards.previous") : t("dashboards.previous.of", { name: name(column) }));

  if (!time && dimensions.length === 0) {
    // One row: a bar for each measure.
    const first = rows[0] ?? [];
    const series: ShapedSeries[] = [{ name: t("dashboards.value"), values: measures.map(({ at }) => toNumber(first[at])) }];
    if (befores.length > 0) {
      series.push({ name: t("dashboards.previous"), previous: true, values: measures.map(({ column }) => toNumber(first[befores.find((b) => b.column.metric === column.metric)?.at ?? -1])) });
    }
    return { x: measures.map(({ column }) => name(column)), label: String, exact: String, time: false, series, format, left: 0 };
  }

  const axis = time ?? dimensions[0]!;
  const months = time !== undefined && grain === undefined && areMonths(rows.map((row) => row[axis.at] ?? null));
  const unit = months ? "month" : grain;
  const textOf = (row: Cell[]) => (time ? String(row[axis.at] ?? "") : dimensionText(row[axis.at], axis.column, f, none));
  const x = [...new Set(rows.map(textOf))];
  const place = new Map(x.map((value, i) => [value, i]));
  const blank = () => Array.from<number | null>({ length: x.length }).fill(null);
  const inTime = time !== undefined && isDate(time.column);
  const base = {
    x,
    time: inTime,
    label: inTime ? (v: string) => period(v, unit, f) : String,
    exact: inTime ? (v: string) => exactPeriod(v, unit, f) : String,
    format,
  };

  const split = time ? dimensions[0] : dimensions[1];
  if (!split) {
    const series = [
      ...measures.map(({ column, at }) => ({ name: name(column), metric: column.metric, values: blank(), at })),
      ...befores.map(({ column, at }) => ({ name: before(column), metric: column.metric, previous: true, values: blank(), at })),
    ];
    for (const row of rows) for (const s of series) s.values[place.get(textOf(row))!] = toNumber(row[s.at]);
    return { ...base, series: series.map(({ at: _, ...s }) => s), left: 0 };
  }

  const measure = measures[0];
  const groups = new Map<string, ShapedSeries & { total: number }>();
  for (const row of rows) {
    const raw = row[split.at] ?? null;
    const of = raw === null ? "" : String(raw);
    let group = groups.get(of);
    if (!group) groups.set(of, (group = { name: dimensionText(raw, split.column, f, none), of, metric: measure?.column.metric, values: blank(), total: 0 }));
    const value = measure ? toNumber(row[measure.at]) : null;
    group.values[place.get(textOf(row))!] = value;
    group.total += value ?? 0;
  }
  const sorted = [...groups.values()].sort((a, b) => b.total - a.total);
  const fits = sorted.length <= mostSeries ? sorted : sorted.slice(0, additive ? mostSeries - 1 : mostSeries);
  const rest = sorted.slice(fits.length);
  const series: ShapedSeries[] = fits.map(({ total: _, ...s }) => s);
  if (rest.length > 0 && additive) {
    series.push({
      name: t("dashboards.others", { n: rest.length }),
      others: true,
      metric: measure?.column.metric,
      values: x.map((_, i) => rest.reduce<number | null>((sum, s) => (s.values[i] === null || s.values[i] === undefined ? sum : (sum ?? 0) + s.values[i]), null)),
    });
  }
  return { ...base, by: split.column.name, series, left: additive ? 0 : rest.length };
}

export type ShapedHeat = {
  x: string[];
  y: string[];
  values: (number | null)[][];
  metric?: string;
  format: string;
  /** What the axes are, where their words do not say it. */
  axes?: string;
  /** One of the axes is time. */
  timed: boolean;
  /** Where a cell stands, read on its own. */
  place: (x: number, y: number) => string[];
};

/** Turns rows into cells: the first dimension (or time) down, the second across. Weekdays and hours are all there. */
export function heat(result: MetricResult, grain: Grain | undefined, { t, f }: Words): ShapedHeat {
  const rows = rowsOf(result);
  const axes = [...placed(result.columns, "time"), ...placed(result.columns, "dimension")].sort((a, b) => a.at - b.at);
  const measure = placed(result.columns, "measure")[0];
  const [down, across] = axes;
  const none = t("dashboards.none");
  const scale = (axis: (typeof axes)[number] | undefined) => {
    if (!axis) return { keys: [""], words: [""] };
    const whole = axis.column.format === "weekday" ? [1, 2, 3, 4, 5, 6, 7] : axis.column.format === "hour" ? Array.from({ length: 24 }, (_, i) => i) : undefined;
    const found = whole ?? [...new Set(rows.map((row) => row[axis.at] ?? null))];
    // Numbers and days in their order, words as the server ordered them.
    const keys = [...found].sort((a, b) => (isDate(axis.column) ? String(a).localeCompare(String(b)) : typeof a === "number" && typeof b === "number" ? a - b : 0));
    const unit = isDate(axis.column) && areMonths(keys) ? "month" : grain;
    return {
      keys: keys.map(String),
      words: keys.map((key) => {
        if (axis.column.format === "weekday") return weekday(Number(key), f.locale);
        if (axis.column.format === "hour") return hourOfDay(Number(key), f.locale);
        return isDate(axis.column) && key !== null ? period(String(key), unit, f) : dimensionText(key, axis.column, f, none);
      }),
    };
  };
  const y = scale(down);
  const x = scale(across);
  const values = y.keys.map(() => x.keys.map((): number | null => null));
  // A bare number says nothing without the name of its column.
  const named = (axis: (typeof axes)[number] | undefined, { keys, words }: typeof y, i: number): string[] => {
    if (!axis) return [];
    const bare = !axis.column.format && !isDate(axis.column) && words[i] === keys[i] && keys[i] !== "" && !Number.isNaN(Number(keys[i]));
    return [bare ? `${columnLabel(axis.column, f.locale)} ${words[i]}` : (words[i] ?? "")];
  };
  const rowAt = new Map(y.keys.map((key, i) => [key, i]));
  const columnAt = new Map(x.keys.map((key, i) => [key, i]));
  for (const row of rows) {
    const i = down ? rowAt.get(String(row[down.at] ?? null)) : 0;
    const j = across ? columnAt.get(String(row[across.at] ?? null)) : 0;
    if (i !== undefined && j !== undefined && measure) values[i]![j] = toNumber(row[measure.at]);
  }
  return {
    x: x.words, y: y.words, values, metric: measure?.column.metric, format: measure?.column.format ?? "number",
    timed: axes.some((a) => isDate(a.column)),
    // Weekdays and hours need no name.
    axes: axes.every((a) => a.column.format) ? undefined : axes.map((a) => columnLabel(a.column, f.locale)).join(" × "),
    place: (i, j) => [...named(down, y, j), ...named(across, x, i)],
  };
}

/** Whether there is nothing to draw. */
export const isEmpty = (result: MetricResult | undefined): boolean => {
  if (!result || result.rows.length === 0) return true;
  const measures = result.columns.flatMap((c, i) => (c.role === "measure" ? [i] : []));
  return measures.length > 0 && rowsOf(result).every((row) => measures.every((i) => row[i] === null || row[i] === undefined));
};
