import { describe, expect, it } from "vitest";
import type { Dashboard, MetricResult, Tile } from "@/api";
import type { Format } from "@/format";
import { formatClock, formatDate, formatDateTime, formatDay, formatMetric, formatMonth, formatNumber, formatWeekday } from "@/format";
import type { Locale, Translate } from "@/i18n";
import { makeColors } from "./colors";
import { exactPeriod, figure, hourOfDay, moved, moveText, partialOf, weekday } from "./format";
import { blocks } from "./markdown";
import { heat, isEmpty, mostSeries, shape } from "./shape";
import { above, below } from "./source/lineage";
import { heightOf } from "./tile/height";
import { tabbed } from "./tile/tabbed";
import { isTimeless, paramsOf, viewOf, withFilter } from "./view";

const format = (locale: Locale, zone?: string) =>
  ({
    locale,
    number: (v: number) => formatNumber(v, locale),
    date: (at: string) => formatDate(at, locale),
    day: (at: string) => formatDay(at, locale),
    month: (at: string) => formatMonth(at, locale),
    weekday: (at: string) => formatWeekday(at, locale, zone),
    clock: (at: string) => formatClock(at, locale, zone),
    dateTime: (at: string) => formatDateTime(at, locale, zone),
    metric: (v: number, as: string, compact?: boolean) => formatMetric(v, as, locale, compact),
  }) as unknown as Format;
const ko = format("ko");
const en = format("en");
const t: Translate = (id, values) => (values ? `${id}${JSON.stringify(values)}` : id);

const tile = (values: Partial<Tile>): Tile => ({
  index: 0, type: "line", label: { en: "", ko: "" }, metrics: ["revenue"], by: [], grain: "auto", width: 6, compare: false, sparkline: false,
  filters: ["channel"], line: 1, ...values,
});
const board: Dashboard = {
  name: "sales", label: { en: "Sales", ko: "매출" }, description: { en: "", ko: "" }, owner: "", tags: [], grain: "auto", file: "dashboards/sales.yaml", line: 1, rows: [],
  range: {
    default: "28d",
    options: [
      { name: "28d", label: { en: "", ko: "" }, from: "2026-10-29", to: "2026-11-26", grain: "day" },
      { name: "last_month", label: { en: "", ko: "" }, from: "2026-10-01", to: "2026-11-01", grain: "day" },
    ],
  },
  filters: [{ dimension: "channel", label: { en: "", ko: "" } }, { dimension: "store.region", label: { en: "", ko: "" } }],
};

describe("how a dashboard is looked at", () => {
  it("is what the address says, and else what its file says", () => {
    expect(viewOf(board, {})).toEqual({ preset: "28d", from: "2026-10-29", to: "2026-11-26", grain: undefined, filters: new Map() });
    expect(viewOf(board, { range: "last_month" })).toMatchObject({ preset: "last_month", from: "2026-10-01", to: "2026-11-01" });
    expect(viewOf(board, { range: "gone" }).preset).toBe("28d");
    expect(viewOf(board, { from: "2026-01-01", to: "2026-02-01", range: "28d" })).toEqual({ from: "2026-01-01", to: "2026-02-01", grain: undefined, filters: new Map() });
    expect(viewOf(board, { from: "2026-02-01", to: "2026-01-01" }).preset).toBe("28d");
  });

  it("has filters with colons, without a value, and none that the dashboard does not know", () => {
    const { filters } = viewOf(board, { filter: ["channel:a:b", "channel:", "channel:a:b", "unknown:x", "nonsense"] });
    expect([...filters]).toEqual([["channel", ["a:b", ""]]]);
  });

  it("goes back into the address", () => {
    const view = viewOf(board, { filter: ["channel:app"] });
    expect(withFilter(view, "store.region", ["서울", ""])).toEqual(["channel:app", "store.region:서울", "store.region:"]);
    expect(withFilter(view, "channel", [])).toBeUndefined();
  });

  it("asks a tile with what makes a difference to it", () => {
    const view = viewOf(board, { grain: "week", filter: ["channel:app", "store.region:서울"] });
    expect(paramsOf(tile({}), view)).toEqual({ from: "2026-10-29", to: "2026-11-26", grain: "week", filter: ["channel:app"] });
    expect(paramsOf(tile({ grain: "day", filters: [] }), view)).toEqual({ from: "2026-10-29", to: "2026-11-26" });
  });

  it("knows queries that are the same for every range", () => {
    expect(isTimeless(tile({ sql: "select 1" }))).toBe(true);
    expect(isTimeless(tile({ sql: "select 1 where day >= $from" }))).toBe(false);
    expect(isTimeless(tile({}))).toBe(false);
  });
});

