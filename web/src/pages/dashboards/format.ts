import type { Cell, Grain } from "@/api";
import { addDays, type Format } from "@/format";
import { pickLabel, type Locale } from "@/i18n";
import type { Column } from "./data";

const cache = new Map<string, Intl.DateTimeFormat>();
function dates(locale: Locale, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = locale + JSON.stringify(options);
  let made = cache.get(key);
  if (made === undefined) cache.set(key, (made = new Intl.DateTimeFormat(locale, { ...options, timeZone: "UTC" })));
  return made;
}

const monday = Date.UTC(2024, 0, 1);
const hour = 3_600_000;

/** The name of a weekday: 1 is Monday. */
export function weekday(n: number, locale: Locale, length: "short" | "long" = "short"): string {
  return dates(locale, { weekday: length }).format(monday + (n - 1) * 24 * hour);
}

/** `21시`, `9 PM`. */
export function hourOfDay(n: number, locale: Locale): string {
  return dates(locale, { hour: "numeric", hourCycle: locale === "ko" ? "h23" : "h12" }).format(monday + n * hour);
}

/** A period on an axis. */
export function period(day: string, grain: Grain | undefined, f: Format): string {
  return grain === "month" ? f.month(day) : f.day(day);
}

/** A period in full: a day with its weekday, a week with its last day. */
export function exactPeriod(day: string, grain: Grain | undefined, f: Format): string {
  if (grain === "month") return f.month(day);
  if (grain === "week") return days(day, addDays(day, 7), f);
  return dates(f.locale, { month: "short", day: "numeric", weekday: "short" }).format(new Date(day));
}

/** The days of a range, `to` excluded. */
export function days(from: string, to: string, f: Format): string {
  const last = addDays(to, -1);
  if (last <= from) return f.date(from);
  return dates(f.locale, { dateStyle: "medium" }).formatRange(new Date(from), new Date(last));
}

export const columnLabel = (column: Column, locale: Locale): string => pickLabel(column.label, locale, column.name);

export const isDate = (column: Column): boolean => /^(DATE|TIMESTAMP)/.test(column.type);

/** Whether all days are the first of a month: a column of months. */
export const areMonths = (values: readonly Cell[]): boolean => values.every((v) => v === null || /^\d{4}-\d{2}-01$/.test(String(v)));

/** A value of a dimension or of time, as words; `none` is the word for no value. */
export function dimensionText(value: Cell | undefined, column: Column, f: Format, none: string, grain?: Grain): string {
  if (value === null || value === undefined || value === "") return none;
  if (column.format === "weekday") return weekday(Number(value), f.locale, "long");
  if (column.format === "hour") return hourOfDay(Number(value), f.locale);
  if (/^\d{4}-\d{2}-\d{2}$/.test(String(value)) && isDate(column)) return grain ? exactPeriod(String(value), grain, f) : f.date(String(value));
  if (isDate(column)) return f.dateTime(String(value));
  if (column.format) return f.metric(value, column.format);
  return String(value);
}

export const toNumber = (value: Cell | undefined): number | null => {
  if (value === null || value === undefined || value === "" || typeof value === "boolean") return null;
  const n = Number(value);
  return Number.isFinite(n) ? n : null;
};
