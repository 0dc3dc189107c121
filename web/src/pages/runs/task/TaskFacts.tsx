import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { useFormat } from "@/format";
import { useT } from "@/i18n";
import { Card, CopyButton, Duration, isActive, Time } from "@/ui";
import type { LiveTask } from "../model/data";
import { useInterval, useTaskNote, useTaskReason } from "../parts/words";
import css from "./Task.module.css";

/** What a task was to do, when it did it, and what came of it. */
export function TaskFacts({ task, connected }: { task: LiveTask; connected: boolean }) {
  const t = useT();
  const f = useFormat();
  const interval = useInterval();
  const reason = useTaskReason();
  const note = useTaskNote();
  const active = isActive(task.status);
  const waited = task.queued_at && task.started_at && task.attempt <= 1 ? new Date(task.started_at).getTime() - new Date(task.queued_at).getTime() : 0;
  const { progress } = task;
  return (
    <Card title={t("runs.task.facts")}>
      <dl className={css.facts}>
        <Fact name={t("runs.column.asset")}><Link to="/catalog/$table" params={{ table: task.asset }}>{task.asset}</Link></Fact>
        {task.start && <Fact name={t("runs.task.interval")}>{interval(task)}</Fact>}
        {task.reason && <Fact name={t("runs.task.reason")}>{reason(task)}</Fact>}
        <Fact name={t("runs.column.attempts")}>{task.attempt || "–"}</Fact>
        <Fact name={t("runs.column.begun")}><Time at={task.started_at} as="datetime" /></Fact>
        <Fact name={t("runs.column.took")}>
          <Duration from={task.started_at} to={task.finished_at ?? (active ? undefined : task.started_at)} />
          {waited >= 100 && <span className={css.quiet}>{t("runs.task.waited", { time: f.duration(waited) })}</span>}
        </Fact>
        {task.status === "retrying" && task.ready_at && <Fact name={t("runs.task.again")}><Time at={task.ready_at} /></Fact>}
        {active && progress && (
          <Fact name={t("runs.task.progress")}>
            {[
              progress.step,
              (progress.rows ?? 0) > 0 && ((progress.rows_total ?? 0) > 0 ? t("runs.task.progress.of", { done: f.number(progress.rows ?? 0), all: f.number(progress.rows_total ?? 0) }) : t("runs.rows", { n: progress.rows ?? 0, count: f.number(progress.rows ?? 0) })),
              (progress.bytes ?? 0) > 0 && f.bytes(progress.bytes ?? 0),
            ].filter(Boolean).join(" · ") || "–"}
          </Fact>
        )}
        <Fact name={t("runs.task.rows")}>{f.number(task.rows)}</Fact>
        <Fact name={t("runs.task.size")}>{task.bytes > 0 ? t("runs.task.files", { bytes: f.bytes(task.bytes), n: task.files }) : "–"}</Fact>
        {task.snapshot && (
          <Fact name={t("runs.task.snapshot")}>
            <span className={css.snapshot}>
              <Link to="/catalog/$table" params={{ table: task.asset }} search={{ tab: "snapshots", snapshot: task.snapshot }}><code>{task.snapshot}</code></Link>
              <CopyButton text={task.snapshot} />
            </span>
          </Fact>
        )}
        {note(task) && <Fact name={t("runs.task.note")}>{note(task)}</Fact>}
      </dl>
      {!connected && <p className={css.reconnecting} role="status">{t("runs.reconnecting")}</p>}
    </Card>
  );
}

const Fact = ({ name, children }: { name: string; children: ReactNode }) => (
  <div>
    <dt>{name}</dt>
    <dd>{children}</dd>
  </div>
);
