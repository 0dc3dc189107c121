import { IconArrowDown, IconFileText } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { useVirtualizer } from "@tanstack/react-virtual";
import { useDeferredValue, useEffect, useMemo, useRef, useState, type ReactNode } from "react";
import { useFormat } from "@/format";
import { useT } from "@/i18n";
import { Button, CopyButton, EmptyState, SearchField, Segmented, Skeleton } from "@/ui";
import type { LogState } from "../model/live";
import { attrsOf, filterLines, logText, rankOf, rowsOfLog, type Level, type LogRow } from "../model/log";
import { Placed } from "../parts/Failure";
import css from "./LogView.module.css";

/** How near to the end counts as at the end, in pixels. */
const nearEnd = 24;

/** Lines of a log as they come: narrowed by level and text, followed to the end while nobody scrolls away from it. */
export function LogView({ log, run, assets, active, height = "max(420px, calc(100dvh - 210px))" }: {
  log: LogState;
  run: string;
  /** Lines of several tasks: each says whose it is. */
  assets?: boolean;
  /** More may come. */
  active: boolean;
  height?: string;
}) {
  const t = useT();
  const [level, setLevel] = useState<Level>("all");
  const [typed, setTyped] = useState("");
  const wanted = useDeferredValue(typed);
  const [follow, setFollow] = useState(active);
  // What may grow has its height from the beginning; what is over is as high as its lines.
  const [grows] = useState(active);
  const size = grows ? { height } : { maxHeight: height };
  const lines = useMemo(() => filterLines(log.lines, level, wanted), [log.lines, level, wanted]);
  const rows = useMemo(() => rowsOfLog(lines, !assets), [lines, assets]);
  return (
    <div className={css.view}>
      <div className={css.tools}>
        <SearchField size="s" label={t("runs.log.search")} value={typed} onChange={setTyped} className={css.search} />
        <Segmented
          size="s"
          label={t("runs.log.level")}
          value={level}
          onChange={setLevel}
          options={[
            { value: "all", label: t("runs.log.level.all") },
            { value: "warn", label: t("runs.log.level.warn") },
            { value: "error", label: t("runs.log.level.error") },
          ]}
        />
        <span className={css.count}>
          {log.loaded && (lines.length === log.lines.length ? t("runs.log.lines", { n: lines.length }) : t("runs.log.found", { n: lines.length, all: log.lines.length }))}
        </span>
        <span className={css.end}>
          {active && (
            <Button size="s" look="quiet" icon={<IconArrowDown />} aria-pressed={follow} className={css.follow} onClick={() => setFollow(!follow)}>
              {t("runs.log.follow")}
            </Button>
          )}
          <CopyButton text={() => logText(lines)} label={t("runs.log.copy")} />
        </span>
      </div>
      <div className={css.frame} style={grows ? { height } : undefined}>
        {!log.loaded ? (
          <div className={css.waiting} aria-busy><Skeleton lines={8} height={11} /></div>
        ) : rows.length === 0 ? (
          <EmptyState compact icon={<IconFileText />} title={log.lines.length > 0 ? t("runs.log.none") : t(active ? "runs.log.quiet" : "runs.log.empty")} />
        ) : (
          <Rows rows={rows} run={run} assets={assets} mark={wanted.trim()} left={log.left} size={size} follow={follow && active} onFollow={setFollow} />
        )}
      </div>
      <Spoken log={log} active={active && follow} />
    </div>
  );
}

