import type { Column, ColumnKind, Range, Summary, TextFormat } from "@/query/protocol";

export type { ColumnKind, Range, Summary, TextFormat };
export type GridColumn = Column;

/** What a grid shows. A new object whenever something has changed. */
export type GridState = {
  columns: readonly GridColumn[];
  rows: number;
  /** Another number when values that were read before are out of date: after sorting. */
  version: number;
  sort: { column: number; desc: boolean } | undefined;
};

/** Where a grid takes its values from, a part at a time. A QueryHandle is one. */
export type GridSource = {
  subscribe: (changed: () => void) => () => void;
  getSnapshot: () => GridState;
  window: (range: Range) => Promise<(string | null)[][]>;
  /** Without it columns cannot be sorted. */
  sort?: (column?: number, desc?: boolean) => Promise<void>;
  /** Without it there is nothing to copy. */
  text?: (range: Range, format: TextFormat, header: boolean) => Promise<string>;
  summary?: (range: Range) => Promise<Summary>;
  cell?: (row: number, column: number) => Promise<string | null>;
};

/** A source of rows that are at hand. */
export function arraySource(columns: readonly GridColumn[], rows: readonly (readonly (string | null)[])[]): GridSource {
  const state: GridState = { columns, rows: rows.length, version: 0, sort: undefined };
  const window = ({ from, to, left, right }: Range) => rows.slice(from, to).map((row) => row.slice(left, right));
  const clean = (text: string | null) => (text ?? "").replace(/[\t\r\n]+/g, " ");
  return {
    subscribe: () => () => undefined,
    getSnapshot: () => state,
    window: (range) => Promise.resolve(window(range)),
    cell: (row, column) => Promise.resolve(rows[row]?.[column] ?? null),
    text: (range, _format, header) => {
      const lines = window(range).map((row) => row.map(clean).join("\t"));
      if (header) lines.unshift(columns.slice(range.left, range.right).map((c) => c.name).join("\t"));
      return Promise.resolve(lines.join("\n"));
    },
  };
}
