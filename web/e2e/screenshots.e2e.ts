import { mkdirSync } from "node:fs";
import { fileURLToPath, URL } from "node:url";
import { beforeAll, inject, test } from "vitest";
import type { RunDetail, RunInfo } from "@/api/types";
import { out } from "./support/figures";
import { SqlDesk } from "./support/sql";
import { phone, useBrowser, type Visit, type VisitOptions } from "./support/visit";

/** The pictures of the documentation: written into docs/images by make screenshots, else into out/, to see that they can be made. */
const folder = process.env.HOSU_SCREENSHOTS === "1" ? fileURLToPath(new URL("../../docs/images", import.meta.url)) : `${out}/images`;
mkdirSync(folder, { recursive: true });

const begin = useBrowser();

const question = `-- Revenue by region and month, and how it grew
with months as (
  select store.region, date_trunc('month', o.day)::date as month, sum(o.amount) as revenue
  from staging.orders o join staging.stores store using (store_id)
  where o.is_sale and o.day < date_trunc('month', current_date)
  group by all
)
select month, region, revenue, round(100 * (revenue / lag(revenue) over past - 1), 1) as growth
from months
window past as (partition by region order by month)
order by month desc, revenue desc`;

// So that there is more than one run to be seen.
let first: string;
beforeAll(async () => {
  const get = async <Answer>(path: string, init?: RequestInit) => (await (await fetch(`${inject("url")}/api/v1${path}`, init)).json()) as Answer;
  first = (await get<RunDetail>("/runs/latest")).run.id;
  for (const selectors of [["marts.daily_sales"], ["marts.*"]]) {
    const { id } = await get<RunInfo>("/runs", { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ selectors, force: true }) });
    await (await fetch(`${inject("url")}/api/v1/runs/${id}/events`)).text(); // ends when the run does
  }
});

const pictures: [name: string, options: VisitOptions, open: (visit: Visit) => Promise<unknown>][] = [
  ["home", {}, (visit) => visit.open("/")],
  ["home-dark-ko", { theme: "dark", locale: "ko" }, (visit) => visit.open("/")],
  ["table", {}, (visit) => visit.open("/catalog/core.customers?tab=profile")],
  ["lineage", { theme: "dark" }, (visit) => visit.open("/catalog/core.order_lines?tab=lineage")],
  ["sql", {}, async (visit) => new SqlDesk(visit).ask(question)],
  ["run", {}, (visit) => visit.open(`/runs/${first}`)],
  ["dashboard", {}, (visit) => visit.open("/dashboards/sales")],
  ["dashboard-dark-ko", { theme: "dark", locale: "ko" }, (visit) => visit.open("/dashboards/sales")],
  ["dashboard-phone", { size: phone, locale: "ko" }, (visit) => visit.open("/dashboards/sales")],
];

test.for(pictures)("%s", async ([name, options, open], context) => {
  const visit = await begin(context, options);
  await open(visit);
  await visit.settled();
  await visit.page.evaluate(() => (document.activeElement as HTMLElement | null)?.blur());
  await visit.page.screenshot({ path: `${folder}/${name}.png`, animations: "disabled", caret: "hide" });
  visit.calm();
});
