import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type axe from "axe-core";
import type { Page } from "playwright-core";
import { english, ids, type Locale } from "./words";

const source = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** What axe finds of serious or critical impact, a line each; in all of its rules, or in those on colours. */
export async function accessibility(page: Page, rules: "all" | "colours" = "all"): Promise<string[]> {
  // Evaluated by the debugger, which a content security policy does not keep out: the page has the one that people get.
  if (!(await page.evaluate(() => "axe" in window))) await page.evaluate(source);
  const violations = await page.evaluate(async (rules) => {
    const { violations } = await (window as unknown as { axe: typeof axe }).axe.run(document, {
      resultTypes: ["violations"],
      ...(rules === "colours" ? { runOnly: { type: "rule", values: ["color-contrast", "link-in-text-block"] } } : {}),
    });
    return violations
      .filter((v) => v.impact === "serious" || v.impact === "critical")
      .map((v) => ({ id: v.id, impact: v.impact, nodes: v.nodes.map((n) => `${n.target.join(" ")} ${(n.any[0] ?? n.all[0] ?? n.none[0])?.message ?? ""}`) }));
  }, rules);
  return violations.map((v) => `axe ${v.id} (${v.impact}), ${v.nodes.length} ×, as ${v.nodes[0] ?? "?"}`);
}

/** Ids instead of texts, English in Korean, placeholders that were not filled, values that are none. */
export async function texts(page: Page, locale: Locale): Promise<string[]> {
  return page.evaluate(
    ({ ids, foreign, locale }) => {
      const found = new Set<string>();
      const isId = new Set(ids);
      const isForeign = new Set(foreign);
      const look = (text: string, where: Element, data: boolean) => {
        const trimmed = text.trim();
        if (trimmed === "") return;
        const shown = `“${trimmed.slice(0, 80)}” in <${where.tagName.toLowerCase()}>`;
        if (isId.has(trimmed)) found.add(`message missing: ${shown}`);
        if (data) return;
        if (isForeign.has(trimmed)) found.add(`English in Korean: ${shown}`);
        if (/\{\s*\w+\s*(,[^}]*)?\}/.test(trimmed)) found.add(`placeholder not filled: ${shown}`);
        if (/\b(undefined|NaN|Invalid Date)\b|\[object Object\]/.test(trimmed)) found.add(`no value: ${shown}`);
      };
      // What people wrote, which may say anything.
      const data = "pre, code, .cm-editor, [role=gridcell], textarea, script, style, [lang]:not(html)";
      const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
      for (let node = walker.nextNode(); node; node = walker.nextNode()) {
        const parent = node.parentElement;
        if (parent) look(node.textContent ?? "", parent, parent.closest(data) !== null);
      }
      for (const name of ["aria-label", "title", "placeholder", "alt"]) {
        for (const element of document.querySelectorAll(`[${name}]`)) look(element.getAttribute(name) ?? "", element, element.closest(data) !== null);
      }
      if (document.documentElement.lang !== locale) found.add(`the document says lang=${document.documentElement.lang}`);
      return [...found];
    },
    { ids, foreign: locale === "ko" ? english : [], locale },
  );
}

/** What makes a page wider than its window. */
export async function overflow(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const wide = document.documentElement.scrollWidth - window.innerWidth;
    if (wide <= 0) return [];
    const worst = [...document.querySelectorAll("body *")].find((e) => e.getBoundingClientRect().right > window.innerWidth + 1);
    return [`${wide} px wider than the window: <${worst?.tagName.toLowerCase()} class="${worst?.getAttribute("class") ?? ""}">`];
  });
}
