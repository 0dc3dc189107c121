import { IconPlugConnectedX } from "@tabler/icons-react";
import { getRouteApi } from "@tanstack/react-router";
import type { RunInfo } from "@/api";
import { useFormat } from "@/format";
import { useT } from "@/i18n";
import { CopyButton, Duration, isActive, Time, useStatusLabel } from "@/ui";
import { barColor, statusOrder, TaskBar, total, type Counts } from "../parts/TaskBar";
import css from "./Run.module.css";

const route = getRouteApi("/runs/$run");

/** Which run it is, since when and for how long, and how its tasks stand. */
export function Facts({ run, counts, connected }: { run: RunInfo; counts: Counts; connected: boolean }) {
  const t = useT();
  const f = useFormat();
  const label = useStatusLabel();
  const navigate = route.useNavigate();
  const active = isActive(run.status);
  const begun = run.started_at ?? run.created_at;
  return (
    <>
      <div className={css.facts}>
        <span className={css.id}>
          <code>{run.id}</code>
          <CopyButton text={run.id} label={t("runs.copy.id")} />
        </span>
        <span>{t("runs.by", { by: run.by })}</span>
        <Time at={begun} as="datetime" />
        {(active || run.finished_at) && (
          <span className={css.elapsed}>
            {t(active ? "runs.elapsed" : "runs.took")} <b><Duration from={begun} to={run.finished_at} /></b>
          </span>
        )}
        {active && !connected && (
          <span className={css.reconnecting} role="status">
            <IconPlugConnectedX size={14} aria-hidden />
            {t("runs.reconnecting")}
          </span>
        )}
      </div>
      <div className={css.progress}>
        <TaskBar counts={counts} thick />
        <ul className={css.legend} aria-label={t("runs.column.tasks")}>
          {statusOrder
            .filter((status) => counts[status])
            .map((status) => (
              <li key={status}>
                <button type="button" onClick={() => void navigate({ search: { tab: "tasks", status }, replace: true })}>
                  <i style={{ background: barColor(status) }} aria-hidden />
                  <b>{f.number(counts[status] ?? 0)}</b> {label(status)}
                </button>
              </li>
            ))}
          {total(counts) === 0 && <li className={css.quiet}>{t(active ? "runs.tasks.soon" : "runs.tasks.nothing")}</li>}
        </ul>
      </div>
    </>
  );
}
