export type Colors = (dimension: string, values: readonly string[]) => Map<string, string>;

/**
 * The colours of a dashboard: a value of a dimension has the same one in every tile and keeps it while filters come
 * and go. Values are given colours in the order of the alphabet, so that they have them tomorrow too.
 */
export function makeColors(): Colors {
  const known = new Map<string, string[]>();
  return (dimension, values) => {
    const before = known.get(dimension) ?? [];
    const added = values.filter((value) => !before.includes(value)).sort();
    const all = [...before, ...added];
    known.set(dimension, all);
    return new Map(values.map((value) => [value, `var(--series-${(all.indexOf(value) % 8) + 1})`]));
  };
}
