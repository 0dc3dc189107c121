import type { Attempt, LiveTask } from "./data";

/** A piece of a row: waiting for its turn, an attempt, or the pause before the next one. Times in ms. */
export type Piece = { kind: "wait" | "try" | "pause"; from: number; to: number; status: string; attempt: number };

const ms = (at: string) => new Date(at).getTime();

/** What a task did when, up to now. Without its attempts, what was before the last of them is one pause. */
export function piecesOf(task: LiveTask, attempts: readonly Attempt[] | undefined, now: number): Piece[] {
  const pieces: Piece[] = [];
  const add = (kind: Piece["kind"], from: number, to: number, status: string, attempt: number) =>
    pieces.push({ kind, from, to: Math.max(from, to), status, attempt });
  const end = task.finished_at ? ms(task.finished_at) : undefined;
  const tries: Attempt[] =
    attempts && attempts.length > 0
      ? [...attempts]
      : task.started_at && task.attempt > 0
        ? [{ attempt: task.attempt, status: task.status, started_at: task.started_at, finished_at: task.finished_at }]
        : [];
  const queued = task.queued_at ? ms(task.queued_at) : undefined;
  const first = tries[0];
  if (queued !== undefined) {
    const until = first ? ms(first.started_at) : (end ?? now);
    if (until > queued) add(first && first.attempt > 1 ? "pause" : "wait", queued, until, task.status, 0);
  }
  tries.forEach((attempt, i) => {
    const from = ms(attempt.started_at);
    const next = tries[i + 1];
    const last = next === undefined;
    // An attempt that was cut off has no end of its own.
    const to = attempt.finished_at ? ms(attempt.finished_at) : last ? (end ?? now) : ms(next.started_at);
    add("try", from, to, last && !attempt.finished_at ? task.status : attempt.status, attempt.attempt);
    const paused = next ? ms(next.started_at) : end === undefined && task.status === "retrying" ? now : undefined;
    if (paused !== undefined && paused > to) add("pause", to, paused, "retrying", attempt.attempt);
  });
  return pieces;
}

/** The attempts of many tasks on one line: those of one status that would touch are one piece. `gap` is in ms. */
export function mergePieces(pieces: readonly Piece[], gap: number): Piece[] {
  const merged: Piece[] = [];
  const last = new Map<string, Piece>();
  for (const piece of [...pieces].sort((a, b) => a.from - b.from)) {
    const before = last.get(piece.status);
    if (before && piece.from - before.to <= gap) before.to = Math.max(before.to, piece.to);
    else {
      const one = { ...piece };
      merged.push(one);
      last.set(piece.status, one);
    }
  }
  return merged;
}

/** Tasks of one asset, or one task. */
export type GanttRow = { key: string; asset: string } & ({ kind: "group"; tasks: readonly LiveTask[]; open: boolean } | { kind: "task"; task: LiveTask; child: boolean });

/** A row for each task; the tasks of an asset that has several, under a row of its own that closes over them. */
export function rowsOf(tasks: readonly LiveTask[], closed: ReadonlySet<string>): GanttRow[] {
  const byAsset = new Map<string, LiveTask[]>();
  for (const task of tasks) {
    const list = byAsset.get(task.asset);
    if (list) list.push(task);
    else byAsset.set(task.asset, [task]);
  }
  const rows: GanttRow[] = [];
  for (const [asset, list] of byAsset) {
    const [only] = list;
    if (list.length === 1 && only) {
      rows.push({ kind: "task", key: only.id, asset, task: only, child: false });
      continue;
    }
    const open = !closed.has(asset);
    rows.push({ kind: "group", key: `group ${asset}`, asset, tasks: list, open });
    if (open) for (const task of list) rows.push({ kind: "task", key: task.id, asset, task, child: true });
  }
  return rows;
}

/** The end of the time axis: behind what has happened, in steps, so that the bars before it stand still for a while. */
export function reach(elapsed: number, ended: boolean): number {
  if (ended) return Math.max(elapsed, 1);
  let end = 10_000;
  while (end < elapsed * 1.02) end *= 1.25;
  return end;
}

const steps = [
  1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 15_000, 30_000, 60_000, 120_000, 300_000, 600_000, 900_000, 1_800_000, 3_600_000, 7_200_000,
  10_800_000, 21_600_000, 43_200_000, 86_400_000,
];

/** Where the axis is labelled, in ms since its beginning: at least `gap` of `width` apart. */
export function ticks(span: number, width: number, gap: number): number[] {
  const least = (span * gap) / Math.max(width, 1);
  const step = steps.find((s) => s >= least) ?? Math.ceil(least / 86_400_000) * 86_400_000;
  const list: number[] = [];
  for (let at = 0; at <= span; at += step) list.push(at);
  return list;
}
