import type { RunStatus } from "@/api";
import { useFormat } from "@/format";
import { useT } from "@/i18n";
import { statusColor, useStatusLabel } from "@/ui";
import css from "./TaskBar.module.css";

/** What is done first, then what is at work, then what did not get its turn. */
export const statusOrder: readonly RunStatus[] = ["succeeded", "failed", "interrupted", "running", "retrying", "cancelling", "cancelled", "skipped", "queued"];

export type Counts = Partial<Record<RunStatus, number>>;
export const total = (counts: Counts): number => Object.values(counts).reduce((sum, n) => sum + n, 0);
export const unfinished = (counts: Counts): number => (counts.queued ?? 0) + (counts.running ?? 0) + (counts.retrying ?? 0) + (counts.cancelling ?? 0);

/** A colour for each status, also for those without a meaning: what waits is fainter than what was left out. */
export const barColor = (status: string): string => (status === "queued" ? "var(--line-2)" : status === "skipped" ? "color-mix(in srgb, var(--idle) 45%, transparent)" : statusColor(status));

/** How many tasks of a run have each status, as a bar. `thick` for the head of a page. */
export function TaskBar({ counts, thick }: { counts: Counts; thick?: boolean }) {
  return (
    <span className={css.bar} data-thick={thick || undefined} aria-hidden>
      {statusOrder.map((status) => {
        const n = counts[status] ?? 0;
        return n > 0 && <i key={status} style={{ flexGrow: n, background: barColor(status) }} data-live={status === "running" || undefined} />;
      })}
    </span>
  );
}

/** The bar and its numbers, for a line of a list. */
export function TaskCounts({ counts, active }: { counts: Counts; active: boolean }) {
  const t = useT();
  const f = useFormat();
  const label = useStatusLabel();
  const all = total(counts);
  const words = statusOrder.filter((s) => counts[s]).map((s) => `${label(s)} ${f.number(counts[s] ?? 0)}`).join(", ");
  return (
    <span className={css.counts} title={words}>
      <TaskBar counts={counts} />
      <span className={css.numbers} aria-hidden>
        {all === 0 ? (active ? "–" : t("runs.tasks.none")) : active ? t("runs.tasks.done", { done: f.number(all - unfinished(counts)), n: f.number(all) }) : f.number(all)}
        {(counts.failed ?? 0) > 0 && <b>{t("runs.tasks.failed", { n: counts.failed ?? 0 })}</b>}
      </span>
      <span className="sr-only">{words || t("runs.tasks.none")}</span>
    </span>
  );
}
