import { useFormat } from "@/format";
import { useT } from "@/i18n";
import { Card, Duration, StatusBadge, Time } from "@/ui";
import type { Attempt, LiveTask } from "../model/data";
import { FailureLine } from "../parts/Failure";
import { useKnownError } from "../parts/words";
import css from "./Task.module.css";

/** The attempts of a task, and the pauses between them. */
export function Attempts({ attempts, task }: { attempts: readonly Attempt[]; task: LiveTask }) {
  const t = useT();
  const f = useFormat();
  const known = useKnownError();
  return (
    <Card title={t("runs.task.attempts")} flush>
      <ol className={css.attempts}>
        {attempts.map((attempt, i) => {
          const before = attempts[i - 1];
          const pause = before?.finished_at ? new Date(attempt.started_at).getTime() - new Date(before.finished_at).getTime() : 0;
          return (
            <li key={attempt.attempt}>
              <b>{t("runs.attempt", { n: attempt.attempt })}</b>
              <StatusBadge status={attempt.status} />
              <span className={css.quiet}>
                <Time at={attempt.started_at} as="clock" /> · <Duration from={attempt.started_at} to={attempt.finished_at ?? (attempt.status === "running" ? undefined : task.finished_at)} />
                {pause > 0 && ` · ${t("runs.task.pause", { time: f.duration(pause) })}`}
              </span>
              {/* What the last one failed with is above. */}
              {attempt.error && attempt.error !== task.error && <p>{known(attempt.error) ?? <FailureLine error={attempt.error} />}</p>}
            </li>
          );
        })}
      </ol>
    </Card>
  );
}
