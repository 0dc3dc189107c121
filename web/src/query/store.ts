import { DataType, type Data, type Field, type RecordBatch, type Schema } from "apache-arrow";
import { half, integerAt, jsonOf, kindOf, textOf, valid } from "./cells";
import type { Column, ColumnData, Range, Summary, TextFormat } from "./protocol";
import { sortOrder } from "./sort";

/** The batches of a result as they arrived, an order to see them in, and texts of their values. */
export class ResultStore {
  readonly columns: readonly Column[];
  rows = 0;

  readonly #fields: readonly Field[];
  readonly #batches: RecordBatch[] = [];
  /** The row that each batch begins with. */
  readonly #starts: number[] = [];
  /** For each batch the readers of its columns, made when first needed. */
  readonly #texts: ((row: number) => string | null)[][] = [];
  #order: Uint32Array | null = null;
  #sorted: { column: number; desc: boolean } | null = null;

  constructor(schema: Schema) {
    this.#fields = schema.fields;
    this.columns = schema.fields.map((field) => ({ name: field.name, type: typeOf(field), kind: kindOf(field) }));
  }

  add(batch: RecordBatch): void {
    if (batch.numRows === 0) return;
    this.#batches.push(batch);
    this.#starts.push(this.rows);
    this.#texts.push([]);
    this.rows += batch.numRows;
  }

  /** Texts of a part, by row; each is cut to `cut` characters, for what is only glanced at. */
  window({ from, to, left, right }: Range, cut = Infinity): (string | null)[][] {
    const window: (string | null)[][] = [];
    for (let row = Math.max(0, from); row < Math.min(to, this.rows); row++) {
      const [batch, at] = this.#locate(row);
      const cells: (string | null)[] = [];
      for (let c = left; c < Math.min(right, this.columns.length); c++) {
        const text = this.#text(batch, c)(at);
        cells.push(text !== null && text.length > cut ? text.slice(0, cut) : text);
      }
      window.push(cells);
    }
    return window;
  }

  cell(row: number, column: number): string | null {
    return this.window({ from: row, to: row + 1, left: column, right: column + 1 })[0]?.[0] ?? null;
  }

  /** Puts the rows that there are in the order of a column; null: as they came. */
  sort(column: number | null, desc: boolean): void {
    this.#sorted = column === null ? null : { column, desc };
    this.resort();
  }

  /** Sorts again, with the rows that have come since; false when nothing is sorted. */
  resort(): boolean {
    const field = this.#sorted && this.#fields[this.#sorted.column];
    if (!this.#sorted || !field) {
      this.#order = null;
      return false;
    }
    this.#order = sortOrder(this.#chunks(this.#sorted.column), field, this.rows, this.#sorted.desc);
    return true;
  }