describe("numbers", () => {
  it("are whole as long as they are taken in at once", () => {
    expect(figure(48_644, "count", ko, true)).toBe("48,644");
    expect(figure(3_261_440_970, "krw", ko, true)).toBe("₩32.6억");
    expect(figure(3_261_440_970, "krw", en, true)).toBe("₩3.26B");
    expect(figure(0.04, "percent", ko)).toBe("4.0%");
    expect(figure(null, "krw", ko)).toBe("–");
  });

  it("move by a share, and shares by points", () => {
    expect(moveText(moved(110, 100, "krw")!, "ko")).toBe("+10.0%");
    expect(moveText(moved(0.329, 0.33, "percent")!, "ko")).toBe("-0.1%p");
    expect(moveText(moved(0.05, 0.04, "percent")!, "en")).toBe("+1.0 pp");
    expect(moveText(moved(500, 100, "count")!, "en")).toBe("+400%");
    expect(moveText(moved(-50, -100, "krw")!, "en")).toBe("+50.0%");
    expect(moved(5, 0, "count")).toBeNull();
    expect(moved(null, 1, "count")).toBeNull();
  });
});

describe("times", () => {
  it("are said in the language", () => {
    expect([1, 7].map((n) => weekday(n, "ko"))).toEqual(["월", "일"]);
    expect([1, 7].map((n) => weekday(n, "en"))).toEqual(["Mon", "Sun"]);
    expect([0, 21].map((n) => hourOfDay(n, "ko"))).toEqual(["0시", "21시"]);
    expect([0, 21].map((n) => hourOfDay(n, "en"))).toEqual(["12 AM", "9 PM"]);
    expect(exactPeriod("2026-11-12", "day", ko)).toBe("11월 12일 (목)");
    expect(exactPeriod("2026-10-26", "week", en)).toMatch(/^Oct 26\s–\sNov 1, 2026$/);
    expect(exactPeriod("2026-10-01", "month", ko)).toBe("2026년 10월");
    // Of timestamps, the day and the time where the workspace is; what has no zone is told as it is.
    const seoul = format("ko", "Asia/Seoul");
    expect(exactPeriod("2026-11-12T00:00:00+09:00", undefined, seoul)).toBe("11월 12일 (목)");
    expect(exactPeriod("2026-11-12T00:00:00", undefined, seoul)).toBe("11월 12일 (목)");
    expect(exactPeriod("2026-11-12T21:00:00+09:00", undefined, seoul)).toBe("2026년 11월 12일 21:00");
    expect(exactPeriod("2026-11-12T21:00:00", undefined, seoul)).toBe("2026년 11월 12일 21:00");
  });

  it("begin weeks on Monday", () => {
    expect(partialOf("2026-10-26", "2026-11-02", "week")).toEqual({ first: false, last: false });
    expect(partialOf("2026-10-29", "2026-11-26", "week")).toEqual({ first: true, last: true });
    expect(partialOf("2026-10-01", "2026-11-26", "month")).toEqual({ first: false, last: true });
    expect(partialOf("2026-10-29", "2026-11-26", "day")).toEqual({ first: false, last: false });
  });
});

const column = (name: string, role: "time" | "dimension" | "measure" | "previous", more: object = {}) => ({ name, label: { en: name, ko: name }, type: role === "time" ? "DATE" : "VARCHAR", role, ...more });
const result = (columns: ReturnType<typeof column>[], rows: (string | number | null)[][]): MetricResult =>
  ({ columns, rows, sql: "", tables: [], fresh_at: "", elapsed_ms: 0, cached: false });

describe("series", () => {
  it("are the measures over time, beside the period before", () => {
    const shaped = shape(result([column("time", "time"), column("revenue", "measure", { metric: "revenue", format: "krw" }), column("revenue.previous", "previous", { metric: "revenue" })], [["2026-10-29", 1, 2], ["2026-10-30", 3, null]]), "day", { t, f: ko }, false);
    expect(shaped).toMatchObject({ time: true, format: "krw", x: ["2026-10-29", "2026-10-30"] });
    expect(shaped.series).toEqual([{ name: "revenue", metric: "revenue", values: [1, 3] }, { name: "dashboards.previous", metric: "revenue", previous: true, values: [2, null] }]);
  });

  it("are the values of a dimension, the greatest first, with gaps where there are none", () => {
    const shaped = shape(result([column("time", "time"), column("platform", "dimension"), column("visits", "measure")], [["2026-10-29", "ios", 1], ["2026-10-30", "ios", 2], ["2026-10-30", null, 9]]), "day", { t, f: ko }, true);
    expect(shaped.by).toBe("platform");
    expect(shaped.series.map(({ name, of, values }) => ({ name, of, values }))).toEqual([{ name: "dashboards.none", of: "", values: [null, 9] }, { name: "ios", of: "ios", values: [1, 2] }]);
  });

  it("are put together when there are too many, if they add up", () => {
    const rows = Array.from({ length: 12 }, (_, i) => ["2026-10-29", `v${i}`, 12 - i]);
    const many = result([column("time", "time"), column("v", "dimension"), column("n", "measure")], rows);
    const stacked = shape(many, "day", { t, f: ko }, true);
    expect(stacked.series).toHaveLength(mostSeries);
    expect(stacked.series.at(-1)).toMatchObject({ others: true, values: [5 + 4 + 3 + 2 + 1] });
    expect(shape(many, "day", { t, f: ko }, false)).toMatchObject({ left: 4 });
  });

  it("are one row of measures for a funnel", () => {
    const shaped = shape(result([column("visits", "measure"), column("carts", "measure")], [[10, 4]]), undefined, { t, f: ko }, false);
    expect(shaped.x).toEqual(["visits", "carts"]);
    expect(shaped.series[0]?.values).toEqual([10, 4]);
  });

  it("keep their colours", () => {
    const colors = makeColors();
    expect([...colors("platform", ["web", "android", "ios"])]).toEqual([["web", "var(--series-3)"], ["android", "var(--series-1)"], ["ios", "var(--series-2)"]]);
    expect(colors("platform", ["web"]).get("web")).toBe("var(--series-3)");
  });
});

