import { expect, test } from "vitest";
import { useBrowser } from "./support/visit";

const begin = useBrowser();

test("a table is found while its name is typed, and its lineage leads to what it is made of", async (context) => {
  const visit = await begin(context);
  const { page, t } = visit;
  await visit.open("/catalog");
  await page.getByRole("combobox", { name: t("catalog.search.label") }).fill("daily sal");
  await page.keyboard.press("Enter");
  await page.waitForURL(/\/catalog\/marts\.daily_sales/);
  await page.getByRole("tab", { name: t("catalog.tab.lineage"), exact: true }).click();
  await page.getByRole("group", { name: "staging.orders", exact: true }).waitFor();
  // The same as a list, for those who do not see a graph.
  await page.getByRole("radio", { name: t("catalog.lineage.list") }).click();
  await page.getByRole("tabpanel").getByRole("link", { name: "staging.orders", exact: true }).waitFor();
  await page.getByRole("radio", { name: t("catalog.lineage.graph") }).click();
  await page.getByRole("group", { name: "staging.orders", exact: true }).click();
  await page.waitForURL(/\/catalog\/staging\.orders\?tab=lineage/);
  await page.getByRole("group", { name: "marts.daily_sales", exact: true }).waitFor();
  await expect.poll(() => page.title()).toContain("staging.orders");
  visit.calm();
});

test("the rows of a table are seen, and asked for in SQL", async (context) => {
  const visit = await begin(context);
  const { page, t } = visit;
  await visit.open("/catalog/marts.daily_sales?tab=sample");
  await page.getByRole("tabpanel").getByRole("gridcell").first().waitFor();
  await page.getByRole("link", { name: t("catalog.query"), exact: true }).click();
  await page.waitForURL(/\/sql/);
  await page.getByRole("textbox", { name: t("sql.editor"), exact: true }).getByText(/daily_sales/).first().waitFor();
  visit.calm();
});
