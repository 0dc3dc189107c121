import { IconChecks, IconPlugConnectedX } from "@tabler/icons-react";
import type { UseQueryResult } from "@tanstack/react-query";
import { useMemo, type ReactNode } from "react";
import type { Plan } from "@/api";
import { useReasonText } from "@/app/assets";
import { useFormat } from "@/format";
import { useT } from "@/i18n";
import { Badge, describe, EmptyState, Skeleton } from "@/ui";
import { groupPlan, type PlannedAsset } from "../model/plan";
import { useInterval } from "../parts/words";
import css from "./Start.module.css";

const most = 400;

/** What a run would do, and why. */
export function PlanPreview({ plan, planning, forced }: { plan: UseQueryResult<Plan>; planning: boolean; forced: boolean }) {
  const t = useT();
  const f = useFormat();
  const { data, error } = plan;
  const groups = useMemo(() => groupPlan(data?.items ?? []), [data]);
  const sure = data?.items.filter((item) => !item.if_changed).length ?? 0;
  return (
    <div className={css.plan} aria-busy={planning}>
      <header className={css.planHead}>
        <h3>{t("runs.plan.title")}</h3>
        <span className={css.note} role="status">
          {error && !planning
            ? ""
            : data === undefined
              ? t("runs.plan.working")
              : t("runs.plan.summary", { n: sure, tasks: f.number(sure), maybe: data.items.length - sure, fresh: data.up_to_date })}
        </span>
      </header>
      {error && !planning ? (
        <Wrong error={error} />
      ) : data === undefined ? (
        <div className={css.rows}>
          {[0, 1, 2, 3, 4].map((i) => (
            <div key={i} className={css.row}>
              <Skeleton width={`${30 - i * 3}%`} height={12} />
              <Skeleton width={`${40 - i * 5}%`} height={12} />
            </div>
          ))}
        </div>
      ) : (
        // It scrolls by keys too.
        <div className={css.planned} data-stale={planning || undefined} role="region" aria-label={t("runs.plan.title")} tabIndex={0}>
          {data.unreached?.map(({ source, error: why }) => (
            <p key={source} className={css.unreached}>
              <IconPlugConnectedX size={16} aria-hidden />
              <span>
                <b>{t("runs.plan.unreached", { source })}</b> {why}
              </span>
            </p>
          ))}
          {data.items.length === 0 ? (
            <EmptyState compact icon={<IconChecks />} title={t("runs.plan.nothing")}>
              {t(forced ? "runs.plan.nothing.forced" : "runs.plan.nothing.detail", { n: data.up_to_date })}
            </EmptyState>
          ) : (
            <>
              <Group title={t("runs.plan.sure")} assets={groups.sure} />
              <Group title={t("runs.plan.maybe")} hint={t("runs.plan.maybe.hint")} assets={groups.maybe} />
            </>
          )}
        </div>
      )}
    </div>
  );
}

function Group({ title, hint, assets }: { title: string; hint?: string; assets: readonly PlannedAsset[] }) {
  const t = useT();
  const f = useFormat();
  if (assets.length === 0) return null;
  return (
    <div>
      <div className={css.groupHead}>
        <h4>{title}</h4>
        <span className={css.count}>{f.number(assets.length)}</span>
        {hint && <span className={css.note}>{hint}</span>}
      </div>
      <ul className={css.rows}>
        {assets.slice(0, most).map((asset) => <Row key={asset.asset} asset={asset} />)}
      </ul>
      {assets.length > most && <p className={css.note}>{t("runs.plan.more", { n: assets.length - most })}</p>}
    </div>
  );
}

function Row({ asset }: { asset: PlannedAsset }) {
  const t = useT();
  const interval = useInterval();
  const reasonText = useReasonText();
  const texts = [...new Set(asset.reasons.map(reasonText))];
  return (
    <li className={css.row}>
      <span className={css.planName}>
        <span className={css.assetName}>{asset.asset}</span>
        <Badge><code>{asset.kind}</code></Badge>
      </span>
      <span className={css.why}>
        {texts.join(" · ")}
        {asset.intervals > 0 && (
          <span className={css.intervals}>
            {t("runs.plan.intervals", { n: asset.intervals, range: interval(asset) })}
            {asset.tasks > 1 && <> · {t("runs.plan.tasks", { n: asset.tasks })}</>}
          </span>
        )}
      </span>
    </li>
  );
}

function Wrong({ error }: { error: unknown }): ReactNode {
  const t = useT();
  const { title, detail, hint } = describe(error, t);
  return (
    <div className={css.refused} role="alert">
      <b>{t("runs.plan.failed")}</b>
      <p>{detail ?? title}</p>
      {hint && <p>{hint}</p>}
    </div>
  );
}

