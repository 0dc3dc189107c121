import { IconChevronDown } from "@tabler/icons-react";
import { useEffect, useState } from "react";
import type { QueryInfo } from "@/api";
import { useFormat } from "@/format";
import { useT } from "@/i18n";
import type { QueryState } from "@/query";
import { Link, Popover, StatusIcon } from "@/ui";
import css from "./StatusLine.module.css";

/** Milliseconds since a time, a few times a second while it counts. */
function useElapsed(since: number, counting: boolean): number {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    if (!counting) return;
    const timer = setInterval(() => setNow(Date.now()), 100);
    return () => clearInterval(timer);
  }, [counting, since]);
  return Math.max(0, now - since);
}

/** How a statement stands, and what it cost. */
export function StatusLine({ state }: { state: QueryState }) {
  const t = useT();
  const f = useFormat();
  const running = state.status === "running";
  const counted = useElapsed(state.startedAt, running);
  const elapsed = running ? counted : (state.info?.elapsed_ms ?? (state.finishedAt ?? state.startedAt) - state.startedAt);
  const rows = t("sql.rows", { n: state.rows, rows: f.number(state.rows) });
  const word = { running: t("sql.status.running"), succeeded: "", failed: t("sql.status.failed"), cancelled: t("sql.status.cancelled") }[state.status];
  return (
    <div className={css.line}>
      <StatusIcon status={state.status} />
      {word && <span className={css.word}>{word}</span>}
      {(state.columns.length > 0 || state.rows > 0) && <span>{rows}</span>}
      {/* In tenths while it counts, so that it does not jump between units. */}
      <span className={css.elapsed}>{running ? t("sql.status.seconds", { s: (elapsed / 1000).toFixed(1) }) : f.duration(elapsed)}</span>
      {state.info && (state.info.files_total > 0 || state.info.tables.length > 0) && <Read info={state.info} />}
      {state.sorting && <span>{t("sql.status.sorting")}</span>}
      <span className="sr-only" role="status">
        {running ? t("sql.status.running") : [word, state.status === "failed" ? "" : rows, f.duration(elapsed)].filter(Boolean).join(", ")}
      </span>
    </div>
  );
}

/** What was read: files and bytes, and behind it the tables at their versions. */
function Read({ info }: { info: QueryInfo }) {
  const t = useT();
  const f = useFormat();
  return (
    <Popover
      label={t("sql.read")}
      trigger={
        <button type="button" className={css.read} title={t("sql.read.tip")}>
          <span>{t("sql.read.bytes", { bytes: f.bytes(info.bytes) })}</span>
          <span>{t("sql.read.files", { n: f.number(info.files), total: info.files_total, files: f.number(info.files_total) })}</span>
          <IconChevronDown size={12} aria-hidden />
        </button>
      }
    >
      <div className={css.popover}>
        <p className={css.note}>{t("sql.read.detail", { bytes: f.bytes(info.bytes), total: f.bytes(info.bytes_total) })}</p>
        <table className={css.table}>
          <thead>
            <tr>
              <th scope="col">{t("sql.read.table")}</th>
              <th scope="col" className={css.number}>{t("sql.read.files.head")}</th>
              <th scope="col" className={css.number}>{t("sql.read.bytes.head")}</th>
              <th scope="col" className={css.number}>{t("sql.read.snapshot")}</th>
            </tr>
          </thead>
          <tbody>
            {info.tables.map((use) => (
              <tr key={`${use.table}@${use.snapshot}`}>
                <td>
                  <Link to="/catalog/$table" params={{ table: use.table }}>
                    {use.table}
                  </Link>
                </td>
                <td className={css.number}>{t("sql.read.of", { n: f.number(use.files), total: f.number(use.files_total) })}</td>
                <td className={css.number}>{f.bytes(use.bytes)}</td>
                <td className={css.number} title={use.snapshot}>
                  …{use.snapshot.slice(-6)}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
        {info.wait_ms > 0 && info.status !== "running" && <p className={css.note}>{t("sql.read.wait", { wait: f.duration(info.wait_ms), total: f.duration(info.elapsed_ms) })}</p>}
      </div>
    </Popover>
  );
}
