import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useState, useSyncExternalStore } from "react";
import type { RunInfo } from "@/api";
import type { LiveTask } from "./data";
import { LiveRun, type LogState, type RunState } from "./live";

/**
 * Follows a run while the component is on screen, beginning from what was read of it; of one task, only that. What other
 * pages show is read again when it ends. Give the component the id of the run as its key.
 */
export function useLive(run: RunInfo, tasks: readonly LiveTask[], task?: string): { live: LiveRun; state: RunState } {
  const client = useQueryClient();
  const [live] = useState(
    () =>
      new LiveRun(run, tasks, {
        task,
        onEnd: () => [["runs"], ["overview"], ["assets"], ["tables"]].forEach((queryKey) => void client.invalidateQueries({ queryKey })),
      }),
  );
  useEffect(() => live.open(), [live]);
  return { live, state: useSyncExternalStore(live.subscribe, live.getState) };
}

/** The log of a run that is followed: from the first time on that something asks for it. */
export function useLog(live: LiveRun): LogState {
  useEffect(() => live.wantLog(), [live]);
  return useSyncExternalStore(live.subscribe, live.getLog);
}
