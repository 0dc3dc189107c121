import { expect, inject, test } from "vitest";
import type { Dashboard, List, TileResult } from "@/api/types";
import { figure } from "./support/figures";
import { measured, phone, useBrowser, wide, type Visit } from "./support/visit";

const begin = useBrowser();
const get = async <Answer>(path: string) => (await (await fetch(`${inject("url")}/api/v1${path}`)).json()) as Answer;

/** The number of a tile, in all of its digits. */
const said = async ({ page }: Visit, name: string) => page.getByRole("button", { name: new RegExp(`^${name}`) }).first().getAttribute("title");

test("the dates and a filter of a dashboard change its numbers, and are in its address", async (context) => {
  const visit = await begin(context);
  const { page, t } = visit;
  await visit.open("/dashboards");
  await page.getByRole("link", { name: "Sales" }).first().click();
  await page.waitForURL(/\/dashboards\/sales/);
  await visit.settled();
  const first = await said(visit, "Revenue");

  await page.getByRole("group", { name: t("dashboards.controls") }).getByRole("button", { name: /28/ }).click();
  await page.getByRole("dialog", { name: t("ui.range") }).getByRole("button", { name: /\b7\b/ }).click();
  await page.waitForURL(/range=7d/);
  await visit.settled();
  const second = await said(visit, "Revenue");
  expect(second).not.toBe(first);

  const { items } = await get<List<{ value: string; count: number }>>("/dashboards/sales/filters/channel");
  const { filters } = await get<Dashboard>("/dashboards/sales");
  const channel = filters.find((f) => f.dimension === "channel")!.label.en;
  await page.getByRole("group", { name: t("dashboards.controls") }).getByRole("button", { name: new RegExp(`^${channel}`) }).click();
  await page.getByRole("option", { name: new RegExp(`^${items[0]!.value}`) }).click();
  await page.keyboard.press("Escape");
  await page.waitForURL(/filter=/);
  await visit.settled();
  const third = await said(visit, "Revenue");
  expect(third).not.toBe(second);
  // What the server says of the same question.
  const filter = `filter=${encodeURIComponent(`channel:${items[0]!.value}`)}`;
  const { from, to } = (await get<Dashboard>("/dashboards/sales")).range.options.find((o) => o.name === "7d")!;
  const { value } = await get<TileResult>(`/dashboards/sales/tiles/0?from=${from}&to=${to}&${filter}`);
  expect(third?.replace(/\D/g, "")).toBe(String(value).replace(/\D/g, ""));

  // The address alone brings it back.
  await page.reload();
  await visit.settled();
  expect(await said(visit, "Revenue")).toBe(third);
  await page.getByRole("button", { name: t("dashboards.reset") }).click();
  await page.waitForURL((url) => url.search === "");
  await visit.settled();
  expect(await said(visit, "Revenue")).toBe(first);
  visit.calm();
});

test("a number says where it comes from", async (context) => {
  const visit = await begin(context, { locale: "ko" });
  const { page, t } = visit;
  await visit.open("/dashboards/sales");
  await page.getByRole("button", { name: /^매출/ }).first().click();
  const source = page.getByRole("dialog");
  await source.getByText(/select/i).first().waitFor();
  await source.getByRole("link", { name: t("dashboards.tile.sql") }).first().click();
  await page.waitForURL(/\/sql/);
  await page.getByRole("button", { name: t("sql.run"), exact: true }).click();
  await page.getByRole("gridcell").first().waitFor();
  visit.calm();
});

test("a cell of a heat map says where it comes from, and so does a chart beside its marks", async (context) => {
  const visit = await begin(context);
  const { page } = visit;
  await visit.open("/dashboards/sales");
  for (const [name, where] of [["Orders by weekday and hour", /^Thu.* · 1[12]/], ["Store revenue by region", /^[가-힣]+ · .* – /]] as const) {
    const chart = page.getByRole("img", { name });
    await chart.scrollIntoViewIfNeeded();
    await visit.settled();
    await chart.click();
    const source = page.getByRole("dialog", { name });
    await source.getByText(/select/i).first().waitFor();
    await source.getByText(where).first().waitFor();
    await page.keyboard.press("Escape");
    await source.waitFor({ state: "hidden" });
  }
  visit.calm();
});

