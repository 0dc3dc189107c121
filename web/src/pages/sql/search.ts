import { text, type RawSearch } from "@/app/search";

export type SqlSearch = {
  /** The id of a saved query. */
  q?: string;
  /** A statement to begin with. */
  sql?: string;
};
export const sqlSearch = (raw: RawSearch): SqlSearch => ({ q: text(raw, "q"), sql: text(raw, "sql") });
