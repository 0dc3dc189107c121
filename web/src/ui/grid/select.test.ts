import { expect, it } from "vitest";
import { press, rangeOf, single, type Selection } from "./select";

const bounds = { rows: 1000, columns: 5, page: 20 };
const key = (key: string, mods: { shift?: boolean; mod?: boolean } = {}) => ({ key, shift: false, mod: false, ...mods });
const go = (from: Selection, ...keys: ReturnType<typeof key>[]) => keys.reduce((at, k) => press(k, at, bounds) ?? at, from);

it("moves within the grid and onto the header", () => {
  const start = single({ row: 0, column: 0 });
  expect(go(start, key("ArrowDown"), key("ArrowRight")).active).toEqual({ row: 1, column: 1 });
  expect(go(start, key("ArrowLeft")).active).toEqual({ row: 0, column: 0 });
  expect(go(start, key("ArrowUp")).active).toEqual({ row: -1, column: 0 });
  expect(go(start, key("ArrowUp"), key("ArrowUp"), key("ArrowDown")).active).toEqual({ row: 0, column: 0 });
  expect(go(start, key("End", { mod: true })).active).toEqual({ row: 999, column: 4 });
  expect(go(start, key("PageDown"), key("PageDown"), key("PageUp")).active).toEqual({ row: 20, column: 0 });
  expect(press(key("x"), start, bounds)).toBeUndefined();
});

it("selects ranges, rows, columns and everything", () => {
  const start = single({ row: 10, column: 2 });
  expect(rangeOf(go(start, key("ArrowDown", { shift: true }), key("ArrowLeft", { shift: true })), 1000)).toEqual({ from: 10, to: 12, left: 1, right: 3 });
  expect(rangeOf(go(start, key(" ", { shift: true })), 1000)).toEqual({ from: 10, to: 11, left: 0, right: 5 });
  expect(rangeOf(go(start, key(" ", { mod: true })), 1000)).toEqual({ from: 0, to: 1000, left: 2, right: 3 });
  expect(rangeOf(go(start, key("a", { mod: true })), 1000)).toEqual({ from: 0, to: 1000, left: 0, right: 5 });
  expect(rangeOf(go(single({ row: 0, column: 0 }), key("ArrowUp")), 1000)).toBeUndefined();
  expect(rangeOf(start, 0)).toBeUndefined();
});
