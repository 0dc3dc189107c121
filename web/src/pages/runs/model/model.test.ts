import { describe, expect, it, vi } from "vitest";
import type { AssetStatus, PlannedTask } from "@/api";
import { columnsOf, failedChecks, hasFailedChecks } from "./checks";
import type { Attempt, CheckResult, LiveTask, LogLine } from "./data";
import { failedAssets, readFailure, splitPlaces } from "./failure";
import { piecesOf, reach, rowsOf, ticks } from "./gantt";
import { assetsOf } from "./graph";
import { attrsOf, filterLines, logText, rowsOfLog } from "./log";
import { groupPlan } from "./plan";
import { readReasons } from "./reason";
import { readSelector, suggest, suggestions, writeSelector } from "./selector";

vi.mock("@/ui", () => ({ isActive: () => false }));

const task = (id: string, more: Partial<LiveTask> = {}): LiveTask => ({ run: "r", id, asset: `a${id}`, status: "succeeded", attempt: 1, rows: 0, bytes: 0, files: 0, ...more });
const at = (seconds: number) => new Date(Date.UTC(2026, 0, 1) + seconds * 1000).toISOString();
const ms = (seconds: number) => Date.UTC(2026, 0, 1) + seconds * 1000;

describe("errors", () => {
  it("are taken apart into where, what and the rest as it was indented", () => {
    expect(readFailure("models/marts/a.sql:4:5: check rate found 2 rows\n  a=1 | b=2\n    deeper\n  … and 1 more")).toEqual({
      place: "models/marts/a.sql:4:5", message: "Check rate found 2 rows", rest: "a=1 | b=2\n  deeper\n… and 1 more",
    });
    expect(readFailure("connection refused: 127.0.0.1:5432")).toEqual({ message: "Connection refused: 127.0.0.1:5432", rest: "" });
    expect(readFailure("parser error\n\nLINE 1: select 1 fro x\n                     ^").rest).toBe("\nLINE 1: select 1 fro x\n                     ^");
  });
  it("point out places in files, and only those", () => {
    expect(splitPlaces("build a: models/a.sql:1:2: see sources/b.yaml:3, not 10.0.0.1:80")).toEqual(["build a: ", "models/a.sql:1:2", ": see ", "sources/b.yaml:3", ", not 10.0.0.1:80"]);
  });
  it("of runs name what failed", () => {
    expect(failedAssets("run failed: 5 tasks failed (marts.a, marts.b, marts.c and 2 more), 3 skipped")).toEqual(["marts.a", "marts.b", "marts.c"]);
    expect(failedAssets("run failed: 1 task failed (marts.a)")).toEqual(["marts.a"]);
    expect(failedAssets("open the catalog: no such file")).toEqual([]);
  });
});

describe("reasons", () => {
  it.each([
    ["never copied", ["never_built"]],
    ["interval missing; lookback of 2, and raw.orders runs before it", ["interval_missing", "lookback raw.orders"]],
    ["interval was open when last filled, and events.app has changed", ["interval_open events.app"]],
    ["never built; the last attempt failed: a; b; never built", ["never_built", "last_failed"]],
    ["the last attempt failed: x", ["last_failed"]],
    ["read on each run", ["each_run"]],
    ["last built 2026-01-01 00:00:00, every day", ["due"]],
    ["something new", [""]],
    ["", []],
  ])("are read back: %s", (text, codes) => {
    expect(readReasons(text).map(({ code, input }) => [code, input].filter((part) => part !== undefined).join(" "))).toEqual(codes);
  });
});

