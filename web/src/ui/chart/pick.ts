import type { SeriesChartProps } from "./types";

/**
 * The series that is meant by pointing beside the marks of a chart: of those with a value there, the one that is nearest; in a
 * stack, the one whose part it is. `value` is where the pointer stands on the axis of values.
 */
export function nearest(props: SeriesChartProps, hidden: ReadonlySet<string>, index: number, value: number): string | undefined {
  const there = props.series.flatMap((s) => {
    const v = s.values[index];
    return hidden.has(s.name) || v === null || v === undefined ? [] : [{ name: s.name, v, line: s.line ?? false }];
  });
  const stack = there.filter((s) => !s.line);
  if (props.type === "stacked" && stack.length > 0) {
    let top = 0;
    const found = stack.find((s) => value <= (top += s.v));
    return (found ?? stack.at(-1))?.name;
  }
  return there.reduce<(typeof there)[number] | undefined>((best, s) => (best && Math.abs(best.v - value) <= Math.abs(s.v - value) ? best : s), undefined)?.name;
}

/** The value of x that is nearest to a place on its axis: its index in a chart of categories, an instant in one of time. */
export function nearestX({ kind, values }: SeriesChartProps["x"], place: number): number | undefined {
  if (kind === "category") return place >= 0 && place < values.length ? Math.round(place) : undefined;
  let best: number | undefined;
  values.forEach((v, i) => {
    if (best === undefined || Math.abs(Number(v) - place) < Math.abs(Number(values[best]) - place)) best = i;
  });
  return best;
}
