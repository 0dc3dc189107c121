import type { AssetStatus, Standing, TableSummary } from "@/api";
import type { CatalogSearch, Sort, StandingGroup } from "./search";

/** A line of the catalog: a table or view, or an asset that is to become one. */
export type Item = {
  name: string;
  namespace: string;
  /** The name within its namespace. */
  short: string;
  kind: "table" | "view";
  /** An asset that was never built has no rows, no size and no columns yet. */
  built: boolean;
  rows: number;
  bytes: number;
  updatedAt: string;
  description: string;
  owner: string;
  tags: readonly string[];
  status: Standing | "";
  group: StandingGroup | "";
  columns: readonly { name: string; doc: string }[];
  /** Lower case, for looking into: its name, the words about it, and its columns. */
  key: string;
  about: string;
  columnKeys: string;
};

/** The five groups of standings, as the server counts them in the overview. */
export function groupOf(status: Standing | ""): StandingGroup | "" {
  switch (status) {
    case "":
    case "fresh":
    case "failed":
    case "never_built":
      return status;
    case "queued":
    case "running":
    case "retrying":
      return "running";
    case "succeeded":
      return "fresh";
    default:
      return "due";
  }
}

/** Everything that the catalog lists, by namespace and name: what there is, and what a run would make. */
export function itemsOf(tables: readonly TableSummary[], assets: readonly AssetStatus[]): Item[] {
  const items = tables.map((t): Item => {
    const columns = t.columns ?? [];
    return {
      name: t.name, namespace: t.namespace, short: t.name.slice(t.namespace.length + 1), kind: t.kind, built: true,
      rows: t.rows, bytes: t.bytes, updatedAt: t.updated_at, description: t.description, owner: t.owner, tags: t.tags ?? [],
      status: t.status, group: groupOf(t.status), columns,
      key: t.name.toLowerCase(),
      about: `${t.description}\n${t.owner}\n${(t.tags ?? []).join("\n")}`.toLowerCase(),
      columnKeys: columns.map((c) => `${c.name}\t${c.doc}`).join("\n").toLowerCase(),
    };
  });
  const known = new Set(items.map((item) => item.key));
  for (const a of assets) {
    const key = a.asset.toLowerCase();
    const dot = a.asset.lastIndexOf(".");
    if (dot < 0 || known.has(key)) continue;
    items.push({
      name: a.asset, namespace: a.asset.slice(0, dot), short: a.asset.slice(dot + 1), kind: a.kind === "view" ? "view" : "table", built: false,
      rows: 0, bytes: 0, updatedAt: "", description: a.description ?? "", owner: "", tags: a.tags ?? [], status: a.status, group: groupOf(a.status), columns: [],
      key, about: `${a.description ?? ""}\n${(a.tags ?? []).join("\n")}`.toLowerCase(), columnKeys: "",
    });
  }
  return items.sort((a, b) => compare(a.namespace, b.namespace) || compare(a.short, b.short));
}

const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);

/** The words that were typed; each must be found somewhere. */
export const wordsOf = (typed: string): string[] => typed.toLowerCase().split(/\s+/).filter(Boolean);

/** How well an item fits the words: 0 when one of them is nowhere in it. The name counts most, columns least. */
export function score(item: Item, words: readonly string[]): number {
  let sum = 0;
  for (const word of words) {
    const at = item.key.indexOf(word);
    if (at >= 0) {
      const short = item.namespace.length + 1;
      if (item.key === word || item.key.slice(short) === word) sum += 100;
      else if (at === 0 || at === short) sum += 50;
      else sum += /[._-]/.test(item.key[at - 1] ?? "") ? 40 : 25;
    } else if (item.about.includes(word)) sum += 6;
    else if (item.columnKeys.includes(word)) sum += 4;
    else return 0;
  }
  return sum;
}

/** The columns that are why an item was found: none when its name or what is said of it has every word. */
export function columnHits(item: Item, words: readonly string[], most: number): Item["columns"] {
  const missing = words.filter((word) => !item.key.includes(word) && !item.about.includes(word));
  if (missing.length === 0) return [];
  const hits: Item["columns"][number][] = [];
  for (const column of item.columns) {
    const text = `${column.name}\t${column.doc}`.toLowerCase();
    if (missing.some((word) => text.includes(word)) && hits.push(column) === most) break;
  }
  return hits;
}

