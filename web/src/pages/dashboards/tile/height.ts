import type { Tile } from "@/api";

export const rowHeight = 36;
const head = 40;
const frame = 44;
const chart = 300;
const number = 132;

/** Rows of a table that are seen at once, at most. */
const mostRows = 12;

/**
 * The height of the tiles of a row, known before their numbers are: nothing moves when these come. Charts decide it;
 * tables scroll in it. Where there are only tables, all rows of the shortest are seen.
 */
export function heightOf(tiles: readonly Tile[]): number {
  if (tiles.some((tile) => ["line", "bar", "stacked", "heatmap"].includes(tile.type))) return frame + chart;
  const tables = tiles.filter((tile) => tile.type === "table");
  if (tables.length > 0) {
    const rows = Math.min(mostRows, ...tables.map((tile) => tile.limit || mostRows));
    return frame + head + Math.max(rows, 3) * rowHeight + 8;
  }
  return number;
}
