import { memo } from "react";
import { useLocale } from "@/i18n";
import { formatNumber } from "@/format/number";
import type { TileCache } from "./cache";
import { headerHeight } from "./Header";
import type { Cell } from "./select";
import type { GridColumn, Range } from "./source";
import css from "./DataGrid.module.css";

/** Rows keep their place within a block of this many, so that most of them are not drawn again while scrolling. */
const block = 64;

type Shared = {
  id: string;
  cache: TileCache;
  /** Changes when values have come. */
  tick: number;
  version: number;
  columns: readonly GridColumn[];
  edges: readonly number[];
  from: number;
  to: number;
  rowHeight: number;
};

/** The values in view. */
export function Rows({ first, last, top, left, gutter, range, active, ...shared }: Shared & {
  first: number;
  last: number;
  top: number;
  left: number;
  gutter: number;
  range: Range | undefined;
  active: Cell | undefined;
}) {
  const { rowHeight, edges } = shared;
  const locale = useLocale();
  const base = Math.floor(first / block) * block;
  // Within some thousands of px of the view, whatever row it is: larger ones lose their fractions.
  const shift = base * rowHeight - top;
  const rows = Array.from({ length: Math.max(0, last - first) }, (_, i) => first + i);
  const y = (row: number) => (Math.max(first - 1, Math.min(last + 1, row)) - base) * rowHeight;
  const inRow = active && active.row >= first && active.row < last;
  return (
    <div className={css.body} style={{ top: headerHeight }} role="rowgroup">
      <div style={{ transform: `translateY(${shift}px)` }} role="presentation">
        {rows.map((row) => (
          <div key={row} className={css.row} style={{ top: (row - base) * rowHeight, height: rowHeight }} role="row" aria-rowindex={row + 2}>
            <div className={css.number} style={{ width: gutter, lineHeight: `${rowHeight}px` }} role="rowheader" aria-colindex={1} data-selected={(range && row >= range.from && row < range.to) || undefined}>
              {formatNumber(row + 1, locale)}
            </div>
            <div className={css.across} style={{ left: gutter }} role="presentation">
              <div className={css.moved} style={{ transform: `translateX(${-left}px)` }} role="presentation">
                <Values {...shared} row={row} />
              </div>
            </div>
          </div>
        ))}
        {range && (
          <div className={css.across} style={{ left: gutter }} role="presentation">
            <div style={{ transform: `translateX(${-left}px)` }} role="presentation">
              {range.to > first && range.from < last && (
                <div className={css.range} style={{ top: y(range.from), height: y(range.to) - y(range.from), left: edges[range.left], width: edges[range.right]! - edges[range.left]! }} />
              )}
              {inRow && (
                <div className={css.active} style={{ top: (active.row - base) * rowHeight, height: rowHeight, left: edges[active.column], width: edges[active.column + 1]! - edges[active.column]! }} />
              )}
            </div>
          </div>
        )}
      </div>
    </div>
  );
}

/** The values of a row: drawn again only when they, or the columns in view, change. */
const Values = memo(function Values({ id, cache, columns, edges, from, to, row, rowHeight }: Shared & { row: number }) {
  return columns.slice(from, to).map((column, i) => {
    const c = from + i;
    const text = cache.get(row, c);
    return (
      <div
        key={c}
        id={`${id}-${row}-${c}`}
        className={css.cell}
        style={{ left: edges[c], width: edges[c + 1]! - edges[c]!, lineHeight: `${rowHeight - 1}px` }}
        data-kind={column.kind}
        data-null={text === null || undefined}
        role="gridcell"
        aria-colindex={c + 2}
      >
        {text === null ? "NULL" : text?.includes("\n") ? text.replace(/\r?\n/g, " ↵ ") : text}
      </div>
    );
  });
});
