import type { Locale } from "@/i18n/locale";

/** A number as the server sends it: decimals and int64 come as text, so that no digit is lost. */
export type Numeric = number | bigint | string;

const cache = new Map<string, Intl.NumberFormat>();

/** The formatter of these options, made once. */
export function numberFormat(locale: Locale, options: Intl.NumberFormatOptions): Intl.NumberFormat {
  const key = locale + JSON.stringify(options);
  let made = cache.get(key);
  if (made === undefined) cache.set(key, (made = new Intl.NumberFormat(locale, options)));
  return made;
}

// Intl takes decimals as text, and formats every digit of them.
const exact = (value: Numeric) => value as number | bigint;

/** `1,234.5`. `digits` are the most decimals; without it, up to 3. What is too small for them has as many as it needs, unless it is to be whole. */
export function formatNumber(value: Numeric, locale: Locale, digits?: number): string {
  const size = Math.abs(Number(value));
  if (digits !== 0 && size > 0 && size < 10 ** -(digits ?? 3)) {
    return numberFormat(locale, size < 1e-9 ? { notation: "scientific", maximumFractionDigits: 2 } : { maximumSignificantDigits: 3 }).format(exact(value));
  }
  return numberFormat(locale, digits === undefined ? {} : { maximumFractionDigits: digits }).format(exact(value));
}

const units = [
  { at: 1e12, word: "조" },
  { at: 1e8, word: "억" },
  { at: 1e4, word: "만" },
] as const;

/**
 * A number in the space of a tile: `12.3K` and `1.2M` in English, `1.2만`, `3,450만`, `1.2억` and `12조` in Korean, whose
 * readers count by ten thousands.
 */
export function formatCompact(value: Numeric, locale: Locale): string {
  const n = Number(value);
  if (!Number.isFinite(n)) return String(value);
  // The marks of an axis of small numbers are to differ.
  if (Math.abs(n) < 0.1) return numberFormat(locale, { maximumSignificantDigits: 3 }).format(n);
  if (locale === "en") {
    return Math.abs(n) < 1000
      ? numberFormat("en", { maximumFractionDigits: 2 }).format(n)
      : numberFormat("en", { notation: "compact", maximumSignificantDigits: 3 }).format(n);
  }
  const magnitude = Math.abs(n);
  const rounded = magnitude < 1000 ? magnitude : Math.round(magnitude);
  let i = units.findIndex(({ at }) => rounded >= at);
  if (i >= 0) {
    // 99,999,999 is 1억, not 10,000만.
    if (i > 0 && round(magnitude / units[i]!.at, magnitude / units[i]!.at < 100 ? 1 : 0) >= 10_000) i--;
    const { at, word } = units[i]!;
    const digits = magnitude / at < 100 ? 1 : 0;
    return numberFormat("ko", { maximumFractionDigits: digits }).format(round(n / at, digits)) + word;
  }
  return numberFormat("ko", { maximumFractionDigits: magnitude < 1000 ? 2 : 0 }).format(n);
}

const round = (n: number, digits: number) => Math.round(n * 10 ** digits) / 10 ** digits;

/** The sign of a currency: ₩, $. */
function sign(currency: string, locale: Locale): string {
  const parts = numberFormat(locale, { style: "currency", currency, currencyDisplay: "narrowSymbol" }).formatToParts(0);
  return parts.find((part) => part.type === "currency")?.value ?? currency;
}

/** Money: `₩12,345`, or with `compact` `₩1.2억` and `₩120M`. */
export function formatMoney(value: Numeric, locale: Locale, currency = "KRW", compact = false): string {
  if (!compact) {
    return numberFormat(locale, { style: "currency", currency, currencyDisplay: "narrowSymbol" }).format(exact(value));
  }
  const text = formatCompact(value, locale);
  const symbol = sign(currency, locale);
  return text.startsWith("-") ? `-${symbol}${text.slice(1)}` : symbol + text;
}

