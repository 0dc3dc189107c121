import { mkdirSync } from "node:fs";
import { fileURLToPath, URL } from "node:url";
import { expect, inject, test } from "vitest";
import { out } from "./support/figures";
import { SqlDesk } from "./support/sql";
import { phone, useBrowser, type Visit, type VisitOptions } from "./support/visit";

/** The pictures of the documentation: written into docs/images by make screenshots, else into out/, to see that they can be made. */
const folder = process.env.HOSU_SCREENSHOTS === "1" ? fileURLToPath(new URL("../../docs/images", import.meta.url)) : `${out}/images`;
mkdirSync(folder, { recursive: true });

const begin = useBrowser();

const question = `-- Which stores grew most?
with months as (
  select store.region as region, date_trunc('month', o.ordered_at) as month, sum(o.amount) as revenue
  from staging.orders o join staging.stores store using (store_id)
  where o.is_sale
  group by all
)
select region, month, revenue, revenue - lag(revenue) over (partition by region order by month) as growth
from months
order by month desc, revenue desc`;

const pictures: [name: string, options: VisitOptions, open: (visit: Visit) => Promise<unknown>][] = [
  ["home", {}, (visit) => visit.open("/")],
  ["home-dark-ko", { theme: "dark", locale: "ko" }, (visit) => visit.open("/")],
  ["table", {}, (visit) => visit.open("/catalog/marts.daily_sales")],
  ["lineage", { theme: "dark" }, (visit) => visit.open("/catalog/marts.daily_sales?tab=lineage")],
  ["sql", {}, async (visit) => new SqlDesk(visit).ask(question)],
  ["run", {}, async (visit) => visit.open(`/runs/latest?tab=timeline`)],
  ["dashboard", {}, (visit) => visit.open("/dashboards/sales")],
  ["dashboard-dark-ko", { theme: "dark", locale: "ko" }, (visit) => visit.open("/dashboards/sales")],
  ["dashboard-phone", { size: phone, locale: "ko" }, (visit) => visit.open("/dashboards/sales")],
];

test.for(pictures)("%s", async ([name, options, open], context) => {
  expect(inject("url")).toMatch(/^http:\/\/127\.0\.0\.1:/);
  const visit = await begin(context, options);
  await open(visit);
  await visit.settled();
  await visit.page.evaluate(() => (document.activeElement as HTMLElement | null)?.blur());
  await visit.page.screenshot({ path: `${folder}/${name}.png`, animations: "disabled", caret: "hide" });
  visit.calm();
});
