import { describe, expect, it } from "vitest";
import { nearest, nearestX } from "./pick";
import type { SeriesChartProps } from "./types";

const chart = (type: SeriesChartProps["type"], ...series: [string, ...(number | null)[]][]): SeriesChartProps => ({
  type,
  label: "",
  x: { kind: "category", values: ["a", "b"] },
  series: series.map(([name, ...values]) => ({ name, values })),
});
const none = new Set<string>();

describe("pointing beside the marks", () => {
  it("means the nearest line", () => {
    const lines = chart("line", ["low", 10, 1], ["high", 90, null]);
    expect(nearest(lines, none, 0, 30)).toBe("low");
    expect(nearest(lines, none, 0, 70)).toBe("high");
    expect(nearest(lines, none, 1, 70)).toBe("low");
    expect(nearest(lines, new Set(["low"]), 0, 0)).toBe("high");
    expect(nearest(lines, new Set(["low"]), 1, 0)).toBeUndefined();
  });

  it("means the part of a stack", () => {
    const stack = chart("stacked", ["first", 10, 0], ["second", 20, 0]);
    expect(nearest(stack, none, 0, 9)).toBe("first");
    expect(nearest(stack, none, 0, 11)).toBe("second");
    expect(nearest(stack, none, 0, 99)).toBe("second");
  });

  it("means the nearest place", () => {
    expect(nearestX({ kind: "category", values: ["a", "b"] }, 1)).toBe(1);
    expect(nearestX({ kind: "category", values: ["a", "b"] }, 2)).toBeUndefined();
    expect(nearestX({ kind: "time", values: [0, 1000, 5000] }, 2000)).toBe(1);
    expect(nearestX({ kind: "time", values: [] }, 2000)).toBeUndefined();
  });
});
