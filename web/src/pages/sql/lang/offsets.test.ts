import { describe, expect, it } from "vitest";
import { utf16Offset, wordFrom } from "./offsets";

const bytes = (text: string) => new TextEncoder().encode(text).length;

describe("bytes to UTF-16", () => {
  it.each(["select x", "select 매출 frm x", "select '😀' frm x", "select 'é' || 'ß' || '한글😀' x", ""])("at every letter of %j", (text) => {
    for (let at = 0; at <= text.length; at++) {
      if (/[\udc00-\udfff]/.test(text[at] ?? "")) continue; // inside of a letter
      expect(utf16Offset(text, bytes(text.slice(0, at)))).toBe(at);
    }
  });
  it("is the letter for a byte inside of it", () => {
    expect(utf16Offset("가나", 1)).toBe(0);
    expect(utf16Offset("가나", 4)).toBe(1);
    expect(utf16Offset("a😀b", 3)).toBe(1);
  });
  it("does not leave the text", () => expect(utf16Offset("가나", 100)).toBe(2));
  it("finds the word behind Korean text of a run selection", () => {
    const doc = "select 1;\nselect '가격' as 가격, amuont from raw_shop.orders";
    const from = doc.indexOf("select '");
    const sent = doc.slice(from);
    const offset = bytes(sent.slice(0, sent.indexOf("amuont")));
    const at = from + utf16Offset(sent, offset);
    const word = wordFrom(doc, at);
    expect(doc.slice(word.from, word.to)).toBe("amuont");
  });
});

describe("what is underlined", () => {
  it.each<[string, number, string]>([
    ["select foo", 7, "foo"],
    ["select 가격 from", 7, "가격"],
    ['select "a b" x', 7, '"a b"'],
    ["select 'a b' x", 7, "'a b'"],
    ["select (1", 7, "("],
    ["select o.가격, 1", 7, "o.가격"],
    ["from raw_shop.ordrs o", 5, "raw_shop.ordrs"],
    ['from "a b"."c"."d', 5, '"a b"."c"."d'],
    ["select 1 +  ", 12, "+"],
    ["select 1", 8, "1"],
    ["", 0, ""],
  ])("in %j at %d", (text, at, want) => {
    const { from, to } = wordFrom(text, at);
    expect(text.slice(from, to)).toBe(want);
  });
});
