import { ContextMenu } from "radix-ui";
import { clsx } from "clsx";
import {
  lazy, Suspense, useEffect, useEffectEvent, useId, useLayoutEffect, useMemo, useReducer, useRef, useState, useSyncExternalStore,
  type KeyboardEvent, type MouseEvent, type PointerEvent, type ReactNode, type RefObject, type UIEvent,
} from "react";
import { useT } from "@/i18n";
import menu from "../Menu.module.css";
import { copyText } from "../CopyButton";
import { toast } from "../Toast";
import { TileCache } from "./cache";
import { Header, headerHeight } from "./Header";
import { Rows } from "./Rows";
import { columnsIn, edgesOf, scaleOf } from "./scroll";
import { press, rangeOf, single, type Cell, type Selection } from "./select";
import type { GridSource, Range, TextFormat } from "./source";
import { Status } from "./Status";
import { widthOf } from "./widths";
import css from "./DataGrid.module.css";

const CellDialog = lazy(() => import("./CellDialog"));

const rowHeight = 28;

export type DataGridProps = {
  /** What the rows are, for screen readers. */
  label: string;
  /** A QueryHandle, or arraySource(…). */
  source: GridSource;
  /** At the start of the bar below; `false` leaves the bar out. */
  status?: ReactNode;
  onSelect?: (range: Range | undefined) => void;
  className?: string;
};

/**
 * Any number of rows and columns: only those in view are in the document, and their values are asked for a tile at a
 * time. Fills its parent, which has to have a height.
 *
 * Keys: arrows, Page Up and Down, Home and End move (with Shift they select, with Ctrl they go to the end); Ctrl-A
 * selects all, Shift-Space rows, Ctrl-Space columns; Ctrl-C copies, with Shift with the names of the columns; Enter shows
 * a whole value. On the header, above the first row, Enter sorts and Alt with an arrow makes the column wider or narrower.
 */
