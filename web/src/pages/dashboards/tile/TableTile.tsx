import { clsx } from "clsx";
import { useMemo } from "react";
import type { Cell, Tile, TileResult } from "@/api";
import { useFormat } from "@/format";
import { useT } from "@/i18n";
import { Table, type TableColumn } from "@/ui";
import { areMonths, columnLabel, dimensionText, figure, moved, toNumber } from "../format";
import type { Open } from "../source/point";
import { rowHeight } from "./height";
import { Move } from "./NumberTile";
import css from "./Tile.module.css";

type Row = { key: string; cells: Cell[] };

/** Rows with their numbers; the first has bars, so that its course is seen at a glance. Every number can be pointed at. */
export function TableTile({ tile, title, data, onOpen }: { tile: Tile; title: string; data: TileResult; onOpen: Open }) {
  const t = useT();
  const f = useFormat();
  const result = data.result;
  const rows = useMemo<Row[]>(() => ((result?.rows ?? [])).map((cells, i) => ({ key: String(i), cells })), [result]);
  const columns = useMemo<TableColumn<Row>[]>(() => {
    if (!result) return [];
    const all = result.columns.map((column, at) => ({ column, at }));
    const words = all.filter(({ column }) => column.role === "time" || column.role === "dimension");
    const none = t("dashboards.none");
    const grainOf = new Map(words.map(({ column, at }) => [at, data.grain ?? (column.role === "time" && areMonths(rows.map((row) => row.cells[at] ?? null)) ? ("month" as const) : undefined)]));
    const text = (row: Row, at: number) => dimensionText(row.cells[at], result.columns[at]!, f, none, grainOf.get(at));
    const first = all.find(({ column }) => column.role === "measure");
    const greatest = first ? Math.max(0, ...rows.map((row) => toNumber(row.cells[first.at]) ?? 0)) : 0;
    const barred = first !== undefined && rows.length > 1 && greatest > 0 && rows.every((row) => (toNumber(row.cells[first.at]) ?? 0) >= 0);

    return all.flatMap(({ column, at }): TableColumn<Row>[] => {
      const name = columnLabel(column, f.locale);
      const header = <span className={name.length > 10 ? css.wraps : undefined}>{name}</span>;
      if (column.role === "previous") return [];
      if (column.role !== "measure") {
        return [
          {
            id: column.name,
            header,
            cell: (row) => <span className={css.word} title={text(row, at)}>{text(row, at)}</span>,
            sort: (row) => (typeof row.cells[at] === "number" ? row.cells[at] : column.role === "time" ? String(row.cells[at] ?? "") : text(row, at)),
          },
        ];
      }
      const format = column.format ?? "number";
      const before = all.find((other) => other.column.role === "previous" && other.column.metric === column.metric);
      const change = (row: Row) => moved(toNumber(row.cells[at]), before ? toNumber(row.cells[before.at]) : null, format);
      const bar = barred && at === first.at;
      const point = (row: Row) =>
        onOpen(tile.index, {
          where: words.map((word) => text(row, word.at)),
          metric: column.metric, label: name, value: row.cells[at] as number, previous: before ? toNumber(row.cells[before.at]) : undefined, format,
        });
      return [
        {
          id: column.name,
          header,
          align: "end",
          descFirst: true,
          sort: (row) => toNumber(row.cells[at]),
          cell: (row) => (
            <span className={bar ? css.barred : undefined}>
              {bar && <i className={css.bar} style={{ width: `${(Math.max(0, toNumber(row.cells[at]) ?? 0) / greatest) * 100}%` }} aria-hidden />}
              {/* By the keyboard the source is reached from the title: a stop at every number would be too many. */}
              <button type="button" tabIndex={-1} className={css.figure} onClick={() => point(row)}>
                {figure(row.cells[at], format, f)}
              </button>
            </span>
          ),
        },
        ...(before
          ? [
              {
                id: `${column.name} change`,
                header: <span title={t("dashboards.change.of", { name })}>{t("dashboards.change")}</span>,
                align: "end" as const,
                descFirst: true,
                width: "1%",
                hide: at === first?.at ? undefined : ("phone" as const),
                sort: (row: Row) => change(row)?.by,
                cell: (row: Row) => <Move by={change(row)} />,
              },
            ]
          : []),
      ];
    });
  }, [result, rows, data.grain, f, t, tile.index, onOpen]);
  return (
    <div className={clsx(css.rows, tile.width <= 6 && css.narrow)} role="region" aria-label={t("dashboards.rows.of", { name: title })} tabIndex={0}>
      <Table label={title} rows={rows} rowKey={(row) => row.key} columns={columns} rowHeight={rowHeight} className={css.table} />
    </div>
  );
}
