import type { Cell, Grain } from "@/api";
import { addDays, isDay, numberFormat, timeFormat, type Format } from "@/format";
import { pickLabel, type Locale } from "@/i18n";
import type { Column } from "./data";

const monday = Date.UTC(2024, 0, 1);
const hour = 3_600_000;

/** The name of a weekday: 1 is Monday. */
export function weekday(n: number, locale: Locale, length: "short" | "long" = "short"): string {
  return timeFormat(locale, "UTC", { weekday: length }).format(monday + (n - 1) * 24 * hour);
}

/** `21시`, `9 PM`. */
export function hourOfDay(n: number, locale: Locale): string {
  return timeFormat(locale, "UTC", { hour: "numeric", hourCycle: locale === "ko" ? "h23" : "h12" }).format(monday + n * hour);
}

/** A period on an axis. */
export function period(day: string, grain: Grain | undefined, f: Format): string {
  return grain === "month" ? f.month(day) : f.day(day);
}

/** A period in full: a day with its weekday, a week with its last day; of what is no period but a time, the time too. */
export function exactPeriod(day: string, grain: Grain | undefined, f: Format): string {
  if (grain === "month") return f.month(day);
  if (grain === "week") return days(day, addDays(day, 7), f);
  return isDay(day) || f.clock(day) === "00:00:00" ? f.weekday(day) : f.dateTime(day);
}

/** The days of a range, `to` excluded. */
export function days(from: string, to: string, f: Format): string {
  const last = addDays(to, -1);
  if (last <= from) return f.date(from);
  return timeFormat(f.locale, "UTC", { dateStyle: "medium" }).formatRange(new Date(from), new Date(last));
}

/** Whether the first and the last period of a range are cut off by it. */
export function partialOf(from: string, to: string, grain: Grain | undefined): { first: boolean; last: boolean } {
  const begins = (day: string) => (grain === "month" ? day.endsWith("-01") : grain === "week" ? new Date(day).getUTCDay() === 1 : true);
  return { first: !begins(from), last: !begins(to) };
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

/** From here on a number is shortened where there is little room: all digits of a smaller one are taken in at once. */
const long = 1_000_000;

/** A value of a metric. A share always has its decimal, so that a column of them is aligned and 4.0% can follow 4.1%. */
export function figure(value: Cell | undefined, format: string, f: Format, compact = false): string {
  const n = toNumber(value);
  if (format === "percent" && n !== null) return numberFormat(f.locale, { style: "percent", minimumFractionDigits: 1, maximumFractionDigits: 1 }).format(n);
  return f.metric(value, format, compact && n !== null && Math.abs(n) >= long);
}

/** How a value differs from the one before. Shares differ by points: 4% is one point more than 3%, and a third more. */
export function moved(now: number | null, before: number | null, format: string): Moved | null {
  if (now === null || before === null) return null;
  if (format === "percent") return { by: now - before, points: true };
  return before === 0 ? null : { by: (now - before) / Math.abs(before), points: false };
}
export type Moved = { by: number; points: boolean };

/** `+9.6%`; of shares `-0.2%p`, in English `-0.2 pp`. */
export function moveText({ by, points }: Moved, locale: Locale, sign: "exceptZero" | "never" = "exceptZero"): string {
  if (points) return numberFormat(locale, { minimumFractionDigits: 1, maximumFractionDigits: 1, signDisplay: sign }).format(by * 100) + (locale === "ko" ? "%p" : " pp");
  const whole = Math.abs(by) >= 1 ? 0 : 1;
  return numberFormat(locale, { style: "percent", minimumFractionDigits: whole, maximumFractionDigits: whole, signDisplay: sign }).format(by);
}

export const toNumber = (value: Cell | undefined): number | null => {
  if (value === null || value === undefined || value === "" || typeof value === "boolean") return null;
  const n = Number(value);
  return Number.isFinite(n) ? n : null;
};
