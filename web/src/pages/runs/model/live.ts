import { listen, path, type RunInfo, type RunStatus } from "@/api";
import { isActive } from "@/ui";
import type { LiveTask, LogLine } from "./data";

export type RunState = {
  run: RunInfo;
  /** In the order in which they were queued. */
  tasks: readonly LiveTask[];
  /** Whether what is shown is as of now: false while the stream is being connected again. */
  connected: boolean;
};

export type LogState = {
  lines: readonly LogLine[];
  /** How many lines there were before those that are kept. */
  left: number;
  /** The first lines have come, or it is known that there are none yet. */
  loaded: boolean;
  /** The run has ended and every line is here. */
  complete: boolean;
};

type Connect = typeof listen;

/** What happens within this time is shown together. */
const together = 200;
/** A page that nobody looks at for so long gives its connection back: a browser has six for all of its pages. */
const unseen = 10_000;
/** Lines that are kept; the newest ones. */
export const mostLines = 50_000;

/**
 * A run as it is now: the state it was read in, kept up to date by its stream of events for as long as somebody looks. The
 * stream tells the whole state anew whenever it is connected, so what was missed meanwhile is made good; log lines that
 * are here already are known by their numbers.
 */
export class LiveRun {
  private state: RunState;
  private log: LogState = { lines: [], left: 0, loaded: false, complete: false };
  private readonly tasks: Map<string, LiveTask>;
  private lines: LogLine[] = []; // in the order of their times
  private times: number[] = [];
  private left = 0;
  private last = 0; // number of the newest line
  private loaded = false;
  private complete = false;
  private readonly wasActive: boolean;
  private readonly listeners = new Set<() => void>();
  private timer: ReturnType<typeof setTimeout> | undefined;
  private hiding: ReturnType<typeof setTimeout> | undefined;
  private stop: (() => void) | undefined;
  private streamsLog = false;
  private wantsLog = false;
  private ended = false;
  private opened = false;

  constructor(
    run: RunInfo,
    tasks: readonly LiveTask[],
    private readonly options: {
      /** Only this task and its log. */
      task?: string;
      onEnd?: () => void;
    } = {},
    private readonly connect: Connect = listen,
  ) {
    this.tasks = new Map(tasks.map((task) => [task.id, task]));
    this.state = { run, tasks: inOrder(this.tasks), connected: true };
    this.wasActive = isActive(run.status);
  }

  readonly getState = (): RunState => this.state;
  readonly getLog = (): LogState => this.log;
  readonly subscribe = (changed: () => void): (() => void) => {
    this.listeners.add(changed);
    return () => this.listeners.delete(changed);
  };

  /** Begins to follow; returns what stops it. */
  open(): () => void {
    this.opened = true;
    const onVisibility = () => {
      clearTimeout(this.hiding);
      if (document.visibilityState === "hidden") this.hiding = setTimeout(() => this.close(), unseen);
      else this.follow();
    };
    document.addEventListener("visibilitychange", onVisibility);
    this.follow();
    return () => {
      this.opened = false;
      document.removeEventListener("visibilitychange", onVisibility);
      clearTimeout(this.hiding);
      clearTimeout(this.timer);
      this.timer = undefined;
      this.close();
    };
  }

  /** From now on the log is followed too. */
  wantLog(): void {
    if (this.wantsLog) return;
    this.wantsLog = true;
    if (this.stop && !this.streamsLog) this.close();
    this.follow();
  }

  private follow(): void {
    const needed = (isActive(this.state.run.status) && !this.ended) || (this.wantsLog && !this.complete);
    if (!needed || this.stop || !this.opened || document.visibilityState === "hidden") return;
    this.streamsLog = this.wantsLog;
    const stop = this.connect(
      path`/runs/${this.state.run.id}/events`,
      {
        run: (run: RunInfo) => this.tell(() => (this.state = { ...this.state, run })),
        task: (task: LiveTask) => this.tell(() => this.tasks.set(task.id, task)),
        log: (line: LogLine) => this.tell(() => this.add(line)),
        end: () => this.end(),
      },
      {
        params: { task: this.options.task, logs: this.streamsLog, after: this.streamsLog && this.last > 0 ? this.last : undefined },
        onConnected: (connected) => {
          if (this.state.connected !== connected) this.tell(() => (this.state = { ...this.state, connected }));
        },
      },
    );
    this.stop = stop;
  }

  private close(): void {
    this.stop?.();
    this.stop = undefined;
  }

  private end(): void {
    this.stop = undefined; // listen() has closed it
    this.tell(() => (this.complete ||= this.streamsLog));
    if (this.wasActive && !this.ended) this.options.onEnd?.();
    this.ended = true;
    this.follow(); // the log, when it was asked for meanwhile
  }

  private add(line: LogLine): void {
    if (line.line <= this.last) return;
    this.last = line.line;
    // Lines become visible task by task, up to half a second late; read together they belong in the order of what happened.
    const time = Date.parse(line.at);
    let at = this.lines.length;
    while (at > 0 && (this.times[at - 1] ?? 0) > time) at--;
    this.lines.splice(at, 0, line);
    this.times.splice(at, 0, time);
    if (this.lines.length > mostLines * 1.1) {
      this.left += this.lines.length - mostLines;
      this.lines = this.lines.slice(-mostLines);
      this.times = this.times.slice(-mostLines);
    }
  }

  private tell(change: () => unknown): void {
    change();
    this.loaded ||= this.streamsLog;
    this.timer ??= setTimeout(() => {
      this.timer = undefined;
      this.state = { ...this.state, tasks: inOrder(this.tasks) };
      const { lines, left, loaded, complete } = this;
      if (this.log.lines.length !== lines.length || this.log.left !== left || this.log.loaded !== loaded || this.log.complete !== complete) {
        this.log = { lines: lines.slice(), left, loaded, complete };
      }
      this.listeners.forEach((changed) => changed());
    }, together);
  }
}

const inOrder = (tasks: ReadonlyMap<string, LiveTask>): LiveTask[] => [...tasks.values()].sort((a, b) => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0));

/** How many tasks have each status. The server's counts, unless the tasks are known. */
export function countTasks(tasks: readonly LiveTask[]): Partial<Record<RunStatus, number>> {
  const counts: Partial<Record<RunStatus, number>> = {};
  for (const task of tasks) counts[task.status] = (counts[task.status] ?? 0) + 1;
  return counts;
}
