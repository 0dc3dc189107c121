import { IconArrowsHorizontal, IconChevronRight, IconFocus2, IconMinus, IconPlus } from "@tabler/icons-react";
import { useQueries } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useVirtualizer } from "@tanstack/react-virtual";
import { useEffect, useLayoutEffect, useMemo, useRef, useState, type PointerEvent } from "react";
import { createPortal } from "react-dom";
import type { RunInfo } from "@/api";
import { useFormat } from "@/format";
import { useT } from "@/i18n";
import { EmptyState, IconButton, isActive, StatusIcon, useStatusLabel } from "@/ui";
import { runQueries, type Attempt, type LiveTask } from "../model/data";
import { mergePieces, piecesOf, reach, rowsOf, ticks, type GanttRow, type Piece } from "../model/gantt";
import { barColor } from "../parts/TaskBar";
import { useInterval, useTaskNote } from "../parts/words";
import css from "./Gantt.module.css";

const rowHeight = 28;
const axisHeight = 30;
const zooms = [1, 2, 4, 8, 16, 32, 64];

/** When each task waited, worked and paused, on one axis of time. */
export function Gantt({ run, tasks }: { run: RunInfo; tasks: readonly LiveTask[] }) {
  const t = useT();
  const f = useFormat();
  const active = isActive(run.status);
  const start = new Date(run.started_at ?? run.created_at).getTime();
  const now = useTick(active, start);
  const [closed, setClosed] = useState<ReadonlySet<string>>(new Set());
  const [zoom, setZoom] = useState(0);
  const [width, setWidth] = useState(0);
  const [labels, setLabels] = useState(240);
  const [pointed, setPointed] = useState<{ row: GanttRow; x: number; y: number }>();
  const scroller = useRef<HTMLDivElement>(null);

  useLayoutEffect(() => {
    const box = scroller.current;
    if (!box) return;
    const observer = new ResizeObserver(() => {
      setWidth(box.clientWidth);
      setLabels(box.clientWidth < 560 ? 136 : 250);
    });
    observer.observe(box);
    return () => observer.disconnect();
  }, []);

  const rows = useMemo(() => rowsOf(tasks, closed), [tasks, closed]);
  const virtual = useVirtualizer({ count: rows.length, getScrollElement: () => scroller.current, estimateSize: () => rowHeight, overscan: 12, scrollPaddingStart: axisHeight });
  const items = virtual.getVirtualItems();
  const working = rows.findIndex((row) => (row.kind === "task" ? row.task.status === "running" : !row.open && row.tasks.some(({ status }) => status === "running")));

  // The attempts of the tasks in view that had more than one: the others' only one is known.
  const visible = items.flatMap(({ index }) => {
    const row = rows[index];
    return row === undefined ? [] : row.kind === "task" ? [row.task] : [];
  });
  const retried = visible.filter(({ attempt }) => attempt > 1);
  const details = useQueries({
    queries: retried.map((task) => runQueries.taskAt(task)),
  });
  const attempts = new Map<string, Attempt[]>();
  retried.forEach((task, i) => {
    const list = details[i]?.data?.attempts;
    if (list) attempts.set(task.id, list);
  });

  const ended = run.finished_at ? new Date(run.finished_at).getTime() : undefined;
  // An interrupted run has no end of its own: what it did last is the end of it.
  const until = ended ?? (active ? now : Math.max(start, ...tasks.map((task) => new Date(task.finished_at ?? task.started_at ?? start).getTime())));
  const span = reach(until - start, !active);
  const plot = Math.max(0, width - labels) * (zooms[zoom] ?? 1);
  const scale = (plot - 24) / span;
  const marks = width > 0 ? ticks(span, plot - 24, 92) : [];

  if (tasks.length === 0) return <EmptyState compact title={t(active ? "runs.tasks.soon" : "runs.tasks.none")} />;
  const toggle = (asset: string) => setClosed((was) => new Set(was.has(asset) ? [...was].filter((a) => a !== asset) : [...was, asset]));
  return (
    <div className={css.gantt}>
      <div className={css.tools}>
        <Legend tasks={tasks} />
        <span className={css.zoom}>
          {active && (
            <IconButton
              size="s"
              label={t("runs.gantt.working")}
              icon={<IconFocus2 />}
              disabled={working < 0}
              onClick={() => virtual.scrollToIndex(working, { align: "center" })}
            />
          )}
          <IconButton size="s" label={t("runs.gantt.out")} icon={<IconMinus />} disabled={zoom === 0} onClick={() => setZoom(zoom - 1)} />
          <IconButton size="s" label={t("runs.gantt.fit")} icon={<IconArrowsHorizontal />} disabled={zoom === 0} onClick={() => setZoom(0)} />
          <IconButton size="s" label={t("runs.gantt.in")} icon={<IconPlus />} disabled={zoom === zooms.length - 1} onClick={() => setZoom(zoom + 1)} />
        </span>
      </div>
      {/* It scrolls, so it takes the focus. */}
      <div
        ref={scroller}
        className={css.scroll}
        style={{ maxHeight: "max(420px, calc(100dvh - 190px))", height: rows.length * rowHeight + axisHeight + 14 }}
        tabIndex={0}
        role="region"
        aria-label={t("runs.gantt.label")}
        onScroll={() => setPointed(undefined)}
        onPointerLeave={() => setPointed(undefined)}
      >
        <div className={css.inner} style={{ width: labels + plot, height: axisHeight + virtual.getTotalSize() + 6 }}>
          <div className={css.axis} style={{ height: axisHeight }}>
            <div className={css.corner} style={{ width: labels }} />
            {marks.map((at) => at * scale < plot - 52 && (
              <span key={at} className={css.tick} style={{ left: labels + at * scale }}>
                {at === 0 ? f.clock(start) : `+${f.duration(at)}`}
              </span>
            ))}
          </div>
          <div className={css.lines} style={{ left: labels, top: axisHeight }} aria-hidden>
            {marks.map((at) => <i key={at} style={{ left: at * scale }} />)}
            {active && <i className={css.now} style={{ left: (now - start) * scale }} />}
          </div>
          {items.map((item) => {
            const row = rows[item.index];
            if (row === undefined) return null;
            const place = { top: axisHeight + item.start, height: rowHeight };
            const point = (event: PointerEvent) => event.pointerType !== "touch" && setPointed({ row, x: event.clientX, y: event.clientY });
            return row.kind === "group" ? (
              <button key={row.key} type="button" className={css.row} style={place} aria-expanded={row.open} onClick={() => toggle(row.asset)} onPointerMove={point}>
                <span className={css.label} style={{ width: labels }}>
                  <IconChevronRight size={14} className={css.chevron} aria-hidden />
                  <span className={css.name}>{row.asset}</span>
                  <span className={css.n}>{f.number(row.tasks.length)}</span>
                </span>
                <span className={css.plot} data-thin>
                  <Bar pieces={mergePieces(row.tasks.flatMap((task) => piecesOf(task, undefined, now).filter(({ kind }) => kind === "try")), 3 / scale)} start={start} scale={scale} />
                </span>
              </button>
            ) : (
              <TaskRow
                key={row.key}
                row={row}
                run={run.id}
                place={place}
                labels={labels}
                pieces={piecesOf(row.task, attempts.get(row.task.id), now)}
                start={start}
                scale={scale}
                onPoint={point}
                onFocus={(box) => setPointed({ row, x: box.left + labels + 24, y: box.bottom - 10 })}
                onBlur={() => setPointed(undefined)}
              />
            );
          })}
        </div>
      </div>
      {pointed && createPortal(<Details {...pointed} attempts={pointed.row.kind === "task" ? attempts.get(pointed.row.task.id) : undefined} now={now} />, document.body)}
    </div>
  );
}

