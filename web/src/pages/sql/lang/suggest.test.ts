import { describe, expect, it } from "vitest";
import type { SqlFunction, TableSummary } from "@/api";
import { makeCatalog } from "./catalog";
import { suggest, tell } from "./suggest";

const table = (name: string, columns: string): TableSummary => ({
  name, namespace: name.slice(0, name.lastIndexOf(".")), kind: "table", rows: 10, bytes: 0, files: 1, snapshot: "1", updated_at: "", description: "",
  owner: "", tags: [], made: "source", write: "", status: "",
  columns: columns.split(" ").map((c) => ({ name: c.split(":")[0]!, type: c.split(":")[1] ?? "long", doc: "" })),
});
const fn = (name: string, kind: SqlFunction["kind"] = "scalar"): SqlFunction => ({ name, kind, signatures: [`${name}(x)`], description: "", examples: [] });
const catalog = makeCatalog(
  [
    table("raw_shop.orders", "id member_id store_id amount:decimal(14,0) ordered_at:timestamptz"),
    table("raw_shop.members", "id grade:string"),
    table("raw_shop.매장", "매장명:string 지역:string"),
    table("marts.daily_sales", "day:date revenue:double order:long"),
  ],
  [fn("sum", "aggregate"), fn("lower"), fn("range", "table")],
);

/** The labels of some kinds that are suggested at the `|`. */
function at(marked: string, kinds = ["column"], explicit = true): string[] | undefined {
  const position = marked.indexOf("|");
  const found = suggest(marked.replace("|", ""), position, catalog, explicit);
  return found?.items.filter((i) => kinds.includes(i.kind)).map((i) => i.label);
}
const orders = ["id", "member_id", "store_id", "amount", "ordered_at"];

describe("columns by alias", () => {
  it.each<[string, string[]]>([
    ["select o.| from raw_shop.orders o", orders],
    ["select O.| from raw_shop.orders as o", orders],
    ["select o.am| from raw_shop.orders o", orders],
    ["select orders.| from raw_shop.orders", orders],
    ["select raw_shop.orders.| from raw_shop.orders", orders],
    ["select m.| from raw_shop.orders o join raw_shop.members m on o.member_id = m.id", ["id", "grade"]],
    ["select * from raw_shop.orders o, raw_shop.members m where m.|", ["id", "grade"]],
    ["select * from raw_shop.orders o join raw_shop.members m on m.|", ["id", "grade"]],
    ['select "o 1".| from raw_shop.orders "o 1"', orders],
    ["select 가.| from raw_shop.매장 가", ["매장명", "지역"]],
    // The other statements of the text have nothing to say.
    ["select 1 from raw_shop.members o; select o.| from raw_shop.orders o; select 1 from raw_shop.members o", orders],
    // Half-written text, strings and comments on the way.
    ["select lower(o.| from raw_shop.orders o", orders],
    ["select ') from x o', o.| /* from raw_shop.members o */ from raw_shop.orders o", orders],
    ["select extract(year from o.|) from raw_shop.orders o", orders],
    ["select a is distinct from b, o.| from raw_shop.orders o", orders],
    ["from raw_shop.orders o select o.|", orders],
    // Subqueries see what is around them, but not the other way round.
    ["select * from raw_shop.orders o where exists (select 1 from raw_shop.members m where m.id = o.|)", orders],
    ["select (select max(m.|) from raw_shop.members m) from raw_shop.orders m", ["id", "grade"]],
    ["select s.| from (select member_id, sum(amount) as total from raw_shop.orders group by 1) s", ["member_id", "total"]],
    ["select s.| from (select * from raw_shop.members) as s", ["id", "grade"]],
    ["select s.| from (select o.* exclude (id, amount), 1 one from raw_shop.orders o) s", ["member_id", "store_id", "ordered_at", "one"]],
    ["select t.| from (select id, grade from raw_shop.members) t(a, b)", ["a", "b"]],
    ["with d as (select day, revenue as r from marts.daily_sales) select d.| from d", ["day", "r"]],
    ["with d(x) as (select day from marts.daily_sales), e as (select e.x, d.| from d) select 1", ["x"]],
    ["with d as (select day from marts.daily_sales), e as (select * from d) select x.| from e x", ["day"]],
    ["select 1 from raw_shop.orders o union all select o.| from raw_shop.members o", ["id", "grade"]],
  ])("%s", (marked, want) => expect(at(marked)).toEqual(want));

  it("gives types along with names", () => {
    const items = suggest("select o. from raw_shop.orders o", 9, catalog)?.items;
    expect(items?.find((i) => i.label === "amount")?.detail).toBe("decimal(14,0)");
  });
  it("quotes names that are words of the language", () => {
    const items = suggest("select d. from marts.daily_sales d", 9, catalog)?.items;
    expect(items?.map((i) => i.insert)).toEqual(["day", "revenue", '"order"']);
  });
});

