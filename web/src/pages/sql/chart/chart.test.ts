import { describe, expect, it } from "vitest";
import { chooseChart, kindOf, type ChartColumn, type Value } from "./choose";
import { limits, shape } from "./shape";
import { offsetIn, stepOf, toldBy } from "./times";

const choose = (columns: string, rows: Value[][]) => {
  const list = columns.split(" ").map((c): ChartColumn => ({ name: c.split(":")[0]!, type: c.split(":")[1]! }));
  const spec = chooseChart(list, { rows: rows.length, value: (r, c) => rows[r]![c] });
  const name = (i: number | undefined) => (i === undefined ? undefined : list[i]!.name);
  return spec && { type: spec.type, x: name(spec.x), y: spec.y.map(name), series: name(spec.series), aggregate: spec.aggregate };
};

describe("the kind of a column", () => {
  it.each([
    ["DATE", "time"], ["TIMESTAMP WITH TIME ZONE", "time"], ["TIMESTAMP_NS", "time"], ["BIGINT", "number"], ["UTINYINT", "number"], ["HUGEINT", "number"],
    ["DECIMAL(18,2)", "number"], ["DOUBLE", "number"], ["VARCHAR", "category"], ["BOOLEAN", "category"], ["ENUM('a', 'b')", "category"],
    ["INTEGER[]", "other"], ["STRUCT(a INTEGER)", "other"], ["MAP(VARCHAR, INTEGER)", "other"], ["BLOB", "other"], ["INTERVAL", "other"], ["TIME", "other"],
  ])("of %s is %s", (type, kind) => expect(kindOf(type)).toBe(kind));
});

describe("the chart of a result", () => {
  it("is a line over time", () => {
    expect(choose("day:DATE revenue:DOUBLE", [[1, 10], [2, 20]])).toEqual({ type: "line", x: "day", y: ["revenue"], series: undefined, aggregate: "sum" });
  });
  it("is a line per category when days repeat", () => {
    expect(choose("day:DATE channel:VARCHAR revenue:DOUBLE orders:BIGINT", [[1, "app", 1, 1], [1, "web", 2, 1], [2, "app", 3, 1]])).toMatchObject({
      type: "line", x: "day", y: ["revenue"], series: "channel",
    });
  });
  it("is several lines for measures of one kind, without ids and averages", () => {
    expect(choose("month:DATE store_id:BIGINT orders:BIGINT revenue:BIGINT average_order_value:BIGINT", [[1, 7, 10, 9, 2], [2, 7, 11, 12, 3]])).toMatchObject({
      type: "line", x: "month", y: ["orders", "revenue"], aggregate: "sum",
    });
  });
  it("leaves out what reaches much farther", () => {
    expect(choose("month:DATE orders:BIGINT revenue:BIGINT buyers:BIGINT", [[1, 300, 25_000_000, 200], [2, 4_000, 281_000_000, 900]])).toMatchObject({ y: ["orders", "buyers"] });
  });
  it("is bars per category", () => {
    expect(choose("지역:VARCHAR 매출:BIGINT", [["서울", 10], ["부산", 20]])).toMatchObject({ type: "bar", x: "지역", y: ["매출"] });
  });
  it("divides bars by a second category", () => {
    expect(choose("region:VARCHAR grade:VARCHAR n:BIGINT", [["a", "x", 1], ["b", "x", 1], ["c", "x", 1], ["a", "y", 1], ["b", "y", 1]])).toMatchObject({ x: "region", y: ["n"], series: "grade" });
  });
  it("takes a number that orders things for the axis", () => {
    expect(choose("hour:BIGINT views:BIGINT", [[0, 5], [1, 3], [2, 9]])).toMatchObject({ type: "bar", x: "hour", y: ["views"] });
  });
  it("is bars for two measures of few values, and none of a cloud of points", () => {
    expect(choose("price:DOUBLE sold:DOUBLE", [[3, 5], [1, 3], [2, 9]])).toMatchObject({ type: "bar", x: "price", y: ["sold"] });
    expect(choose("price:DOUBLE sold:DOUBLE", Array.from({ length: 100 }, (_, i) => [(i * 37) % 101, i]))).toBeUndefined();
  });
  it("averages what must not be added up", () => {
    expect(choose("day:DATE conversion_rate:DOUBLE", [[1, 0.1], [2, 0.2]])).toMatchObject({ aggregate: "avg" });
  });
  it("is none without numbers, and none of one row", () => {
    expect(choose("a:VARCHAR b:VARCHAR", [["x", "y"], ["z", "w"]])).toBeUndefined();
    expect(choose("n:BIGINT", [[1]])).toBeUndefined();
    expect(choose("day:DATE n:BIGINT", [])).toBeUndefined();
  });
});

