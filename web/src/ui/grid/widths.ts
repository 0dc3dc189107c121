import type { GridColumn } from "./source";

/** Later values are often longer than the first ones, numbers above all. */
const narrowest = { number: 104, time: 96, boolean: 64, text: 84, nested: 140 };
const widest = 380;
/** Room beside the text: padding and, in the header, the arrow of sorting. */
const padding = 26;

/** Width of a text in px, well enough: wide characters (한) are nearly twice as wide. */
function textWidth(text: string, per: number): number {
  let width = 0;
  for (let i = 0; i < Math.min(text.length, 60); i++) width += text.charCodeAt(i) > 0x2e80 ? per * 1.5 : per;
  return width;
}

/** How wide a column should be for its name and some of its values. */
export function widthOf(column: GridColumn, sample: readonly (string | null | undefined)[]): number {
  let width = Math.max(textWidth(column.name, 7.6) + 8, textWidth(column.type, 6.2));
  for (const text of sample) if (text) width = Math.max(width, textWidth(text, 8.1));
  return Math.round(Math.min(widest, Math.max(narrowest[column.kind], width + padding)));
}
