import type { SqlFunction, TableSummary } from "@/api";
import type { Catalog } from "./catalog";
import { columnsIn, reserved, same, scopeAt, type Column, type Relation, type Scope } from "./scope";
import { statementAt } from "./statements";
import { nameOf, tokenize, type Token } from "./tokens";

export type Suggestion = {
  kind: "namespace" | "table" | "view" | "query" | "column" | "alias" | "function" | "keyword" | "join";
  /** What is shown and matched. */
  label: string;
  /** What is written; the label if absent. */
  insert?: string;
  /** How far before the end of what is written the cursor stands then. */
  back?: number;
  /** More is suggested at once: the tables of a namespace. */
  more?: boolean;
  detail?: string;
  /** Higher comes first, among equal matches. */
  rank: number;
  of?: { table?: TableSummary; function?: SqlFunction; column?: Column; relation?: string };
};

export type Suggestions = { from: number; items: Suggestion[] };

const keywords = (
  "select from where group by order by having limit offset join left join right join inner join full join cross join asof join semi join anti join on using " +
  "as and or not in is null is not null between like ilike distinct case when then else end union all union intersect except with recursive over partition by " +
  "qualify window filter exclude replace asc desc nulls last nulls first true false interval cast values describe summarize pivot unpivot lateral exists " +
  "rows range preceding following unbounded current row using sample"
);
// Words that belong together are one suggestion.
const phrases = [...new Set(keywords.match(/(?:group|order|partition) by|(?:left|right|inner|full|cross|asof|semi|anti) join|is not null|is null|union all|nulls (?:last|first)|using sample|current row|\w+/g))];

const plain = /^[\p{L}_][\p{L}\p{M}\p{N}_$]*$/u;

/** A name as it must be written: in quotes if it is no plain word. */
export const quoted = (name: string): string => (plain.test(name) && !reserved.has(name.toLowerCase()) ? name : `"${name.replaceAll('"', '""')}"`);
/** The full name of a table as it must be written. */
export const quotedPath = (name: string): string => name.split(".").map(quoted).join(".");

/** The names before a position: `o.na|` is ["o"] and "na". */
type Path = { parts: string[]; from: number; partial: string };

/** Undefined where nothing is to be suggested: in texts, comments and numbers. */
function pathBefore(tokens: Token[], position: number): Path | undefined {
  let i = tokens.findLastIndex((t) => t.from < position);
  let partial = "";
  let from = position;
  const at = tokens[i];
  if (at !== undefined && (at.to > position || (at.to === position && at.type !== "punct"))) {
    if (at.type === "quoted" && (at.open || at.to > position)) {
      partial = at.text.slice(1, position - at.from);
    } else if (at.type === "word") partial = at.text.slice(0, position - at.from);
    else if (at.type !== "punct") return at.type === "quoted" ? { parts: [], from: position, partial: "" } : undefined;
    if (at.type !== "punct") {
      from = at.from;
      i--;
    }
  } else if (at?.open) return undefined;
  const parts: string[] = [];
  let next = from;
  while (tokens[i]?.text === "." && tokens[i]!.to === next) {
    const owner = tokens[i - 1];
    if (owner === undefined || (owner.type !== "word" && owner.type !== "quoted") || owner.to !== tokens[i]!.from) break;
    parts.unshift(nameOf(owner));
    next = owner.from;
    i -= 2;
  }
  return { parts, from, partial };
}

/** The statement around a position with its tokens, and the scope there. */
function look(text: string, position: number, catalog: Catalog): { tokens: Token[]; scope: Scope } {
  const span = statementAt(text, position);
  const end = Math.max(span?.to ?? 0, position);
  // A statement begins where the one before ends: the position may stand in the space before it.
  const from = Math.min(span?.from ?? position, position);
  const tokens = tokenize(text.slice(from, end)).map((t) => ({ ...t, from: t.from + from, to: t.to + from }));
  return { tokens, scope: scopeAt(tokens, position, catalog.columnsOf) };
}

/**
 * What may be written at a position, the likely first. `explicit` says that it was asked for; else nothing is suggested where a
 * suggestion would only be in the way: before anything is written, and for words that are complete.
 */