describe("names without a dot", () => {
  it("are the columns of all relations, with their alias where two have the name", () => {
    expect(at("select | from raw_shop.orders o join raw_shop.members m on true")).toEqual(["o.id", "member_id", "store_id", "amount", "ordered_at", "m.id", "grade"]);
  });
  it("are columns in every clause", () => {
    for (const clause of ["where |", "where id = 1 and |", "group by |", "order by id, |", "where lower(|)"]) {
      expect(at(`select * from raw_shop.members ${clause}`)).toEqual(["id", "grade"]);
    }
  });
  it("are tables behind FROM and JOIN", () => {
    const all = ["raw_shop.orders", "raw_shop.members", "raw_shop.매장", "marts.daily_sales"];
    expect(at("select * from |", ["table"])).toEqual(all);
    expect(at("select * from o|", ["table"], false)).toEqual(all);
    expect(at("select * from raw_shop.orders o left join |", ["table"])).toEqual(all);
    expect(at("select * from raw_shop.orders o, |", ["table"])).toEqual(all);
    expect(at("select * from |", ["namespace"])).toEqual(["marts", "raw_shop"]);
    expect(at("with recent as (select 1) select * from |", ["query"])).toEqual(["recent"]);
    expect(at("select * from |", ["function"])).toEqual(["range"]);
  });
  it("are the tables of a namespace behind its dot", () => {
    expect(at("select * from raw_shop.|", ["table"])).toEqual(["orders", "members", "매장"]);
    expect(at("select * from raw_shop.or|", ["table"])).toEqual(["orders", "members", "매장"]);
  });
  it("are conditions behind ON", () => {
    expect(at("select * from raw_shop.orders o join raw_shop.members m on |", ["join"])).toEqual(["o.member_id = m.id"]);
  });
  it("are not suggested where they would be in the way", () => {
    expect(at("select '|'")).toBeUndefined();
    expect(at("select 1 -- |")).toBeUndefined();
    expect(at("select 12|")).toBeUndefined();
    expect(at("select $sta|rt")).toBeUndefined();
    expect(at("select id as |")).toBeUndefined();
    expect(at("select |", ["column"], false)).toBeUndefined();
    expect(at("select * from raw_shop.orders o|", ["keyword"], false)).toBeUndefined();
    expect(at("select * from|", ["keyword"], false)).toBeUndefined();
  });
  it("keep the case in which keywords are written", () => {
    expect(at("SEL|", ["keyword"], false)).toEqual(["SELECT"]);
    expect(at("select * from raw_shop.orders wh|", ["keyword"], false)).toEqual(["where", "when"].filter((w) => w.startsWith("wh")));
  });
});

describe("what is told of a name", () => {
  const told = (marked: string) => tell(marked.replace("|", ""), marked.indexOf("|"), catalog);
  it.each([
    ["select o.am|ount from raw_shop.orders o", { kind: "column", relation: "raw_shop.orders" }],
    ["select am|ount from raw_shop.orders o", { kind: "column", relation: "raw_shop.orders" }],
    ["select * from raw_shop.ord|ers o", { kind: "table" }],
    ["select o|.amount from raw_shop.orders o".replace("o|.", "|o."), { kind: "table" }],
    ["select su|m(amount) from raw_shop.orders o", { kind: "function" }],
  ])("%s", (marked, want) => expect(told(marked)).toMatchObject(want));
  it("is nothing for keywords and texts", () => {
    expect(told("sel|ect 1")).toBeUndefined();
    expect(told("select 'su|m'")).toBeUndefined();
  });
});
