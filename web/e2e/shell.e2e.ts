import { expect, test } from "vitest";
import { useBrowser } from "./support/visit";

const begin = useBrowser();

test("a table is found with the keyboard alone", async (context) => {
  const visit = await begin(context);
  const { page, t } = visit;
  await visit.open("/");
  await page.keyboard.press("Control+k");
  await page.getByRole("combobox", { name: t("app.search.hint") }).fill("daily_sales");
  await page.getByRole("option", { name: /marts\.daily_sales/ }).first().waitFor();
  await page.keyboard.press("Enter");
  await page.waitForURL(/\/catalog\/marts\.daily_sales/);
  await visit.settled();
  expect(await page.evaluate(() => document.activeElement?.id)).toBe("main");
  expect(await page.title()).toContain("marts.daily_sales");
  visit.calm();
});

test("the language and the theme change at once, and are remembered", async (context) => {
  const visit = await begin(context, { theme: "light" });
  const { page, t } = visit;
  await visit.open("/");
  await page.getByRole("button", { name: t("app.settings") }).click();
  await page.getByRole("menuitemradio", { name: "한국어" }).click();
  await page.getByRole("link", { name: "카탈로그" }).first().waitFor();
  await page.getByRole("button", { name: "설정" }).click();
  await page.getByRole("menuitemradio", { name: "다크" }).click();
  const look = () => page.evaluate(() => ({ ...document.documentElement.dataset, lang: document.documentElement.lang, dark: getComputedStyle(document.body).colorScheme }));
  expect(await look()).toMatchObject({ theme: "dark", lang: "ko", dark: "dark" });
  await page.reload();
  await visit.settled();
  expect(await look()).toMatchObject({ theme: "dark", lang: "ko", dark: "dark" });
  visit.calm();
});

test("the skip link is the first stop, and leads past the navigation", async (context) => {
  const visit = await begin(context);
  await visit.open("/catalog");
  await visit.page.keyboard.press("Tab");
  expect(await visit.page.evaluate(() => document.activeElement?.textContent)).toBe(visit.t("app.skip"));
  await visit.page.keyboard.press("Enter");
  expect(await visit.page.evaluate(() => document.activeElement?.id)).toBe("main");
});

test("search gives the keyboard back to where it was", async (context) => {
  const visit = await begin(context);
  const { page, t } = visit;
  await visit.open("/sql");
  const editor = page.getByRole("textbox", { name: t("sql.editor"), exact: true });
  await editor.focus();
  await page.keyboard.press("Control+k");
  await page.getByRole("combobox", { name: t("app.search.hint") }).fill("daily");
  await page.keyboard.press("Escape");
  await page.getByRole("combobox", { name: t("app.search.hint") }).waitFor({ state: "detached" });
  await expect.poll(() => editor.evaluate((element) => element.contains(document.activeElement))).toBe(true);
  visit.calm();
});

test("a dialog that a menu opened gives the keyboard back to the menu's button", async (context) => {
  const visit = await begin(context);
  const { page, t } = visit;
  await visit.open("/sql?sql=select%201");
  const more = page.getByRole("button", { name: t("sql.save.more") });
  await more.focus();
  await page.keyboard.press("Enter");
  await page.getByRole("menuitem", { name: t("sql.save.as") }).press("Enter");
  await page.getByRole("textbox", { name: t("sql.save.name") }).waitFor();
  await page.keyboard.press("Escape");
  await page.getByRole("dialog").waitFor({ state: "detached" });
  await expect.poll(() => more.evaluate((element) => element === document.activeElement)).toBe(true);
  visit.calm();
});