export function DataGrid({ label, source, status, onSelect, className }: DataGridProps) {
  const t = useT();
  const id = useId();
  const state = useSyncExternalStore(source.subscribe, source.getSnapshot);
  const { columns, rows } = state;

  // The values that have been read; `tick` counts the times that there are new ones.
  const [tick, redraw] = useReducer((n: number) => n + 1, 0);
  const cache = useMemo(() => new TileCache(source, redraw), [source]);
  useEffect(() => () => cache.stop(), [cache]);
  // Before it is drawn: it must not show values of another order.
  cache.refresh();

  const { widths, setWidth, fit, sampled } = useWidths(source, cache, tick);
  const edges = useMemo(() => edgesOf(widths), [widths]);
  const gutter = 20 + 8 * Math.max(2, String(rows).length);

  const scroller = useRef<HTMLDivElement>(null);
  const { view, top, left, onScroll, scrollTo } = useScrolling(scroller, rows, gutter);
  const scale = scaleOf(rows, rowHeight, view.height);

  const [selection, setSelection] = useState<Selection>();
  const range = rangeOf(selection, rows);
  const [opened, setOpened] = useState<Cell>();
  const tell = useEffectEvent(() => onSelect?.(range));
  useEffect(() => tell(), [range?.from, range?.to, range?.left, range?.right]);

  const first = Math.max(0, Math.floor(top / rowHeight) - 2);
  const last = Math.min(rows, Math.ceil((top + view.height) / rowHeight) + 3);
  const [from, to] = columnsIn(edges, left - 80, left + view.width + 80);

  const reveal = ({ row, column }: Cell) => {
    const x = edges[column]!;
    const right = edges[column + 1]!;
    scrollTo(
      row < 0 ? undefined : { at: row * rowHeight, size: rowHeight },
      // A column wider than the view shows its beginning.
      { at: x, size: Math.min(right - x, view.width) },
    );
  };
  const select = (next: Selection) => {
    setSelection(next);
    reveal(next.active);
  };

  const copy = (format: TextFormat, header: boolean) => {
    if (!range || !source.text) return;
    void copyText(source.text(range, format, header)).then((done) => {
      const cells = (range.to - range.from) * (range.right - range.left);
      if (done) toast(t("ui.grid.copied", { n: cells }));
      else toast(t("ui.copy.failed"), "bad");
    });
  };

  const sort = (column: number) => {
    const current = state.sort;
    if (current?.column !== column) void source.sort?.(column, false);
    else if (!current.desc) void source.sort?.(column, true);
    else void source.sort?.();
  };

  const onKeyDown = (event: KeyboardEvent) => {
    if (columns.length === 0 || event.target !== event.currentTarget) return;
    const mod = event.ctrlKey || event.metaKey;
    const at = selection ?? single({ row: Math.min(Math.ceil(top / rowHeight), Math.max(0, rows - 1)), column: 0 });
    const { row, column } = at.active;
    if (event.altKey) {
      if (row >= 0 || !/^Arrow(Left|Right)$/.test(event.key)) return;
      setWidth(column, widths[column]! + (event.key === "ArrowRight" ? 16 : -16));
    } else if (mod && event.key.toLowerCase() === "c") copy("tsv", event.shiftKey);
    else if (event.key === "Enter" && !mod) {
      if (row >= 0) setOpened(at.active);
      else if (source.sort) sort(column);
      else return;
    } else if (event.key === "Escape" && selection) setSelection(single(at.active));
    else {
      const moved = press({ key: event.key, shift: event.shiftKey, mod }, at, { rows, columns: columns.length, page: Math.max(1, Math.floor(view.height / rowHeight) - 1) });
      if (moved === undefined) return;
      // The first arrow shows where the keyboard is.
      const next = selection === undefined && !mod && event.key.startsWith("Arrow") ? at : moved;
      select(next);
    }
    event.preventDefault();
    event.stopPropagation();
  };

  const drag = useDrag(scroller, {
    cellAt: (x, y) => {
      const box = scroller.current!.getBoundingClientRect();
      const over = x - box.left - gutter + left;
      const [column] = columnsIn(edges, Math.max(0, over), Math.max(0, over) + 1);
      return {
        row: Math.max(0, Math.min(rows - 1, Math.floor((y - box.top - headerHeight + top) / rowHeight))),
        column: Math.max(0, Math.min(columns.length - 1, column)),
        gutter: x - box.left < gutter,
        inside: over < edges.at(-1)! && y - box.top - headerHeight + top < rows * rowHeight,
        header: y - box.top < headerHeight,
      };
    },
    selection,
    select: setSelection,
    lastColumn: columns.length - 1,
    scrollBy: (dx, dy) => scroller.current?.scrollBy(dx, dy),
  });

  const active = selection?.active;
  const drawn = active && active.column >= from && active.column < to && (active.row < 0 || (active.row >= first && active.row < last));
  const ready = columns.length > 0 && (sampled || rows === 0);

  return (
    <div className={clsx(css.grid, className)}>
      <ContextMenu.Root>
        <ContextMenu.Trigger asChild disabled={!source.text || rows === 0}>
          <div
            ref={scroller}
            className={css.scroller}
            role="grid"
            aria-label={label}
            aria-rowcount={rows + 1}
            aria-colcount={columns.length + 1}
            aria-multiselectable
            aria-readonly
            aria-activedescendant={drawn ? `${id}-${active.row}-${active.column}` : undefined}
            tabIndex={0}
            onScroll={onScroll}
            onKeyDown={onKeyDown}
            onPointerDown={drag.onPointerDown}
            onContextMenu={drag.onContextMenu}
            onDoubleClick={(event) => {
              const cell = drag.cellAt(event.clientX, event.clientY);
              if (cell.inside && !cell.header && !cell.gutter && rows > 0) setOpened({ row: cell.row, column: cell.column });
            }}
          >
            <div className={css.canvas} style={{ width: gutter + edges.at(-1)! + 24, height: headerHeight + scale.height }} role="presentation">
              <div className={css.view} style={{ width: view.width + gutter, height: view.height + headerHeight }} role="presentation">
                {ready && (
                  <>
                    <Header
                      id={id}
                      columns={columns}
                      edges={edges}
                      from={from}
                      to={to}
                      left={left}
                      gutter={gutter}
                      sort={state.sort}
                      active={active?.row === -1 ? active.column : undefined}
                      onSort={source.sort ? sort : undefined}
                      onResize={setWidth}
                      onFit={fit}
                    />
                    <Rows
                      id={id}
                      cache={cache}
                      tick={tick}
                      version={state.version}
                      columns={columns}
                      edges={edges}
                      from={from}
                      to={to}
                      first={first}
                      last={last}
                      top={top}
                      left={left}
                      gutter={gutter}
                      rowHeight={rowHeight}
                      range={range}
                      active={active}
                    />
                  </>
                )}
              </div>
            </div>
          </div>
        </ContextMenu.Trigger>
        <ContextMenu.Portal>
          <ContextMenu.Content className={menu.menu}>
            {(
              [
                ["tsv", false, "ui.copy"],
                ["tsv", true, "ui.grid.copy.header"],
                ["csv", true, "ui.grid.copy.csv"],
                ["json", false, "ui.grid.copy.json"],
                ["markdown", true, "ui.grid.copy.markdown"],
              ] as const
            ).map(([format, header, text]) => (
              <ContextMenu.Item key={text} className={menu.item} onSelect={() => copy(format, header)}>
                {t(text)}
              </ContextMenu.Item>
            ))}
          </ContextMenu.Content>
        </ContextMenu.Portal>
      </ContextMenu.Root>
      {status !== false && <Status source={source} version={state.version} range={range} rows={rows} status={status} />}
      {opened && columns[opened.column] && (
        <Suspense>
          <CellDialog key={`${opened.row} ${opened.column}`} source={source} cell={opened} column={columns[opened.column]!} onClose={() => {
            setOpened(undefined);
            scroller.current?.focus();
          }} />
        </Suspense>
      )}
    </div>
  );
}

