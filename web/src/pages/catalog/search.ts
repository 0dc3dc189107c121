import { oneOf, text, type RawSearch } from "@/app/search";

/** Where an asset stands, in the five words that filters use. */
export type StandingGroup = "fresh" | "due" | "failed" | "never_built" | "running";
export const standingGroups: readonly StandingGroup[] = ["failed", "never_built", "due", "running", "fresh"];
export type Sort = "updated" | "rows" | "bytes";

export type CatalogSearch = {
  search?: string;
  kind?: "table" | "view";
  /** A namespace. */
  in?: string;
  status?: StandingGroup;
  /** By name when absent. */
  sort?: Sort;
};
export const catalogSearch = (raw: RawSearch): CatalogSearch => ({
  search: text(raw, "search"),
  kind: oneOf(raw, "kind", ["table", "view"]),
  in: text(raw, "in"),
  status: oneOf(raw, "status", standingGroups),
  sort: oneOf(raw, "sort", ["updated", "rows", "bytes"]),
});

export type TableSearch = {
  tab?: string;
  /** A column to point out. */
  column?: string;
  /** A version to look at, where a tab shows one: the current one when absent. */
  snapshot?: string;
};
export const tableSearch = (raw: RawSearch): TableSearch => ({
  tab: text(raw, "tab"),
  column: text(raw, "column"),
  snapshot: text(raw, "snapshot"),
});