describe("heat maps", () => {
  it("have all weekdays and hours, from Monday on", () => {
    const shaped = heat(result([column("weekday", "dimension", { format: "weekday" }), column("hour", "dimension", { format: "hour" }), column("orders", "measure", { format: "count" })], [[7, 21, 751], [1, 0, 3]]), undefined, { t, f: ko });
    expect(shaped.y).toEqual(["월", "화", "수", "목", "금", "토", "일"]);
    expect(shaped.x).toHaveLength(24);
    expect([shaped.values[6]?.[21], shaped.values[0]?.[0], shaped.values[3]?.[3]]).toEqual([751, 3, null]);
    expect(shaped.axes).toBeUndefined();
    expect(shaped.place(21, 6)).toEqual(["일", shaped.x[21]]);
  });

  it("take months and steps from a query", () => {
    const shaped = heat(result([column("cohort", "time"), column("later", "dimension"), column("share", "measure", { format: "percent" })], [["2026-09-01", 1, 0.6], ["2026-08-01", 0, 1]]), undefined, { t, f: ko });
    expect(shaped.y).toEqual(["2026년 8월", "2026년 9월"]);
    expect(shaped.x).toEqual(["0", "1"]);
    expect(shaped.values).toEqual([[1, null], [null, 0.6]]);
    expect(shaped.axes).toBe("cohort × later");
    expect(shaped.place(1, 1)).toEqual(["2026년 9월", "later 1"]);
  });

  it("are empty when nothing was measured", () => {
    expect(isEmpty(result([column("n", "measure")], [[null]]))).toBe(true);
    expect(isEmpty(result([column("n", "measure")], [[0]]))).toBe(false);
    expect(isEmpty(undefined)).toBe(true);
  });
});

describe("the rest of a tile", () => {
  it("has its height before its numbers", () => {
    expect(heightOf([tile({ type: "number" }), tile({ type: "text" })])).toBeLessThan(heightOf([tile({ type: "table", limit: 10 })]));
    expect(heightOf([tile({ type: "line" }), tile({ type: "table", limit: 1000 })])).toBe(heightOf([tile({ type: "line" })]));
    expect(heightOf([tile({ type: "table", limit: 30 }), tile({ type: "table", limit: 10 })])).toBe(heightOf([tile({ type: "table", limit: 10 })]));
  });

  it("is copied with tabs", () => {
    expect(tabbed(result([column("store", "dimension"), column("revenue", "measure")], [["성수\t점", 1.5], [null, 2]]), "ko", t)).toBe("store\trevenue\n성수 점\t1.5\n\t2");
  });

  it("has text in blocks", () => {
    expect(blocks("# Title\nOne\ntwo\n\n- a\n- b\n  more\n1. x")).toEqual([
      { kind: "heading", text: "Title" }, { kind: "text", text: "One two" },
      { kind: "list", ordered: false, items: ["a", "b more"] }, { kind: "list", ordered: true, items: ["x"] },
    ]);
  });
});

describe("lineage", () => {
  const node = (id: string) => ({ id, type: "table" as const, name: id, kind: "", status: "" as const, more_up: false, more_down: false });
  const view = { focus: "m", nodes: ["m", "a", "b", "d", "n"].map(node), edges: [{ from: "a", to: "m" }, { from: "b", to: "a" }, { from: "b", to: "m" }, { from: "m", to: "n" }, { from: "n", to: "d" }] };
  it("is told upwards with how far away, and downwards", () => {
    expect(above(view, "m").map(({ node: { id }, depth }) => `${id}${depth}`)).toEqual(["a0", "b1"]);
    expect(below(view, "m").map(({ id }) => id)).toEqual(["d", "n"]);
  });
});
