/**
 * Browsers end an element at some 16 to 33 million pixels: a grid of more rows than fit into it is scrolled at another
 * scale than it is drawn. A grid of few rows is not: there `top` is the plain offset.
 */
export const tallest = 8_000_000;

export type Scale = {
  /** Height of the element that is scrolled. */
  height: number;
  /** Where a scroll position is among the rows, in px of rows. */
  toRows: (scrollTop: number) => number;
  /** The scroll position of a place among the rows. */
  toScroll: (top: number) => number;
};

/** `rows` × `rowHeight` seen through a viewport of `view` px. */
export function scaleOf(rows: number, rowHeight: number, view: number): Scale {
  const whole = rows * rowHeight;
  const height = Math.min(whole, tallest);
  // The ends of both are to meet.
  const factor = height > view && whole > height ? (whole - view) / (height - view) : 1;
  return { height, toRows: (scrollTop) => scrollTop * factor, toScroll: (top) => top / factor };
}

/** Left edges of columns, and the right one of the last. */
export function edgesOf(widths: readonly number[]): number[] {
  const edges = [0];
  for (const width of widths) edges.push(edges.at(-1)! + width);
  return edges;
}

/** The columns [first, last) that are within [from, to) px. */
export function columnsIn(edges: readonly number[], from: number, to: number): [first: number, last: number] {
  const n = edges.length - 1;
  let low = 0;
  let high = n;
  // The first column that ends behind `from`.
  while (low < high) {
    const middle = (low + high) >> 1;
    if (edges[middle + 1]! <= from) low = middle + 1;
    else high = middle;
  }
  let last = low;
  while (last < n && edges[last]! < to) last++;
  return [low, last];
}
