import type { Range } from "./source";

/** A value by its place; row -1 is the header. */
export type Cell = { row: number; column: number };

/** What is selected: from where it began to where it has come. The latter is the active cell. */
export type Selection = { anchor: Cell; active: Cell };

export type Bounds = { rows: number; columns: number; /** Rows of a page. */ page: number };

export const single = (cell: Cell): Selection => ({ anchor: cell, active: cell });

/** The range of a selection; undefined on the header, or when there is nothing. */
export function rangeOf(selection: Selection | undefined, rows: number): Range | undefined {
  if (selection === undefined || rows === 0) return undefined;
  const { anchor, active } = selection;
  if (active.row < 0) return undefined;
  return {
    from: Math.max(0, Math.min(anchor.row, active.row)),
    to: Math.min(rows, Math.max(anchor.row, active.row) + 1),
    left: Math.min(anchor.column, active.column),
    right: Math.max(anchor.column, active.column) + 1,
  };
}

export type Key = { key: string; shift: boolean; mod: boolean };

/** Where a key leads; undefined when it is none that moves or selects. */
export function press({ key, shift, mod }: Key, selection: Selection, { rows, columns, page }: Bounds): Selection | undefined {
  const { anchor, active } = selection;
  const lastRow = rows - 1;
  const lastColumn = columns - 1;
  if (key === " " && (shift || mod)) {
    return shift
      ? { anchor: { row: anchor.row, column: 0 }, active: { row: active.row, column: lastColumn } }
      : { anchor: { row: 0, column: anchor.column }, active: { row: lastRow, column: active.column } };
  }
  if (mod && key.toLowerCase() === "a") return { anchor: { row: 0, column: 0 }, active: { row: lastRow, column: lastColumn } };
  const target = goal(key, mod, active, lastRow, lastColumn, page);
  if (target === undefined) return undefined;
  // The header is reached by one row up, and is never part of a range.
  const top = shift ? 0 : -1;
  const next = { row: Math.max(top, Math.min(lastRow, target.row)), column: Math.max(0, Math.min(lastColumn, target.column)) };
  return shift ? { anchor: anchor.row < 0 ? { ...anchor, row: 0 } : anchor, active: next } : single(next);
}

function goal(key: string, mod: boolean, { row, column }: Cell, lastRow: number, lastColumn: number, page: number): Cell | undefined {
  switch (key) {
    case "ArrowDown":
      return { row: mod ? lastRow : row + 1, column };
    case "ArrowUp":
      return { row: mod && row > 0 ? 0 : row - 1, column };
    case "ArrowRight":
      return { row, column: mod ? lastColumn : column + 1 };
    case "ArrowLeft":
      return { row, column: mod ? 0 : column - 1 };
    case "PageDown":
      return { row: Math.max(0, row) + page, column };
    case "PageUp":
      return { row: Math.max(0, row - page), column };
    case "Home":
      return { row: mod ? 0 : row, column: 0 };
    case "End":
      return { row: mod ? lastRow : row, column: lastColumn };
    default:
      return undefined;
  }
}