function Rows({ rows, run, assets, mark, left, size: style, follow, onFollow }: {
  rows: readonly LogRow[];
  run: string;
  assets?: boolean;
  mark: string;
  left: number;
  size: { height?: string; maxHeight?: string };
  follow: boolean;
  onFollow: (follow: boolean) => void;
}) {
  const t = useT();
  const scroller = useRef<HTMLDivElement>(null);
  const following = useRef(follow);
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => 22,
    overscan: 20,
    getItemKey: (i) => {
      const row = rows[i];
      return row === undefined ? i : row.kind === "line" ? row.line.line : row.key;
    },
  });
  const size = virtual.getTotalSize();
  useEffect(() => {
    following.current = follow;
    const box = scroller.current;
    if (follow && box) box.scrollTop = box.scrollHeight;
  }, [follow, rows.length, size]);
  return (
    // It scrolls by keys too.
    // eslint-disable-next-line jsx-a11y/no-noninteractive-element-interactions
    <div
      ref={scroller}
      className={css.scroll}
      style={style}
      role="log"
      // What is new is told in a summary: every line would be too much.
      aria-live="off"
      aria-label={t("runs.log")}
      tabIndex={0}
      onWheel={(event) => event.deltaY < 0 && onFollow(false)}
      onScroll={(event) => {
        const box = event.currentTarget;
        const end = box.scrollHeight - box.scrollTop - box.clientHeight < nearEnd;
        // Scrolled by hand to the end: go on with it. Away from it is noticed by what moves it there.
        if (end && !following.current) onFollow(true);
      }}
      onKeyDown={(event) => ["ArrowUp", "PageUp", "Home"].includes(event.key) && onFollow(false)}
      onTouchMove={() => onFollow(false)}
    >
      {left > 0 && <p className={css.left}>{t("runs.log.left", { n: left })}</p>}
      <div className={css.rows} style={{ height: size }}>
        {virtual.getVirtualItems().map((item) => {
          const row = rows[item.index];
          return (
            row && (
              <div key={item.key} ref={virtual.measureElement} data-index={item.index} className={css.item} style={{ transform: `translateY(${item.start}px)` }}>
                {row.kind === "attempt" ? <AttemptRow row={row} /> : <Line line={row.line} run={run} assets={assets} mark={mark} />}
              </div>
            )
          );
        })}
      </div>
    </div>
  );
}

function AttemptRow({ row }: { row: LogRow & { kind: "attempt" } }) {
  const t = useT();
  return <div className={css.attempt}>{t("runs.attempt", { n: row.attempt })}</div>;
}

function Line({ line, run, assets, mark }: { line: (LogRow & { kind: "line" })["line"]; run: string; assets?: boolean; mark: string }) {
  const f = useFormat();
  const rank = rankOf(line.level);
  return (
    <div className={css.line} data-level={rank >= 3 ? "error" : rank === 2 ? "warn" : rank === 0 ? "debug" : undefined} data-assets={assets || undefined}>
      <time dateTime={line.at} title={f.exact(line.at)}>
        {f.clock(line.at)}
        <i>.{String(new Date(line.at).getMilliseconds()).padStart(3, "0")}</i>
      </time>
      <span className={css.level}>{line.level}</span>
      {assets && (
        <Link to="/runs/$run/tasks/$task" params={{ run, task: line.task }} className={css.asset} title={line.asset}>
          {line.asset}
        </Link>
      )}
      <span className={css.message}>
        {mark ? <Marked text={line.message} mark={mark} /> : <Placed text={line.message} />}
        {attrsOf(line).map(([key, value]) => (
          <span key={key} className={css.attr}>
            {" "}
            {key}=<b>{value}</b>
          </span>
        ))}
      </span>
    </div>
  );
}

/** A text with what was looked for pointed out. */
function Marked({ text, mark }: { text: string; mark: string }): ReactNode {
  const parts: ReactNode[] = [];
  const lower = text.toLowerCase();
  const wanted = mark.toLowerCase();
  let from = 0;
  for (let at = lower.indexOf(wanted); at >= 0; at = lower.indexOf(wanted, from)) {
    parts.push(text.slice(from, at), <mark key={at}>{text.slice(at, at + mark.length)}</mark>);
    from = at + mark.length;
  }
  return [...parts, text.slice(from)];
}

/** For those who hear the page: from time to time, what has come since. */
function Spoken({ log, active }: { log: LogState; active: boolean }) {
  const t = useT();
  const [words, setWords] = useState("");
  const newest = useRef({ log, told: log.lines.length });
  useEffect(() => {
    newest.current.log = log;
  }, [log]);
  useEffect(() => {
    if (!active) return;
    const timer = setInterval(() => {
      const { log, told } = newest.current;
      const n = log.lines.length - told;
      newest.current.told = log.lines.length;
      const last = log.lines.at(-1);
      if (n > 0 && last) setWords(t("runs.log.spoken", { n, last: `${last.asset}: ${last.message.split("\n")[0] ?? ""}` }));
    }, 10_000);
    return () => clearInterval(timer);
  }, [active, t]);
  return (
    <div className="sr-only" role="status" aria-live="polite">
      {words}
    </div>
  );
}
