import { count, date, oneOf, text, texts, type RawSearch } from "@/app/search";

export type DashboardsSearch = { search?: string };
export const dashboardsSearch = (raw: RawSearch): DashboardsSearch => ({ search: text(raw, "search") });

export type DashboardSearch = {
  /** The name of one of the dashboard's ranges. */
  range?: string;
  /** A range of one's own, `to` excluded. Wins over `range`. */
  from?: string;
  to?: string;
  grain?: "day" | "week" | "month";
  /** `dimension:value`. */
  filter?: string[];
  /** The tile whose source is shown. */
  tile?: number;
};
export const dashboardSearch = (raw: RawSearch): DashboardSearch => ({
  range: text(raw, "range"),
  from: date(raw, "from"),
  to: date(raw, "to"),
  grain: oneOf(raw, "grain", ["day", "week", "month"]),
  filter: texts(raw, "filter"),
  tile: count(raw, "tile"),
});
