import { mkdtemp, mkdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { AssetStatus, List, RunInfo } from "@/api/types";
import { Hosu } from "./support/hosu";
import { useBrowser, type Visit } from "./support/visit";

const begin = useBrowser();

// A workspace of their own: what fails here is not to be seen by other tests.
let dir: string;
let hosu: Hosu;

const file = async (path: string, text: string) => {
  await mkdir(dirname(join(dir, path)), { recursive: true });
  await writeFile(join(dir, path), text);
};
/** Writes a model, and waits until the server has it. */
async function model(name: string, sql: string, check?: string): Promise<void> {
  const checks = check ? `checks:\n  - {name: none_is_negative, sql: "${check}"}\n` : "";
  const [namespace, table] = name.split(".");
  await file(`models/${namespace}/${table}.sql`, `/*---\nwrite: full\ndescription: ${sql.length} characters\n${checks}---*/\n${sql}\n`);
  await expect.poll(async () => (await hosu.get<List<AssetStatus>>("/assets")).items.find((a) => a.asset === name)?.description, { timeout: 20_000 }).toBe(`${sql.length} characters`);
}

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "hosu-e2e-runs-"));
  await file("hosu.yaml", "name: lab\nwarehouse: ./warehouse\nstate: sqlite:./.hosu/state.db\ntimezone: Asia/Seoul\n");
  await file("models/lab/numbers.sql", "/*---\nwrite: full\n---*/\nselect range as n from range(1000)\n");
  hosu = await Hosu.serve(dir);
});
afterAll(async () => {
  await hosu?.stop();
  await rm(dir, { recursive: true, force: true });
});

/** Starts a run of what a selector names, as somebody does on the page of runs. */
async function start({ page, t }: Visit, selector: string): Promise<void> {
  await page.goto("/runs");
  await page.getByRole("button", { name: t("runs.start"), exact: true }).first().click();
  const dialog = page.getByRole("dialog", { name: t("runs.start.title") });
  await dialog.getByRole("combobox", { name: t("runs.start.what") }).fill(selector);
  await dialog.getByRole("combobox", { name: t("runs.start.what") }).press("Enter");
  await dialog.getByRole("button", { name: t("runs.start.go"), exact: true }).click();
  await page.waitForURL(/\/runs\/[^/?]+$/);
}

test("a task that failed is retried while its log is watched", async (context) => {
  const visit = await begin(context, { url: hosu.url });
  const { page, t } = visit;
  const status = (name: "failed" | "succeeded" | "running") => page.getByRole("heading", { level: 1 }).getByText(t(`ui.status.${name}`), { exact: true });
  const log = page.getByRole("log", { name: t("runs.log"), exact: true });
  await model("lab.results", "select n, 10 - n as rest from lab.numbers", "select * from this where rest < 0");

  await start(visit, "+lab.results");
  await page.getByRole("tab", { name: t("runs.tab.log"), exact: true }).click();
  await log.getByText(/none_is_negative/).first().waitFor();
  await status("failed").waitFor();
  await page.getByRole("tab", { name: new RegExp(`^${t("runs.tab.checks")}`) }).click();
  await page.getByRole("tabpanel").getByText("none_is_negative").first().waitFor();
  await page.getByRole("tab", { name: t("runs.tab.log"), exact: true }).click();
  await log.getByRole("link", { name: "lab.results" }).first().click();

  // The page of the task says what is wrong, with the rows.
  await page.waitForURL(/\/tasks\//);
  await page.getByRole("heading", { name: t("runs.task.checks.failed") }).waitFor();
  await log.getByText(/none_is_negative/).first().waitFor();
  await visit.settled();

  await model("lab.results", "select n, 2000 - n as rest from lab.numbers", "select * from this where rest < 0");
  await page.getByRole("button", { name: t("runs.retry"), exact: true }).click();
  await page.waitForURL(/\/runs\/[^/?]+$/);
  await page.getByRole("tab", { name: t("runs.tab.log"), exact: true }).click();
  await log.getByRole("link", { name: "lab.results" }).first().waitFor();
  await status("succeeded").waitFor();
  expect(await hosu.get<{ rows: number }>("/tables/lab.results")).toMatchObject({ rows: 1000 });
  visit.calm();
});

test("a run at work is watched and cancelled", async (context) => {
  const visit = await begin(context, { url: hosu.url, locale: "ko" });
  const { page, t } = visit;
  await model("lab.endless", "select sum((a.range * b.range) % 7) as total from range(100000000) a, range(100000000) b");
  await start(visit, "lab.endless");
  const heading = page.getByRole("heading", { level: 1 });
  await heading.getByText(t("ui.status.running"), { exact: true }).waitFor();
  await page.getByRole("button", { name: t("runs.cancel"), exact: true }).click();
  await page.getByRole("dialog", { name: t("runs.cancel.title") }).getByRole("button", { name: t("runs.cancel"), exact: true }).click();
  await heading.getByText(t("ui.status.cancelled"), { exact: true }).waitFor();
  const { items } = await hosu.get<List<RunInfo>>("/runs?limit=1");
  expect(items[0]).toMatchObject({ status: "cancelled" });
  visit.calm();
});

test("a file that does not load is told of on every page", async (context) => {
  const visit = await begin(context, { url: hosu.url });
  const { page, t } = visit;
  await visit.open("/");
  await file("models/lab/broken.sql", "/*---\nwrit: full\n---*/\nselect 1 as n\n");
  await page.getByRole("button", { name: t("app.problems.show") }).click({ timeout: 40_000 });
  await page.getByRole("dialog", { name: t("app.problems.title") }).getByText(/broken\.sql/).waitFor();
  await rm(join(dir, "models/lab/broken.sql"));
  visit.calm();
});
