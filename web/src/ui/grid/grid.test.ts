import { describe, expect, it, vi } from "vitest";
import { TileCache } from "./cache";
import { columnsIn, edgesOf, scaleOf, tallest } from "./scroll";
import { arraySource, type GridSource, type GridState } from "./source";

describe("the scale of scrolling", () => {
  it("is one to one while the rows fit", () => {
    const scale = scaleOf(1000, 28, 600);
    expect(scale.height).toBe(28_000);
    expect(scale.toRows(1234)).toBe(1234);
  });

  it("reaches the first and the last of ten million rows", () => {
    const scale = scaleOf(10_000_000, 28, 600);
    expect(scale.height).toBe(tallest);
    expect(scale.toRows(0)).toBe(0);
    expect(scale.toRows(tallest - 600)).toBeCloseTo(280_000_000 - 600, 3);
    expect(scale.toRows(scale.toScroll(140_000_000))).toBeCloseTo(140_000_000, 3);
  });

  it("finds the columns in view", () => {
    const edges = edgesOf([100, 50, 200, 80]);
    expect(edges).toEqual([0, 100, 150, 350, 430]);
    expect(columnsIn(edges, 0, 100)).toEqual([0, 1]);
    expect(columnsIn(edges, 100, 151)).toEqual([1, 3]);
    expect(columnsIn(edges, 349, 1000)).toEqual([2, 4]);
    expect(columnsIn([0], 0, 100)).toEqual([0, 0]);
  });
});

describe("the values that were read", () => {
  function sourceOf(rows: number) {
    let state: GridState = { columns: [{ name: "n", type: "BIGINT", kind: "number" }], rows, version: 0, sort: undefined };
    const window = vi.fn<GridSource["window"]>(({ from, to }) => Promise.resolve(Array.from({ length: Math.min(to, state.rows) - from }, (_, i) => [`${state.version}:${from + i}`])));
    const source: GridSource = { subscribe: () => () => undefined, getSnapshot: () => state, window };
    return { source, window, set: (change: Partial<GridState>) => (state = { ...state, ...change }) };
  }
  const settled = () => new Promise((next) => setTimeout(next));

  it("are asked for once, and told of when they come", async () => {
    const { source, window } = sourceOf(1000);
    const changed = vi.fn();
    const cache = new TileCache(source, changed);
    expect(cache.get(130, 0)).toBeUndefined();
    expect(cache.get(200, 0)).toBeUndefined();
    await settled();
    expect(window).toHaveBeenCalledTimes(1);
    expect(changed).toHaveBeenCalledTimes(1);
    expect(cache.get(130, 0)).toBe("0:130");
  });

  it("are read again after sorting, and the last ones when rows come", async () => {
    const { source, window, set } = sourceOf(200);
    const cache = new TileCache(source, () => undefined);
    [0, 199].forEach((row) => cache.get(row, 0));
    await settled();
    set({ rows: 300 });
    cache.refresh();
    expect(cache.get(0, 0)).toBe("0:0");
    expect(cache.get(250, 0)).toBeUndefined();
    await settled();
    expect(cache.get(250, 0)).toBe("0:250");
    set({ version: 1 });
    cache.refresh();
    expect(cache.get(0, 0)).toBeUndefined();
    await settled();
    expect(cache.get(0, 0)).toBe("1:0");
    expect(window).toHaveBeenCalledTimes(4);
  });

  it("are forgotten when there are many, the least used first", async () => {
    const { source } = sourceOf(1_000_000);
    const cache = new TileCache(source, () => undefined);
    for (let tile = 0; tile < 200; tile++) {
      cache.get(tile * 128, 0);
      await settled();
    }
    expect(cache.get(199 * 128, 0)).toBeDefined();
    expect(cache.get(0, 0)).toBeUndefined();
  });
});

it("copies rows that are at hand", async () => {
  const source = arraySource([{ name: "a", type: "VARCHAR", kind: "text" }, { name: "b", type: "BIGINT", kind: "number" }], [["x\ty", "1"], [null, "2"]]);
  expect(await source.text?.({ from: 0, to: 2, left: 0, right: 2 }, "tsv", true)).toBe("a\tb\nx y\t1\n\t2");
});
