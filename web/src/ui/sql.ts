/** What a piece of SQL is, for its colour. */
export type TokenKind = "keyword" | "function" | "type" | "string" | "number" | "comment" | "variable" | "text";
export type Token = { kind: TokenKind; text: string };

/** Words with a meaning in DuckDB's SQL; the editor's dialect has the same. */
export const keywords = new Set(
  ("all and anti any array as asc asof at between both by case cast collate columns contains cross cube current_date current_time current_timestamp " +
    "describe desc distinct else end escape except exclude exists explain extract false fetch filter first following for from full " +
    "glob group grouping groups having ilike in inner intersect interval is isnull join lambda last lateral left like limit " +
    "materialized natural not notnull null nulls of offset on or order outer over partition pivot positional preceding qualify " +
    "range recursive replace respect right rollup row rows sample select semi set sets show similar some struct summarize " +
    "table tablesample then ties to trailing true try_cast unbounded union unnest unpivot using values version timestamp_as_of when where window with within without").split(" "),
);

export const types = new Set(
  ("bigint bit blob bool boolean date decimal double enum float hugeint int integer json list map numeric real smallint text " +
    "time timestamp timestamptz tinyint ubigint uhugeint uinteger union usmallint utinyint uuid varchar").split(" "),
);

// In the order they are tried: comments, strings (also $tag$…$tag$), quoted names, numbers, $parameters, words, the rest.
const pattern =
  /(--[^\n]*|\/\*[\s\S]*?(?:\*\/|$))|('(?:[^']|'')*'?|\$([A-Za-z_]*)\$[\s\S]*?(?:\$\3\$|$))|("(?:[^"]|"")*"?)|(\b\d[\d_]*(?:\.\d+)?(?:[eE][-+]?\d+)?\b|\.\d+)|(\$\w+)|([\p{L}_][\p{L}\p{N}_$]*)|([\s\S])/gu;

/** Cuts SQL into pieces to colour. Never fails: what it does not know is text. */
export function tokenize(sql: string): Token[] {
  const tokens: Token[] = [];
  const add = (kind: TokenKind, text: string) => {
    const last = tokens.at(-1);
    if (last?.kind === kind) last.text += text;
    else tokens.push({ kind, text });
  };
  for (const match of sql.matchAll(pattern)) {
    const [text, comment, string, , name, number, variable, word] = match;
    if (comment !== undefined) add("comment", text);
    else if (string !== undefined) add("string", text);
    else if (name !== undefined) add("text", text);
    else if (number !== undefined) add("number", text);
    else if (variable !== undefined) add("variable", text);
    else if (word !== undefined) add(kindOfWord(word, sql, match.index), text);
    else add("text", text);
  }
  return tokens;
}

function kindOfWord(word: string, sql: string, at: number): TokenKind {
  const lower = word.toLowerCase();
  // `orders.date` is a column, whatever its name means elsewhere.
  if (sql[at - 1] === ".") return "text";
  const called = /^\s*\(/.test(sql.slice(at + word.length, at + word.length + 4));
  if (keywords.has(lower) && !(called && (lower === "replace" || lower === "left" || lower === "right" || lower === "contains"))) return "keyword";
  if (types.has(lower)) return "type";
  return called ? "function" : "text";
}
