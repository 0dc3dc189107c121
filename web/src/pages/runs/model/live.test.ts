import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { listen, RunInfo } from "@/api";
import type { LiveTask, LogLine } from "./data";
import { LiveRun, mostLines } from "./live";

vi.mock("@/ui", () => ({ isActive: (status: string) => ["queued", "running", "retrying", "cancelling"].includes(status) }));

type Stream = { params: Record<string, unknown>; tell: (kind: string, data?: unknown) => void; connected: (yes: boolean) => void; open: boolean };

let streams: Stream[];
let page: { visibilityState: string; listeners: Set<() => void>; addEventListener: (_: string, f: () => void) => void; removeEventListener: (_: string, f: () => void) => void };

const connect = ((_to: string, listeners: Record<string, (data: never) => void>, options: { params: Record<string, unknown>; onConnected: (yes: boolean) => void }) => {
  const stream: Stream = { params: options.params, tell: (kind, data) => listeners[kind]?.((data ?? {}) as never), connected: options.onConnected, open: true };
  streams.push(stream);
  return () => (stream.open = false);
}) as unknown as typeof listen;

const look = (visibilityState: string) => {
  page.visibilityState = visibilityState;
  page.listeners.forEach((changed) => changed());
};
const run = (status: RunInfo["status"]): RunInfo => ({ id: "r", by: "owner", status, created_at: "2026-01-01T00:00:00Z" });
const task = (id: string, status: LiveTask["status"]): LiveTask => ({ run: "r", id, asset: `a${id}`, status, attempt: 1, rows: 0, bytes: 0, files: 0 });
const line = (n: number, at = `2026-01-01T00:00:00.${String(n).padStart(3, "0")}Z`): LogLine =>
  ({ run: "r", task: "1", asset: "a", attempt: 1, seq: n, line: n, at, level: "INFO", message: `line ${n}` });

beforeEach(() => {
  vi.useFakeTimers();
  streams = [];
  const listeners = new Set<() => void>();
  page = { visibilityState: "visible", listeners, addEventListener: (_, f) => listeners.add(f), removeEventListener: (_, f) => listeners.delete(f) };
  vi.stubGlobal("document", page);
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

describe("a run that is followed", () => {
  it("shows what happens, a few times a second", () => {
    const onEnd = vi.fn();
    const live = new LiveRun(run("running"), [task("1", "running")], { onEnd }, connect);
    const changed = vi.fn();
    live.subscribe(changed);
    live.open();
    expect(streams[0]?.params).toEqual({ task: undefined, logs: false, after: undefined });
    for (const id of ["3", "2"]) streams[0]?.tell("task", task(id, "queued"));
    streams[0]?.tell("task", task("1", "succeeded"));
    expect(changed).not.toHaveBeenCalled();
    vi.advanceTimersByTime(200);
    expect(changed).toHaveBeenCalledTimes(1);
    expect(live.getState().tasks.map(({ id, status }) => `${id} ${status}`)).toEqual(["1 succeeded", "2 queued", "3 queued"]);
    streams[0]?.tell("run", run("succeeded"));
    streams[0]?.tell("end");
    vi.advanceTimersByTime(200);
    expect(live.getState().run.status).toBe("succeeded");
    expect(onEnd).toHaveBeenCalledOnce();
    expect(streams).toHaveLength(1);
  });

  it("is not followed when it had ended before", () => {
    new LiveRun(run("failed"), [], {}, connect).open();
    expect(streams).toHaveLength(0);
  });

  it("follows the log from when it is wanted, of an ended run once and to its end", () => {
    const live = new LiveRun(run("running"), [], {}, connect);
    live.open();
    live.wantLog();
    live.wantLog();
    expect(streams.map(({ open, params }) => [open, params["logs"]])).toEqual([[false, false], [true, true]]);

    streams = [];
    const ended = new LiveRun(run("failed"), [], { task: "1" }, connect);
    ended.open();
    ended.wantLog();
    expect(streams[0]?.params).toEqual({ task: "1", logs: true, after: undefined });
    expect(ended.getLog().loaded).toBe(false);
    streams[0]?.tell("log", line(1));
    streams[0]?.tell("end");
    vi.advanceTimersByTime(200);
    expect(ended.getLog()).toMatchObject({ loaded: true, complete: true, lines: [{ line: 1 }] });
    expect(streams).toHaveLength(1);
  });

  it("knows the lines that are told again after a break, and says that it was cut off meanwhile", () => {
    const live = new LiveRun(run("running"), [], {}, connect);
    live.open();
    live.wantLog();
    const stream = streams.at(-1);
    [1, 2, 3].forEach((n) => stream?.tell("log", line(n)));
    stream?.connected(false);
    vi.advanceTimersByTime(200);
    expect(live.getState().connected).toBe(false);
    stream?.connected(true);
    [1, 2, 3, 4].forEach((n) => stream?.tell("log", line(n)));
    vi.advanceTimersByTime(200);
    expect(live.getState().connected).toBe(true);
    expect(live.getLog().lines.map((l) => l.line)).toEqual([1, 2, 3, 4]);
  });

  it("shows lines in the order of their times", () => {
    const live = new LiveRun(run("running"), [], {}, connect);
    live.open();
    live.wantLog();
    // Text would not do: .5 is before .25 in no order of letters.
    [line(1, "2026-01-01T00:00:00.5Z"), line(2, "2026-01-01T00:00:00.25Z"), line(3, "2026-01-01T00:00:00.5Z")].forEach((l) => streams.at(-1)?.tell("log", l));
    vi.advanceTimersByTime(200);
    expect(live.getLog().lines.map((l) => l.line)).toEqual([2, 1, 3]);
  });

  it("keeps the newest lines of a long log, and counts the others", () => {
    const live = new LiveRun(run("running"), [], {}, connect);
    live.open();
    live.wantLog();
    const n = Math.ceil(mostLines * 1.1) + 1;
    for (let i = 1; i <= n; i++) streams.at(-1)?.tell("log", line(i, "2026-01-01T00:00:00Z"));
    vi.advanceTimersByTime(200);
    const { lines, left } = live.getLog();
    expect(lines.length).toBeLessThanOrEqual(mostLines + 1);
    expect([lines.length + left, lines.at(-1)?.line]).toEqual([n, n]);
  });

  it("gives its connection back while nobody looks, and is right again when somebody does", () => {
    const live = new LiveRun(run("running"), [task("1", "running")], {}, connect);
    const stop = live.open();
    look("hidden");
    vi.advanceTimersByTime(5_000);
    look("visible");
    expect(streams.map(({ open }) => open)).toEqual([true]); // only a glance away
    look("hidden");
    vi.advanceTimersByTime(15_000);
    expect(streams[0]?.open).toBe(false);
    look("visible");
    expect(streams).toHaveLength(2);
    streams[1]?.tell("run", run("failed"));
    streams[1]?.tell("task", task("1", "failed"));
    streams[1]?.tell("end");
    vi.advanceTimersByTime(200);
    expect(live.getState()).toMatchObject({ run: { status: "failed" }, tasks: [{ status: "failed" }] });
    live.wantLog();
    streams[2]?.tell("log", line(7));
    look("hidden");
    vi.advanceTimersByTime(15_000);
    look("visible");
    expect(streams[3]?.params["after"]).toBe(7); // the log goes on where it was
    stop();
    expect(page.listeners.size).toBe(0);
  });
});