function TaskRow({ row, run, place, labels, pieces, start, scale, onPoint, onFocus, onBlur }: {
  row: GanttRow & { kind: "task" };
  run: string;
  place: { top: number; height: number };
  labels: number;
  pieces: Piece[];
  start: number;
  scale: number;
  onPoint: (event: PointerEvent) => void;
  onFocus: (box: DOMRect) => void;
  onBlur: () => void;
}) {
  const interval = useInterval();
  const { task } = row;
  const name = interval(task);
  return (
    <Link
      to="/runs/$run/tasks/$task"
      params={{ run, task: task.id }}
      className={css.row}
      style={place}
      onPointerMove={onPoint}
      onFocus={(event) => event.currentTarget.matches(":focus-visible") && onFocus(event.currentTarget.getBoundingClientRect())}
      onBlur={onBlur}
    >
      <span className={css.label} style={{ width: labels }} data-child={row.child || undefined}>
        <StatusIcon status={task.status} size={14} />
        <span className={css.name}>{row.child ? name || task.id : task.asset}</span>
      </span>
      <span className={css.plot}>
        <Bar pieces={pieces} start={start} scale={scale} status={task.status} />
      </span>
    </Link>
  );
}

function Bar({ pieces, start, scale, status }: { pieces: Piece[]; start: number; scale: number; status?: string }) {
  // What did not get its turn has no time; it is marked where that was decided.
  if (pieces.length === 0) return null;
  return pieces.map((piece, i) => (
    <i
      key={i}
      className={css.piece}
      data-kind={piece.kind}
      data-live={(piece.kind === "try" && piece.status === "running" && status === "running") || undefined}
      style={{ left: (piece.from - start) * scale, width: (piece.to - piece.from) * scale, background: piece.kind === "try" ? barColor(piece.status) : undefined }}
    />
  ));
}

