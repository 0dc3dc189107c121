import { IconArrowDown, IconArrowUp } from "@tabler/icons-react";
import type { PointerEvent } from "react";
import { useT } from "@/i18n";
import type { GridColumn } from "./source";
import css from "./DataGrid.module.css";

export const headerHeight = 44;

/** Names and types of the columns in view; a click sorts, the line at the end resizes. */
export function Header({ id, columns, edges, from, to, left, gutter, sort, active, onSort, onResize, onFit }: {
  id: string;
  columns: readonly GridColumn[];
  edges: readonly number[];
  from: number;
  to: number;
  left: number;
  gutter: number;
  sort: { column: number; desc: boolean } | undefined;
  /** The column whose header the keyboard is on. */
  active: number | undefined;
  onSort?: (column: number) => void;
  onResize: (column: number, width: number) => void;
  onFit: (column: number) => void;
}) {
  const t = useT();

  const resize = (event: PointerEvent<HTMLElement>, column: number) => {
    event.preventDefault();
    event.stopPropagation();
    const handle = event.currentTarget;
    const start = event.clientX - (edges[column + 1]! - edges[column]!);
    handle.setPointerCapture(event.pointerId);
    handle.onpointermove = (moved) => onResize(column, moved.clientX - start);
    handle.onpointerup = handle.onpointercancel = () => {
      handle.onpointermove = handle.onpointerup = handle.onpointercancel = null;
    };
  };

  return (
    <div className={css.header} style={{ height: headerHeight }} role="rowgroup">
      <div role="row" aria-rowindex={1}>
        <div className={css.corner} style={{ width: gutter, height: headerHeight }} role="columnheader" aria-colindex={1}>
          <span className="sr-only">{t("ui.grid.row")}</span>
        </div>
        <div className={css.across} style={{ left: gutter }} role="presentation">
          <div style={{ transform: `translateX(${-left}px)` }} role="presentation">
            {columns.slice(from, to).map((column, i) => {
              const c = from + i;
              const sorted = sort?.column === c ? sort : undefined;
              return (
                // The keyboard is the grid's.
                // eslint-disable-next-line jsx-a11y/click-events-have-key-events, jsx-a11y/interactive-supports-focus
                <div
                  key={c}
                  id={`${id}--1-${c}`}
                  className={css.name}
                  style={{ left: edges[c], width: edges[c + 1]! - edges[c]!, height: headerHeight }}
                  data-kind={column.kind}
                  data-active={active === c || undefined}
                  data-sortable={onSort ? true : undefined}
                  role="columnheader"
                  aria-colindex={c + 2}
                  aria-sort={sorted ? (sorted.desc ? "descending" : "ascending") : undefined}
                  onClick={() => onSort?.(c)}
                  title={`${column.name}\n${column.type}`}
                >
                  <span className={css.title}>
                    <span className={css.cut}>{column.name}</span>
                    {sorted && (sorted.desc ? <IconArrowDown size={13} aria-hidden /> : <IconArrowUp size={13} aria-hidden />)}
                  </span>
                  <span className={css.type}>{column.type}</span>
                  <span
                    className={css.resize}
                    role="presentation"
                    onPointerDown={(event) => resize(event, c)}
                    onClick={(event) => event.stopPropagation()}
                    onDoubleClick={(event) => {
                      event.stopPropagation();
                      onFit(c);
                    }}
                  />
                </div>
              );
            })}
          </div>
        </div>
      </div>
    </div>
  );
}
