import { isWord, nameOf, type Token } from "./tokens";

export type Column = { name: string; type: string; doc?: string };

/** What a name before a dot may stand for: an item of FROM. */
export type Relation = {
  /** What it is called in the statement: its alias, else the last part of its name. */
  alias: string;
  /** The full name of a table as it is written, with dots; absent of a subquery. */
  table?: string;
  /** Of a subquery, a CTE or a VALUES list; those of a table are in the catalog. */
  columns?: Column[];
  /** Where it begins in the text. */
  at: number;
};

/** What can be named at a place of a statement. */
export type Scope = {
  /** Of the query around the place, and then of the queries around that one. */
  relations: Relation[];
  ctes: Relation[];
  /** What is expected at the place. */
  expects: "table" | "column" | "alias" | "join" | "nothing";
};

/** The columns of a table of the catalog, if there is one. */
export type ColumnsOf = (table: string) => Column[] | undefined;

type Group = { type: "group"; from: number; to: number; /** `(`; `[` and `{` hold expressions. */ open: string; closed: boolean; nodes: Node[] };
type Node = Token | Group;

const isGroup = (node: Node | undefined): node is Group => node?.type === "group";
const is = (node: Node | undefined, ...words: string[]) => node !== undefined && !isGroup(node) && isWord(node, ...words);
const isPunct = (node: Node | undefined, text: string) => node?.type === "punct" && node.text === text;
const isName = (node: Node | undefined): node is Token => node?.type === "quoted" || (node?.type === "word" && !reserved.has(node.text.toLowerCase()));

/** The words that end an item of FROM or of SELECT, so that they are no alias. */
export const reserved = new Set(
  (
    "all and any as asc asof between by case cast collate cross desc describe distinct else end except exclude exists false fetch filter for from full group " +
    "having ilike in inner intersect into is isnull join lateral left like limit natural not notnull null offset on or order outer over partition pivot " +
    "positional qualify replace returning right sample select semi anti set similar some summarize table tablesample then to true union unpivot using values when where window with within"
  ).split(" "),
);

/** Nests tokens by their brackets. One that is not closed goes to the end. */
function nest(tokens: Token[], end: number): Node[] {
  const root: Node[] = [];
  const stack: Group[] = [];
  for (const token of tokens) {
    if (token.type === "comment") continue;
    const nodes = stack.at(-1)?.nodes ?? root;
    if (token.type === "punct" && "([{".includes(token.text)) {
      const group: Group = { type: "group", from: token.from, to: end, open: token.text, closed: false, nodes: [] };
      nodes.push(group);
      stack.push(group);
    } else if (token.type === "punct" && ")]}".includes(token.text)) {
      const group = stack.pop();
      if (group) {
        group.to = token.to;
        group.closed = true;
      }
    } else nodes.push(token);
  }
  // `select lower(o.| from orders o`: while the call is being written it must not take the FROM of the query.
  for (let group = stack.pop(); group !== undefined; group = stack.pop()) {
    const parent = stack.at(-1)?.nodes ?? root;
    const clause = group.nodes.findIndex((n, i) => is(n, "from") && !is(group.nodes[i - 1], "distinct"));
    if (group.open === "(" && clause >= 0 && !isQuery(group.nodes) && !is(parent.at(-2), "extract", "substring", "trim", "overlay")) {
      group.to = group.nodes[clause]!.from;
      parent.push(...group.nodes.splice(clause));
    }
  }
  return root;
}

/** Whether nodes are a query, so that FROM is a clause and not a part of `extract(year from x)`. */
function isQuery(nodes: Node[]): boolean {
  const first = nodes[0];
  return is(first, "select", "with", "from", "values", "pivot", "unpivot", "summarize", "describe") || (isGroup(first) && first.open === "(" && isQuery(first.nodes));
}

/** What can be named at a position among the tokens of one statement. */
export function scopeAt(tokens: Token[], position: number, columnsOf: ColumnsOf): Scope {
  const end = Math.max(position, tokens.at(-1)?.to ?? 0);
  const level = nest(tokens, end);
  return within(level, position, { relations: [], ctes: [], expects: "nothing" }, columnsOf, true);
}

const inside = (group: Group, position: number) => position > group.from && (position < group.to || (!group.closed && position <= group.to));

