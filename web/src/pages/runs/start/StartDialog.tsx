import { IconAlertTriangle, IconPlayerPlay } from "@tabler/icons-react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { useEffect, useState } from "react";
import { api, queries, type RunInfo, type RunRequest } from "@/api";
import { addDays, today, useTimezone } from "@/format";
import { useT } from "@/i18n";
import { Button, Checkbox, describe, Dialog, isActive, TextField, toast } from "@/ui";
import { runQueries } from "../model/data";
import { busyRun } from "../parts/actions";
import { PlanPreview } from "./PlanPreview";
import { SelectorInput } from "./SelectorInput";
import css from "./Start.module.css";

/** What is to run, what that means, and then the run. */
export function StartDialog({ selectors: first, onClose }: { selectors: readonly string[]; onClose: () => void }) {
  const t = useT();
  const client = useQueryClient();
  const navigate = useNavigate();
  const [selectors, setSelectors] = useState<readonly string[]>(first);
  const [force, setForce] = useState(false);
  const [from, setFrom] = useState("");
  const [last, setLast] = useState("");
  const day = today(useTimezone());
  const assets = useQuery(queries.assets());
  const atWork = useQuery({ ...queries.runs(1), refetchInterval: 3_000, select: (runs) => runs.items.find(({ status }) => isActive(status))?.id });

  const backwards = from !== "" && last !== "" && last < from;
  const request: RunRequest = {
    selectors: [...selectors],
    ...(force ? { force, from: from || undefined, to: last ? addDays(last, 1) : undefined } : {}),
  };
  const settled = useSettled(JSON.stringify(request));
  const plan = useQuery({ ...runQueries.plan(JSON.parse(settled) as RunRequest), enabled: !backwards });
  const planning = plan.isFetching || settled !== JSON.stringify(request);

  const start = useMutation({
    mutationFn: () => api.post<RunInfo>("/runs", request),
    onSuccess: async (run) => {
      [["runs"], ["overview"], ["assets"]].forEach((queryKey) => void client.invalidateQueries({ queryKey }));
      await navigate({ to: "/runs/$run", params: { run: run.id } });
      toast(t("runs.start.started"));
    },
  });
  const busy = atWork.data ?? busyRun(start.error);
  const nothing = plan.data !== undefined && !planning && !plan.isError && plan.data.items.length === 0;

  return (
    <Dialog
      size="l"
      open
      onOpenChange={(open) => !open && onClose()}
      title={t("runs.start.title")}
      footer={
        <>
          {busy && (
            <p className={css.busy} role="status">
              <IconAlertTriangle size={16} aria-hidden />
              <span>
                {t("runs.busy")} <Link to="/runs/$run" params={{ run: busy }} onClick={onClose}>{t("runs.busy.open")}</Link>
              </span>
            </p>
          )}
          <Button onClick={onClose}>{t("ui.cancel")}</Button>
          <Button look="primary" icon={<IconPlayerPlay />} busy={start.isPending} disabled={nothing || backwards || (plan.isError && !planning) || Boolean(atWork.data)} onClick={() => start.mutate()}>
            {t("runs.start.go")}
          </Button>
        </>
      }
    >
      <div className={css.form}>
        <SelectorInput value={selectors} onChange={setSelectors} assets={assets.data ?? []} focus={first.length === 0} />
        <div className={css.force}>
          <Checkbox label={t("runs.start.force")} hint={t("runs.start.force.hint")} checked={force} onChange={setForce} />
          {force && (
            <div className={css.range}>
              <TextField type="date" label={t("runs.start.from")} value={from} max={last || day} onChange={(event) => setFrom(event.target.value)} />
              <TextField type="date" label={t("runs.start.last")} value={last} min={from || undefined} max={day} onChange={(event) => setLast(event.target.value)} error={backwards ? t("ui.range.backwards") : undefined} />
              <p className={css.hint}>{t("runs.start.range.hint")}</p>
            </div>
          )}
        </div>
        {start.error && !busyRun(start.error) && <Refused error={start.error} />}
        <PlanPreview plan={plan} planning={planning} forced={force} />
      </div>
    </Dialog>
  );
}

function Refused({ error }: { error: unknown }) {
  const t = useT();
  const { title, detail, hint } = describe(error, t);
  return (
    <div className={css.refused} role="alert">
      <b>{t("runs.start.refused")}</b>
      <p>{detail ?? title}</p>
      {hint && <p>{hint}</p>}
    </div>
  );
}

/** A value once it has not changed for a moment: each letter is not worth a plan. */
function useSettled(value: string): string {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), 350);
    return () => clearTimeout(timer);
  }, [value]);
  return settled;
}