// Again, because words move when a busy machine has their fonts arrive behind the data.
test.for([["1440", wide, "en"], ["390", phone, "ko"]] as const)("a dashboard does not move while it loads, %s pixels wide", { retry: 2 }, async ([width, size, locale], context) => {
  const visit = await begin(context, { size, locale, motion: true });
  await visit.open("/dashboards/sales");
  const { shift, shifts } = await measured(visit.page);
  figure(`Dashboard: layout shift, ${locale}, ${width} px`, shift.toFixed(4), "0.000");
  expect({ shift: Number(shift.toFixed(3)), shifts: shift >= 0.0005 ? shifts : [] }).toEqual({ shift: 0, shifts: [] });
  visit.calm();
});

test("a table of many rows in a tile is scrolled to its last row", async (context) => {
  const visit = await begin(context);
  const { page } = visit;
  const { rows } = await get<Dashboard>("/dashboards/sales");
  const tile = rows.flatMap((row) => row.tiles).find(({ type }) => type === "table")!;
  await page.route(`**/api/v1/dashboards/sales/tiles/${tile.index}?*`, async (route) => {
    const answer = await route.fetch();
    const data = (await answer.json()) as TileResult;
    const first = data.result!.rows[0]!;
    data.result!.rows = Array.from({ length: 500 }, (_, i) => [`row ${i}`, ...first.slice(1)]);
    data.result!.columns[0] = { ...data.result!.columns[0]!, type: "VARCHAR", format: undefined };
    await route.fulfill({ response: answer, json: data });
  });
  await visit.open("/dashboards/sales");
  const region = page.getByRole("region").filter({ has: page.getByRole("cell", { name: "row 0", exact: true }) }).last();
  await region.evaluate((element) => {
    element.scrollIntoView({ block: "center" });
    element.scrollTo({ top: element.scrollHeight });
  });
  await page.getByRole("cell", { name: "row 499", exact: true }).waitFor({ timeout: 10_000 });
  visit.calm();
});

test("what is typed to find a dashboard stays as it was typed", async (context) => {
  const visit = await begin(context);
  const { page, t } = visit;
  await page.route("**/api/v1/dashboards", async (route) => {
    const answer = await route.fetch();
    const list = (await answer.json()) as List<{ name: string; label: { en: string; ko: string } }>;
    const items = Array.from({ length: 9 }, (_, i) => ({ ...list.items[0]!, name: `board${i}`, label: { en: `Board ${i}`, ko: `Board ${i}` } }));
    await route.fulfill({ response: answer, json: { ...list, items } });
  });
  await visit.open("/dashboards");
  const field = page.getByRole("searchbox", { name: t("dashboards.search") });
  // At once, as an input method and a quick hand do: the field may show nothing else in between.
  const shown = await field.evaluate((element: HTMLInputElement) => {
    for (const letter of "board 7") {
      element.setRangeText(letter, element.value.length, element.value.length, "end");
      element.dispatchEvent(new InputEvent("input", { bubbles: true, data: letter }));
    }
    return element.value;
  });
  expect(shown).toBe("board 7");
  await page.waitForURL(/search=board/);
  await expect.poll(() => page.getByRole("listitem").filter({ hasText: /^Board/ }).count()).toBe(1);
  visit.calm();
});

test("a statement is copied out of its panel where the browser has no clipboard, as on http", async (context) => {
  const visit = await begin(context);
  const { page, t } = visit;
  await page.addInitScript(() => {
    Object.defineProperty(navigator, "clipboard", { value: undefined });
    document.addEventListener("copy", () => {
      const field = document.activeElement;
      (window as unknown as { copied: string }).copied = field instanceof HTMLTextAreaElement ? field.value : "";
    });
  });
  await visit.open("/dashboards/sales");
  await page.getByRole("button", { name: /^Revenue/ }).first().click();
  await page.getByRole("dialog").getByRole("button", { name: t("ui.copy"), exact: true }).first().click();
  await page.getByText(t("ui.copied"), { exact: true }).first().waitFor({ state: "attached", timeout: 10_000 });
  expect(await page.evaluate(() => (window as unknown as { copied: string }).copied)).toMatch(/select/i);
  visit.calm();
});

test("a year of one's own range has four digits", async (context) => {
  const visit = await begin(context);
  const { page, t } = visit;
  await visit.open("/dashboards/sales");
  await page.getByRole("group", { name: t("dashboards.controls") }).getByRole("button", { name: /28/ }).click();
  const last = page.getByLabel(t("ui.range.to"), { exact: true });
  await last.focus();
  await page.keyboard.type("01012026"); // a further digit would be taken too: of the year 20266 there are no days
  await page.keyboard.press("ArrowLeft");
  await page.keyboard.press("ArrowRight");
  await page.keyboard.type("20266");
  expect(await last.inputValue()).toMatch(/^\d{4}-01-01$/);
  visit.calm();
});
