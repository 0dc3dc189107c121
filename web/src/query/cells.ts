/**
 * Arrow values as text, spelled as the server spells them in CSV and JSON (internal/query/render): all the digits of
 * integers and decimals, dates as DuckDB prints them, nested values as JSON. Reads the buffers of a batch as they came
 * over the wire (their offset is zero), without making objects of values that nobody looks at.
 */
import { DataType, Vector, type Data, type Field } from "apache-arrow";
import type { ColumnKind } from "./protocol";

/** The text of one row's value, which is not NULL. */
type Cell = (row: number) => string;

/** How scalars are spelled: as DuckDB prints them, or within JSON. */
type Notation = "plain" | "iso";

/** What a text is in JSON: a string that needs quotes, or JSON already. */
type Scalar = { cell: Cell; json: boolean };

/** Returns the text of each row of a column of a batch, null for NULL. */
export function textOf(data: Data, field: Field): (row: number) => string | null {
  const cell = scalarOf(data, field, "plain")?.cell ?? jsonValue(data, field);
  return data.nullCount === 0 && !DataType.isNull(data.type) ? cell : (row) => (valid(data, row) ? cell(row) : null);
}

/** Returns each row's value as JSON, null for NULL: times in ISO 8601, bytes in base64. */
export function jsonOf(data: Data, field: Field): (row: number) => string {
  return DataType.isNull(data.type) ? () => "null" : jsonCell(data, field);
}

export function kindOf(field: Field): ColumnKind {
  const type = field.type as DataType;
  if (DataType.isDictionary(type)) return kindOf({ type: type.dictionary as DataType, metadata: field.metadata } as Field);
  if (DataType.isInt(type) || DataType.isFloat(type) || DataType.isDecimal(type)) return "number";
  if (DataType.isTimestamp(type) || DataType.isDate(type) || DataType.isTime(type)) return "time";
  if (DataType.isBool(type)) return "boolean";
  if (nested(type)) return "nested";
  return "text";
}

const nested = (type: DataType) =>
  DataType.isStruct(type) || DataType.isMap(type) || DataType.isUnion(type) || isList(type);
const isList = (type: DataType) => DataType.isList(type) || DataType.isLargeList(type) || DataType.isFixedSizeList(type);

export function valid(data: Data, row: number): boolean {
  if (DataType.isNull(data.type)) return false;
  const bits = data.nullBitmap;
  return !bits || bits.length === 0 || data.nullCount === 0 || (bits[row >> 3]! & (1 << (row & 7))) !== 0;
}

const extension = (field: Field) => field.metadata.get("ARROW:extension:name") ?? "";

function scalarOf(data: Data, field: Field, as: Notation): Scalar | undefined {
  const type = data.type;
  const name = extension(field);
  if (name === "arrow.uuid") return { cell: (row) => uuid(bytesAt(data, row)), json: false };
  if (DataType.isInt(type)) {
    const values = data.values as ArrayLike<number | bigint>;
    return { cell: (row) => String(values[row]), json: true };
  }
  if (DataType.isFloat(type)) return floats(data, as);
  if (DataType.isDecimal(type)) return { cell: (row) => scaled(integerAt(data, row), type.scale), json: true };
  if (DataType.isBool(type)) {
    const bits = data.values as Uint8Array;
    return { cell: (row) => ((bits[row >> 3]! & (1 << (row & 7))) !== 0 ? "true" : "false"), json: true };
  }
  if (DataType.isUtf8(type) || DataType.isLargeUtf8(type) || DataType.isUtf8View(type)) {
    const vector = new Vector([data as Data<typeof type>]);
    return { cell: (row) => vector.get(row) as string, json: name === "arrow.json" };
  }
  if (DataType.isBinary(type) || DataType.isLargeBinary(type) || DataType.isBinaryView(type) || DataType.isFixedSizeBinary(type)) {
    return { cell: (row) => (as === "iso" ? base64(bytesAt(data, row)) : blob(bytesAt(data, row))), json: false };
  }
  if (DataType.isDictionary(type)) {
    const dictionary = data.dictionary;
    const keys = data.values as ArrayLike<number | bigint>;
    const chunks = (dictionary?.data ?? []).map((chunk) => ({ length: chunk.length, scalar: scalarOf(chunk as Data, { type: type.dictionary as DataType, metadata: field.metadata } as Field, as) }));
    if (chunks.some((c) => c.scalar === undefined)) return undefined;
    return {
      json: chunks[0]?.scalar?.json ?? false,
      cell: (row) => {
        let at = Number(keys[row]);
        for (const { length, scalar } of chunks) {
          if (at < length) return scalar!.cell(at);
          at -= length;
        }
        return "";
      },
    };
  }
  const time = times(data, as);
  return time && { cell: time, json: false };
}

