import { afterEach, describe, expect, it, vi } from "vitest";
import { api, path, url } from "./client";
import { connection } from "./connection";
import type { ApiError } from "./error";
import { listen } from "./events";

afterEach(() => vi.unstubAllGlobals());

describe("requests", () => {
  it("escape what is in their address", () => {
    expect(path`/tables/${"raw.a/b?c"}/checks`).toBe("/tables/raw.a%2Fb%3Fc/checks");
    expect(url("/x", { limit: 5, q: "", none: undefined, filter: ["a:1", "b:2"], yes: false })).toBe("/api/v1/x?limit=5&filter=a%3A1&filter=b%3A2&yes=false");
  });

  it("throw what the server says of a failure", async () => {
    const problem = { status: 409, code: "run_busy", title: "A run is at work", hint: "Wait", request_id: "r1", run: "01J" };
    vi.stubGlobal("fetch", () => Promise.resolve(Response.json(problem, { status: 409 })));
    const error = await api.post("/runs").catch((e: unknown) => e as ApiError);
    expect(error).toMatchObject({ status: 409, code: "run_busy", hint: "Wait", requestId: "r1", transient: false, body: { run: "01J" } });
    expect(connection().online).toBe(true);
  });

  it("tell a server that is away from one that refuses", async () => {
    vi.stubGlobal("fetch", () => Promise.reject(new TypeError("Failed to fetch")));
    const away = await api.get("/workspace").catch((e: unknown) => e as ApiError);
    expect(away).toMatchObject({ code: "unreachable", unreachable: true, transient: true });
    expect(connection().online).toBe(false);
    vi.stubGlobal("fetch", () => Promise.resolve(Response.json({ name: "shop" })));
    expect(await api.get("/workspace")).toEqual({ name: "shop" });
    expect(connection().online).toBe(true);
    // A proxy answers for a server that is down.
    vi.stubGlobal("fetch", () => Promise.resolve(new Response("<html>Bad Gateway</html>", { status: 502 })));
    expect(await api.get("/workspace").catch((e: unknown) => e)).toMatchObject({ code: "unreachable", detail: "" });
  });

  it("that were given up say nothing of the server", async () => {
    vi.stubGlobal("fetch", () => Promise.resolve(Response.json({})));
    await api.get("/x");
    const abort = new AbortController();
    abort.abort();
    vi.stubGlobal("fetch", () => Promise.reject(new DOMException("aborted", "AbortError")));
    await expect(api.get("/x", { signal: abort.signal })).rejects.toThrow("aborted");
    expect(connection().online).toBe(true);
  });
});

describe("events", () => {
  it("connect again when they break, until their end", () => {
    vi.useFakeTimers();
    class Fake extends EventTarget {
      static opened: Fake[] = [];
      onopen: (() => void) | undefined;
      onerror: (() => void) | undefined;
      closed = false;
      constructor(readonly url: string) {
        super();
        Fake.opened.push(this);
      }
      close() {
        this.closed = true;
      }
      send(kind: string, data: unknown) {
        this.dispatchEvent(Object.assign(new Event(kind), { data: JSON.stringify(data) }));
      }
    }
    vi.stubGlobal("EventSource", Fake);
    const seen: unknown[] = [];
    const connected: boolean[] = [];
    const stop = listen("/runs/1/events", { task: (data: unknown) => seen.push(data) }, { params: { task: "a" }, onConnected: (is) => connected.push(is) });
    const [first] = Fake.opened;
    expect(first!.url).toBe("/api/v1/runs/1/events?task=a");
    first!.onopen?.();
    first!.send("task", { id: "a" });
    first!.onerror?.();
    vi.advanceTimersByTime(600);
    expect(Fake.opened).toHaveLength(2);
    const second = Fake.opened[1]!;
    second.onopen?.();
    first!.send("task", { id: "late" });
    second.send("task", { id: "b" });
    second.send("end", {});
    expect(second.closed).toBe(true);
    vi.advanceTimersByTime(60_000);
    expect(Fake.opened).toHaveLength(2);
    expect(seen).toEqual([{ id: "a" }, { id: "b" }]);
    expect(connected).toEqual([true, false, true]);
    stop();
    vi.useRealTimers();
  });
});
