import { describe, expect, inject, test } from "vitest";
import type { RunDetail } from "@/api/types";
import { accessibility, overflow, texts } from "./support/audit";
import { phone, useBrowser, wide } from "./support/visit";
import { locales } from "./support/words";

/** Every page and every tab of one. */
async function addresses(): Promise<string[]> {
  const response = await fetch(`${inject("url")}/api/v1/runs/latest`);
  const { run, tasks } = (await response.json()) as RunDetail;
  const task = tasks.find((t) => t.asset === "marts.daily_sales")!;
  const table = (tab: string) => `/catalog/marts.daily_sales?tab=${tab}`;
  return [
    "/",
    "/catalog", "/catalog?search=order", "/catalog?search=nothing-is-called-this",
    "/catalog/marts.daily_sales", ...["sample", "profile", "snapshots", "files", "lineage", "checks", "definition"].map(table),
    "/catalog/staging.orders", "/catalog/marts.nothing",
    "/sql", `/sql?sql=${encodeURIComponent("select * from marts.daily_sales order by day desc")}`,
    "/runs", "/runs?tab=assets", "/runs?start=*",
    ...["graph", "timeline", "tasks", "log", "checks"].map((tab) => `/runs/${run.id}?tab=${tab}`),
    `/runs/${run.id}/tasks/${task.id}`, "/runs/nothing",
    "/dashboards", "/dashboards/sales", "/dashboards/app", "/dashboards/nothing",
    "/nothing",
  ];
}

// An address that leads to nothing is answered with 404, which the browser writes to its console.
const absent = /answer 404: \S+\/(tables\/marts\.nothing|runs\/nothing|dashboards\/nothing)|console error: Failed to load resource: the server responded with a status of 404 \(Not Found\) \(\S+nothing/;

describe.concurrent("every page, in both themes", () => {
  const begin = useBrowser();
  const cases = locales.flatMap((locale) => [wide, phone].map((size) => ({ locale, size, width: size.width })));

  test.for(cases)("in $locale, $width pixels wide", async ({ locale, size }, context) => {
    const visit = await begin(context, { locale, size, expected: absent });
    // What is wrong, and where: the same on many pages is one thing to mend.
    const found = new Map<string, string[]>();
    for (const address of await addresses()) {
      const note = (lines: string[]) => lines.forEach((line) => found.set(line, [...(found.get(line) ?? []), address]));
      await visit.open(address).catch((error: unknown) => note([String(error)]));
      if (address.startsWith("/sql?")) {
        await visit.page.getByRole("button", { name: visit.t("sql.run"), exact: true }).click();
        await visit.page.getByRole("gridcell").first().waitFor();
      }
      note(await texts(visit.page, locale));
      // A theme is colours: the other rules say the same in both.
      for (const [theme, rules] of [["light", "all"], ["dark", "colours"]] as const) {
        await visit.show(theme);
        note((await accessibility(visit.page, rules)).map((line) => `${theme}: ${line}`));
      }
      note(await overflow(visit.page));
      note(visit.troubles.splice(0));
    }
    expect([...found].map(([line, where]) => `${line} @ ${where.slice(0, 5).join(" ")}${where.length > 5 ? ` and ${where.length - 5} more` : ""}`)).toEqual([]);
  });
});