/** A line of the list: the heading of a namespace, or an item. */
export type Line = { group: string; count: number } | { item: Item; index: number };

export type Counts = {
  kind: Record<"table" | "view", number>;
  status: Partial<Record<StandingGroup, number>>;
  namespaces: { name: string; count: number }[];
};
export type Found = { lines: Line[]; items: Item[]; counts: Counts };

const bySort: Record<Sort, (a: Item, b: Item) => number> = {
  updated: (a, b) => compare(b.updatedAt, a.updatedAt),
  rows: (a, b) => b.rows - a.rows,
  bytes: (a, b) => b.bytes - a.bytes,
};

/**
 * What fits the words and the filters, by namespace with the best fit first, or as one list when it is sorted by
 * something else; and how many would fit with each other choice of a filter.
 */
export function find(all: readonly Item[], filters: CatalogSearch): Found {
  const words = wordsOf(filters.search ?? "");
  const counts: Counts = { kind: { table: 0, view: 0 }, status: {}, namespaces: [] };
  const namespaces = new Map<string, number>();
  const scored: { item: Item; score: number }[] = [];
  for (const item of all) {
    const fit = words.length === 0 ? 1 : score(item, words);
    if (fit === 0) continue;
    const kind = !filters.kind || item.kind === filters.kind;
    const within = !filters.in || item.namespace === filters.in;
    const status = !filters.status || item.group === filters.status;
    if (within && status) counts.kind[item.kind]++;
    if (within && kind && item.group) counts.status[item.group] = (counts.status[item.group] ?? 0) + 1;
    if (kind && status) namespaces.set(item.namespace, (namespaces.get(item.namespace) ?? 0) + 1);
    if (kind && within && status) scored.push({ item, score: fit });
  }
  counts.namespaces = [...namespaces].map(([name, count]) => ({ name, count }));

  const { sort } = filters;
  if (sort) {
    const items = scored.map((s) => s.item).sort((a, b) => bySort[sort](a, b) || compare(a.name, b.name));
    return { items, lines: items.map((item, index) => ({ item, index })), counts };
  }
  const groups = new Map<string, { item: Item; score: number }[]>();
  for (const s of scored) {
    const group = groups.get(s.item.namespace);
    if (group) group.push(s);
    else groups.set(s.item.namespace, [s]);
  }
  let ordered = [...groups];
  if (words.length > 0) {
    for (const [, group] of ordered) group.sort((a, b) => b.score - a.score || a.item.short.length - b.item.short.length);
    ordered = ordered.sort(([, [a]], [, [b]]) => (a && b ? b.score - a.score || a.item.short.length - b.item.short.length : 0));
  }
  const lines: Line[] = [];
  const items: Item[] = [];
  for (const [name, group] of ordered) {
    lines.push({ group: name, count: group.length });
    for (const { item } of group) lines.push({ item, index: items.push(item) - 1 });
  }
  return { lines, items, counts };
}

/** A text cut into what fits one of the words and what does not, in order. */
export function marks(text: string, words: readonly string[]): { text: string; hit: boolean }[] {
  if (words.length === 0 || text === "") return [{ text, hit: false }];
  const lower = text.toLowerCase();
  // Lower case may be longer than what it is of (İ): then nothing is marked rather than the wrong thing.
  if (lower.length !== text.length) return [{ text, hit: false }];
  const hit = new Uint8Array(text.length);
  for (const word of words) {
    for (let at = lower.indexOf(word); at >= 0; at = lower.indexOf(word, at + word.length)) hit.fill(1, at, at + word.length);
  }
  const parts: { text: string; hit: boolean }[] = [];
  for (let from = 0, i = 1; i <= text.length; i++) {
    if (i === text.length || hit[i] !== hit[from]) {
      parts.push({ text: text.slice(from, i), hit: hit[from] === 1 });
      from = i;
    }
  }
  return parts;
}
