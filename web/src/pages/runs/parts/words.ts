import { useCallback } from "react";
import type { RunInfo, TaskInfo } from "@/api";
import { useReasonText } from "@/app/assets";
import { addDays, useFormat } from "@/format";
import { useT } from "@/i18n";
import { failedAssets } from "../model/failure";
import { readReasons } from "../model/reason";

const day = /^\d{4}-\d{2}-\d{2}$/;

/** The words for an interval: a day, the days from one to another, or times. */
export function useInterval(): (of: { start?: string; end?: string }) => string {
  const f = useFormat();
  return useCallback(
    ({ start, end }) => {
      if (!start || !end) return "";
      const midnight = (at: string) => day.test(at) || f.clock(at) === "00:00:00";
      if (!midnight(start) || !midnight(end)) return `${f.dateTime(start)} – ${f.dateTime(end)}`;
      // Half a day before its end is the last day, with and without a change of the clocks.
      const last = day.test(end) ? addDays(end, -1) : new Date(new Date(end).getTime() - 43_200_000);
      const [from, to] = [f.date(start), f.date(last)];
      return from === to ? from : `${from} – ${to}`;
    },
    [f],
  );
}

/** Why a task is in its run, in the language of the interface. */
export function useTaskReason(): (task: TaskInfo) => string {
  const reasonText = useReasonText();
  return useCallback((task) => [...new Set(readReasons(task.reason).map(reasonText))].join(" · "), [reasonText]);
}

/** What a task says about its work. */
export function useTaskNote(): (task: TaskInfo) => string {
  const t = useT();
  return useCallback(
    (task) => {
      if (task.note === "nothing new in the source") return t("runs.note.nothing_new");
      if (task.note) return task.note;
      return task.unchanged ? t("runs.note.unchanged") : "";
    },
    [t],
  );
}

/** The asset that another one needed and that failed, from the error of a task that was skipped. */
export const neededAsset = (error: string | undefined): string | undefined => /^(\S+), which it needs, failed$/.exec(error ?? "")?.[1];

/** The words for an error that hosu itself has words for; else undefined. */
export function useKnownError(): (error: string | undefined) => string | undefined {
  const t = useT();
  return useCallback(
    (error) => {
      if (!error) return undefined;
      const needed = neededAsset(error);
      if (needed) return t("runs.error.upstream", { asset: needed });
      if (error.startsWith("its process ended before it did")) return t("runs.error.interrupted");
      if (/cancelled on request$/.test(error) || error === "cancelled") return t("runs.error.cancelled");
      return undefined;
    },
    [t],
  );
}

/** Why a run did not succeed, in one line. */
export function useRunError(): (run: RunInfo) => string | undefined {
  const t = useT();
  const known = useKnownError();
  return useCallback(
    (run) => {
      if (!run.error) return undefined;
      const assets = failedAssets(run.error);
      const n = run.tasks?.failed ?? 0;
      if (assets.length > 0) {
        const rest = Math.max(0, n - assets.length);
        return t("runs.error.failed", { n: Math.max(n, 1), assets: assets.join(", "), rest });
      }
      return known(run.error) ?? run.error.split("\n")[0];
    },
    [t, known],
  );
}

/** What was asked for: the selectors, or everything that needs it. */
export function useRunTitle(): (run: RunInfo, most?: number) => string {
  const t = useT();
  return useCallback(
    (run, most = 3) => {
      const list = run.selectors ?? [];
      if (list.length === 0) return t("runs.everything");
      const shown = list.slice(0, most).join(", ");
      return list.length > most ? t("runs.more", { shown, n: list.length - most }) : shown;
    },
    [t],
  );
}

