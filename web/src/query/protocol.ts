import type { ErrorBody } from "@/api/error";

/** What a column holds, for its alignment and for charts. */
export type ColumnKind = "number" | "time" | "boolean" | "text" | "nested";

export type Column = {
  name: string;
  /** As DuckDB spells it: `BIGINT`, `DECIMAL(18,2)`, `STRUCT(a INTEGER)[]`. */
  type: string;
  kind: ColumnKind;
};

/** A part of a result: rows [from, to), columns [left, right), in the order shown. */
export type Range = { from: number; to: number; left: number; right: number };

export type TextFormat = "tsv" | "csv" | "json" | "markdown";

/** The values of a column, for charts: numbers as doubles, times as ms since 1970 in UTC, the rest as text. */
export type ColumnData =
  | { kind: "number" | "time"; values: (number | null)[] }
  | { kind: "text"; values: (string | null)[] };

/** What a selection holds. The sum, the least and the greatest are exact for integers and decimals. */
export type Summary = { cells: number; nulls: number; numbers: number; sum: string | null; average: number | null; min: string | null; max: string | null };

export type Request =
  | { call: "run"; url: string; body: string }
  | { call: "cancel" }
  | { call: "window"; id: number; range: Range; cut: number }
  | { call: "cell"; id: number; row: number; column: number }
  | { call: "sort"; id: number; column: number | null; desc: boolean }
  | { call: "text"; id: number; range: Range; format: TextFormat; header: boolean }
  | { call: "column"; id: number; column: number; limit: number }
  | { call: "summary"; id: number; range: Range };

export type Reply =
  /** The statement is on its way to the server, which can be asked about it from soon on. */
  | { event: "sent" }
  | { event: "columns"; columns: Column[] }
  | { event: "rows"; rows: number }
  | { event: "order" }
  | { event: "done"; rows: number }
  /** `error` is the server's; without one the stream broke, or nobody answered. */
  | { event: "failed"; rows: number; error: (ErrorBody & Record<string, unknown>) | null; cancelled: boolean; reason: string }
  | { event: "result"; id: number; value: unknown }
  | { event: "error"; id: number; message: string };