export function suggest(text: string, position: number, catalog: Catalog, explicit = false): Suggestions | undefined {
  const { tokens, scope } = look(text, position, catalog);
  const path = pathBefore(tokens, position);
  if (path === undefined) return undefined;
  if (path.parts.length > 0) {
    const items = members(path.parts, scope, catalog);
    return items.length > 0 ? { from: path.from, items } : undefined;
  }
  if (scope.expects === "alias") return undefined;
  if (!explicit) {
    if (path.partial === "") return undefined;
    // An alias of one letter must not become a keyword by Enter.
    if (scope.expects === "nothing" && path.partial.length < 2 && tokens.length > 1) return undefined;
  }
  const items = scope.expects === "table" ? tablesFor(scope, catalog) : namesFor(scope, catalog);
  const words = phrases
    .filter((word) => word.startsWith(path.partial.toLowerCase()))
    .map((label): Suggestion => ({ kind: "keyword", label: /^[A-Z]/.test(path.partial) ? label.toUpperCase() : label, rank: scope.expects === "nothing" ? 2 : 0 }));
  // A word that is complete asks for nothing, and Enter behind it must be a new line.
  if (words.some((w) => same(w.label, path.partial)) && !items.some((i) => i.kind === "column" && same(i.label, path.partial))) return undefined;
  return { from: path.from, items: [...items, ...words] };
}

/** What a name before a dot has: the columns of a relation, the tables of a namespace. */
function members(parts: string[], scope: Scope, catalog: Catalog): Suggestion[] {
  const name = parts.join(".");
  const relation =
    scope.relations.find((r) => parts.length === 1 && same(r.alias, name)) ?? scope.relations.find((r) => r.table !== undefined && same(r.table, name));
  const columns = relation ? columnsIn(relation, catalog.columnsOf) : (catalog.columnsOf(name) ?? []);
  if (columns.length > 0) return columns.map((column, i) => columnItem(column, quoted(column.name), 50 - i, relation?.table ?? name));
  const prefix = `${name.toLowerCase()}.`;
  return catalog.tables
    .filter((table) => table.name.toLowerCase().startsWith(prefix))
    .map((table) => tableItem(table, table.name.slice(prefix.length), 10));
}

function columnItem(column: Column, insert: string, rank: number, relation: string | undefined): Suggestion {
  return { kind: "column", label: column.name, insert, detail: column.type, rank: Math.max(rank, 10), of: { column, relation } };
}

const tableItem = (table: TableSummary, label: string, rank: number): Suggestion => ({
  kind: table.kind, label, insert: quotedPath(label), rank, of: { table },
});

function tablesFor(scope: Scope, catalog: Catalog): Suggestion[] {
  return [
    ...scope.ctes.map((cte): Suggestion => ({ kind: "query", label: cte.alias, insert: quoted(cte.alias), rank: 40 })),
    ...catalog.tables.map((table) => tableItem(table, table.name, 20)),
    ...catalog.namespaces.map(({ name }): Suggestion => ({ kind: "namespace", label: name, insert: `${quotedPath(name)}.`, more: true, rank: 30 })),
    ...catalog.functions.filter((f) => f.kind === "table").map(functionItem),
  ];
}

function namesFor(scope: Scope, catalog: Catalog): Suggestion[] {
  const owners = new Map<string, number>();
  const each = scope.relations.map((relation) => ({ relation, columns: columnsIn(relation, catalog.columnsOf) }));
  for (const { columns } of each) for (const c of columns) owners.set(c.name.toLowerCase(), (owners.get(c.name.toLowerCase()) ?? 0) + 1);
  const some = scope.expects !== "nothing";
  const columns = each.flatMap(({ relation, columns }) =>
    columns.map((column, i) => {
      // A name of several relations has to say of which.
      const insert = (owners.get(column.name.toLowerCase()) ?? 0) > 1 && relation.alias ? `${quoted(relation.alias)}.${quoted(column.name)}` : quoted(column.name);
      const item = columnItem(column, insert, some ? 45 - i : 0, relation.table ?? relation.alias);
      return { ...item, label: insert.includes(".") ? `${relation.alias}.${column.name}` : column.name, rank: some ? item.rank : 1 };
    }),
  );
  return [
    ...(scope.expects === "join" ? joins(scope.relations, catalog) : []),
    ...columns,
    ...scope.relations.filter((r) => r.alias).map((r): Suggestion => ({ kind: "alias", label: r.alias, insert: `${quoted(r.alias)}.`, more: true, detail: r.table, rank: some ? 8 : 0 })),
    ...catalog.functions.filter((f) => f.kind !== "table" && plain.test(f.name)).map(functionItem),
    ...(scope.relations.length === 0 ? catalog.tables.map((table) => tableItem(table, table.name, -10)) : []),
  ];
}

