/**
 * Readers for what stands after the `?`. The router has parsed it: `1` is a number, `true` a boolean; an address is typed by
 * people, so what is not as expected is left out rather than an error.
 */
export type RawSearch = Record<string, unknown>;

export function text(raw: RawSearch, name: string): string | undefined {
  const value = raw[name];
  if (typeof value === "string") return value || undefined;
  return typeof value === "number" || typeof value === "boolean" ? String(value) : undefined;
}

export function oneOf<Value extends string>(raw: RawSearch, name: string, values: readonly Value[]): Value | undefined {
  const value = text(raw, name);
  return values.find((v) => v === value);
}

export function count(raw: RawSearch, name: string): number | undefined {
  const value = Number(raw[name]);
  return raw[name] !== undefined && Number.isSafeInteger(value) && value >= 0 ? value : undefined;
}

/** A list: `a,b` or repeated. */
export function texts(raw: RawSearch, name: string): string[] | undefined {
  const value = raw[name];
  const list = Array.isArray(value) ? value.map(String) : text(raw, name)?.split(",");
  return list?.length ? list : undefined;
}

/** A date, as `2026-01-31`. */
export function date(raw: RawSearch, name: string): string | undefined {
  const value = text(raw, name);
  return value && /^\d{4}-\d{2}-\d{2}$/.test(value) && !Number.isNaN(Date.parse(value)) ? value : undefined;
}

/** A value of an address, as the router reads it: JSON, or (what throws) text. The id of a snapshot is no number: it would lose its last digits. */
export function readValue(value: string): unknown {
  const read: unknown = JSON.parse(value);
  if (typeof read === "number" && String(read) !== value) throw new Error("not as it was written");
  return read;
}
