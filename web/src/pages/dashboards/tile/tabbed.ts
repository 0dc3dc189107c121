import type { Cell, MetricResult } from "@/api";
import type { Locale, Translate } from "@/i18n";
import { columnLabel } from "../format";

/** A result as spreadsheets take it: tabs between the values, which are as they are and not as they are shown. */
export function tabbed(result: MetricResult, locale: Locale, t: Translate): string {
  const clean = (value: Cell | undefined) => (value === null || value === undefined ? "" : String(value).replace(/[\t\r\n]+/g, " "));
  const head = result.columns.map((column) => (column.role === "previous" ? t("dashboards.previous.of", { name: columnLabel(column, locale) }) : columnLabel(column, locale)));
  return [head, ...result.rows].map((row) => row.map(clean).join("\t")).join("\n");
}
