import { api, base, path } from "@/api/client";
import { ApiError } from "@/api/error";
import { answered, unanswered } from "@/api/connection";
import type { QueryInfo } from "@/api/types";
import type { GridSource, GridState } from "@/ui/grid/source";
import type { Column, ColumnData, Range, Reply, Request, Summary, TextFormat } from "./protocol";

export type QueryRequest = {
  sql: string;
  /** IANA name; the workspace's when there is none. */
  timezone?: string;
  /** 0 or nothing: all rows. */
  maxRows?: number;
  timeoutMs?: number;
};

/** How a statement stands. A new object whenever something has changed. */
export type QueryState = {
  id: string;
  sql: string;
  status: "running" | "succeeded" | "failed" | "cancelled";
  /** Empty until the first answer. */
  columns: readonly Column[];
  /** That have arrived. */
  rows: number;
  startedAt: number;
  /** When all rows had arrived, or it failed. */
  finishedAt: number | undefined;
  /** Why it failed; `error.position` says where in the statement. Rows that came before it remain. */
  error: ApiError | undefined;
  /** What the server says of it: live while it runs, whole afterwards. */
  info: QueryInfo | undefined;
  sort: { column: number; desc: boolean } | undefined;
  /** Whether a change of order is being made. */
  sorting: boolean;
};

/** The most characters of a value in a window; `cell` has all of them. */
const glance = 300;

let spare: Worker | undefined;
const makeWorker = () => new Worker(new URL("./worker.ts", import.meta.url), { type: "module", name: "query" });

/** Makes the next statement start some tens of ms sooner. Call when a page with an editor opens. */
export function warmUp(): void {
  spare ??= makeWorker();
}

/**
 * Starts a statement. Its rows go to a worker of its own, which answers for any part of them; dispose() the handle to
 * give the memory back.
 */
export function runQuery(request: QueryRequest): QueryHandle {
  return new QueryHandle(request);
}

export class QueryHandle implements GridSource {
  readonly id = crypto.randomUUID?.() ?? randomId();
  #state: QueryState;
  #grid: GridState;
  readonly #worker: Worker;
  readonly #listeners = new Set<() => void>();
  readonly #calls = new Map<number, { resolve: (value: unknown) => void; reject: (error: Error) => void }>();
  #lastCall = 0;
  #poll: ReturnType<typeof setTimeout> | undefined;
  #cancelled = false;
  #disposed = false;

