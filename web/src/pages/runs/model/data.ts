import { infiniteQueryOptions, keepPreviousData, queryOptions } from "@tanstack/react-query";
import {
  api, path, type CheckResult as ApiCheck, type List, type LogLine as ApiLine, type PlannedTask, type RunInfo, type RunRequest, type TaskDetail as ApiTask, type TaskInfo,
  type TaskProgress,
} from "@/api";
import { isActive } from "@/ui";

/** A line of a log. `line` grows in the order in which the lines of a run became visible. */
export type LogLine = ApiLine & { line: number };
/** The sample is column to text. */
export type CheckResult = Omit<ApiCheck, "sample" | "name"> & { name: string; sample: Record<string, string>[]; attempt?: number };
export type Attempt = ApiTask["attempts"][number];
export type TaskDetail = Omit<ApiTask, "checks"> & { checks: CheckResult[] };
export type Edge = { from: string; to: string };
/** A run, its tasks, and the results of checks that belong to none of them. */
export type RunDetail = { run: RunInfo; tasks: TaskInfo[]; edges: Edge[]; checks: CheckResult[] };
export type LiveTask = TaskInfo & { progress?: TaskProgress };
export type PlanResult = { items: PlannedTask[]; up_to_date: number; unreached?: { source: string; error: string }[] };

const pageSize = 50;

export const runQueries = {
  list: () =>
    infiniteQueryOptions({
      queryKey: ["runs", "list"],
      queryFn: ({ signal, pageParam }) => api.get<List<RunInfo>>("/runs", { signal, params: { limit: pageSize, cursor: pageParam } }),
      initialPageParam: "",
      getNextPageParam: (last) => last.next || undefined,
      staleTime: 1_000,
      // All pages are read again, so that none has a gap: the more there are, the less often.
      refetchInterval: ({ state }) => {
        const pages = state.data?.pages ?? [];
        const working = pages[0]?.items.some((run) => isActive(run.status));
        return (working ? 1_500 : 10_000) * Math.max(1, pages.length);
      },
    }),
  run: (id: string) =>
    queryOptions({
      queryKey: ["runs", id],
      queryFn: ({ signal }) => api.get<RunDetail>(path`/runs/${id}`, { signal }),
    }),
  task: (run: string, task: string) =>
    queryOptions({
      queryKey: ["runs", run, "tasks", task],
      queryFn: ({ signal }) => api.get<TaskDetail>(path`/runs/${run}/tasks/${task}`, { signal }),
    }),
  /** A task as it stood when it was read: read again with each attempt and with its end. */
  taskAt: ({ run, id, attempt, status }: TaskInfo) =>
    queryOptions({
      queryKey: ["runs", run, "tasks", id, `${attempt} ${status}`],
      queryFn: ({ signal }) => api.get<TaskDetail>(path`/runs/${run}/tasks/${id}`, { signal }),
      staleTime: Infinity,
    }),
  plan: (request: RunRequest) =>
    queryOptions({
      queryKey: ["plan", request],
      queryFn: ({ signal }) => api.post<PlanResult>("/plan", request, { signal }),
      // What it says is true of this moment only.
      staleTime: 5_000,
      gcTime: 60_000,
      retry: false,
      placeholderData: keepPreviousData,
    }),
};