function functionItem(f: SqlFunction): Suggestion {
  const bare = f.signatures.length > 0 && f.signatures.every((s) => s.includes("()"));
  return { kind: "function", label: f.name, insert: `${f.name}()`, back: bare ? 0 : 1, detail: f.kind === "scalar" ? undefined : f.kind, rank: -1, of: { function: f } };
}

/** Conditions for the newest of the joined relations: columns of the same name, and `o.member_id = m.id`. */
function joins(relations: Relation[], catalog: Catalog): Suggestion[] {
  const ordered = [...relations].sort((a, b) => a.at - b.at);
  const right = ordered.pop();
  if (right === undefined) return [];
  const found: Suggestion[] = [];
  const rights = columnsIn(right, catalog.columnsOf);
  const add = (left: Relation, a: string, b: string, rank: number) =>
    found.push({ kind: "join", label: `${left.alias}.${a} = ${right.alias}.${b}`, insert: `${quoted(left.alias)}.${quoted(a)} = ${quoted(right.alias)}.${quoted(b)}`, rank });
  for (const left of ordered) {
    const lefts = columnsIn(left, catalog.columnsOf);
    for (const a of lefts) {
      for (const b of rights) {
        const key = (name: string, of: Relation) => name.toLowerCase().replace(/_id$/, "") === singular(of);
        if (same(a.name, b.name) && /_(id|key|code|no)$/i.test(a.name)) add(left, a.name, b.name, 60);
        else if ((same(b.name, "id") && key(a.name, right)) || (same(a.name, "id") && key(b.name, left))) add(left, a.name, b.name, 62);
      }
    }
  }
  return found;
}

const singular = (r: Relation) => (r.table?.split(".").at(-1) ?? r.alias).toLowerCase().replace(/ies$/, "y").replace(/s$/, "");

export type Told =
  | { from: number; to: number; kind: "function"; function: SqlFunction }
  | { from: number; to: number; kind: "table"; table: TableSummary }
  | { from: number; to: number; kind: "column"; column: Column; relation: string };

/** What is known of the name at a position. */
export function tell(text: string, position: number, catalog: Catalog): Told | undefined {
  const { tokens, scope } = look(text, position, catalog);
  const index = tokens.findIndex((t) => t.from <= position && position < t.to);
  const token = tokens[index];
  if (token?.type !== "word" && token?.type !== "quoted") return undefined;
  const path = pathBefore(tokens, token.to);
  const name = nameOf(token);
  const full = [...(path?.parts ?? []), name].join(".");
  const range = { from: token.from, to: token.to };

  const table = catalog.table(full);
  if (table) return { ...range, kind: "table", table };
  if (tokens[index + 1]?.text === "(" && !path?.parts.length) {
    const known = catalog.function(name);
    if (known) return { ...range, kind: "function", function: known };
  }
  const owner = path?.parts.join(".");
  if (owner) {
    const relation = scope.relations.find((r) => same(r.alias, owner)) ?? scope.relations.find((r) => r.table !== undefined && same(r.table, owner));
    const column = (relation ? columnsIn(relation, catalog.columnsOf) : catalog.columnsOf(owner))?.find((c) => same(c.name, name));
    return column && { ...range, kind: "column", column, relation: relation?.table ?? owner };
  }
  // The name of a relation, unless a column hides it.
  for (const relation of scope.relations) {
    const column = columnsIn(relation, catalog.columnsOf).find((c) => same(c.name, name));
    if (column) return { ...range, kind: "column", column, relation: relation.table ?? relation.alias };
  }
  const aliased = scope.relations.find((r) => same(r.alias, name))?.table;
  const of = aliased === undefined ? undefined : catalog.table(aliased);
  if (of) return { ...range, kind: "table", table: of };
  // count(*) without its parenthesis yet, current_date
  const known = token.type === "word" && !reserved.has(name.toLowerCase()) ? catalog.function(name) : undefined;
  return known && { ...range, kind: "function", function: known };
}
