import { appendFileSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { fileURLToPath, URL } from "node:url";

/** What a run of the tests leaves behind: figures, and pictures of what failed. Not in version control. */
export const out = fileURLToPath(new URL("../out", import.meta.url));
const file = `${out}/figures.txt`;

export function clearFigures(): void {
  rmSync(out, { recursive: true, force: true });
  mkdirSync(out, { recursive: true });
}

/** Notes a measured figure; all are printed at the end. Tests run in processes of their own, so it goes through a file. */
export function figure(name: string, value: string, target = ""): void {
  appendFileSync(file, `${name}\t${value}\t${target}\n`);
}

export function printFigures(): void {
  let lines: string[][];
  try {
    lines = readFileSync(file, "utf8").trimEnd().split("\n").map((line) => line.split("\t"));
  } catch {
    return; // nothing was measured
  }
  const wide = (column: number) => Math.max(...lines.map((line) => line[column]?.length ?? 0));
  console.log("\nMeasured on this machine:");
  for (const [name = "", value = "", target = ""] of lines) console.log(`  ${name.padEnd(wide(0))}  ${value.padEnd(wide(1))}  ${target}`.trimEnd());
}

export const median = (values: readonly number[]): number => quantile(values, 0.5);
export function quantile(values: readonly number[], q: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))] ?? NaN;
}
export const ms = (value: number): string => `${value.toFixed(value < 100 ? 1 : 0)} ms`;
