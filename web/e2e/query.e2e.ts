import { readFile } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import { SqlDesk } from "./support/sql";
import { useBrowser } from "./support/visit";

const begin = useBrowser();

describe("a query", () => {
  test("is typed, run by keys, and answered in rows", async (context) => {
    const visit = await begin(context);
    const desk = new SqlDesk(visit);
    await visit.open("/sql");
    await desk.editor.fill("select channel, sum(orders) as orders from marts.daily_sales group by all order by orders desc");
    await desk.editor.press("Control+Enter");
    await desk.grid.getByRole("gridcell").first().waitFor();
    const { rows } = await desk.ended();
    expect(await desk.grid.getAttribute("aria-rowcount")).toBe(String(rows + 1));
    expect(await desk.grid.getByRole("columnheader").allInnerTexts()).toEqual(expect.arrayContaining([expect.stringContaining("channel"), expect.stringContaining("orders")]));
    // What was read can be seen.
    await visit.page.getByTitle(visit.t("sql.read.tip")).click();
    await visit.page.getByRole("dialog", { name: visit.t("sql.read") }).getByRole("link", { name: "marts.daily_sales" }).waitFor();
    visit.calm();
  });

  test("is cancelled", async (context) => {
    const visit = await begin(context);
    const desk = new SqlDesk(visit);
    await desk.open("select sum((a.range * b.range) % 7) from range(100_000_000) a, range(100_000_000) b");
    await desk.run();
    await desk.button(visit.t("sql.cancel")).click();
    await visit.page.getByText(visit.t("sql.result.cancelled"), { exact: true }).waitFor();
    expect(await desk.ended()).toMatchObject({ status: "cancelled" });
    visit.calm();
  });

  test("fails where its mistake is, and runs when that is corrected", async (context) => {
    const visit = await begin(context, { expected: /400/ });
    const desk = new SqlDesk(visit);
    await desk.open("select channel,\n  sum(revenu) as total\nfrom marts.daily_sales\ngroup by all");
    await desk.run();
    await desk.problem.getByText(visit.t("sql.error.bind_error"), { exact: true }).waitFor();
    await desk.problem.getByRole("button", { name: visit.t("sql.error.show", { line: 2 }) }).click();
    await desk.problem.getByRole("button", { name: visit.t("sql.error.fix", { name: "revenue" }) }).click();
    await desk.grid.getByRole("gridcell").first().waitFor();
    await expect.poll(() => desk.problem.count()).toBe(0);
    expect(await desk.editor.innerText()).toContain("sum(revenue)");
    visit.calm();
  });

  test("of a million rows is scrolled to its end, by wheel and by keys", async (context) => {
    const visit = await begin(context);
    const desk = new SqlDesk(visit);
    await desk.ask("select range as n, range * 2 as twice, 'row ' || range as name, range / 7 as share from range(1_000_000)");
    expect(await desk.grid.getAttribute("aria-rowcount")).toBe("1000001");
    const shown = (text: string) => desk.grid.getByRole("gridcell", { name: text, exact: true });
    await shown("row 0").waitFor();
    await desk.grid.hover();
    for (let i = 0; i < 10; i++) await visit.page.mouse.wheel(0, 400);
    await shown("row 0").waitFor({ state: "detached" });
    await desk.grid.focus();
    await visit.page.keyboard.press("ArrowDown"); // the first key shows where the keyboard is
    await visit.page.keyboard.press("Control+End");
    await shown("row 999999").waitFor();
    await visit.page.keyboard.press("Control+Home");
    await shown("row 0").waitFor();
    // Sorted, the last comes first.
    await desk.grid.getByRole("columnheader", { name: /^n\b/ }).click();
    await desk.grid.getByRole("columnheader", { name: /^n\b/ }).click();
    await shown("row 999999").waitFor();
    visit.calm();
  });

  test("has the sum of what is selected, in every order of its rows", async (context) => {
    const visit = await begin(context);
    const desk = new SqlDesk(visit);
    await desk.ask("select range::bigint + 9007199254740990 as n from range(10)");
    await desk.grid.focus();
    for (const key of ["ArrowDown", "Shift+ArrowDown"]) await visit.page.keyboard.press(key);
    const status = visit.page.getByRole("status").filter({ hasText: visit.t("ui.grid.sum", { value: "" }).trim() });
    await status.filter({ hasText: "18,014,398,509,481,981" }).waitFor();
    await status.filter({ hasText: "9,007,199,254,740,991" }).waitFor();
    for (let i = 0; i < 2; i++) await desk.grid.getByRole("columnheader", { name: /^n\b/ }).click();
    await desk.grid.getByRole("gridcell", { name: "9007199254740999", exact: true }).waitFor();
    await status.filter({ hasText: "18,014,398,509,481,997" }).waitFor({ timeout: 10_000 });
    visit.calm();
  });

  test("is downloaded as a file with all of its rows", async (context) => {
    const visit = await begin(context);
    const desk = new SqlDesk(visit);
    await desk.open("select range as n, '가나, \"다\"' as name from range(50_000)");
    const coming = visit.page.waitForEvent("download");
    await desk.button(visit.t("sql.download")).click();
    await visit.page.getByRole("menuitem", { name: visit.t("sql.download.csv") }).click();
    const file = await coming;
    expect(file.suggestedFilename()).toMatch(/\.csv$/);
    const lines = (await readFile(await file.path(), "utf8")).trimEnd().split(/\r?\n/);
    expect(lines).toHaveLength(50_001);
    expect(lines.at(-1)).toBe('49999,"가나, ""다"""');
    visit.calm();
  });

  test("is known as saved also when its dialog was closed before the answer", async (context) => {
    const visit = await begin(context);
    const desk = new SqlDesk(visit);
    let answer: () => void = () => undefined;
    const asked = new Promise<void>((resolve) => {
      void visit.page.route("**/api/v1/saved-queries", async (route) => {
        if (route.request().method() !== "POST") return route.continue();
        resolve();
        await new Promise<void>((go) => (answer = go));
        await route.continue();
      });
    });
    await desk.open("select 'slow'");
    await desk.button(visit.t("sql.save")).click();
    await visit.page.getByRole("textbox", { name: visit.t("sql.save.name") }).fill("Slow to save");
    await visit.page.keyboard.press("Enter");
    await asked;
    await visit.page.keyboard.press("Escape");
    await visit.page.getByRole("dialog").waitFor({ state: "detached" });
    answer();
    await visit.page.getByRole("tab", { name: "Slow to save" }).waitFor({ timeout: 10_000 });
    visit.calm();
  });

  test("is saved, and found by its name", async (context) => {
    const visit = await begin(context, { locale: "ko" });
    const desk = new SqlDesk(visit);
    await desk.open("select 1 as one");
    await desk.button(visit.t("sql.save")).click();
    const dialog = visit.page.getByRole("dialog", { name: visit.t("sql.save.title") });
    await dialog.getByRole("textbox", { name: visit.t("sql.save.name") }).fill("하나");
    await dialog.getByRole("button", { name: visit.t("sql.save") }).click();
    await visit.page.waitForURL(/[?&]q=/);
    await visit.open("/");
    await visit.page.keyboard.press("Control+k");
    await visit.page.getByRole("combobox", { name: visit.t("app.search.hint") }).fill("하나"); // once it is there
    await visit.page.getByRole("option", { name: "하나" }).click();
    await visit.page.waitForURL(/\/sql\?q=/);
    await desk.editor.getByText("select 1 as one").waitFor();
    visit.calm();
  });
});
