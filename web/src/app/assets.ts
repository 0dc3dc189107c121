import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useCallback } from "react";
import { api, ApiError, type Reason, type RunInfo, type RunRequest } from "@/api";
import { useT, type MessageId } from "@/i18n";
import { describe, toast } from "@/ui";

/** Starts runs from any page: says that one has begun, or why not, and leads to it. */
export function useStartRun() {
  const t = useT();
  const client = useQueryClient();
  const navigate = useNavigate();
  const open = (run: string) => ({ label: t("catalog.run.open"), act: () => void navigate({ to: "/runs/$run", params: { run } }) });
  const mutation = useMutation({
    mutationFn: (request: RunRequest) => api.post<RunInfo>("/runs", request),
    onSuccess: (run) => {
      toast(t("catalog.run.started"), "good", open(run.id));
      return Promise.all([["overview"], ["assets"], ["runs"], ["tables"]].map((queryKey) => client.invalidateQueries({ queryKey })));
    },
    onError: (error) => {
      const at = error instanceof ApiError ? error.body["run"] : undefined; // the id of the run at work
      if (error instanceof ApiError && error.code === "run_busy") toast(t("catalog.run.busy"), "info", typeof at === "string" ? open(at) : undefined);
      else toast(t("catalog.run.failed", { error: describe(error, t).detail ?? describe(error, t).title }), "bad");
    },
  });
  return {
    start: (selectors: string[]) => mutation.mutate({ selectors }),
    /** The selectors that are being sent. */
    starting: mutation.isPending ? (mutation.variables.selectors ?? []) : undefined,
  };
}

const reasons: Record<string, MessageId> = {
  never_built: "catalog.reason.never_built",
  definition_changed: "catalog.reason.definition_changed",
  input_changed: "catalog.reason.input_changed",
  input_refilled: "catalog.reason.input_refilled",
  interval_missing: "catalog.reason.interval_missing",
  interval_open: "catalog.reason.interval_open",
  lookback: "catalog.reason.lookback",
  due: "catalog.reason.due",
  last_failed: "catalog.reason.last_failed",
  upstream: "catalog.reason.upstream",
  forced: "catalog.reason.forced",
};

/** Why a run would work on an asset, in the language of the interface; a reason that is not known here in the server's words. */
export function useReasonText(): (reason: Reason) => string {
  const t = useT();
  return useCallback(
    (reason) => {
      if (isEachRun(reason)) return t("catalog.reason.each_run");
      const id = reasons[reason.code];
      return id === undefined ? reason.text : t(id, { input: reason.input ?? "" });
    },
    [t],
  );
}

/** A source that has no schedule is read whenever there is a run: it is always due, and never late. */
export const isEachRun = (reason: Reason): boolean => reason.code === "each_run";