const none: Record<number, number> = {};

/** Widths of the columns: from their names and first values, then as they were dragged. */
function useWidths(source: GridSource, cache: TileCache, tick: number) {
  const { columns, rows } = source.getSnapshot();
  const names = columns.map((c) => c.name).join("\n");
  const [own, setOwn] = useState<{ names: string; widths: Record<number, number> }>({ names, widths: {} });
  const dragged = own.names === names ? own.widths : none;
  // What the widths are measured by: the first rows, once they are there.
  const sampled = rows > 0 && columns.every((_, i) => i > 255 || cache.get(0, i) !== undefined);
  const [seen, setSeen] = useState<{ cache: TileCache; names: string; sampled: boolean; widths: number[] }>();
  let measured = seen;
  if (seen?.cache !== cache || seen.names !== names || (sampled && !seen.sampled)) {
    const sample = (column: number) => Array.from({ length: Math.min(rows, 60) }, (_, row) => (sampled && column <= 255 ? cache.get(row, column) : null));
    measured = { cache, names, sampled, widths: columns.map((column, i) => widthOf(column, sample(i))) };
    setSeen(measured);
  }
  const base = measured?.widths;
  const widths = useMemo(() => columns.map((_, i) => dragged[i] ?? base?.[i] ?? 120), [columns, dragged, base]);
  const setWidth = (column: number, width: number) => setOwn({ names, widths: { ...dragged, [column]: Math.max(40, Math.min(1200, Math.round(width))) } });
  /** As wide as its name and what is known of its values. */
  const fit = (column: number, fromRow = 0) =>
    setWidth(column, widthOf(columns[column]!, Array.from({ length: Math.min(rows - fromRow, 128) }, (_, i) => cache.get(fromRow + i, column))));
  void tick;
  return { widths, setWidth, fit, sampled };
}

/** The place among the rows and columns that is in view, and ways to change it. */
function useScrolling(scroller: RefObject<HTMLDivElement | null>, rows: number, gutter: number) {
  const [box, setBox] = useState({ width: 0, height: 0 });
  const [at, setAt] = useState({ top: 0, left: 0 });
  // The precise place, and the scroll position that was set for it: a scaled one has not the precision of a row.
  const place = useRef({ top: 0, scroll: 0 });
  const view = { width: Math.max(0, box.width - gutter), height: Math.max(0, box.height - headerHeight) };
  const scale = scaleOf(rows, rowHeight, view.height);

  useLayoutEffect(() => {
    const element = scroller.current;
    if (!element) return;
    const measure = () => setBox({ width: element.clientWidth, height: element.clientHeight });
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    return () => observer.disconnect();
  }, [scroller]);

  const update = (element: HTMLDivElement) => {
    if (Math.abs(element.scrollTop - place.current.scroll) > 1) place.current = { top: scale.toRows(element.scrollTop), scroll: element.scrollTop };
    const top = Math.max(0, Math.min(place.current.top, rows * rowHeight - view.height));
    const left = element.scrollLeft;
    setAt((was) => (was.top === top && was.left === left ? was : { top, left }));
  };

  const setTop = (element: HTMLDivElement, top: number) => {
    const clamped = Math.max(0, Math.min(top, rows * rowHeight - view.height));
    element.scrollTop = scale.toScroll(clamped);
    place.current = { top: clamped, scroll: element.scrollTop };
  };

  const scaled = scale.height < rows * rowHeight;
  const onWheel = useEffectEvent((event: WheelEvent) => {
    const element = scroller.current;
    // A wheel moves by rows, at any scale.
    if (!element || !scaled || event.ctrlKey || event.deltaY === 0 || Math.abs(event.deltaX) > Math.abs(event.deltaY)) return;
    event.preventDefault();
    setTop(element, place.current.top + event.deltaY * (event.deltaMode === 1 ? rowHeight : event.deltaMode === 2 ? view.height : 1));
    update(element);
  });
  useEffect(() => {
    const element = scroller.current;
    const listener = (event: WheelEvent) => onWheel(event);
    element?.addEventListener("wheel", listener, { passive: false });
    return () => element?.removeEventListener("wheel", listener);
  }, [scroller]);

  // Fewer rows than before: what was in view may be gone.
  const settle = useEffectEvent(() => scroller.current && update(scroller.current));
  useLayoutEffect(() => {
    settle();
  }, [rows, view.height]);

  const scrollTo = (down: { at: number; size: number } | undefined, across: { at: number; size: number }) => {
    const element = scroller.current;
    if (!element) return;
    if (down) {
      const top = place.current.top;
      if (down.at < top) setTop(element, down.at);
      else if (down.at + down.size > top + view.height) setTop(element, down.at + down.size - view.height);
    }
    if (across.at < element.scrollLeft) element.scrollTo({ left: across.at });
    else if (across.at + across.size > element.scrollLeft + view.width) element.scrollTo({ left: across.at + across.size - view.width });
    update(element);
  };

  return { view, top: at.top, left: at.left, onScroll: (event: UIEvent<HTMLDivElement>) => update(event.currentTarget), scrollTo };
}