describe("the timeline", () => {
  it("shows waiting, attempts and the pauses between them", () => {
    const attempts: Attempt[] = [
      { attempt: 1, status: "failed", started_at: at(1), finished_at: at(2) },
      { attempt: 2, status: "succeeded", started_at: at(5), finished_at: at(9) },
    ];
    const done = task("1", { attempt: 2, queued_at: at(0), started_at: at(5), finished_at: at(9) });
    expect(piecesOf(done, attempts, ms(100)).map(({ kind, from, to, status }) => [kind, (from - ms(0)) / 1000, (to - ms(0)) / 1000, status])).toEqual([
      ["wait", 0, 1, "succeeded"], ["try", 1, 2, "failed"], ["pause", 2, 5, "retrying"], ["try", 5, 9, "succeeded"],
    ]);
    // Until the attempts are known.
    expect(piecesOf(done, undefined, ms(100)).map(({ kind }) => kind)).toEqual(["pause", "try"]);
  });
  it("grows while a task is at work or waits", () => {
    const running = task("1", { status: "running", queued_at: at(0), started_at: at(1) });
    expect(piecesOf(running, undefined, ms(7)).at(-1)).toMatchObject({ kind: "try", to: ms(7) });
    const retrying = task("1", { status: "retrying", attempt: 1, started_at: at(1), queued_at: at(1) });
    expect(piecesOf(retrying, [{ attempt: 1, status: "failed", started_at: at(1), finished_at: at(2) }], ms(7)).at(-1)).toMatchObject({ kind: "pause", from: ms(2), to: ms(7) });
    expect(piecesOf(task("1", { status: "queued", attempt: 0, queued_at: at(0) }), undefined, ms(3))).toMatchObject([{ kind: "wait", to: ms(3) }]);
    // A clock of the server that is ahead makes nothing negative.
    expect(piecesOf(running, undefined, ms(0)).every(({ from, to }) => to >= from)).toBe(true);
  });
  it("ends an attempt that was cut off with its task", () => {
    const cut = task("1", { status: "interrupted", started_at: at(1), finished_at: at(4) });
    expect(piecesOf(cut, [{ attempt: 1, status: "running", started_at: at(1) }], ms(99)).at(-1)).toMatchObject({ kind: "try", to: ms(4), status: "interrupted" });
  });
  it("groups the tasks of an asset under one row that closes", () => {
    const tasks = [task("1", { asset: "a" }), task("2", { asset: "b" }), task("3", { asset: "a" })];
    expect(rowsOf(tasks, new Set()).map(({ key }) => key)).toEqual(["group a", "1", "3", "2"]);
    expect(rowsOf(tasks, new Set(["a"])).map(({ key }) => key)).toEqual(["group a", "2"]);
  });
  it("has an axis that stands still for a while", () => {
    expect(reach(3_000, false)).toBe(reach(8_000, false));
    expect(reach(60_000, false)).toBeGreaterThan(60_000);
    expect(reach(1_234, true)).toBe(1_234);
    expect(ticks(10_000, 1000, 100)).toEqual([0, 1000, 2000, 3000, 4000, 5000, 6000, 7000, 8000, 9000, 10_000]);
    expect(ticks(30 * 86_400_000, 300, 100).length).toBeLessThanOrEqual(4);
    expect(ticks(0, 0, 100)).toEqual([0]);
  });
});

describe("the graph", () => {
  it("shows the worst of an asset's tasks", () => {
    const tasks = [task("1", { asset: "a", rows: 2 }), task("2", { asset: "a", status: "running" }), task("3", { asset: "b" }), task("4", { asset: "a", status: "failed" })];
    expect(assetsOf(tasks).map(({ asset, status, done, rows }) => [asset, status, done, rows])).toEqual([["a", "failed", 2, 2], ["b", "succeeded", 1, 0]]);
  });
});

describe("selectors", () => {
  it.each(["marts.a", "+marts.a", "marts.a+", "+tag:kpi+", "marts.*"])("are taken apart and put together: %s", (text) => {
    expect(writeSelector(readSelector(text))).toBe(text);
  });
  it("are suggested by any part of their name", () => {
    const all = suggestions([
      { asset: "marts.daily_sales", kind: "full", status: "fresh", tags: ["kpi"] },
      { asset: "staging.sales", kind: "view", status: "fresh", tags: ["kpi"] },
    ] as AssetStatus[]);
    expect(suggest(all, "+sales").map(({ name }) => name)).toEqual(["staging.sales", "marts.daily_sales"]);
    expect(suggest(all, "kpi")).toEqual([{ name: "tag:kpi", kind: "tag", n: 2 }]);
    expect(suggest(all, "").length).toBe(all.length);
  });
});