// Numbers.

function floats(data: Data, as: Notation): Scalar {
  const precision = (data.type as unknown as { precision: number }).precision; // 0 half, 1 single, 2 double
  if (precision === 0) {
    const bits = data.values as Uint16Array;
    return { cell: (row) => float(half(bits[row]!), true, as), json: true };
  }
  const values = data.values as Float32Array | Float64Array;
  return { cell: (row) => float(values[row]!, precision === 1, as), json: true };
}

/** The shortest text that reads back as the same value. */
export function float(v: number, single: boolean, as: Notation = "plain"): string {
  if (Number.isNaN(v)) return as === "plain" ? "nan" : '"NaN"';
  if (!Number.isFinite(v)) return as === "plain" ? (v > 0 ? "inf" : "-inf") : v > 0 ? '"Infinity"' : '"-Infinity"';
  if (Object.is(v, -0)) return "-0.0";
  let text = String(v);
  if (single) {
    // A float32 needs at most nine digits.
    for (let digits = 1; digits <= 9; digits++) {
      const shorter = Number(v.toPrecision(digits));
      if (Math.fround(shorter) === v) {
        v = shorter;
        text = String(shorter);
        break;
      }
    }
  }
  const size = Math.abs(v);
  if (size !== 0 && (size < 1e-5 || size >= 1e16)) return v.toExponential().replace(/e([-+])(\d)$/, "e$10$2");
  return text.includes(".") ? text : `${text}.0`;
}

