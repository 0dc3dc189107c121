import type { Dashboard, Grain, Tile } from "@/api";
import type { DashboardSearch } from "./search";

/** How a dashboard is looked at: what the address says, completed by what its file says. */
export type View = {
  /** The name of the range, unless it is one's own. */
  preset?: string;
  from: string;
  to: string;
  grain?: Grain;
  /** Values by dimension; only dimensions of the dashboard's filters, and none without values. */
  filters: ReadonlyMap<string, readonly string[]>;
};

/** What a tile is asked with. */
export type TileParams = { from: string; to: string; grain?: Grain; filter?: string[] };

export function viewOf(board: Dashboard, search: DashboardSearch): View {
  const filters = new Map<string, string[]>();
  for (const text of search.filter ?? []) {
    const at = text.indexOf(":");
    const dimension = text.slice(0, Math.max(at, 0));
    if (!board.filters.some((f) => f.dimension === dimension)) continue;
    const values = filters.get(dimension) ?? [];
    const value = text.slice(at + 1);
    if (!values.includes(value)) filters.set(dimension, [...values, value]);
  }
  const { grain, from, to } = search;
  if (from && to && from < to) return { from, to, grain, filters };
  const { options, default: initial } = board.range;
  const option = options.find((o) => o.name === search.range) ?? options.find((o) => o.name === initial) ?? options[0];
  return { preset: option?.name, from: option?.from ?? "", to: option?.to ?? "", grain, filters };
}

/** The address for values of a dimension, the other dimensions as they are. */
export function withFilter(view: View, dimension: string, values: readonly string[]): string[] | undefined {
  const filters = new Map(view.filters).set(dimension, values);
  const texts = [...filters].flatMap(([name, chosen]) => chosen.map((value) => `${name}:${value}`));
  return texts.length > 0 ? texts : undefined;
}

/** What a tile is asked with: only what makes a difference to it, so that it is not read again for the rest. */
export function paramsOf(tile: Tile, view: View): TileParams {
  const filter = [...view.filters].filter(([name]) => tile.filters.includes(name)).flatMap(([name, values]) => values.map((value) => `${name}:${value}`));
  return {
    from: view.from,
    to: view.to,
    ...(tile.grain === "auto" || tile.sparkline ? { grain: view.grain } : {}),
    ...(filter.length > 0 ? { filter } : {}),
  };
}

/** Whether what a tile of SQL shows is the same for every range. */
export const isTimeless = (tile: Tile): boolean => tile.sql !== undefined && !/\$(from|to)\b/.test(tile.sql);

/** The grain can be chosen where a tile leaves it open. */
export const hasGrain = (board: Dashboard): boolean => board.rows.some((row) => row.tiles.some((tile) => tile.grain === "auto"));

export const tilesOf = (board: Dashboard): Tile[] => board.rows.flatMap((row) => row.tiles);