describe("a plan", () => {
  it("is told by asset: what runs, and what only may", () => {
    const item = (asset: string, more: Partial<PlannedTask> = {}): PlannedTask => ({ asset, kind: "interval", reasons: [{ code: "forced", text: "" }], ...more });
    const { sure, maybe } = groupPlan([
      item("a", { intervals: 2, start: at(0), end: at(2) }), item("a", { intervals: 1, start: at(5), end: at(6), if_changed: true }), item("b", { if_changed: true }),
    ]);
    expect(sure).toEqual([{ asset: "a", kind: "interval", tasks: 2, intervals: 3, start: at(0), end: at(6), reasons: [{ code: "forced", text: "" }] }]);
    expect(maybe.map(({ asset }) => asset)).toEqual(["b"]);
  });
});

describe("the log", () => {
  const line = (n: number, level: string, message: string, attempt = 1, attrs?: Record<string, unknown>): LogLine => ({ run: "r", task: "1", asset: "a", attempt, seq: n, line: n, at: at(n), level, message, attrs });
  const lines = [line(1, "INFO", "reads b", 1, { rows: 3, snapshot: 8980614250129665000 }), line(2, "WARN", "attempt 1 failed"), line(3, "ERROR", "failed: x", 2)];
  it("is narrowed by level and text, also of what is beside the message", () => {
    expect(filterLines(lines, "all", " ")).toBe(lines);
    expect(filterLines(lines, "warn", "").length).toBe(2);
    expect(filterLines(lines, "error", "").length).toBe(1);
    expect(filterLines(lines, "all", "ROWS=3").map((l) => l.line)).toEqual([1]);
  });
  it("says no number that is not exact", () => {
    expect(attrsOf(lines[0]!)).toEqual([["rows", "3"]]);
  });
  it("announces attempts when there are several", () => {
    expect(rowsOfLog(lines, true).map((row) => row.kind)).toEqual(["attempt", "line", "line", "attempt", "line"]);
    expect(rowsOfLog(lines.slice(0, 2), true).length).toBe(2);
    expect(rowsOfLog(lines, false).length).toBe(3);
  });
  it("is copied as text", () => {
    expect(logText(lines.slice(0, 1))).toBe(`${at(1)} INFO  a reads b rows=3`);
  });
});

describe("checks", () => {
  const check = (name: string, passed: boolean, attempt: number, blocking = true): CheckResult => ({ name, passed, attempt, blocking, at: at(0), rows: 1, message: "", sample: [], run: "r", task: "1" });
  it("count as in their last attempt, those that stop publishing first", () => {
    const failed = failedChecks([check("a", false, 1), check("w", false, 2, false), check("a", true, 2), check("b", false, 2)]);
    expect(failed.map(({ name }) => name)).toEqual(["b", "w"]);
  });
  it("are asked for where a task tells of some", () => {
    expect(hasFailedChecks(task("1", { error: "models/a.sql:4:5: check x found 3 rows that should not be there" }))).toBe(true);
    expect(hasFailedChecks(task("1", { note: "1 of 2 checks warn: check y found 3 rows" }))).toBe(true);
    expect(hasFailedChecks(task("1", { error: "check that the server runs" }))).toBe(false);
  });
  it("show rows in the order of the query", () => {
    const sample = [{ amount: "2", id: "1", price: "3" }];
    expect(columnsOf({ columns: ["id", "price", "amount"], sample })).toEqual(["id", "price", "amount"]);
    expect(columnsOf({ sample })).toEqual(["amount", "id", "price"]);
  });
});