export function half(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction ? NaN : sign * Infinity;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

/** The unscaled integer of a decimal. */
export function integerAt(data: Data, row: number): bigint {
  const words = data.values as Uint32Array;
  const n = (data.type as unknown as { bitWidth: number }).bitWidth / 32;
  let v = BigInt(words[row * n + n - 1]! | 0); // the highest word has the sign
  for (let i = n - 2; i >= 0; i--) v = (v << 32n) | BigInt(words[row * n + i]!);
  return v;
}

function scaled(integer: bigint, scale: number): string {
  const negative = integer < 0n;
  let digits = (negative ? -integer : integer).toString();
  if (scale > 0) {
    digits = digits.padStart(scale + 1, "0");
    digits = `${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
  }
  return negative ? `-${digits}` : digits;
}

// Bytes.

function bytesAt(data: Data, row: number): Uint8Array {
  const type = data.type;
  if (DataType.isFixedSizeBinary(type)) return (data.values as Uint8Array).subarray(row * type.byteWidth, (row + 1) * type.byteWidth);
  return new Vector([data]).get(row) as Uint8Array;
}

const hex = Array.from({ length: 256 }, (_, b) => b.toString(16).padStart(2, "0"));

function uuid(bytes: Uint8Array): string {
  const text = Array.from(bytes, (b) => hex[b]).join("");
  return `${text.slice(0, 8)}-${text.slice(8, 12)}-${text.slice(12, 16)}-${text.slice(16, 20)}-${text.slice(20)}`;
}

function blob(bytes: Uint8Array): string {
  let text = "";
  for (const b of bytes) {
    text += b >= 0x20 && b <= 0x7e && b !== 0x5c && b !== 0x22 && b !== 0x27 ? String.fromCharCode(b) : `\\x${hex[b]!.toUpperCase()}`;
  }
  return text;
}

function base64(bytes: Uint8Array): string {
  let text = "";
  for (let i = 0; i < bytes.length; i += 0x8000) text += String.fromCharCode(...bytes.subarray(i, i + 0x8000));
  return btoa(text);
}

// Times.

function times(data: Data, as: Notation): Cell | undefined {
  const type = data.type;
  if (DataType.isDate(type)) {
    const values = data.values as Int32Array | BigInt64Array;
    return values instanceof Int32Array ? (row) => date(values[row]!, as) : (row) => date(Number(floorDiv(values[row]!, 86_400_000n)), as);
  }
  if (DataType.isTime(type)) {
    const values = data.values as Int32Array | BigInt64Array;
    const unit = nanosOf(type.unit);
    return (row) => clock(BigInt(values[row]!) * unit);
  }
  if (DataType.isTimestamp(type)) {
    const values = data.values as BigInt64Array;
    const unit = nanosOf(type.unit);
    const zone = type.timezone ? offsetIn(type.timezone) : undefined;
    return (row) => timestamp(values[row]!, unit, zone, as);
  }
  if (DataType.isInterval(type)) {
    const values = data.values as Int32Array;
    const unit: number = type.unit; // 0 year-month, 1 day-time, 2 month-day-nano
    if (unit === 0) return (row) => interval(values[row]!, 0, 0n, as);
    if (unit === 1) return (row) => interval(0, values[row * 2]!, BigInt(values[row * 2 + 1]!) * 1_000_000n, as);
    return (row) => {
      const nanos = (BigInt(values[row * 4 + 3]!) << 32n) | BigInt(values[row * 4 + 2]! >>> 0);
      return interval(values[row * 4]!, values[row * 4 + 1]!, nanos, as);
    };
  }
  if (DataType.isDuration(type)) {
    const values = data.values as BigInt64Array;
    const unit = nanosOf(type.unit);
    return (row) => interval(0, 0, values[row]! * unit, as);
  }
  return undefined;
}

/** Nanoseconds in a unit of time: 0 is seconds, … 3 is nanoseconds. */
const nanosOf = (unit: number) => [1_000_000_000n, 1_000_000n, 1_000n, 1n][unit] ?? 1n;

function floorDiv(a: bigint, b: bigint): bigint {
  const q = a / b;
  return a % b < 0n ? q - 1n : q;
}

const two = (n: number) => (n < 10 ? `0${n}` : String(n));

/** DuckDB keeps infinite dates and timestamps as the extremes of the integer. */
function date(days: number, as: Notation): string {
  if (days === 2_147_483_647) return "infinity";
  if (days === -2_147_483_647) return "-infinity";
  return day(days, as).join("");
}

/** The date of a day since 1970 and, behind it, ` (BC)` where one is. */
function day(days: number, as: Notation): [string, string] {
  // Days to a date of the Gregorian calendar, by eras of 400 years that begin in March.
  const z = days + 719_468;
  const era = Math.floor(z / 146_097);
  const ofEra = z - era * 146_097;
  const yearOfEra = Math.floor((ofEra - Math.floor(ofEra / 1460) + Math.floor(ofEra / 36_524) - Math.floor(ofEra / 146_096)) / 365);
  const ofYear = ofEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const shifted = Math.floor((5 * ofYear + 2) / 153);
  const month = shifted < 10 ? shifted + 3 : shifted - 9;
  const year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0);
  const rest = `-${two(month)}-${two(ofYear - Math.floor((153 * shifted + 2) / 5) + 1)}`;
  if (year > 0) return [String(year).padStart(4, "0") + rest, ""];
  // Before the year 1 DuckDB counts the years BC; ISO 8601 has a year 0.
  if (as === "plain") return [String(1 - year).padStart(4, "0") + rest, " (BC)"];
  return [(year === 0 ? "0000" : `-${String(-year).padStart(4, "0")}`) + rest, ""];
}

const dayNanos = 86_400_000_000_000n;

function clock(nanos: bigint): string {
  const seconds = Number(nanos / 1_000_000_000n);
  const fraction = Number(nanos % 1_000_000_000n);
  const text = `${two(Math.floor(seconds / 3600))}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
  return fraction === 0 ? text : `${text}.${String(fraction).padStart(9, "0").replace(/0+$/, "")}`;
}

type Offset = (epochSeconds: number) => number;

function timestamp(v: bigint, unit: bigint, zone: Offset | undefined, as: Notation): string {
  if (v === 9_223_372_036_854_775_807n) return "infinity";
  if (v === -9_223_372_036_854_775_807n) return "-infinity";
  const utc = v * unit;
  const offset = zone ? zone(Number(floorDiv(utc, 1_000_000_000n))) : 0;
  const local = utc + BigInt(offset) * 1_000_000_000n;
  const days = floorDiv(local, dayNanos);
  const [text, era] = day(Number(days), as);
  return `${text}${era}${as === "plain" ? " " : "T"}${clock(local - days * dayNanos)}${zone ? suffix(offset, as) : ""}`;
}

function suffix(offset: number, as: Notation): string {
  if (as === "iso" && offset === 0) return "Z";
  const minutes = Math.floor(Math.abs(offset) / 60);
  const text = `${offset < 0 ? "-" : "+"}${two(Math.floor(minutes / 60))}`;
  return as === "plain" && offset % 3600 === 0 ? text : `${text}:${two(minutes % 60)}`;
}

const offsets = new Map<string, Offset>();

/** Seconds that a zone is ahead of UTC at an instant. Zones change at quarters of an hour, which are remembered. */
function offsetIn(zone: string): Offset {
  let of = offsets.get(zone);
  if (of === undefined) offsets.set(zone, (of = makeOffset(zone)));
  return of;
}

function makeOffset(zone: string): Offset {
  if (zone === "UTC" || zone === "Etc/UTC") return () => 0;
  const fixed = /^([-+])(\d\d):?(\d\d)$/.exec(zone);
  if (fixed) {
    const seconds = (fixed[1] === "-" ? -1 : 1) * (Number(fixed[2]) * 3600 + Number(fixed[3]) * 60);
    return () => seconds;
  }
  let format: Intl.DateTimeFormat;
  try {
    format = new Intl.DateTimeFormat("en-US", {
      timeZone: zone, hourCycle: "h23", era: "short",
      year: "numeric", month: "numeric", day: "numeric", hour: "numeric", minute: "numeric", second: "numeric",
    });
  } catch {
    return () => 0;
  }
  const known = new Map<number, number>();
  return (at) => {
    const quarter = Math.floor(at / 900);
    let offset = known.get(quarter);
    if (offset === undefined) {
      const ms = quarter * 900_000;
      if (Math.abs(ms) > 8.64e15) return 0; // beyond what the browser's calendar knows
      const part: Record<string, string> = {};
      for (const { type, value } of format.formatToParts(ms)) part[type] = value;
      const year = part.era === "BC" ? 1 - Number(part.year) : Number(part.year);
      const local = new Date(0);
      local.setUTCFullYear(year, Number(part.month) - 1, Number(part.day));
      local.setUTCHours(Number(part.hour), Number(part.minute), Number(part.second));
      offset = (local.getTime() - ms) / 1000;
      if (known.size > 100_000) known.clear();
      known.set(quarter, offset);
    }
    return offset;
  };
}

function interval(months: number, days: number, nanos: bigint, as: Notation): string {
  if (as === "iso") return isoDuration(months, days, nanos);
  const parts: string[] = [];
  const add = (n: number, unit: string) => n !== 0 && parts.push(`${n} ${unit}${Math.abs(n) === 1 ? "" : "s"}`);
  add(Math.trunc(months / 12), "year");
  add(months % 12, "month");
  add(days, "day");
  if (nanos !== 0n || parts.length === 0) parts.push(nanos < 0n ? `-${clock(-nanos)}` : clock(nanos));
  return parts.join(" ");
}

function isoDuration(months: number, days: number, nanos: bigint): string {
  let text = "P";
  if (months !== 0) text += `${months}M`;
  if (days !== 0) text += `${days}D`;
  if (nanos === 0n && text !== "P") return text;
  const size = nanos < 0n ? -nanos : nanos;
  const fraction = Number(size % 1_000_000_000n);
  return `${text}T${nanos < 0n ? "-" : ""}${size / 1_000_000_000n}${fraction ? `.${String(fraction).padStart(9, "0").replace(/0+$/, "")}` : ""}S`;
}

// Nested values.

/** A value as JSON, null where there is none. */
function jsonCell(data: Data, field: Field): Cell {
  const value = jsonValue(data, field);
  return (row) => (valid(data, row) ? value(row) : "null");
}

function jsonValue(data: Data, field: Field): Cell {
  const scalar = scalarOf(data, field, "iso");
  if (scalar) return scalar.json ? scalar.cell : (row) => JSON.stringify(scalar.cell(row));
  const type = data.type;
  if (DataType.isMap(type)) return mapValue(data, type.children[0] as Field);
  if (DataType.isStruct(type)) return structValue(data, type.children);
  if (isList(type)) {
    const items = jsonCell(data.children[0]!, type.children[0] as Field);
    const range = rangesOf(data);
    return (row) => {
      const [from, to] = range(row);
      let text = "[";
      for (let i = from; i < to; i++) text += (i > from ? "," : "") + items(i);
      return `${text}]`;
    };
  }
  if (DataType.isUnion(type)) return unionValue(data);
  return () => "null";
}

/** The rows of the child that belong to a row of a list. */
function rangesOf(data: Data): (row: number) => [number, number] {
  const type = data.type;
  if (DataType.isFixedSizeList(type)) return (row) => [row * type.listSize, (row + 1) * type.listSize];
  const offsets = data.valueOffsets as ArrayLike<number | bigint>;
  return (row) => [Number(offsets[row]), Number(offsets[row + 1])];
}

function structValue(data: Data, fields: Field[]): Cell {
  const parts = fields.map((field, i) => ({ key: `${JSON.stringify(field.name)}:`, cell: jsonCell(data.children[i]!, field) }));
  return (row) => `{${parts.map(({ key, cell }) => key + cell(row)).join(",")}}`;
}

function mapValue(data: Data, entries: Field): Cell {
  const [keys, items] = data.children[0]!.children as [Data, Data];
  const [keyField, itemField] = (entries.type as DataType).children as [Field, Field];
  const key = jsonCell(keys, keyField);
  const item = jsonCell(items, itemField);
  const scalar = scalarOf(keys, keyField, "iso");
  const object = scalar !== undefined && !scalar.json;
  const range = rangesOf(data);
  return (row) => {
    const [from, to] = range(row);
    const parts: string[] = [];
    for (let i = from; i < to; i++) parts.push(object ? `${key(i)}:${item(i)}` : `{"key":${key(i)},"value":${item(i)}}`);
    return object ? `{${parts.join(",")}}` : `[${parts.join(",")}]`;
  };
}

function unionValue(data: Data): Cell {
  const type = data.type as DataType & { typeIdToChildIndex: Record<number, number>; children: Field[] };
  const children = data.children.map((child, i) => jsonCell(child, type.children[i]!));
  const dense = DataType.isDenseUnion(data.type);
  const offsets = data.valueOffsets as Int32Array;
  return (row) => {
    const child = type.typeIdToChildIndex[(data.typeIds as Int8Array)[row]!]!;
    return children[child]!(dense ? offsets[row]! : row);
  };
}