/** A ratio: 0.1234 is `12.3%`. One that is too small for its decimals has as many as it needs: 0.0002 is `0.02%`. */
export function formatPercent(ratio: Numeric, locale: Locale, digits = 1): string {
  const size = Math.abs(Number(ratio)) * 100;
  if (size > 0 && size < 10 ** -digits) return numberFormat(locale, { style: "percent", maximumSignificantDigits: 2 }).format(exact(ratio));
  return numberFormat(locale, { style: "percent", maximumFractionDigits: digits }).format(exact(ratio));
}

/** A change of a ratio, with its sign: 0.05 is `+5%`. */
export function formatChange(ratio: number, locale: Locale): string {
  return numberFormat(locale, { style: "percent", maximumFractionDigits: Math.abs(ratio) < 0.1 ? 1 : 0, signDisplay: "exceptZero" }).format(ratio);
}

const byteUnits = ["B", "KB", "MB", "GB", "TB", "PB", "EB"];

/** Bytes, by thousands as disks are sold: `1.5 MB`. */
export function formatBytes(bytes: Numeric, locale: Locale): string {
  let n = Number(bytes);
  let unit = 0;
  // 999.95 KB would be written as 1,000 KB.
  while (Math.abs(n) >= (unit === 0 ? 1000 : 999.5) && unit < byteUnits.length - 1) {
    n /= 1000;
    unit++;
  }
  return `${numberFormat(locale, { maximumFractionDigits: unit === 0 || Math.abs(n) >= 100 ? 0 : Math.abs(n) >= 10 ? 1 : 2 }).format(n)} ${byteUnits[unit]}`;
}

const parts = {
  en: { day: "d", hour: "h", minute: "m", second: "s", ms: " ms" },
  ko: { day: "일", hour: "시간", minute: "분", second: "초", ms: "ms" },
} as const;

/** How long: `340 ms`, `1.2 s`, `3m 20s`, `2h 5m`, `3d 4h`; in Korean `1.2초`, `3분 20초`. */
export function formatDuration(ms: number, locale: Locale): string {
  const word = parts[locale];
  if (ms < 0) return `-${formatDuration(-ms, locale)}`;
  if (ms < 999.5) return `${Math.round(ms)}${word.ms}`;
  const seconds = ms / 1000;
  const gap = locale === "en" ? " " : "";
  if (seconds < 9.95) return `${numberFormat(locale, { maximumFractionDigits: 1 }).format(seconds)}${gap}${word.second}`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole}${gap}${word.second}`;
  const two = (a: number, aw: string, b: number, bw: string) => (b ? `${a}${aw} ${b}${bw}` : `${a}${aw}`);
  if (whole < 3600) return two(Math.floor(whole / 60), word.minute, whole % 60, word.second);
  const minutes = Math.round(whole / 60);
  if (minutes < 1440) return two(Math.floor(minutes / 60), word.hour, minutes % 60, word.minute);
  const hours = Math.round(minutes / 60);
  return two(Math.floor(hours / 24), word.day, hours % 24, word.hour);
}

/**
 * A value of a metric in the format that its definition names: `number`, `count`, `percent` or a currency in lower case
 * (`krw`). `compact` is for tiles and axes.
 */
export function formatMetric(value: Numeric | boolean | null | undefined, as: string, locale: Locale, compact = false): string {
  if (value === null || value === undefined || value === "") return "–";
  if (typeof value === "boolean") return String(value);
  if (typeof value === "string" && !/^-?\d+(\.\d+)?([eE][-+]?\d+)?$/.test(value)) return value;
  if (as === "percent") return formatPercent(value, locale);
  if (/^[a-z]{3}$/.test(as)) return formatMoney(value, locale, as.toUpperCase(), compact);
  const size = Math.abs(Number(value));
  if (compact && size >= 10_000) return formatCompact(value, locale);
  return formatNumber(value, locale, as === "count" || size >= 1000 ? 0 : 2);
}
