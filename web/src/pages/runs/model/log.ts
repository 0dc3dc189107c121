import type { LogLine } from "./data";

export type Level = "all" | "warn" | "error";

/** A row of the viewer: a line, or the beginning of an attempt. */
export type LogRow = { kind: "line"; line: LogLine } | { kind: "attempt"; key: string; attempt: number; at: string };

const ranks: Record<string, number> = { DEBUG: 0, INFO: 1, WARN: 2, ERROR: 3 };
const least: Record<Level, number> = { all: 0, warn: 2, error: 3 };

export const rankOf = (level: string): number => ranks[level.toUpperCase()] ?? 1;

/**
 * What a line says besides its message. A number that JavaScript cannot hold exactly (the id of a snapshot) is left out:
 * a wrong one is worse than none.
 */
export function attrsOf(line: LogLine): [string, string][] {
  return Object.entries(line.attrs ?? {}).flatMap(([key, value]): [string, string][] => {
    if (value === null || value === undefined || value === "" || value === false || (key === "snapshot" && !value)) return [];
    if (typeof value === "number" && Number.isInteger(value) && !Number.isSafeInteger(value)) return [];
    return [[key, typeof value === "string" ? value : JSON.stringify(value)]];
  });
}

/** The lines of a level or above it in which a text occurs. */
export function filterLines(lines: readonly LogLine[], level: Level, text: string): readonly LogLine[] {
  const wanted = text.trim().toLowerCase();
  if (level === "all" && !wanted) return lines;
  return lines.filter(
    (line) =>
      rankOf(line.level) >= least[level] &&
      (!wanted || `${line.asset} ${line.message}`.toLowerCase().includes(wanted) || attrsOf(line).some(([key, value]) => `${key}=${value}`.toLowerCase().includes(wanted))),
  );
}

/** The rows for lines; with `separate` each attempt is announced, when there is more than one. */
export function rowsOfLog(lines: readonly LogLine[], separate: boolean): LogRow[] {
  const rows: LogRow[] = [];
  const several = separate && lines.some(({ attempt }) => attempt !== lines[0]?.attempt);
  let attempt: number | undefined;
  for (const line of lines) {
    if (several && line.attempt !== attempt) {
      attempt = line.attempt;
      rows.push({ kind: "attempt", key: `attempt ${attempt} ${line.line}`, attempt, at: line.at });
    }
    rows.push({ kind: "line", line });
  }
  return rows;
}

/** Lines as text, to be pasted somewhere. */
export function logText(lines: readonly LogLine[]): string {
  return lines
    .map((line) => [line.at, line.level.padEnd(5), line.asset, line.message, ...attrsOf(line).map(([k, v]) => `${k}=${v}`)].join(" "))
    .join("\n");
}