type Spot = Cell & { gutter: boolean; inside: boolean; header: boolean };

/** Selecting with a mouse or a pen; a finger scrolls, and selects one value by a tap. */
function useDrag(scroller: RefObject<HTMLDivElement | null>, grid: {
  cellAt: (x: number, y: number) => Spot;
  selection: Selection | undefined;
  select: (selection: Selection) => void;
  lastColumn: number;
  scrollBy: (dx: number, dy: number) => void;
}) {
  const { cellAt } = grid;
  // The grid as it is now, for a drag that began some renders ago.
  const latest = useRef(grid);
  useLayoutEffect(() => {
    latest.current = grid;
  });

  const onPointerDown = (event: PointerEvent<HTMLDivElement>) => {
    const element = scroller.current;
    if (!element || event.button !== 0) return;
    // On the scroll bars.
    const box = element.getBoundingClientRect();
    if (event.clientX - box.left > element.clientWidth || event.clientY - box.top > element.clientHeight) return;
    const spot = cellAt(event.clientX, event.clientY);
    if (!spot.inside || spot.header) return;
    element.focus({ preventScroll: true });
    const wide = spot.gutter;
    const anchor = event.shiftKey && grid.selection ? grid.selection.anchor : { row: spot.row, column: wide ? 0 : spot.column };
    const extend = ({ row, column }: Cell): Selection => ({ anchor, active: { row, column: wide ? latest.current.lastColumn : column } });
    grid.select(extend(spot));
    if (event.pointerType === "touch") return;
    event.preventDefault();

    let x = event.clientX;
    let y = event.clientY;
    // Beyond an edge it scrolls on.
    const timer = setInterval(() => {
      const dx = x < box.left + 24 ? -24 : x > box.right - 24 ? 24 : 0;
      const dy = y < box.top + headerHeight ? -28 : y > box.bottom - 16 ? 28 : 0;
      if (dx === 0 && dy === 0) return;
      latest.current.scrollBy(dx, dy);
      latest.current.select(extend(latest.current.cellAt(x, y)));
    }, 40);
    const move = (moved: globalThis.PointerEvent) => {
      x = moved.clientX;
      y = moved.clientY;
      latest.current.select(extend(latest.current.cellAt(x, y)));
    };
    const end = () => {
      clearInterval(timer);
      window.removeEventListener("pointermove", move);
      window.removeEventListener("pointerup", end);
      window.removeEventListener("pointercancel", end);
    };
    window.addEventListener("pointermove", move);
    window.addEventListener("pointerup", end);
    window.addEventListener("pointercancel", end);
  };

  /** The menu is about the selection; beside it, about what is under the pointer. */
  const onContextMenu = (event: MouseEvent) => {
    const spot = cellAt(event.clientX, event.clientY);
    const range = rangeOf(grid.selection, Infinity);
    const within = range && spot.row >= range.from && spot.row < range.to && spot.column >= range.left && spot.column < range.right;
    if (spot.inside && !spot.header && !within) grid.select(single({ row: spot.row, column: spot.column }));
  };

  return { onPointerDown, onContextMenu, cellAt };
}
