/** A value of a tile that was pointed at. */
export type Point = {
  /** Where it stands: a day, a store. */
  where: string[];
  /** It is of one period, not of the whole range. */
  timed?: boolean;
  /** Of which metric, where the tile shows several. */
  metric?: string;
  label: string;
  value: number | string | null;
  previous?: number | null;
  format: string;
};

/** Opens where a tile, or a value of it, comes from. */
export type Open = (index: number, at?: Point) => void;
