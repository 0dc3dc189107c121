import type { Tile, TileResult } from "@/api";
import { pickLabel, type Locale } from "@/i18n";
import { columnLabel } from "../format";

/** What a tile is called: its label or, of a query without one, that of what it measures. */
export function titleOf(tile: Tile, data: TileResult | undefined, locale: Locale): string {
  const label = pickLabel(tile.label, locale);
  if (label) return label;
  const measures = data?.result?.columns.filter((column) => column.role === "measure") ?? [];
  return measures.map((column) => columnLabel(column, locale)).join(", ") || "SQL";
}