function within(nodes: Node[], position: number, outer: Scope, columnsOf: ColumnsOf, query: boolean): Scope {
  let scope = outer;
  let rest = nodes;
  if (query) {
    const read = readWith(nodes, position, outer, columnsOf);
    if (read.scope) return read.scope;
    rest = segment(read.rest, position);
    const own = relationsOf(rest, read.ctes, columnsOf);
    scope = { relations: [...own, ...outer.relations], ctes: read.ctes, expects: expectsAt(rest, position) };
  }
  for (const [i, node] of rest.entries()) {
    if (!isGroup(node) || !inside(node, position)) continue;
    if (node.open === "(" && isQuery(node.nodes)) {
      // A subquery in FROM does not see its neighbours, unless it is LATERAL; in WHERE and SELECT it does.
      const before = rest[i - 1];
      const fromItem = is(before, "from", "join") || isPunct(before, ",");
      return within(node.nodes, position, { ...scope, relations: fromItem && inFrom(rest, i) ? outer.relations : scope.relations }, columnsOf, true);
    }
    const held = inFrom(rest, i) && !isName(rest[i - 1]) && !is(rest[i - 1], "using") ? relationsInFrom(node.nodes, scope.ctes, columnsOf) : [];
    const expects = is(rest[i - 1], "using") || scope.expects === "join" ? "column" : node.nodes.length === 0 && scope.expects === "table" ? "table" : "column";
    return within(node.nodes, position, { ...scope, relations: [...held, ...scope.relations], expects }, columnsOf, false);
  }
  return scope;
}

/** The part of a query between UNION, INTERSECT and EXCEPT that a position is in. */
function segment(nodes: Node[], position: number): Node[] {
  let from = 0;
  for (const [i, node] of nodes.entries()) {
    // `* except (a)` is a list of columns in other dialects; a set operation is followed by a query.
    if (!is(node, "union", "intersect", "except")) continue;
    if (position <= node.from) return nodes.slice(from, i);
    from = i + 1;
  }
  return nodes.slice(from);
}

/** Reads `with a as (…), b(x) as (…)`. A position in one of the queries gets its scope: what was named before it. */
function readWith(nodes: Node[], position: number, outer: Scope, columnsOf: ColumnsOf): { ctes: Relation[]; rest: Node[]; scope?: Scope } {
  let ctes = outer.ctes;
  if (!is(nodes[0], "with")) return { ctes, rest: nodes };
  let i = 1;
  const recursive = is(nodes[1], "recursive");
  if (recursive) i++;
  while (i < nodes.length) {
    const name = nodes[i];
    if (!isName(name)) break;
    i++;
    let named: string[] | undefined;
    if (isGroup(nodes[i])) named = (nodes[i++] as Group).nodes.filter(isName).map(nameOf);
    if (is(nodes[i], "using")) i += 2; // USING KEY (…)
    if (!is(nodes[i], "as")) break;
    i++;
    if (is(nodes[i], "not")) i++;
    if (is(nodes[i], "materialized")) i++;
    const body = nodes[i];
    if (!isGroup(body)) break;
    const self = { alias: nameOf(name), at: name.from, columns: rename(outputColumns(body.nodes, ctes, columnsOf), named) };
    if (inside(body, position)) {
      const scope = within(body.nodes, position, { ...outer, ctes: recursive ? [self, ...ctes] : ctes, expects: "nothing" }, columnsOf, true);
      return { ctes, rest: [], scope };
    }
    ctes = [self, ...ctes];
    i++;
    if (!isPunct(nodes[i], ",")) break;
    i++;
  }
  return { ctes, rest: nodes.slice(i) };
}

function rename(columns: Column[], names: string[] | undefined): Column[] {
  if (names === undefined) return columns;
  return names.map((name, i) => ({ type: "", ...columns[i], name }));
}

const ends = ["where", "group", "having", "order", "limit", "qualify", "window", "select", "offset", "union", "sample"] as const;

/** Whether a node is in the FROM clause of its query. */
function inFrom(nodes: Node[], index: number): boolean {
  for (let i = index - 1; i >= 0; i--) {
    if (is(nodes[i], "from", "join") && !is(nodes[i - 1], "distinct")) return true;
    if (is(nodes[i], ...ends, "on")) return false;
  }
  return false;
}

