/** An error of a task, taken apart for reading. */
export type Failure = {
  /** Where in the workspace's files: `models/marts/daily_sales.sql:5:19`. */
  place?: string;
  message: string;
  /** Further lines: rows that break a check, a trace. */
  rest: string;
};

/** Takes the place in front of an error and the lines behind its first away from what it says. */
export function readFailure(error: string): Failure {
  const [first = "", ...more] = error.trim().split("\n");
  const rest = more.map((line) => line.trim()).join("\n").trim();
  const at = /^(\S+\.(?:sql|ya?ml|py):\d+(?::\d+)?): (.+)$/.exec(first);
  const said = at?.[2] ?? first;
  const message = said.charAt(0).toUpperCase() + said.slice(1);
  return at ? { place: at[1], message, rest } : { message, rest };
}
