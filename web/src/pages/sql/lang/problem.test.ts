import { describe, expect, it } from "vitest";
import { ApiError } from "@/api/error";
import { correction, locate } from "../state/problem";

const error = (sql: string, word: string) =>
  new ApiError({ code: "bind_error", position: { offset: new TextEncoder().encode(sql.slice(0, sql.indexOf(word))).length, line: 1, column: 1 } });

describe("the place of an error in the editor", () => {
  const sent = "select '가격' as 가격, 없는열\nfrom raw_shop.orders";
  const found = (text: string, from: number) => {
    const at = locate(error(sent, "없는열"), sent, from, text);
    return at && { word: text.slice(at.from, at.to), line: at.line };
  };
  it("is found in a statement that was run alone", () => expect(found(sent, 0)).toEqual({ word: "없는열", line: 1 }));
  it("is found in a statement among others", () => {
    const before = "-- 매출\nselect 1;\n\n";
    expect(found(`${before}${sent};\nselect 2`, before.length)).toEqual({ word: "없는열", line: 4 });
  });
  it("is found after something was written above", () => expect(found(`-- 새 줄\n${sent}`, 0)).toEqual({ word: "없는열", line: 2 }));
  it("is not told when the statement is another by now", () => expect(found("select 1", 0)).toBeUndefined());
  it("is not told without a position", () => expect(locate(new ApiError({ code: "timeout" }), sent, 0, sent)).toBeUndefined());
});

describe("the name that was meant", () => {
  const said = (detail: string, written: string) => correction(new ApiError({ code: "bind_error", detail }), written);
  it.each([
    ['Referenced column "amuont" not found in FROM clause; Candidate bindings: "amount", "status"', "amuont", "amount"],
    ['Table "o" does not have a column named "amuont"; Candidate bindings: "amount"', "o.amuont", "o.amount"],
    ['Referenced column "ordr" not found in FROM clause; Candidate bindings: "order"', "ordr", '"order"'],
    ["there is no table or view raw_shop.ordrs; did you mean raw_shop.orders or staging.orders?", "raw_shop.ordrs", "raw_shop.orders"],
    ["syntax error at or near \"x\"", "x", undefined],
  ])("of %s", (detail, written, want) => expect(said(detail, written)).toBe(want));
});