function relationsOf(nodes: Node[], ctes: Relation[], columnsOf: ColumnsOf): Relation[] {
  const found: Relation[] = [];
  for (let i = 0; i < nodes.length; i++) {
    const begins = (is(nodes[i], "from") && !is(nodes[i - 1], "distinct")) || (i === 0 && is(nodes[i], "pivot", "unpivot", "summarize", "describe"));
    if (!begins) continue;
    let end = i + 1;
    while (end < nodes.length && !is(nodes[end], ...ends)) end++;
    found.push(...relationsInFrom(nodes.slice(i + 1, end), ctes, columnsOf));
    i = end - 1;
  }
  return found;
}

/** Reads the items of a FROM clause, without the word itself. */
function relationsInFrom(nodes: Node[], ctes: Relation[], columnsOf: ColumnsOf): Relation[] {
  const found: Relation[] = [];
  let expected = true;
  for (let i = 0; i < nodes.length; i++) {
    const node = nodes[i]!;
    if (is(node, "join") || isPunct(node, ",")) expected = true;
    else if (is(node, "on", "using")) expected = false;
    else if (expected && !is(node, "lateral")) {
      const read = readRelation(nodes, i, ctes, columnsOf);
      if (read === undefined) continue;
      found.push(...read.relations);
      i = read.next - 1;
      expected = false;
    }
  }
  return found;
}

function readRelation(nodes: Node[], start: number, ctes: Relation[], columnsOf: ColumnsOf): { relations: Relation[]; next: number } | undefined {
  let i = start;
  const first = nodes[i];
  let relations: Relation[];
  if (isGroup(first)) {
    i++;
    relations = isQuery(first.nodes) ? [{ alias: "", at: first.from, columns: outputColumns(first.nodes, ctes, columnsOf) }] : relationsInFrom(first.nodes, ctes, columnsOf);
  } else if (isName(first)) {
    const parts = [nameOf(first)];
    for (i++; isPunct(nodes[i], "."); i++) {
      const part = nodes[i + 1];
      if (part?.type !== "word" && part?.type !== "quoted") {
        i++;
        break;
      }
      parts.push(nameOf(part));
      i++;
    }
    if (isGroup(nodes[i])) {
      i++; // a table function; its columns are not known
      relations = [{ alias: parts.at(-1)!, at: first.from, columns: [] }];
    } else {
      const table = parts.join(".");
      const cte = parts.length === 1 ? ctes.find((c) => same(c.alias, table)) : undefined;
      relations = [cte ? { alias: parts[0]!, at: first.from, columns: cte.columns } : { alias: parts.at(-1)!, at: first.from, table }];
    }
  } else return undefined;

  if (is(nodes[i], "as")) i++;
  const alias = nodes[i];
  if (isName(alias) && relations.length <= 1) {
    i++;
    relations = [{ ...relations[0], at: relations[0]?.at ?? alias.from, alias: nameOf(alias) }];
    const names = nodes[i];
    if (isGroup(names)) {
      i++;
      const columns = relations[0]!.columns ?? (relations[0]!.table === undefined ? [] : columnsOf(relations[0]!.table)) ?? [];
      relations = [{ ...relations[0]!, columns: rename(columns, names.nodes.filter(isName).map(nameOf)) }];
    }
  }
  return { relations: relations.filter((r) => r.alias !== "" || r.columns?.length), next: i };
}

export const same = (a: string, b: string) => a.toLowerCase() === b.toLowerCase();

/** The columns of a relation: its own, or those of its table. */
export const columnsIn = (relation: Relation, columnsOf: ColumnsOf): Column[] =>
  relation.columns ?? (relation.table === undefined ? undefined : columnsOf(relation.table)) ?? [];

