import { useEffect, useState, type ReactNode } from "react";
import { useFormat } from "@/format";
import { useT } from "@/i18n";
import type { GridSource, Range, Summary } from "./source";
import css from "./DataGrid.module.css";

/** The bar below a grid: how many rows there are, and what the selection holds. */
export function Status({ source, version, range, rows, status }: { source: GridSource; version: number; range: Range | undefined; rows: number; status: ReactNode }) {
  const t = useT();
  const f = useFormat();
  const summary = useSummary(source, version, range);
  const cells = range ? (range.to - range.from) * (range.right - range.left) : 0;
  return (
    <div className={css.status}>
      <div className={css.left}>{status ?? t("ui.grid.rows", { n: rows })}</div>
      {range && cells > 1 && (
        <div className={css.right} role="status">
          <span>{t("ui.grid.selected", { rows: f.number(range.to - range.from), columns: f.number(range.right - range.left) })}</span>
          {summary && summary.numbers > 0 && summary.sum !== null && summary.average !== null && (
            <>
              <span>{t("ui.grid.sum", { value: f.number(summary.sum, 6) })}</span>
              <span>{t("ui.grid.average", { value: f.number(summary.average, 3) })}</span>
              <span className={css.wide}>{t("ui.grid.range", { min: f.number(summary.min ?? 0, 6), max: f.number(summary.max ?? 0, 6) })}</span>
            </>
          )}
          {summary && summary.nulls > 0 && <span className={css.wide}>{t("ui.grid.nulls", { n: summary.nulls })}</span>}
        </div>
      )}
    </div>
  );
}

/** Of a selection in one order of the rows (`version`): in another one, other values are in the same place. */
function useSummary(source: GridSource, version: number, range: Range | undefined): Summary | undefined {
  const key = range ? `${range.from} ${range.to} ${range.left} ${range.right} ${version}` : "";
  const [known, setKnown] = useState<{ key: string; summary: Summary }>();
  useEffect(() => {
    if (key === "" || !source.summary) return;
    const [from = 0, to = 0, left = 0, right = 0] = key.split(" ").map(Number);
    if ((to - from) * (right - left) < 2) return;
    let wanted = true;
    // Not for every cell that a drag passes.
    const timer = setTimeout(() => {
      source.summary?.({ from, to, left, right }).then((summary) => wanted && setKnown({ key, summary }), () => undefined);
    }, 60);
    return () => {
      wanted = false;
      clearTimeout(timer);
    };
  }, [source, key]);
  return known?.key === key ? known.summary : undefined;
}