  constructor(request: QueryRequest) {
    this.#state = {
      id: this.id, sql: request.sql, status: "running", columns: [], rows: 0, startedAt: Date.now(), finishedAt: undefined,
      error: undefined, info: undefined, sort: undefined, sorting: false,
    };
    this.#grid = { columns: [], rows: 0, version: 0, sort: undefined };
    this.#worker = spare ?? makeWorker();
    spare = undefined;
    this.#worker.onmessage = ({ data }: MessageEvent<Reply>) => this.#hear(data);
    this.#worker.onerror = (event) => {
      event.preventDefault();
      this.#fail(new ApiError({ code: "internal", title: event.message || "The worker failed" }), 0);
    };
    const body = JSON.stringify({ id: this.id, sql: request.sql, timezone: request.timezone, max_rows: request.maxRows, timeout_ms: request.timeoutMs });
    this.#send({ call: "run", url: new URL(`${base}/query`, location.href).href, body });
  }

  // For useSyncExternalStore, bound.
  readonly subscribe = (changed: () => void): (() => void) => {
    this.#listeners.add(changed);
    return () => this.#listeners.delete(changed);
  };
  readonly getState = (): QueryState => this.#state;
  readonly getSnapshot = (): GridState => this.#grid;

  /** Texts of rows [from, to) and columns [left, right); null is NULL. Long ones are cut, see cell(). */
  window(range: Range): Promise<(string | null)[][]> {
    return this.#call((id) => ({ call: "window", id, range, cut: glance }));
  }

  /** The whole text of one value. */
  cell(row: number, column: number): Promise<string | null> {
    return this.#call((id) => ({ call: "cell", id, row, column }));
  }

  /** Orders the rows by a column; without one, as they came. While it runs it is done again when all are there. */
  async sort(column?: number, desc = false): Promise<void> {
    const sort = column === undefined ? undefined : { column, desc };
    this.#set({ sort, sorting: true });
    await this.#call((id) => ({ call: "sort", id, column: column ?? null, desc }));
    if (this.#state.sort === sort) this.#set({ sorting: false }, true);
  }

  /** A part as text, for the clipboard. */
  text(range: Range, format: TextFormat = "tsv", header = false): Promise<string> {
    return this.#call((id) => ({ call: "text", id, range, format, header }));
  }

  /** The values of a column, for a chart, in the order shown. */
  column(column: number, limit = 50_000): Promise<ColumnData> {
    return this.#call((id) => ({ call: "column", id, column, limit }));
  }

  summary(range: Range): Promise<Summary> {
    return this.#call((id) => ({ call: "summary", id, range }));
  }

  /** Stops it; the rows that have arrived remain. */
  cancel(): void {
    if (this.#state.status !== "running" || this.#cancelled) return;
    this.#cancelled = true;
    // Closing the connection cancels it too; this way also where a proxy keeps it open.
    void api.delete(path`/queries/${this.id}`).catch(() => undefined);
    this.#send({ call: "cancel" });
  }

  /** Ends it and forgets its rows. */
  dispose(): void {
    if (this.#disposed) return;
    this.cancel();
    this.#disposed = true;
    clearTimeout(this.#poll);
    this.#worker.terminate();
    for (const { reject } of this.#calls.values()) reject(new Error("The result is gone"));
    this.#calls.clear();
    this.#listeners.clear();
  }

  #send(request: Request): void {
    this.#worker.postMessage(request);
  }

  #call<Result>(make: (id: number) => Request): Promise<Result> {
    if (this.#disposed) return Promise.reject(new Error("The result is gone"));
    const id = ++this.#lastCall;
    return new Promise<Result>((resolve, reject) => {
      this.#calls.set(id, { resolve: resolve as (value: unknown) => void, reject });
      this.#send(make(id));
    });
  }

  /** Changes the state; `fresh` when values that were read before are out of date. */
  #set(change: Partial<QueryState>, fresh = false): void {
    if (this.#disposed) return;
    this.#state = { ...this.#state, ...change };
    const { columns, rows, sort } = this.#state;
    const was = this.#grid;
    if (fresh || was.columns !== columns || was.rows !== rows || was.sort !== sort) {
      this.#grid = { columns, rows, sort, version: was.version + (fresh ? 1 : 0) };
    }
    this.#listeners.forEach((changed) => changed());
  }

  #hear(reply: Reply): void {
    switch (reply.event) {
      case "sent":
        // Not at once: until the server has seen the statement it knows nothing of it.
        this.#poll = setTimeout(() => void this.#watch(), 300);
        return;
      case "columns":
        answered();
        return this.#set({ columns: reply.columns });
      case "rows":
        return this.#set({ rows: reply.rows });
      case "order":
        return this.#set({ sorting: false }, true);
      case "done":
        answered();
        this.#set({ rows: reply.rows, status: "succeeded", finishedAt: Date.now() });
        return void this.#finish();
      case "failed":
        return void this.#explain(reply);
      case "result":
        this.#calls.get(reply.id)?.resolve(reply.value);
        this.#calls.delete(reply.id);
        return;
      case "error":
        this.#calls.get(reply.id)?.reject(new Error(reply.message));
        this.#calls.delete(reply.id);
    }
  }

  /** A failure: cancelled, refused by the server, or broken off — then the server is asked why. */
  async #explain(reply: Extract<Reply, { event: "failed" }>): Promise<void> {
    if (reply.cancelled || this.#cancelled) {
      this.#set({ status: "cancelled", rows: reply.rows, finishedAt: Date.now() });
      return this.#finish();
    }
    if (reply.error) {
      if (reply.error.code === "unreachable") unanswered();
      else answered();
      return this.#fail(new ApiError(reply.error), reply.rows);
    }
    const info = await this.#info();
    if (info?.status === "cancelled") return this.#set({ status: "cancelled", rows: reply.rows, finishedAt: Date.now(), info });
    if (info?.error) {
      const { code, message, hint, position } = info.error;
      return this.#fail(new ApiError({ code, title: message, hint, position }), reply.rows, info);
    }
    if (info) return this.#fail(new ApiError({ code: "internal", detail: reply.reason }), reply.rows, info);
    unanswered();
    this.#fail(ApiError.unreachable(reply.reason), reply.rows);
  }

  #fail(error: ApiError, rows: number, info = this.#state.info): void {
    clearTimeout(this.#poll);
    this.#set({ status: "failed", rows, error, info, finishedAt: Date.now() });
  }

  /** While it runs: how far it is. */
  async #watch(): Promise<void> {
    if (this.#state.status !== "running" || this.#disposed) return;
    const info = await this.#info();
    if (this.#state.status !== "running" || this.#disposed) return;
    if (info) this.#set({ info });
    this.#poll = setTimeout(() => void this.#watch(), 500);
  }

  async #finish(): Promise<void> {
    clearTimeout(this.#poll);
    const info = await this.#info();
    if (info) this.#set({ info });
  }

  async #info(): Promise<QueryInfo | undefined> {
    return api.get<QueryInfo>(path`/queries/${this.id}`).catch(() => undefined);
  }
}

/** A UUID where the page is not served securely and crypto.randomUUID is missing. */
function randomId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6]! & 0x0f) | 0x40;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  const hex = Array.from(bytes, (b) => b.toString(16).padStart(2, "0")).join("");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}