/** The columns of a query's result, as far as they have a name that can be told from its text. */
function outputColumns(nodes: Node[], ctes: Relation[], columnsOf: ColumnsOf): Column[] {
  if (nodes.length === 1 && isGroup(nodes[0])) return outputColumns(nodes[0].nodes, ctes, columnsOf);
  const read = readWith(nodes, -1, { relations: [], ctes, expects: "nothing" }, columnsOf);
  const first = segment(read.rest, read.rest[0]?.from ?? 0);
  const relations = relationsOf(first, read.ctes, columnsOf);
  const everything = () => relations.flatMap((r) => columnsIn(r, columnsOf));
  const select = first.findIndex((n) => is(n, "select"));
  if (select < 0) return everything();
  let from = select + 1;
  if (is(first[from], "all", "distinct")) from++;
  if (is(first[from], "on") && isGroup(first[from + 1])) from += 2;
  let end = from;
  while (end < first.length && !(is(first[end], "from", ...ends.filter((w) => w !== "select")) && !is(first[end - 1], "distinct"))) end++;
  return split(first.slice(from, end)).flatMap((item) => outputColumn(item, relations, everything, columnsOf));
}

function split(nodes: Node[]): Node[][] {
  const items: Node[][] = [[]];
  for (const node of nodes) {
    if (isPunct(node, ",")) items.push([]);
    else items.at(-1)!.push(node);
  }
  return items.filter((item) => item.length > 0);
}

function outputColumn(item: Node[], relations: Relation[], everything: () => Column[], columnsOf: ColumnsOf): Column[] {
  const last = item.at(-1)!;
  const before = item.at(-2);
  const star = item.findIndex((n) => isPunct(n, "*"));
  // `*`, `o.*`, `* exclude (a, b)`
  if (star === 0 || (star === 2 && isPunct(item[1], "."))) {
    const owner = item[0];
    const all = star === 0 ? everything() : relations.filter((r) => isName(owner) && same(r.alias, nameOf(owner))).flatMap((r) => columnsIn(r, columnsOf));
    const exclude = item.findIndex((n) => is(n, "exclude"));
    const list = item[exclude + 1];
    const left = exclude < 0 ? [] : (isGroup(list) ? list.nodes : [list]).flatMap((n) => (n !== undefined && isName(n) ? [nameOf(n)] : []));
    return all.filter((c) => !left.some((name) => same(name, c.name)));
  }
  // `name: expression`, DuckDB's own
  if (isName(item[0]) && isPunct(item[1], ":")) return [{ name: nameOf(item[0]), type: "" }];
  if (last.type !== "word" && last.type !== "quoted") return [];
  if (is(before, "as")) return [{ name: nameOf(last), type: "" }];
  if (!isName(last)) return [];
  const path = item.every((n, i) => (i % 2 === 0 ? n.type === "word" || n.type === "quoted" : isPunct(n, ".")));
  const name = nameOf(last);
  if (path) {
    const owner = item.length > 1 ? item[item.length - 3] : undefined;
    const of = owner && !isGroup(owner) ? relations.filter((r) => same(r.alias, nameOf(owner))) : relations;
    const known = of.flatMap((r) => columnsIn(r, columnsOf)).find((c) => same(c.name, name));
    return [known ?? { name, type: "" }];
  }
  // `sum(x) total`: an alias without AS stands behind something that ends an expression.
  const ends = before !== undefined && (isGroup(before) || before.type === "string" || before.type === "number" || before.type === "quoted" || before.type === "param" || before.type === "word");
  return ends && !is(before, "and", "or", "not", "is", "like", "in", "then", "else", "when", "case") ? [{ name, type: "" }] : [];
}

/** What may be written at a place, by the clause that it is in. */
function expectsAt(nodes: Node[], position: number): Scope["expects"] {
  let expects: Scope["expects"] = "nothing";
  for (const [i, node] of nodes.entries()) {
    // What is being written at the position does not count as written.
    if (node.to >= position && !(isGroup(node) && node.to <= position)) break;
    if (is(node, "select", "where", "having", "qualify", "by", "and", "or", "when", "then", "else", "not", "case", "between", "distinct", "using")) expects = "column";
    else if ((is(node, "from") && !is(nodes[i - 1], "distinct")) || is(node, "join", "describe", "summarize", "pivot", "unpivot")) expects = "table";
    else if (is(node, "on")) expects = "join";
    else if (is(node, "as")) expects = "alias";
    else if (isPunct(node, ",")) expects = inFrom(nodes, i) ? "table" : "column";
    else if (is(node, "limit", "offset")) expects = "nothing";
    else if (expects === "table") expects = "nothing";
    else if (expects === "alias") expects = inFrom(nodes, i) ? "nothing" : "column";
    else if (expects === "join" && !isGroup(node)) expects = "column";
  }
  return expects;
}
