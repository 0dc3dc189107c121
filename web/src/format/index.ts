import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { queries } from "@/api/queries";
import { useLocale } from "@/i18n";
import * as number from "./number";
import * as time from "./time";

export * from "./number";
export * from "./time";

/** The time zone of the workspace, undefined (the browser's) until it is known. */
export function useTimezone(): string | undefined {
  return useQuery({ ...queries.workspace(), select: (w) => w.timezone }).data || undefined;
}

/** The helpers of this folder, in the language of the interface and the time zone of the workspace. */
export function useFormat() {
  const locale = useLocale();
  const zone = useTimezone();
  return useMemo(
    () => ({
      locale,
      zone,
      number: (v: number.Numeric, digits?: number) => number.formatNumber(v, locale, digits),
      compact: (v: number.Numeric) => number.formatCompact(v, locale),
      money: (v: number.Numeric, currency?: string, compact?: boolean) => number.formatMoney(v, locale, currency, compact),
      percent: (v: number.Numeric, digits?: number) => number.formatPercent(v, locale, digits),
      change: (v: number) => number.formatChange(v, locale),
      bytes: (v: number.Numeric) => number.formatBytes(v, locale),
      duration: (ms: number) => number.formatDuration(ms, locale),
      metric: (v: number.Numeric | boolean | null | undefined, as: string, compact?: boolean) => number.formatMetric(v, as, locale, compact),
      date: (at: time.Instant) => time.formatDate(at, locale, zone),
      day: (at: time.Instant) => time.formatDay(at, locale, zone),
      weekday: (at: time.Instant) => time.formatWeekday(at, locale, zone),
      month: (at: time.Instant) => time.formatMonth(at, locale, zone),
      dateTime: (at: time.Instant, seconds?: boolean) => time.formatDateTime(at, locale, zone, seconds),
      clock: (at: time.Instant, seconds?: boolean) => time.formatClock(at, locale, zone, seconds),
      exact: (at: time.Instant) => time.formatExact(at, locale, zone),
      relative: (at: time.Instant, now: number) => time.formatRelative(at, now, locale),
    }),
    [locale, zone],
  );
}
export type Format = ReturnType<typeof useFormat>;
