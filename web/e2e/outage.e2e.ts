import { afterEach, expect, inject, test } from "vitest";
import { Hosu } from "./support/hosu";
import { SqlDesk } from "./support/sql";
import { useBrowser } from "./support/visit";

const begin = useBrowser();

// A second server on the workspace of the demo, for these tests to end.
let hosu: Hosu | undefined;
afterEach(() => hosu?.kill());

const unanswered = /ERR_CONNECTION|ERR_SOCKET|ERR_EMPTY_RESPONSE|ERR_INCOMPLETE_CHUNKED|ERR_NETWORK/;

test("a server that dies leaves its pages usable, and they go on when it is back", async (context) => {
  hosu = await Hosu.serve(inject("dir"));
  const { url, address } = hosu;
  const visit = await begin(context, { url, expected: unanswered });
  const { page, t } = visit;
  await visit.open("/");
  await visit.open("/catalog");
  await page.getByRole("link", { name: t("app.nav.runs") }).first().click(); // its code is loaded
  await visit.settled();
  await page.getByRole("link", { name: t("app.nav.catalog") }).first().click();
  await visit.settled();
  await hosu.kill();

  // The next question shows it, on this page and on others.
  await page.getByRole("link", { name: t("app.nav.runs") }).first().click();
  const banner = page.getByRole("status").filter({ hasText: t("app.offline") });
  await banner.waitFor();
  await page.getByRole("link", { name: t("app.nav.catalog") }).first().click();
  await page.getByRole("combobox", { name: t("catalog.search.label") }).fill("daily_sales");
  await page.getByRole("link", { name: "daily_sales" }).waitFor();
  await page.getByRole("button", { name: t("app.settings") }).click();
  await page.getByRole("menuitemradio", { name: t("app.theme.dark") }).click();
  expect(await page.evaluate(() => document.documentElement.dataset.theme)).toBe("dark");

  hosu = await Hosu.serve(inject("dir"), address);
  await banner.waitFor({ state: "hidden" }); // by itself
  await page.getByRole("link", { name: t("app.nav.home") }).first().click();
  await visit.settled();
  visit.calm();
});

test("a query that the server dies of says so, and can be run again", async (context) => {
  hosu = await Hosu.serve(inject("dir"));
  const { url, address } = hosu;
  const visit = await begin(context, { url, expected: unanswered });
  const desk = new SqlDesk(visit);
  await desk.open("select sum((a.range * b.range) % 7) from range(100_000_000) a, range(100_000_000) b");
  await desk.run();
  await desk.button(visit.t("sql.cancel")).waitFor();
  await hosu.kill();
  await desk.problem.getByText(visit.t("sql.error.unreachable"), { exact: true }).waitFor();
  hosu = await Hosu.serve(inject("dir"), address);
  await desk.editor.fill("select 42 as answer");
  await desk.editor.press("Control+Enter");
  await desk.grid.getByRole("gridcell", { name: "42", exact: true }).waitFor();
  visit.calm();
});

test("a server that hangs does not hold up what is on screen", async (context) => {
  hosu = await Hosu.serve(inject("dir"));
  const visit = await begin(context, { url: hosu.url });
  const { page, t } = visit;
  await visit.open("/catalog");
  hosu.freeze();
  await page.getByRole("combobox", { name: t("catalog.search.label") }).fill("daily_sales");
  await page.getByRole("link", { name: "daily_sales" }).click();
  await page.waitForURL(/marts\.daily_sales/);
  await page.getByRole("button", { name: t("app.settings") }).click();
  await page.getByRole("menuitemradio", { name: t("app.theme.dark") }).click();
  expect(await page.evaluate(() => document.documentElement.dataset.theme)).toBe("dark");
  hosu.thaw();
  await visit.settled();
  visit.calm();
});
