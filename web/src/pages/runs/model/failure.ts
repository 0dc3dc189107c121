/** An error of a task, taken apart for reading. */
export type Failure = {
  /** Where in the workspace's files: `models/marts/daily_sales.sql:5:19`. */
  place?: string;
  message: string;
  /** Further lines as they are, without the indentation that all of them have: rows that break a check, a trace. */
  rest: string;
};

/** A place in a file of the workspace, inside a text. */
const place = /(?:[\w.-]+\/)*[\w.-]+\.(?:sql|ya?ml|py|csv|jsonl?)(?:\.gz)?:\d+(?::\d+)?/;
const placed = new RegExp(`^(${place.source}): (.+)$`, "s");
const places = new RegExp(`(${place.source})`);

/** Takes the place in front of an error and the lines behind its first away from what it says. */
export function readFailure(error: string): Failure {
  const [first = "", ...more] = error.trim().split("\n");
  const at = placed.exec(first);
  const said = at?.[2] ?? first;
  const message = said.charAt(0).toUpperCase() + said.slice(1);
  const rest = dedent(more);
  return at ? { place: at[1], message, rest } : { message, rest };
}

function dedent(lines: string[]): string {
  const written = lines.filter((line) => line.trim() !== "");
  const margin = Math.min(...written.map((line) => line.length - line.trimStart().length));
  return (written.length ? lines.map((line) => line.slice(margin)) : []).join("\n").trimEnd();
}

/** A text in pieces: every second one is a place in a file. */
export const splitPlaces = (text: string): string[] => text.split(places);

/** What made a run fail, as the server puts it: `run failed: 5 tasks failed (marts.a, marts.b, marts.c and 2 more), 3 skipped`. */
export function failedAssets(error: string): string[] {
  const names = /tasks? failed \(([^)]*)\)/.exec(error)?.[1];
  return names ? names.replace(/ and \d+ more$/, "").split(", ") : [];
}
