import { IconArrowDown, IconArrowUp } from "@tabler/icons-react";
import { getCoreRowModel, getSortedRowModel, useReactTable, type ColumnDef, type SortingState } from "@tanstack/react-table";
import { useVirtualizer } from "@tanstack/react-virtual";
import { clsx } from "clsx";
import { useLayoutEffect, useMemo, useRef, useState, type ReactNode } from "react";
import { Link } from "./Link";
import css from "./Table.module.css";

export type TableColumn<Row> = {
  id: string;
  header: ReactNode;
  cell: (row: Row) => ReactNode;
  /** What to sort by; without it the column cannot be sorted. Missing values come last. */
  sort?: (row: Row) => string | number | null | undefined;
  /** The first click sorts downwards: numbers, times. */
  descFirst?: boolean;
  align?: "start" | "end" | "center";
  /** A CSS width; `1%` makes it as narrow as its content. */
  width?: number | string;
  /** Not on narrow screens. */
  hide?: "phone" | "tablet";
};

export type Sort = { id: string; desc: boolean };

/** Above this many, only the rows in view are in the document. */
const many = 150;

/**
 * Rows with a header that sorts them. Scrolls with the page, or the box it is in, when there are many; a wide one scrolls sideways
 * in itself. For the results of statements see DataGrid.
 */
export function Table<Row>({ label, rows, rowKey, columns, sort, onSort, rowHeight = 40, selected, empty, className }: {
  /** What the rows are, for screen readers. */
  label: string;
  rows: readonly Row[];
  rowKey: (row: Row) => string;
  columns: readonly TableColumn<Row>[];
  /** Sorted so at first or, with onSort, always. */
  sort?: Sort;
  onSort?: (sort: Sort | undefined) => void;
  rowHeight?: number;
  /** The key of the row that is shown beside the table. */
  selected?: string;
  /** Instead of rows when there are none. */
  empty?: ReactNode;
  className?: string;
}) {
  const [own, setOwn] = useState<Sort | undefined>(sort);
  const current = onSort ? sort : own;
  const sorting = useMemo<SortingState>(() => (current ? [current] : []), [current]);
  const defs = useMemo<ColumnDef<Row>[]>(
    () =>
      columns.map((column) => ({
        id: column.id,
        enableSorting: column.sort !== undefined,
        sortDescFirst: column.descFirst ?? false,
        sortUndefined: "last",
        accessorFn: (row) => column.sort?.(row) ?? undefined,
        sortingFn: (a, b, id) => compare(a.getValue(id), b.getValue(id)),
      })),
    [columns],
  );
  const table = useReactTable({
    data: rows as Row[],
    columns: defs,
    state: { sorting },
    onSortingChange: (update) => {
      const next = (typeof update === "function" ? update(sorting) : update)[0];
      if (onSort) onSort(next);
      else setOwn(next);
    },
    getRowId: rowKey,
    getCoreRowModel: getCoreRowModel(),
    getSortedRowModel: getSortedRowModel(),
  });
  const body = table.getRowModel().rows;
  const windowed = body.length > many;

  return (
    <div className={clsx(css.scroll, className)} data-windowed={windowed || undefined}>
      <table className={css.table} aria-label={label} aria-rowcount={windowed ? body.length + 1 : undefined}>
        <thead>
          <tr>
            {columns.map((column) => {
              const state = table.getColumn(column.id);
              const sorted = state?.getIsSorted();
              return (
                <th
                  key={column.id}
                  scope="col"
                  className={css.head}
                  data-align={column.align}
                  data-hide={column.hide}
                  style={{ width: column.width }}
                  aria-sort={sorted === "asc" ? "ascending" : sorted === "desc" ? "descending" : undefined}
                >
                  {state?.getCanSort() ? (
                    <button type="button" className={css.sort} onClick={state.getToggleSortingHandler()} data-sorted={sorted || undefined}>
                      {column.header}
                      {sorted === "desc" ? <IconArrowDown size={13} aria-hidden /> : <IconArrowUp size={13} aria-hidden />}
                    </button>
                  ) : (
                    column.header
                  )}
                </th>
              );
            })}
          </tr>
        </thead>
        {windowed ? (
          <WindowedBody rows={body} columns={columns} rowHeight={rowHeight} selected={selected} />
        ) : (
          <tbody>
            {body.map((row) => (
              <Line key={row.id} row={row.original} columns={columns} height={rowHeight} selected={row.id === selected} />
            ))}
          </tbody>
        )}
      </table>
      {body.length === 0 && empty}
    </div>
  );
}

function Line<Row>({ row, columns, height, selected, index }: { row: Row; columns: readonly TableColumn<Row>[]; height: number; selected: boolean; index?: number }) {
  return (
    <tr className={css.row} style={{ height }} data-selected={selected || undefined} aria-rowindex={index}>
      {columns.map((column) => (
        <td key={column.id} className={css.cell} data-align={column.align} data-hide={column.hide}>
          {column.cell(row)}
        </td>
      ))}
    </tr>
  );
}

function WindowedBody<Row>({ rows, columns, rowHeight, selected }: {
  rows: readonly { id: string; original: Row }[];
  columns: readonly TableColumn<Row>[];
  rowHeight: number;
  selected: string | undefined;
}) {
  const body = useRef<HTMLTableSectionElement>(null);
  const [margin, setMargin] = useState(0);
  // Not the table: the page, or a box that it is in.
  const scroller = () => scrollerOf(body.current);
  useLayoutEffect(() => {
    const box = scrollerOf(body.current);
    if (box && body.current) setMargin(body.current.getBoundingClientRect().top - box.getBoundingClientRect().top + box.scrollTop);
  }, [rows.length]);
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: scroller,
    estimateSize: () => rowHeight,
    overscan: 12,
    scrollMargin: margin,
    getItemKey: (i) => rows[i]?.id ?? i,
  });
  const items = virtual.getVirtualItems();
  const before = (items[0]?.start ?? margin) - margin;
  const after = virtual.getTotalSize() - ((items.at(-1)?.end ?? margin) - margin);
  return (
    <tbody ref={body}>
      {before > 0 && <Gap height={before} span={columns.length} />}
      {items.map((item) => {
        const row = rows[item.index];
        return row && <Line key={row.id} row={row.original} columns={columns} height={rowHeight} selected={row.id === selected} index={item.index + 2} />;
      })}
      {after > 0 && <Gap height={after} span={columns.length} />}
    </tbody>
  );
}

/** What an element scrolls in, up and down. */
function scrollerOf(element: Element | null): HTMLElement | null {
  for (let box = element?.parentElement; box && box.id !== "main"; box = box.parentElement) {
    if (/auto|scroll/.test(getComputedStyle(box).overflowY)) return box;
  }
  return document.getElementById("main");
}

const Gap = ({ height, span }: { height: number; span: number }) => (
  <tr aria-hidden>
    <td colSpan={span} style={{ height, padding: 0 }} />
  </tr>
);

const collator = new Intl.Collator(["ko", "en"], { numeric: true, sensitivity: "base" });

function compare(a: unknown, b: unknown): number {
  if (typeof a === "number" && typeof b === "number") return a - b;
  return collator.compare(String(a), String(b));
}

/** A link in a row that makes the whole row clickable; other links and buttons of the row stay themselves. */
export const RowLink: typeof Link = ((props: Parameters<typeof Link>[0]) => <Link {...props} className={clsx(css.link, props.className)} />) as typeof Link;
