/**
 * Sorts the rows of a result by a column: values become unsigned words that compare as they do, and rows are put in
 * order by their words, 16 bits at a time (a radix sort: stable, and a million rows take some tens of milliseconds).
 */
import { DataType, type Data, type Field } from "apache-arrow";
import { textOf, valid } from "./cells";

/** Words of the rows, the most significant first, and whether a row is NULL. */
type Keys = { words: Uint32Array[]; nulls: Uint8Array };

/** The rows in order; NULLs come last either way. */
export function sortOrder(chunks: readonly Data[], field: Field, rows: number, desc: boolean): Uint32Array {
  const { words, nulls } = keysOf(chunks, field, rows);
  if (desc) for (const word of words) for (let i = 0; i < rows; i++) word[i] = ~word[i]!;
  let order = new Uint32Array(rows);
  let n = 0;
  for (let row = 0; row < rows; row++) if (!nulls[row]) order[n++] = row;
  let last = n;
  for (let row = 0; row < rows; row++) if (nulls[row]) order[last++] = row;
  let spare = new Uint32Array(order);
  for (let w = words.length - 1; w >= 0; w--) {
    for (const shift of [0, 16]) if (pass(order, spare, words[w]!, shift, n)) [order, spare] = [spare, order];
  }
  return order;
}

/** Moves the first n rows into `to`, ordered by 16 bits of their words; false when all have the same bits. */
function pass(from: Uint32Array, to: Uint32Array, word: Uint32Array, shift: number, n: number): boolean {
  const counts = new Uint32Array(65_537);
  for (let i = 0; i < n; i++) counts[((word[from[i]!]! >>> shift) & 0xffff) + 1]!++;
  if (n === 0 || counts[((word[from[0]!]! >>> shift) & 0xffff) + 1] === n) return false;
  for (let b = 1; b <= 65_536; b++) counts[b]! += counts[b - 1]!;
  for (let i = 0; i < n; i++) {
    const row = from[i]!;
    to[counts[(word[row]! >>> shift) & 0xffff]!++] = row;
  }
  to.set(from.subarray(n), n);
  return true;
}

function keysOf(chunks: readonly Data[], field: Field, rows: number): Keys {
  const type = field.type as DataType;
  const nulls = new Uint8Array(rows);
  let base = 0;
  for (const data of chunks) {
    if (data.nullCount > 0 || DataType.isNull(type)) for (let i = 0; i < data.length; i++) if (!valid(data, i)) nulls[base + i] = 1;
    base += data.length;
  }
  const words = fixedWords(chunks, type, rows) ?? [ranks(chunks, field, rows)];
  return { words, nulls };
}

/** The words of types whose bits can be compared; undefined for the others. */
function fixedWords(chunks: readonly Data[], type: DataType, rows: number): Uint32Array[] | undefined {
  const make = (n: number) => Array.from({ length: n }, () => new Uint32Array(rows));
  const each = (fill: (data: Data, row: number, at: number) => void) => {
    let base = 0;
    for (const data of chunks) {
      for (let i = 0; i < data.length; i++) fill(data, i, base + i);
      base += data.length;
    }
  };
  if (DataType.isBool(type)) {
    const words = make(1);
    each((data, i, at) => (words[0]![at] = ((data.values as Uint8Array)[i >> 3]! >> (i & 7)) & 1));
    return words;
  }
  if (DataType.isFloat(type)) {
    if (Number(type.precision) === 0) return undefined;
    const words = make(2);
    const view = new DataView(new ArrayBuffer(8));
    each((data, i, at) => {
      const v = (data.values as Float64Array)[i]!;
      view.setFloat64(0, v === 0 ? 0 : v); // -0 is 0
      const high = view.getUint32(0);
      // Negative numbers compare the other way round.
      const negative = high >>> 31 === 1 && !Number.isNaN(v);
      words[0]![at] = negative ? ~high : high | 0x80000000;
      words[1]![at] = negative ? ~view.getUint32(4) : view.getUint32(4);
    });
    return words;
  }
  if (DataType.isDecimal(type)) return wide(chunks, type.bitWidth / 32, true, rows);
  if (DataType.isInt(type) && type.bitWidth === 64) return wide(chunks, 2, type.isSigned, rows);
  if (DataType.isInt(type) || DataType.isDate(type) || DataType.isTime(type)) {
    if (chunks[0]?.values instanceof BigInt64Array) return wide(chunks, 2, true, rows);
    const signed = DataType.isInt(type) ? type.isSigned : true;
    const words = make(1);
    each((data, i, at) => (words[0]![at] = signed ? (data.values as Int32Array)[i]! ^ 0x80000000 : (data.values as Uint32Array)[i]!));
    return words;
  }
  if (DataType.isTimestamp(type) || DataType.isDuration(type)) return wide(chunks, 2, true, rows);
  if (DataType.isInterval(type) && Number(type.unit) === 2) {
    // By their length, as DuckDB compares them: a month has 30 days, a day 24 hours.
    const words = make(3);
    each((data, i, at) => {
      const [months, days, low, high] = (data.values as Int32Array).subarray(i * 4, i * 4 + 4) as unknown as [number, number, number, number];
      const nanos = BigInt(months * 30 + days) * 86_400_000_000_000n + ((BigInt(high) << 32n) | BigInt(low >>> 0));
      words[0]![at] = Number(BigInt.asUintN(32, nanos >> 64n)) ^ 0x80000000;
      words[1]![at] = Number(BigInt.asUintN(32, nanos >> 32n));
      words[2]![at] = Number(BigInt.asUintN(32, nanos));
    });
    return words;
  }
  return undefined;
}

/** The words of integers of n times 32 bits, little-endian as Arrow has them. */
function wide(chunks: readonly Data[], n: number, signed: boolean, rows: number): Uint32Array[] {
  const words = Array.from({ length: n }, () => new Uint32Array(rows));
  let base = 0;
  for (const data of chunks) {
    const values = data.values as BigInt64Array | Uint32Array;
    const raw = new Uint32Array(values.buffer, values.byteOffset, values.byteLength / 4);
    for (let w = 0; w < n; w++) {
      const word = words[w]!;
      const from = n - 1 - w;
      const flip = signed && w === 0 ? 0x80000000 : 0;
      for (let i = 0; i < data.length; i++) word[base + i] = raw[i * n + from]! ^ flip;
    }
    base += data.length;
  }
  return words;
}

/** The place of each row's text among the distinct ones, in the order of their code points as DuckDB sorts them. */
function ranks(chunks: readonly Data[], field: Field, rows: number): Uint32Array {
  const ids = new Map<string, number>();
  const rank = new Uint32Array(rows);
  let base = 0;
  for (const data of chunks) {
    const text = textOf(data, field);
    for (let i = 0; i < data.length; i++) {
      const value = text(i) ?? "";
      let id = ids.get(value);
      if (id === undefined) ids.set(value, (id = ids.size));
      rank[base + i] = id;
    }
    base += data.length;
  }
  const sorted = [...ids.keys()].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  const place = new Uint32Array(sorted.length);
  sorted.forEach((value, i) => (place[ids.get(value)!] = i));
  for (let i = 0; i < rows; i++) rank[i] = place[rank[i]!]!;
  return rank;
}
