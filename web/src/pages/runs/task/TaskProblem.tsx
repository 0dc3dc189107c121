import { LinkButton } from "@/ui";
import type { RunInfo } from "@/api";
import { useT, type MessageId } from "@/i18n";
import type { LiveTask } from "../model/data";
import { Failure } from "../parts/Failure";
import { neededAsset, useKnownError } from "../parts/words";

const next: Record<string, MessageId> = {
  permanent: "runs.next.task.permanent",
  transient: "runs.next.transient",
  cancelled: "runs.next.cancelled",
  interrupted: "runs.next.interrupted",
};

/** Why a task did not succeed, and what to do about it. */
export function TaskProblem({ run, task, others, checks, className }: { className?: string; run: RunInfo; task: LiveTask; others: { id: string; asset: string }[]; checks: boolean }) {
  const t = useT();
  const known = useKnownError();
  const { error, error_kind: kind = "" } = task;
  if (!error) return null;
  const needed = neededAsset(error);
  const of = needed ? others.find(({ asset }) => asset === needed) : undefined;
  const advice = next[kind];
  return (
    <Failure
      className={className}
      // The rows that a check found are below, as a table.
      error={checks ? (error.split("\n")[0] ?? "") : error}
      message={known(error)}
      tone={kind === "upstream" || kind === "cancelled" ? "neutral" : kind === "interrupted" || task.status === "retrying" ? "warn" : "bad"}
      next={task.status === "retrying" ? t("runs.next.retrying") : kind === "upstream" ? t("runs.next.upstream") : advice && t(advice)}
      action={of && <LinkButton size="s" to="/runs/$run/tasks/$task" params={{ run: run.id, task: of.id }}>{t("runs.task.of", { asset: of.asset })}</LinkButton>}
    />
  );
}
