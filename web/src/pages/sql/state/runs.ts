import { useSyncExternalStore } from "react";
import { runQuery, warmUp, type QueryHandle } from "@/query";

/** Rows of a result that are shown; more are for a download. */
export const maxRows = 1_000_000;

/** The last run of a draft. */
export type Run = {
  handle: QueryHandle;
  /** The text that was sent, and where it began in the draft at that time. */
  sql: string;
  from: number;
  /** The result before it: on screen until there is something of the new one, so that nothing flickers. */
  previous?: QueryHandle;
};

const mostResults = 8;
const mostRows = 3_000_000;

/**
 * The results of drafts. They stay while the person is on another page or in another draft; when many were run, the oldest are
 * dropped to give their memory back.
 */
class RunStore {
  #runs = new Map<string, Run>();
  #dropped = new Set<string>();
  #listeners = new Set<() => void>();

  subscribe = (changed: () => void): (() => void) => {
    this.#listeners.add(changed);
    return () => this.#listeners.delete(changed);
  };

  get = (draft: string): Run | undefined => this.#runs.get(draft);

  /** The result of a draft was dropped to make room for others. */
  dropped = (draft: string): boolean => this.#dropped.has(draft);

  start(draft: string, sql: string, from: number): void {
    const before = this.#runs.get(draft);
    this.#runs.delete(draft); // so that it is the newest
    performance.mark("hosu:run");
    const handle = runQuery({ sql, maxRows });
    const previous = before?.previous ?? before?.handle;
    if (before?.previous) before.handle.dispose();
    else before?.handle.cancel();
    this.#runs.set(draft, { handle, sql, from, previous });
    this.#dropped.delete(draft);
    const stop = handle.subscribe(() => {
      const { columns, status } = handle.getState();
      if (columns.length === 0 && status === "running") return;
      stop();
      setTimeout(warmUp, 200); // a worker for the next run, when this one has drawn its first rows
      this.#replace(draft, handle);
    });
    this.#makeRoom();
    this.#tell();
  }

  /** There is something of the new result: the one before it goes. */
  #replace(draft: string, handle: QueryHandle): void {
    const run = this.#runs.get(draft);
    if (run?.handle !== handle || run.previous === undefined) return;
    const { previous } = run;
    this.#runs.set(draft, { ...run, previous: undefined });
    this.#tell();
    // After it has left the screen.
    setTimeout(() => previous.dispose());
  }

  /** Forgets the result of a draft that is closed. */
  forget(draft: string): void {
    this.#runs.get(draft)?.handle.dispose();
    this.#runs.get(draft)?.previous?.dispose();
    this.#dropped.delete(draft);
    if (this.#runs.delete(draft)) this.#tell();
  }

  #makeRoom(): void {
    const newestFirst = [...this.#runs].reverse();
    let rows = 0;
    for (const [i, [draft, { handle }]] of newestFirst.entries()) {
      const state = handle.getState();
      rows += state.rows;
      if (i === 0 || state.status === "running" || (i < mostResults && rows <= mostRows)) continue;
      handle.dispose();
      this.#runs.delete(draft);
      this.#dropped.add(draft);
    }
  }

  #tell(): void {
    this.#listeners.forEach((changed) => changed());
  }
}

export const runs = new RunStore();
export const useRun = (draft: string): Run | undefined => useSyncExternalStore(runs.subscribe, () => runs.get(draft));
