import type { SqlFunction, TableSummary } from "@/api";
import type { Column } from "./scope";
import type { Suggestion, Told } from "./suggest";
import css from "./lang.module.css";

/** What cards say in the language of the interface. */
export type Words = {
  rows: (n: number) => string;
  columns: (n: number) => string;
  view: string;
  more: (n: number) => string;
  updated: (at: string) => string;
  of: (relation: string) => string;
  kinds: Record<SqlFunction["kind"], string>;
};

function element(tag: string, className: string | undefined, ...children: (string | Node | undefined)[]): HTMLElement {
  const made = document.createElement(tag);
  if (className) made.className = className;
  made.append(...children.filter((c): c is string | Node => c !== undefined && c !== ""));
  return made;
}

export function hoverCard(told: Told, words: Words): HTMLElement {
  const card = element("div", css.card);
  if (told.kind === "function") card.append(functionCard(told.function, words));
  else if (told.kind === "table") card.append(tableCard(told.table, words));
  else card.append(columnCard(told.column, told.relation, words));
  return card;
}

export function completionCard(item: Suggestion, words: Words): HTMLElement {
  const { table, function: f, column, relation } = item.of ?? {};
  const inner = table ? tableCard(table, words) : f ? functionCard(f, words) : column ? columnCard(column, relation ?? "", words) : element("div", undefined);
  return element("div", css.card, inner);
}

function functionCard(f: SqlFunction, words: Words): HTMLElement {
  const most = 6;
  const card = element("div", css.inner);
  for (const signature of f.signatures.slice(0, most)) card.append(element("code", css.signature, ...signatureOf(signature)));
  if (f.signatures.length > most) card.append(element("span", css.quiet, words.more(f.signatures.length - most)));
  if (f.description) card.append(element("p", css.text, ...prose(f.description)));
  for (const example of f.examples.slice(0, 2)) card.append(element("code", css.example, example));
  if (f.kind !== "scalar") card.append(element("span", css.quiet, words.kinds[f.kind]));
  return card;
}

/** `round(x DOUBLE) → DOUBLE`, its name and its types set apart. */
function signatureOf(signature: string): (string | Node)[] {
  const open = signature.indexOf("(");
  if (open < 0) return [signature];
  const arrow = signature.lastIndexOf(" → ");
  return [element("b", css.function, signature.slice(0, open)), signature.slice(open, arrow < 0 ? undefined : arrow), arrow < 0 ? "" : element("span", css.type, signature.slice(arrow))];
}

/** Text in which `code` is marked by backquotes. */
const prose = (text: string): (string | Node)[] => text.split("`").map((part, i) => (i % 2 ? element("code", undefined, part) : part));

function tableCard(table: TableSummary, words: Words): HTMLElement {
  const most = 14;
  const card = element("div", css.inner, element("code", css.title, table.name));
  const facts = [table.kind === "view" ? words.view : words.rows(table.rows), words.columns(table.columns.length), table.updated_at && table.kind === "table" ? words.updated(table.updated_at) : ""];
  card.append(element("span", css.quiet, facts.filter(Boolean).join(" · ")));
  if (table.description) card.append(element("p", css.text, table.description));
  const list = element("dl", css.columns);
  for (const column of table.columns.slice(0, most)) list.append(element("dt", undefined, column.name), element("dd", css.type, column.type));
  if (table.columns.length > 0) card.append(list);
  if (table.columns.length > most) card.append(element("span", css.quiet, words.more(table.columns.length - most)));
  return card;
}

function columnCard(column: Column, relation: string, words: Words): HTMLElement {
  const card = element("div", css.inner, element("code", css.title, column.name, " ", element("span", css.type, column.type)));
  if (column.doc) card.append(element("p", css.text, column.doc));
  if (relation) card.append(element("span", css.quiet, words.of(relation)));
  return card;
}
