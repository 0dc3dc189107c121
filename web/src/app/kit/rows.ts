import type { GridSource, GridState } from "@/ui/grid";

/** A million rows that are made when they are asked for. */
export function millionRows(): GridSource {
  const state: GridState = {
    columns: [
      { name: "order_id", type: "BIGINT", kind: "number" },
      { name: "ordered_at", type: "TIMESTAMP WITH TIME ZONE", kind: "time" },
      { name: "지역", type: "VARCHAR", kind: "text" },
      { name: "amount", type: "DECIMAL(18,2)", kind: "number" },
      { name: "note", type: "VARCHAR", kind: "text" },
      { name: "items", type: "STRUCT(sku VARCHAR, n INTEGER)[]", kind: "nested" },
      ...Array.from({ length: 20 }, (_, i) => ({ name: `c${i}`, type: "DOUBLE", kind: "number" as const })),
    ],
    rows: 1_000_000,
    version: 0,
    sort: undefined,
  };
  const value = (row: number, column: number): string | null =>
    [
      () => String(1_000_000_000 + row),
      () => new Date(1.76e12 + row * 60_000).toISOString().replace("T", " ").slice(0, 19) + "+09",
      () => ["서울", "부산", "대구", "제주"][row % 4]!,
      () => ((row * 7919) % 1_000_000).toFixed(2),
      () => (row % 3 ? null : "선물 포장\n문 앞"),
      () => `[{"sku":"A-${row}","n":${row % 5}}]`,
      ...Array.from({ length: 20 }, (_, i) => () => String((row * (i + 3)) / 7)),
    ][column]!();
  return {
    subscribe: () => () => undefined,
    getSnapshot: () => state,
    window: async ({ from, to, left, right }) => {
      await new Promise((next) => setTimeout(next, 5));
      return Array.from({ length: Math.min(to, state.rows) - from }, (_, i) => Array.from({ length: Math.min(right, state.columns.length) - left }, (_, j) => value(from + i, left + j)));
    },
    text: () => Promise.resolve(""),
    sort: () => Promise.resolve(),
  };
}
