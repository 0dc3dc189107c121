import { text, type RawSearch } from "@/app/search";

export type CatalogSearch = { search?: string };
export const catalogSearch = (raw: RawSearch): CatalogSearch => ({ search: text(raw, "search") });

export type TableSearch = {
  tab?: string;
  /** A column to point out. */
  column?: string;
};
export const tableSearch = (raw: RawSearch): TableSearch => ({ tab: text(raw, "tab"), column: text(raw, "column") });
