// @vitest-environment node
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";
import { compileMessage } from "@lingui/message-utils/compileMessage";
import { describe, expect, it } from "vitest";
import { messages as en } from "./en";
import { messages as ko } from "./ko";

/** Messages that are the same in Korean, or have no Korean letter: names and notations. */
const same = new Set<string>(["app.title", "app.version", "app.nav.sql", "sql.title", "ui.combobox.several", "ui.grid.range", "runs.tasks.done", "dashboards.source.sql"]);

const root = join(import.meta.dirname, "..");

function sources(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return entry.name === "messages" || entry.name === "kit" ? [] : sources(path);
    return /\.tsx?$/.test(entry.name) && !/\.test\.tsx?$/.test(entry.name) && entry.name !== "schema.ts" ? [path] : [];
  });
}

const files = sources(root).map((path) => ts.createSourceFile(path, readFileSync(path, "utf8"), ts.ScriptTarget.Latest, true, path.endsWith(".tsx") ? ts.ScriptKind.TSX : ts.ScriptKind.TS));

/** What stands in the sources: every string, the beginnings of templates, and the words in JSX. */
function read() {
  const strings = new Set<string>();
  const beginnings = new Set<string>();
  const asked: { id: string; at: string }[] = [];
  const words: string[] = [];
  const visit = (node: ts.Node, file: ts.SourceFile) => {
    if (ts.isStringLiteral(node) || ts.isNoSubstitutionTemplateLiteral(node)) strings.add(node.text);
    if (ts.isTemplateExpression(node)) beginnings.add(node.head.text);
    if (ts.isCallExpression(node) && ts.isIdentifier(node.expression) && node.expression.text === "t") {
      const [id] = node.arguments;
      if (id && ts.isStringLiteral(id)) asked.push({ id: id.text, at: where(node, file) });
    }
    if (ts.isJsxText(node) && /\p{L}{2,}/u.test(node.text)) words.push(`${where(node, file)}: ${node.text.trim()}`);
    if (ts.isJsxAttribute(node) && ts.isIdentifier(node.name) && /^(label|title|placeholder|aria-label|alt|hint|description)$/.test(node.name.text)) {
      const value = node.initializer;
      if (value && ts.isStringLiteral(value) && /\p{L}{2,}/u.test(value.text)) words.push(`${where(node, file)}: ${value.text}`);
    }
    ts.forEachChild(node, (child) => visit(child, file));
  };
  files.forEach((file) => visit(file, file));
  return { strings, beginnings, asked, words };
}

const where = (node: ts.Node, file: ts.SourceFile) => `${file.fileName.slice(root.length + 1)}:${file.getLineAndCharacterOfPosition(node.getStart()).line + 1}`;

/** Names that are not translated, and notations: `marts.*`, `tag:kpi`, `dashboards/sales.yaml`. */
const names = /^(hosu|SQL|NULL|CSV|JSON|Parquet|Arrow|Ctrl|Shift|Enter|Esc|(?=.*[.+*:/_])[\w.+*:/-]+)$/;

/**
 * The names of a message's placeholders: all of them, those whose value is shown rather than only chooses a plural, those that are
 * numbers, and those that are shown as they are given.
 */
function placeholders(message: string): { all: Set<string>; shown: Set<string>; numbers: Set<string>; plain: Set<string> } {
  const all = new Set<string>();
  const shown = new Set<string>();
  const numbers = new Set<string>();
  const plain = new Set<string>();
  const walk = (tokens: unknown, general: boolean, counted?: string) => {
    if (!Array.isArray(tokens)) return;
    for (const token of tokens as unknown[]) {
      if (token === "#" && counted !== undefined && general) shown.add(counted);
      if (!Array.isArray(token)) continue;
      const [name, type, cases] = token as [string, string?, Record<string, unknown>?];
      all.add(name);
      if (type === undefined) plain.add(name);
      else if (type !== "select") numbers.add(name);
      if (cases && typeof cases === "object") {
        // What one thing is called says nothing of many: `one {a file}`.
        for (const [key, inside] of Object.entries(cases)) walk(inside, general && (type === "select" || key === "other"), type === "select" ? counted : name);
      } else if (general) shown.add(name);
    }
  };
  walk(compileMessage(message), true);
  return { all, shown, numbers, plain };
}

describe("messages", () => {
  const { strings, beginnings, asked, words } = read();
  const prefixes = [...beginnings].filter((b) => /^[a-z]+\.([\w.]*)$/.test(b));

  it("are there for every id that is asked for", () => {
    expect(asked.filter(({ id }) => !(id in en)).map(({ id, at }) => `${at}: ${id}`)).toEqual([]);
  });

  it("are used", () => {
    expect(Object.keys(en).filter((id) => !strings.has(id) && !prefixes.some((p) => id.startsWith(p)))).toEqual([]);
  });

  it("have the same ids in both languages", () => {
    expect(Object.keys(ko).sort()).toEqual(Object.keys(en).sort());
  });

  it("begin with their area and are nowhere twice", () => {
    const areas = readdirSync(join(import.meta.dirname, "en")).filter((name) => name !== "index.ts").map((name) => name.replace(".ts", ""));
    const seen = new Map<string, string>();
    const wrong: string[] = [];
    for (const area of areas) {
      for (const [, id] of readFileSync(join(import.meta.dirname, "en", `${area}.ts`), "utf8").matchAll(/^\s*"([a-z]+\.[^"]+)":/gm)) {
        if (!id!.startsWith(`${area}.`)) wrong.push(`${area}.ts: ${id}`);
        if (seen.has(id!)) wrong.push(`${id} is in ${seen.get(id!)} and ${area}`);
        seen.set(id!, area);
      }
    }
    expect(wrong).toEqual([]);
  });

  it("are Korean in Korean", () => {
    const untranslated = Object.entries(ko).filter(([id, text]) => !same.has(id) && (!/[가-힣]/.test(text) || text === en[id as keyof typeof en]));
    expect(untranslated.map(([id, text]) => `${id}: ${text}`)).toEqual([]);
  });

  it("have the same placeholders in both languages, and compile", () => {
    // Korean has no plurals: what only chooses one may be missing there.
    const different = Object.entries(en).flatMap(([id, text]) => {
      const [a, b] = [placeholders(text), placeholders(ko[id as keyof typeof ko])];
      const lost = [...a.shown].filter((name) => !b.shown.has(name));
      const unknown = [...b.all].filter((name) => !a.all.has(name));
      return lost.length + unknown.length ? [`${id}: ${lost.map((n) => `${n} is not shown in Korean`).concat(unknown.map((n) => `${n} is only in Korean`)).join(", ")}`] : [];
    });
    expect(different).toEqual([]);
  });

  it("write numbers with their separators: 1,873 in both languages", () => {
    const bare = Object.entries(en).flatMap(([id, text]) => {
      const [a, b] = [placeholders(text), placeholders(ko[id as keyof typeof ko])];
      return [...new Set([...a.numbers, ...b.numbers])].filter((name) => a.plain.has(name) || b.plain.has(name)).map((name) => `${id}: {${name}} is a number: {${name}, number}`);
    });
    expect(bare).toEqual([]);
  });

  it("are all the words that a page shows", () => {
    expect(words.filter((line) => !names.test(line.slice(line.indexOf(": ") + 2)))).toEqual([]);
  });
});
