import { Link } from "@tanstack/react-router";
import type { RunInfo } from "@/api";
import { useT } from "@/i18n";
import { Button, isActive, StatusIcon } from "@/ui";
import type { LiveTask } from "../model/data";
import { failedAssets } from "../model/failure";
import { Failure, FailureLine } from "../parts/Failure";
import { useKnownError } from "../parts/words";
import css from "./Run.module.css";

/** How many failed tasks are told of before the tabs. */
const most = 4;

/** What went wrong in a run so far, and what to do next. */
export function Problems({ run, tasks, onAll }: { run: RunInfo; tasks: readonly LiveTask[]; onAll: () => void }) {
  const t = useT();
  const known = useKnownError();
  const failed = tasks.filter(({ status }) => status === "failed");
  if (failed.length > 0) {
    // One line for each asset: its intervals mostly fail for the same reason.
    const assets = [...new Map(failed.map((task) => [task.asset, task])).values()];
    const transient = failed.every(({ error_kind: kind }) => kind === "transient");
    const skipped = tasks.filter(({ status }) => status === "skipped").length;
    return (
      <section className={css.problems} aria-label={t("runs.problems")}>
        <ul>
          {assets.slice(0, most).map((task) => (
            <li key={task.id}>
              <StatusIcon status="failed" />
              <Link to="/runs/$run/tasks/$task" params={{ run: run.id, task: task.id }} className={css.problemName}>{task.asset}</Link>
              {task.error && <FailureLine error={task.error} className={css.problemText} />}
            </li>
          ))}
        </ul>
        <div className={css.problemFoot}>
          <p>
            {skipped > 0 && `${t("runs.problems.skipped", { n: skipped })} `}
            {!isActive(run.status) && t(transient ? "runs.next.transient" : "runs.next.permanent")}
          </p>
          {assets.length > most && (
            <Button size="s" look="quiet" onClick={onAll}>
              {t("runs.problems.all", { n: assets.length })}
            </Button>
          )}
        </div>
      </section>
    );
  }
  if (run.status === "interrupted") return <div className={css.problem}><Failure error={run.error ?? ""} message={t("runs.error.interrupted")} next={t("runs.next.interrupted")} tone="warn" /></div>;
  if (run.status === "cancelled") return <div className={css.problem}><Failure error={run.error ?? ""} message={t("runs.error.cancelled")} next={t("runs.next.cancelled")} tone="neutral" /></div>;
  if (run.error && failedAssets(run.error).length === 0) return <div className={css.problem}><Failure error={run.error} message={known(run.error)} next={t("runs.next.permanent")} /></div>;
  return null;
}