describe("what is drawn", () => {
  const line = { type: "line", x: 0, y: [1], aggregate: "sum" } as const;
  it("adds rows of the same x up and says so", () => {
    const data = shape({ ...line, y: [1] }, "time", { x: [2, 1, 2], y: [[1, 10, 5]] });
    expect(data.x).toEqual([1, 2]);
    expect(data.series[0]?.values).toEqual([10, 6]);
    expect(data.notes.aggregated).toBe(true);
  });
  it("says nothing when nothing was done", () => expect(shape({ ...line, y: [1] }, "time", { x: [1, 2], y: [[1, 2]] }).notes).toEqual({}));
  it("keeps the order of few categories and the largest of many", () => {
    expect(shape({ ...line, type: "bar", y: [1] }, "category", { x: ["b", "a", null], y: [[1, 2, 3]] }).x).toEqual(["b", "a", ""]);
    const many = Array.from({ length: 100 }, (_, i) => i);
    const data = shape({ ...line, type: "bar", y: [1] }, "category", { x: many.map(String), y: [many] });
    expect(data.x.length).toBe(limits.categories);
    expect(data.x[0]).toBe("99");
    expect(data.notes.categories).toEqual({ shown: limits.categories, total: 100 });
  });
  it("gathers small series", () => {
    const n = 20;
    const data = shape({ ...line, y: [1], series: 2 }, "time", {
      x: Array.from({ length: n }, () => 1), y: [Array.from({ length: n }, (_, i) => i + 1)], series: Array.from({ length: n }, (_, i) => `s${i}`),
    });
    expect(data.series.length).toBe(limits.series);
    expect(data.series.at(-1)?.others).toBe(true);
    expect(data.series.reduce((sum, s) => sum + s.values[0]!, 0)).toBe((n * (n + 1)) / 2);
  });
  it("buckets many times by the day of the zone", () => {
    const n = 5000;
    const start = Date.UTC(2026, 0, 1);
    const x = Array.from({ length: n }, (_, i) => start + i * 3600e3 * 2);
    const data = shape({ ...line, y: [1] }, "time", { x, y: [x.map(() => 1)] }, () => 540);
    expect(data.notes.bucket).toBe("day");
    expect(data.series[0]!.values.reduce((a, b) => a! + b!, 0)).toBe(n);
    expect(new Date(Number(data.x[5]) + 540 * 60e3).toISOString()).toMatch(/T00:00:00/);
  });
  it("begins days at midnight on both sides of a change of the clocks", () => {
    const zone = offsetIn("America/New_York");
    const x = Array.from({ length: 5000 }, (_, i) => Date.UTC(2026, 0, 1, 5) + i * 3600e3); // until July
    const data = shape({ ...line, y: [1] }, "time", { x, y: [x.map(() => 1)] }, zone);
    expect(data.notes.bucket).toBe("day");
    const clocks = new Set(data.x.map((at) => new Date(Number(at) + zone(Number(at)) * 60e3).toISOString().slice(11)));
    expect([...clocks]).toEqual(["00:00:00.000Z"]);
    // The day of the change has 23 hours.
    expect(data.series[0]!.values.filter((n) => n !== 24)).toEqual([23, expect.any(Number)]);
  });
  it("has no two marks that say the same day or month", () => {
    const day = 86400e3;
    expect(stepOf(toldBy("day", 2 * day))).toBe(day);
    expect(stepOf(toldBy("time", 5 * day))).toBe(day);
    expect(stepOf(toldBy("time", day))).toBeUndefined();
    // February is no shorter.
    expect(stepOf(toldBy("month", 59 * day))).toBe(28 * day);
    expect(stepOf(toldBy("day", 500 * day))).toBe(28 * day);
  });
  it("knows how far a zone is from UTC before, at and after a change of its clocks", () => {
    const zone = offsetIn("America/New_York");
    expect(["2026-03-08T06:59:59Z", "2026-03-08T07:00:00Z", "2026-01-01T00:00:00Z", "2026-11-01T05:59:59Z", "2026-11-01T06:00:00Z"].map((at) => zone(Date.parse(at)))).toEqual([-300, -240, -300, -240, -300]);
    expect(offsetIn("Asia/Kolkata")(0)).toBe(330);
    expect(offsetIn("Mars/Olympus")(0)).toBe(0);
  });
  it("leaves out rows without a value", () => {
    expect(shape({ ...line, y: [1] }, "time", { x: [1, 2, null], y: [[null, 2, 3]] }).series[0]?.values).toEqual([null, 2]);
  });
});
