import { infiniteQueryOptions, keepPreviousData, queryOptions } from "@tanstack/react-query";
import { api, path, type List, type Plan, type RunDetail, type RunInfo, type RunRequest, type TaskDetail, type TaskInfo, type TaskProgress } from "@/api";
import { isActive } from "@/ui";

export type { Attempt, CheckResult, LogLine, RunDetail, TaskDetail } from "@/api";
export type Edge = RunDetail["edges"][number];
export type LiveTask = TaskInfo & { progress?: TaskProgress };

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
      queryFn: ({ signal }) => api.post<Plan>("/plan", request, { signal }),
      // What it says is true of this moment only.
      staleTime: 5_000,
      gcTime: 60_000,
      retry: false,
      placeholderData: keepPreviousData,
    }),
};
