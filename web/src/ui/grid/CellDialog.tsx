import { useEffect, useState } from "react";
import { useFormat } from "@/format";
import { useT } from "@/i18n";
import { Code } from "../Code";
import { Dialog } from "../Dialog";
import { Skeleton } from "../Skeleton";
import type { Cell } from "./select";
import type { GridColumn, GridSource } from "./source";
import css from "./DataGrid.module.css";

/** One value in full: nested ones and JSON with a line for each part. */
export default function CellDialog({ source, cell, column, onClose }: { source: GridSource; cell: Cell; column: GridColumn; onClose: () => void }) {
  const t = useT();
  const f = useFormat();
  const [text, setText] = useState<string | null>();
  useEffect(() => {
    let wanted = true;
    const read = source.cell?.(cell.row, cell.column) ?? source.window({ from: cell.row, to: cell.row + 1, left: cell.column, right: cell.column + 1 }).then((rows) => rows[0]?.[0] ?? null);
    read.then((value) => wanted && setText(value), () => wanted && setText(null));
    return () => {
      wanted = false;
    };
  }, [source, cell]);
  return (
    <Dialog open onOpenChange={onClose} size="l" title={column.name} description={`${column.type} · ${t("ui.grid.place", { row: f.number(cell.row + 1) })}`}>
      {text === undefined ? <Skeleton lines={3} /> : text === null ? <p className={css.nothing}>NULL</p> : <Code language="text" label={column.name} code={pretty(text)} wrap />}
    </Dialog>
  );
}

/** JSON in lines. Numbers keep their digits: the text is only indented, never read as values. */
export function pretty(text: string): string {
  if (!/^\s*[{[]/.test(text)) return text;
  try {
    JSON.parse(text);
  } catch {
    return text;
  }
  let depth = 0;
  const line = () => `\n${"  ".repeat(depth)}`;
  return text.replace(/("(?:[^"\\]|\\.)*")|([{[])\s*([}\]])|([{[])|([}\]])|(,)|(:)|\s+/g, (_all, string?: string, empty?: string, end?: string, open?: string, close?: string, comma?: string, colon?: string) => {
    if (string !== undefined) return string;
    if (empty !== undefined) return empty + end;
    if (open !== undefined) return ++depth, open + line();
    if (close !== undefined) return --depth, line() + close;
    if (comma !== undefined) return comma + line();
    return colon !== undefined ? ": " : "";
  });
}
