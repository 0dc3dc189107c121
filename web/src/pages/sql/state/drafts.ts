import { useSyncExternalStore } from "react";

/** A query that is being written. */
export type Draft = {
  id: string;
  /** As the person or the saved query calls it; "" is named by its number. */
  name: string;
  /** Tells drafts without a name apart; the lowest that is free. */
  number: number;
  sql: string;
  /** The saved query that it is of, and its text as it was saved. */
  saved?: { id: string; sql: string };
  /** When it changed last, in ms. */
  at: number;
};

export type Drafts = { list: readonly Draft[]; active: string };

const key = "hosu.sql.drafts";
const activeKey = "hosu.sql.active";
const most = 50;

/**
 * The drafts of this browser. They are written to its storage with every pause in typing and before the page goes, and are the
 * same in all of its windows, where each has its own active one.
 */
class DraftStore {
  #state: Drafts;
  #listeners = new Set<() => void>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #failed = false;

  constructor() {
    const list = read() ?? [];
    const first = list.length > 0 ? list : [blank([])];
    let active = "";
    try {
      active = sessionStorage.getItem(activeKey) ?? "";
    } catch {
      // Storage may be forbidden.
    }
    this.#state = { list: first, active: first.some((d) => d.id === active) ? active : first.at(-1)!.id };
    window.addEventListener("pagehide", () => this.flush());
    document.addEventListener("visibilitychange", () => document.hidden && this.flush());
    window.addEventListener("storage", (event) => event.key === key && this.#merge());
  }

  get state(): Drafts {
    return this.#state;
  }

  /** The browser refused to keep the drafts. */
  get failed(): boolean {
    return this.#failed;
  }

  subscribe = (changed: () => void): (() => void) => {
    this.#listeners.add(changed);
    return () => this.#listeners.delete(changed);
  };

  get(id: string): Draft | undefined {
    return this.#state.list.find((d) => d.id === id);
  }

  /** Opens a new draft at the end and makes it the active one. An untouched empty one is used up. */
  open(init: Partial<Pick<Draft, "name" | "sql" | "saved">> = {}): Draft {
    const { list } = this.#state;
    const spare = this.get(this.#state.active);
    const draft = { ...blank(list), ...init };
    if (init.sql !== undefined && spare && spare.sql.trim() === "" && !spare.name && !spare.saved) {
      const used = { ...draft, id: spare.id, number: spare.number };
      this.#set({ list: list.map((d) => (d.id === spare.id ? used : d)), active: spare.id });
      return used;
    }
    this.#set({ list: [...this.#room(), draft], active: draft.id });
    return draft;
  }

  /** The drafts with room for one more: what goes is saved elsewhere, or was not touched for longest; never the active one. */
  #room(): readonly Draft[] {
    const { list, active } = this.#state;
    if (list.length < most) return list;
    const kept = (d: Draft) => d.sql.trim() === "" || d.saved?.sql === d.sql;
    const [gone] = list.filter((d) => d.id !== active).sort((a, b) => Number(kept(b)) - Number(kept(a)) || a.at - b.at);
    return list.filter((d) => d !== gone);
  }

  change(id: string, change: Partial<Omit<Draft, "id">>): void {
    this.#set({ ...this.#state, list: this.#state.list.map((d) => (d.id === id ? { ...d, ...change, at: Date.now() } : d)) });
  }

  activate(id: string): void {
    if (id !== this.#state.active && this.get(id)) this.#set({ ...this.#state, active: id });
  }

  /** Closes a draft; there is always one left. Returns a way back. */
  close(id: string): () => void {
    const { list, active } = this.#state;
    const index = list.findIndex((d) => d.id === id);
    const closed = list[index];
    if (closed === undefined) return () => undefined;
    const rest = list.filter((d) => d.id !== id);
    if (rest.length === 0) rest.push(blank([]));
    this.#set({ list: rest, active: active === id ? (rest[Math.min(index, rest.length - 1)]?.id ?? "") : active });
    return () => {
      const now = this.#state.list;
      if (!now.some((d) => d.id === id)) this.#set({ list: [...now.slice(0, index), closed, ...now.slice(index)], active: id });
    };
  }

  /** Writes what is not written yet. */
  flush(): void {
    if (this.#timer === undefined) return;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const was = this.#failed;
    try {
      localStorage.setItem(key, JSON.stringify(this.#state.list));
      sessionStorage.setItem(activeKey, this.#state.active);
      this.#failed = false;
    } catch {
      this.#failed = true;
    }
    if (this.#failed !== was) this.#set({ ...this.#state }, false);
  }

  #set(next: Drafts, write = true): void {
    this.#state = next;
    if (write) this.#timer ??= setTimeout(() => this.flush(), 250);
    this.#listeners.forEach((changed) => changed());
  }

  /** Another window wrote: of each draft the newer text counts, and the active one of this window stays. */
  #merge(): void {
    const theirs = read();
    if (theirs === undefined) return;
    const mine = new Map(this.#state.list.map((d) => [d.id, d]));
    const list = theirs.map((d) => {
      const own = mine.get(d.id);
      return own && own.at >= d.at ? own : d;
    });
    const active = mine.get(this.#state.active);
    if (active && !list.some((d) => d.id === active.id)) list.push(active);
    if (list.length > 0) this.#set({ list, active: this.#state.active }, false);
  }
}

function read(): Draft[] | undefined {
  try {
    const list: unknown = JSON.parse(localStorage.getItem(key) ?? "null");
    if (!Array.isArray(list)) return undefined;
    return list.filter((d: Partial<Draft> | null): d is Draft => typeof d?.id === "string" && typeof d.sql === "string" && typeof d.number === "number");
  } catch {
    return undefined;
  }
}

function blank(list: readonly Draft[]): Draft {
  let number = 1;
  while (list.some((d) => d.number === number)) number++;
  return { id: `${Date.now().toString(36)}${Math.random().toString(36).slice(2, 8)}`, name: "", number, sql: "", at: Date.now() };
}


export const drafts = new DraftStore();
export const useDrafts = (): Drafts => useSyncExternalStore(drafts.subscribe, () => drafts.state);
