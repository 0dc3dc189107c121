import { expect, it } from "vitest";
import { tokenize } from "./sql";

const kinds = (sql: string) => tokenize(sql).filter((t) => t.text.trim()).map((t) => `${t.kind}:${t.text.trim()}`);

it("tells the parts of a statement", () => {
  expect(kinds("select sum(amount) as 매출 from marts.orders where grade = 'VIP' and n >= 1.5e3 -- 합계")).toEqual([
    "keyword:select", "function:sum", "text:(amount)", "keyword:as", "text:매출", "keyword:from", "text:marts.orders",
    "keyword:where", "text:grade =", "string:'VIP'", "keyword:and", "text:n >=", "number:1.5e3", "comment:-- 합계",
  ]);
});

it("takes the name of a column for a name, and a cast for a type", () => {
  expect(kinds("o.date::date")).toEqual(["text:o.date::", "type:date"]);
  expect(kinds('"select" /* a\nb */ $start')).toEqual(['text:"select"', "comment:/* a\nb */", "variable:$start"]);
});

it("loses no character, also of what does not end", () => {
  for (const sql of ["select 'open", 'x "', "/* open", "$$ body", "a;b\t?", "1_000.5 .5", "it''s", "$tag$ x $tag$ y"]) {
    expect(tokenize(sql).map((t) => t.text).join("")).toBe(sql);
  }
});