const legend = ["succeeded", "failed", "running", "cancelled", "interrupted"] as const;

function Legend({ tasks }: { tasks: readonly LiveTask[] }) {
  const t = useT();
  const label = useStatusLabel();
  const shown = legend.filter((status) => tasks.some((task) => task.status === status));
  return (
    <ul className={css.legend} aria-hidden>
      {shown.map((status) => (
        <li key={status}>
          <i style={{ background: barColor(status) }} />
          {label(status)}
        </li>
      ))}
      <li>
        <i data-kind="wait" />
        {t("runs.gantt.wait")}
      </li>
      {tasks.some(({ attempt }) => attempt > 1) && (
        <li>
          <i data-kind="pause" />
          {t("runs.gantt.pause")}
        </li>
      )}
    </ul>
  );
}

function Details({ row, x, y, attempts, now }: { row: GanttRow; x: number; y: number; attempts?: Attempt[]; now: number }) {
  const t = useT();
  const f = useFormat();
  const label = useStatusLabel();
  const interval = useInterval();
  const note = useTaskNote();
  const box = useRef<HTMLDivElement>(null);
  const [size, setSize] = useState({ width: 300, height: 120 });
  useLayoutEffect(() => {
    if (box.current) setSize({ width: box.current.offsetWidth, height: box.current.offsetHeight });
  }, [row.key]);
  const left = Math.max(8, Math.min(x + 14, window.innerWidth - size.width - 8));
  const top = y + 18 + size.height > window.innerHeight - 8 ? y - size.height - 10 : y + 18;
  if (row.kind === "group") {
    return (
      <div ref={box} className={css.details} style={{ left, top }} aria-hidden>
        <b>{row.asset}</b>
        <p>{t("runs.gantt.group", { n: row.tasks.length })}</p>
      </div>
    );
  }
  const { task } = row;
  const pieces = piecesOf(task, attempts, now);
  const waited = pieces.find(({ kind }) => kind === "wait");
  const tries = pieces.filter(({ kind }) => kind === "try");
  const more = [task.rows > 0 && t("runs.rows", { n: task.rows, count: f.number(task.rows) }), note(task)].filter(Boolean).join(" · ");
  return (
    <div ref={box} className={css.details} style={{ left, top }} aria-hidden>
      <b>{task.asset}</b>
      {task.start && <p>{interval(task)}</p>}
      <p className={css.state}>
        <StatusIcon status={task.status} size={14} /> {label(task.status)}
      </p>
      <dl>
        {waited && waited.to - waited.from > 5 && (
          <>
            <dt>{t("runs.gantt.waited")}</dt>
            <dd>{f.duration(waited.to - waited.from)}</dd>
          </>
        )}
        {tries.map((piece) => (
          <div key={piece.attempt}>
            <dt>{tries.length > 1 || task.attempt > 1 ? t("runs.attempt", { n: piece.attempt }) : t("runs.gantt.worked")}</dt>
            <dd>
              {f.clock(piece.from)} · {f.duration(piece.to - piece.from)}
              {tries.length > 1 && ` · ${label(piece.status)}`}
            </dd>
          </div>
        ))}
      </dl>
      {more && <p>{more}</p>}
      {task.progress && (task.progress.rows ?? 0) > 0 && <p>{t("runs.rows.so_far", { count: f.number(task.progress.rows ?? 0) })}</p>}
      {task.error && <p className={css.error}>{task.error.split("\n")[0]}</p>}
    </div>
  );
}

/** The time now, a few times a second while something is at work and somebody looks. */
function useTick(active: boolean, start: number): number {
  const [now, setNow] = useState(() => Date.now());
  // A bar grows by a pixel at a time: of a long run, less often.
  const every = now - start > 120_000 ? 1000 : now - start > 45_000 ? 500 : 250;
  useEffect(() => {
    if (!active) return;
    const timer = setInterval(() => document.visibilityState === "visible" && setNow(Date.now()), every);
    return () => clearInterval(timer);
  }, [active, every]);
  return now;
}
