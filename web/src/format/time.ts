import type { Locale } from "@/i18n/locale";

export type Instant = string | number | Date;

const cache = new Map<string, Intl.DateTimeFormat>();

/** The formatter of these options, made once. */
export function timeFormat(locale: Locale, timeZone: string | undefined, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = locale + (timeZone ?? "") + JSON.stringify(options);
  let made = cache.get(key);
  if (made === undefined) {
    try {
      made = new Intl.DateTimeFormat(locale, { ...options, timeZone });
    } catch {
      made = new Intl.DateTimeFormat(locale, options); // a zone that this browser does not know
    }
    cache.set(key, made);
  }
  return made;
}

/**
 * A date without a time (`2026-01-31`) is a day of the calendar, and one whose time has no offset (`2026-01-31T09:00:00`) is what
 * a clock showed: both are told as they are, in no zone.
 */
export const isDay = (at: Instant): at is string => typeof at === "string" && /^\d{4}-\d{2}-\d{2}$/.test(at);
const isLocal = (at: Instant): at is string => typeof at === "string" && /^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?$/.test(at);

/** What a format takes, and the zone that it is told in. */
function placed(at: Instant, timeZone: string | undefined): [Date, string | undefined] {
  if (isLocal(at)) return [new Date(`${at.replace(" ", "T")}Z`), "UTC"];
  return [new Date(at), isDay(at) ? "UTC" : timeZone];
}

function write(at: Instant, locale: Locale, timeZone: string | undefined, options: Intl.DateTimeFormatOptions): string {
  const [date, zone] = placed(at, timeZone);
  return timeFormat(locale, zone, options).format(date);
}

/** `31 Jan 2026`-like; in Korean `2026. 1. 31.`. */
export function formatDate(at: Instant, locale: Locale, timeZone?: string): string {
  return write(at, locale, timeZone, { dateStyle: "medium" });
}

/** `Jan 31`; in Korean `1월 31일`: for axes. */
export function formatDay(at: Instant, locale: Locale, timeZone?: string): string {
  return write(at, locale, timeZone, { month: "short", day: "numeric" });
}

/** `Sat, Jan 31`; in Korean `1월 31일 (토)`. */
export function formatWeekday(at: Instant, locale: Locale, timeZone?: string): string {
  return write(at, locale, timeZone, { month: "short", day: "numeric", weekday: "short" });
}

/** `Jan 2026`; in Korean `2026년 1월`. */
export function formatMonth(at: Instant, locale: Locale, timeZone?: string): string {
  return write(at, locale, timeZone, { year: "numeric", month: "short" });
}

/** A date and a time to the minute, to the second with `seconds`. */
export function formatDateTime(at: Instant, locale: Locale, timeZone?: string, seconds = false): string {
  return write(at, locale, timeZone, {
    year: "numeric", month: "short", day: "numeric", hour: "2-digit", minute: "2-digit", hourCycle: "h23",
    ...(seconds ? { second: "2-digit" } : {}),
  });
}

/** A time of day: `14:03:22`. */
export function formatClock(at: Instant, locale: Locale, timeZone?: string, seconds = true): string {
  return write(at, locale, timeZone, { hour: "2-digit", minute: "2-digit", hourCycle: "h23", ...(seconds ? { second: "2-digit" } : {}) });
}

/** With the zone's name: what a tooltip says. */
export function formatExact(at: Instant, locale: Locale, timeZone?: string): string {
  return write(at, locale, timeZone, {
    year: "numeric", month: "short", day: "numeric", weekday: "short",
    hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23", ...(isLocal(at) ? {} : { timeZoneName: "short" }),
  });
}

const steps = [
  { unit: "second", ms: 1000, below: 60 },
  { unit: "minute", ms: 60_000, below: 60 },
  { unit: "hour", ms: 3_600_000, below: 24 },
  { unit: "day", ms: 86_400_000, below: 7 },
  { unit: "week", ms: 7 * 86_400_000, below: 5 },
  { unit: "month", ms: 30.44 * 86_400_000, below: 12 },
  { unit: "year", ms: 365.25 * 86_400_000, below: Infinity },
] as const;

/** `5m ago`, `in 2h`, `3d ago`; in Korean `5분 전`. Less than ten seconds are `now`. */
export function formatRelative(at: Instant, now: number, locale: Locale): string {
  const ms = new Date(at).getTime() - now;
  const relative = new Intl.RelativeTimeFormat(locale, { style: locale === "en" ? "narrow" : "long", numeric: "always" });
  if (Math.abs(ms) < 10_000) return new Intl.RelativeTimeFormat(locale, { numeric: "auto" }).format(0, "second");
  for (const { unit, ms: size, below } of steps) {
    const n = Math.trunc(ms / size);
    if (Math.abs(n) < below) return relative.format(n || Math.sign(ms), unit);
  }
  return formatDate(at, locale);
}

/** Today in a zone, as `2026-01-31`. */
export function today(timeZone: string | undefined, now: number = Date.now()): string {
  // The Swedish order of a date is the ISO one.
  try {
    return new Intl.DateTimeFormat("sv-SE", { timeZone }).format(now);
  } catch {
    return new Intl.DateTimeFormat("sv-SE").format(now);
  }
}

/** A day of the calendar some days later: `addDays("2026-01-31", 1)`. */
export function addDays(day: string, days: number): string {
  const at = new Date(`${day}T00:00:00Z`);
  at.setUTCDate(at.getUTCDate() + days);
  return at.toISOString().slice(0, 10);
}