  text(range: Range, format: TextFormat, header: boolean): string {
    const columns = this.columns.slice(range.left, range.right);
    const lines: string[] = [];
    if (format === "json") {
      const keys = distinctNames(columns.map((c) => c.name)).map((name) => JSON.stringify(name));
      const readers = this.#batches.map(() => [] as ((row: number) => string)[]);
      for (let row = Math.max(0, range.from); row < Math.min(range.to, this.rows); row++) {
        const [batch, at] = this.#locate(row);
        const value = (i: number) => (readers[batch]![i] ??= jsonOf(this.#batches[batch]!.data.children[range.left + i]!, this.#fields[range.left + i]!))(at);
        lines.push(`{${keys.map((key, i) => `${key}:${value(i)}`).join(",")}}`);
      }
      return `[${lines.join(",\n")}]`;
    }
    const write = writers[format];
    if (header || format === "markdown") lines.push(write(columns.map((c) => c.name)));
    if (format === "markdown") lines.push(write(columns.map((c) => (c.kind === "number" ? "--:" : "---"))));
    for (const row of this.window(range)) lines.push(write(row.map((text) => text ?? "")));
    return lines.join("\n");
  }

  column(column: number, limit: number): ColumnData {
    const { kind } = this.columns[column]!;
    const rows = Math.min(limit, this.rows);
    if (kind !== "number" && kind !== "time") {
      return { kind: "text", values: this.window({ from: 0, to: rows, left: column, right: column + 1 }).map((row) => row[0] ?? null) };
    }
    const readers = this.#chunks(column).map((data) => numberOf(data));
    const values: (number | null)[] = [];
    for (let row = 0; row < rows; row++) {
      const [batch, at] = this.#locate(row);
      values.push(readers[batch]!(at));
    }
    return { kind, values };
  }

  summary({ from, to, left, right }: Range): Summary {
    const whole: Summary = { cells: 0, nulls: 0, numbers: 0, sum: null, average: null, min: null, max: null };
    let sum: Decimal = { digits: 0n, scale: 0 };
    let exact = true;
    let total = 0;
    let least: Extreme | undefined;
    let greatest: Extreme | undefined;
    for (let c = left; c < Math.min(right, this.columns.length); c++) {
      const numeric = this.columns[c]!.kind === "number";
      const type = this.#fields[c]!.type as DataType;
      const readers = numeric ? this.#chunks(c).map((data) => numberOf(data)) : [];
      for (let row = from; row < Math.min(to, this.rows); row++) {
        const [batch, at] = this.#locate(row);
        const data = this.#batches[batch]!.data.children[c]!;
        whole.cells++;
        if (!valid(data, at)) whole.nulls++;
        else if (numeric) {
          const n = readers[batch]!(at)!;
          whole.numbers++;
          total += n;
          let of: Decimal | undefined;
          if (DataType.isDecimal(type)) of = { digits: integerAt(data, at), scale: type.scale };
          else if (DataType.isInt(type)) of = { digits: BigInt((data.values as Int32Array)[at]!), scale: 0 };
          if (of) sum = plus(sum, of);
          else exact = false;
          const value = { n, of };
          if (least === undefined || order(value, least) < 0) least = value;
          if (greatest === undefined || order(value, greatest) > 0) greatest = value;
        }
      }
    }
    if (whole.numbers > 0) {
      whole.sum = exact ? decimalText(sum) : String(Number(total.toPrecision(15)));
      whole.average = total / whole.numbers;
      whole.min = extremeText(least);
      whole.max = extremeText(greatest);
    }
    return whole;
  }

  #chunks(column: number): Data[] {
    return this.#batches.map((batch) => batch.data.children[column]!);
  }

  #text(batch: number, column: number): (row: number) => string | null {
    const texts = this.#texts[batch]!;
    return (texts[column] ??= textOf(this.#batches[batch]!.data.children[column]!, this.#fields[column]!));
  }

  /** The batch that a row of the order is in, and where. Rows that came after the last sort follow as they came. */
  #locate(row: number): [batch: number, at: number] {
    const real = this.#order && row < this.#order.length ? this.#order[row]! : row;
    let low = 0;
    let high = this.#starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.#starts[middle]! <= real) low = middle;
      else high = middle - 1;
    }
    return [low, real - this.#starts[low]!];
  }
}

const typeOf = (field: Field) => field.metadata.get("duckdb_type") ?? String(field.type).toUpperCase();

/** A time that JavaScript's calendar has; `infinity` is none. */
const known = (ms: number): number | null => (Math.abs(ms) <= 8.64e15 ? ms : null);

/** Values as doubles, times as ms; null also for a time beyond the calendar. */
function numberOf(data: Data): (row: number) => number | null {
  const type = data.type;
  const values = data.values as ArrayLike<number | bigint>;
  let read: (row: number) => number | null;
  if (DataType.isDictionary(type)) return () => null;
  if (DataType.isDecimal(type)) {
    const divisor = 10 ** type.scale;
    read = (row) => {
      const integer = integerAt(data, row);
      return integer >= -9_007_199_254_740_992n && integer <= 9_007_199_254_740_992n ? Number(integer) / divisor : Number(decimalText({ digits: integer, scale: type.scale }));
    };
  } else if (DataType.isFloat(type) && Number(type.precision) === 0) read = (row) => half(Number(values[row]));
  else if (DataType.isDate(type)) read = values instanceof Int32Array ? (row) => known(values[row]! * 86_400_000) : (row) => known(Number(values[row]));
  else if (DataType.isTimestamp(type) || DataType.isTime(type)) {
    const perMs = [0.001, 1, 1000, 1_000_000][type.unit] ?? 1;
    read = (row) => known(Number(values[row]) / perMs);
  } else read = (row) => Number(values[row]);
  return (row) => (valid(data, row) ? read(row) : null);
}

type Decimal = { digits: bigint; scale: number };

function plus(a: Decimal, b: Decimal): Decimal {
  const scale = Math.max(a.scale, b.scale);
  return { digits: a.digits * 10n ** BigInt(scale - a.scale) + b.digits * 10n ** BigInt(scale - b.scale), scale };
}

/** A number as a double and, of an integer or a decimal, with all of its digits. */
type Extreme = { n: number; of: Decimal | undefined };

/** NaN is greater than any other number, as DuckDB has it. */
function order(a: Extreme, b: Extreme): number {
  if (Number.isNaN(a.n) || Number.isNaN(b.n)) return Number(Number.isNaN(a.n)) - Number(Number.isNaN(b.n));
  if (a.n !== b.n || !a.of || !b.of) return a.n - b.n;
  const by = a.of.scale === b.of.scale ? a.of.digits - b.of.digits : plus(a.of, { digits: -b.of.digits, scale: b.of.scale }).digits;
  return by < 0n ? -1 : by > 0n ? 1 : 0;
}

const extremeText = (value: Extreme | undefined): string | null => (value === undefined ? null : value.of ? decimalText(value.of) : String(value.n));

function decimalText({ digits, scale }: Decimal): string {
  if (scale <= 0) return digits.toString();
  const text = (digits < 0n ? -digits : digits).toString().padStart(scale + 1, "0");
  return `${digits < 0n ? "-" : ""}${text.slice(0, -scale)}.${text.slice(-scale)}`;
}

const writers: Record<Exclude<TextFormat, "json">, (cells: string[]) => string> = {
  // As spreadsheets write it: quotes only where a tab, a line or a quote is.
  tsv: (cells) => cells.map((text) => (/[\t\r\n"]/.test(text) ? quote(text) : text)).join("\t"),
  csv: (cells) => cells.map((text) => (/[",\r\n]|^\s|\s$/.test(text) ? quote(text) : text)).join(","),
  markdown: (cells) => `| ${cells.map((text) => text.replace(/\|/g, "\\|").replace(/\r?\n/g, "<br>")).join(" | ")} |`,
};
const quote = (text: string) => `"${text.replace(/"/g, '""')}"`;

/** Names with a number behind those that occur a second time, as the server has them: else a value would hide another. */
function distinctNames(names: readonly string[]): string[] {
  const taken = new Set(names);
  const seen = new Set<string>();
  return names.map((name) => {
    let own = name;
    for (let n = 1; seen.has(own) || (own !== name && taken.has(own)); n++) own = `${name}_${n}`;
    seen.add(own);
    return own;
  });
}
