import { useQueries } from "@tanstack/react-query";
import { useMemo } from "react";
import { runQueries, type CheckResult, type LiveTask } from "./data";

export type FailedCheck = { check: CheckResult; asset?: string };

/** How many tasks are asked for their checks. */
const most = 60;

/** Whether checks of a task found something, as far as the task tells. */
export const hasFailedChecks = (task: LiveTask): boolean => /\bcheck \S+ (?:found|could not)/.test(task.error ?? "") || /\d+ of \d+ checks? warn/.test(task.note ?? "");

/** The checks of a run that found something: those of its tasks, and those of the checks folder. */
export function useFailedChecks(tasks: readonly LiveTask[], folder: readonly CheckResult[]): { checks: FailedCheck[]; loading: boolean } {
  const asked = useMemo(() => tasks.filter(hasFailedChecks).slice(0, most), [tasks]);
  const details = useQueries({
    queries: asked.map((task) => runQueries.taskAt(task)),
  });
  const loading = details.some(({ data, isFetching }) => data === undefined && isFetching);
  const found: FailedCheck[] = details.flatMap(({ data }) => failedChecks(data?.checks ?? []).map((check) => ({ check, asset: data?.task.asset })));
  return { checks: [...found, ...failedChecks(folder).map((check) => ({ check }))], loading };
}

/** The columns of the rows that a check found, in the order of its query; of results from before that was kept, by name. */
export const columnsOf = ({ columns, sample }: Pick<CheckResult, "columns" | "sample">): string[] => columns ?? [...new Set(sample.flatMap((row) => Object.keys(row)))];

/** Those that found something in the last attempt in which they ran; what stops a table from being published first. */
export function failedChecks(checks: readonly CheckResult[]): CheckResult[] {
  const last = new Map<string | undefined, CheckResult>();
  for (const check of checks) {
    const before = last.get(check.name);
    if (!before || (check.attempt ?? 0) >= (before.attempt ?? 0)) last.set(check.name, check);
  }
  return [...last.values()].filter(({ passed }) => !passed).sort((a, b) => Number(b.blocking) - Number(a.blocking));
}
