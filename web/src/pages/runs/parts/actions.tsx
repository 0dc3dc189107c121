import { IconPlayerStop, IconRefresh } from "@tabler/icons-react";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { api, ApiError, path, type RunInfo } from "@/api";
import { useT } from "@/i18n";
import { Button, describe, Dialog, isActive, toast } from "@/ui";

/** The run at work, out of the error that says that there is one. */
export const busyRun = (error: unknown): string | undefined => {
  if (!(error instanceof ApiError) || error.code !== "run_busy") return undefined;
  const run = error.body["run"];
  return typeof run === "string" && run ? run : undefined;
};

/** What a run can be retried for: nothing when it has succeeded or is at work. */
export const canRetry = (run: RunInfo): boolean => ["failed", "cancelled", "interrupted"].includes(run.status);

/** Does again what failed in a run, as a new run, and goes there. */
export function RetryButton({ run, look = "default", size }: { run: RunInfo; look?: "default" | "primary"; size?: "m" | "s" }) {
  const t = useT();
  const client = useQueryClient();
  const navigate = useNavigate();
  const retry = useMutation({
    mutationFn: () => api.post<RunInfo>(path`/runs/${run.id}/retry`),
    onSuccess: async (started) => {
      void client.invalidateQueries({ queryKey: ["runs", "list"] });
      void client.invalidateQueries({ queryKey: ["overview"] });
      await navigate({ to: "/runs/$run", params: { run: started.id } });
      toast(t("runs.retry.started"));
    },
    onError: (error) => {
      const busy = busyRun(error);
      if (busy) toast(t("runs.busy"), "info", { label: t("runs.busy.open"), act: () => void navigate({ to: "/runs/$run", params: { run: busy } }) });
      else if (error instanceof ApiError && error.code === "nothing_failed") toast(t("runs.retry.nothing"), "info");
      else toast(t("runs.retry.failed", { error: describe(error, t).detail ?? describe(error, t).title }), "bad");
    },
  });
  return (
    <Button icon={<IconRefresh />} look={look} size={size} busy={retry.isPending} onClick={() => retry.mutate()} title={t("runs.retry.hint")}>
      {t("runs.retry")}
    </Button>
  );
}

/** Stops a run that is at work, after asking. */
export function CancelButton({ run }: { run: RunInfo }) {
  const t = useT();
  const client = useQueryClient();
  const [asking, setAsking] = useState(false);
  const cancel = useMutation({
    mutationFn: () => api.post<RunInfo>(path`/runs/${run.id}/cancel`),
    onSuccess: () => {
      setAsking(false);
      void client.invalidateQueries({ queryKey: ["runs"] });
    },
    onError: (error) => {
      setAsking(false);
      if (error instanceof ApiError && error.code === "run_not_at_work") toast(t("runs.cancel.over"), "info");
      else toast(t("runs.cancel.failed", { error: describe(error, t).detail ?? describe(error, t).title }), "bad");
    },
  });
  return (
    <>
      <Button
        icon={<IconPlayerStop />}
        busy={cancel.isPending || cancel.isSuccess || run.status === "cancelling"}
        disabled={!isActive(run.status)}
        onClick={() => setAsking(true)}
      >
        {t("runs.cancel")}
      </Button>
      <Dialog
        size="s"
        open={asking}
        onOpenChange={setAsking}
        title={t("runs.cancel.title")}
        description={t("runs.cancel.detail")}
        footer={
          <>
            <Button onClick={() => setAsking(false)}>{t("runs.cancel.keep")}</Button>
            <Button look="danger" busy={cancel.isPending} onClick={() => cancel.mutate()}>
              {t("runs.cancel.do")}
            </Button>
          </>
        }
      />
    </>
  );
}
