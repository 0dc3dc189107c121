import { date, oneOf, text, texts, type RawSearch } from "@/app/search";

export type DashboardsSearch = { search?: string };
export const dashboardsSearch = (raw: RawSearch): DashboardsSearch => ({ search: text(raw, "search") });

export type DashboardSearch = {
  range?: string;
  from?: string;
  to?: string;
  grain?: "day" | "week" | "month";
  /** `dimension:value`. */
  filter?: string[];
};
export const dashboardSearch = (raw: RawSearch): DashboardSearch => ({
  range: text(raw, "range"),
  from: date(raw, "from"),
  to: date(raw, "to"),
  grain: oneOf(raw, "grain", ["day", "week", "month"]),
  filter: texts(raw, "filter"),
});
