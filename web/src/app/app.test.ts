import { expect, it } from "vitest";
import { isComposing, onEnter } from "@/i18n/ime";
import { presetRange } from "@/ui/DateRangePicker";
import { parseSearchWith, stringifySearchWith } from "@tanstack/react-router";
import { count, date, oneOf, readValue, text, texts } from "./search";
import { rank } from "./shell/rank";
import { isStale } from "./stale";

it("ranks what is it before what begins with it, then what has it, then what is described by it", () => {
  const found = (typed: string) =>
    rank([{ text: "marts.daily_sales" }, { text: "sales" }, { text: "raw.wholesales" }, { text: "sales_targets" }, { text: "orders", more: "online sales" }, { text: "members" }], typed, 10).map((c) => c.text);
  expect(found("sales")).toEqual(["sales", "sales_targets", "marts.daily_sales", "raw.wholesales", "orders"]);
  expect(found("daily sales")).toEqual(["marts.daily_sales"]);
  expect(found("")).toHaveLength(6);
  expect(rank([{ text: "매출", more: "sales" }, { text: "column", only: true }], "", 5).map((c) => c.text)).toEqual(["매출"]);
});

it("reads what stands in an address, and leaves out what cannot be", () => {
  const raw = { a: "x", n: 12, minus: -1, day: "2026-01-31", wrong: "2026-13-45", list: "a,b", many: ["c", "d"], grain: "week", empty: "" };
  expect([text(raw, "a"), text(raw, "n"), text(raw, "empty"), text(raw, "none")]).toEqual(["x", "12", undefined, undefined]);
  expect([count(raw, "n"), count(raw, "minus"), count(raw, "a"), count(raw, "none")]).toEqual([12, undefined, undefined, undefined]);
  expect([date(raw, "day"), date(raw, "wrong")]).toEqual(["2026-01-31", undefined]);
  expect([texts(raw, "list"), texts(raw, "many"), texts(raw, "none")]).toEqual([["a", "b"], ["c", "d"], undefined]);
  expect([oneOf(raw, "grain", ["day", "week"]), oneOf(raw, "grain", ["day"])]).toEqual(["week", undefined]);
});

it("keeps the digits of what is no number", () => {
  const read = parseSearchWith(readValue);
  expect(read("?snapshot=5937117119577207079&tile=2&q=1.10&on=true&list=%5B%22a%22%5D")).toEqual({ snapshot: "5937117119577207079", tile: 2, q: "1.10", on: true, list: ["a"] });
  const write = stringifySearchWith(JSON.stringify, readValue);
  const search = { snapshot: "5937117119577207079", text: "12", tile: 2, filter: ["a:b,c"] };
  expect(read(write(search))).toEqual(search);
  // Addresses from before are read as they were.
  expect(read("?snapshot=%225937117119577207079%22")).toEqual({ snapshot: "5937117119577207079" });
});

it("knows the days of a preset, to the end of short months", () => {
  expect(presetRange("28d", "2026-03-31")).toEqual({ from: "2026-03-03", to: "2026-03-31" });
  expect(presetRange("1m", "2026-03-31")).toEqual({ from: "2026-02-28", to: "2026-03-31" });
  expect(presetRange("1y", "2024-02-29")).toEqual({ from: "2023-02-28", to: "2024-02-29" });
  expect(presetRange("mtd", "2026-03-31")).toEqual({ from: "2026-03-01", to: "2026-03-31" });
  expect(presetRange("anything", "2026-03-31")).toBeUndefined();
});

it("knows when a newer version has taken parts of the page away", () => {
  const said = ["Failed to fetch dynamically imported module: /assets/a.js", "error loading dynamically imported module", "Importing a module script failed.", "Unable to preload CSS for /assets/a.css"];
  expect(said.map((message) => isStale(new Error(message)))).toEqual([true, true, true, true]);
  expect([new Error("x is undefined"), "module script", undefined].map(isStale)).toEqual([false, false, false]);
});

it("leaves the Enter of an input method alone", () => {
  const event = (init: Partial<KeyboardEvent>) => ({ isComposing: false, keyCode: 13, key: "Enter", ...init }) as KeyboardEvent;
  expect(isComposing(event({}))).toBe(false);
  expect(isComposing(event({ isComposing: true }))).toBe(true);
  expect(isComposing(event({ keyCode: 229 }))).toBe(true);
  let entered = 0;
  const handler = onEnter(() => entered++);
  for (const init of [{}, { keyCode: 229 }, { key: "a" }]) handler({ ...event(init), nativeEvent: event(init) } as never);
  expect(entered).toBe(1);
});
