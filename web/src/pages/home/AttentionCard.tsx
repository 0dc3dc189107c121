import { IconCircleCheck, IconPlayerPlay } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { clsx } from "clsx";
import { useState } from "react";
import type { AssetStatus } from "@/api";
import { useReasonText, type useStartRun } from "@/app/assets";
import { useT } from "@/i18n";
import { Button, Card, EmptyState, LinkButton, Skeleton, StatusIcon, Time } from "@/ui";
import { readEachRun } from "./attention";
import { readFailure } from "./failure";
import css from "./Home.module.css";

/** What failed, what was never built and what is due: why, and what can be done about it. */
export function AttentionCard({ items, working, run }: {
  items: AssetStatus[] | undefined;
  /** A run is at work: another one cannot be started. */
  working: boolean;
  run: ReturnType<typeof useStartRun>;
}) {
  const t = useT();
  return (
    <Card
      title={t("home.attention")}
      note={items && items.length >= 20 ? t("home.attention.most", { n: items.length }) : undefined}
      actions={
        <>
          {items && items.length > 0 && (
            <Button size="s" icon={<IconPlayerPlay />} busy={run.starting?.length === 0} disabled={working} onClick={() => run.start([])}>
              {t("home.runall")}
            </Button>
          )}
          <LinkButton to="/runs" search={{ tab: "assets" }} look="quiet" size="s">{t("home.attention.all")}</LinkButton>
        </>
      }
      className={css.tall}
      flush
    >
      <div className={css.scroll}>
        {items === undefined ? (
          <ul>{[0, 1, 2, 3, 4].map((i) => <li key={i} className={css.asset}><Skeleton width={16} height={16} radius={8} /><Skeleton lines={2} height={11} width={`${66 - i * 9}%`} /></li>)}</ul>
        ) : items.length === 0 ? (
          <div className={css.middle}><EmptyState compact icon={<IconCircleCheck />} title={t("home.attention.none")}>{t("home.attention.none.detail")}</EmptyState></div>
        ) : (
          <ul>
            {items.map((asset) => <Asset key={asset.asset} asset={asset} working={working} run={run} />)}
          </ul>
        )}
      </div>
    </Card>
  );
}

function Asset({ asset, working, run }: { asset: AssetStatus; working: boolean; run: ReturnType<typeof useStartRun> }) {
  const t = useT();
  const reasonText = useReasonText();
  const [open, setOpen] = useState(false);
  const { last } = asset;
  const at = last?.finished_at ?? asset.filled_at;
  const failure = asset.status === "failed" && last?.error ? readFailure(last.error) : undefined;
  const reasons = asset.reasons?.filter((r) => r.code !== "last_failed").map(reasonText) ?? [];
  const long = failure !== undefined && (failure.rest !== "" || failure.message.length > 190);
  const calm = readEachRun(asset);
  return (
    <li className={clsx(css.asset, calm && css.calm)}>
      <StatusIcon status={asset.status} />
      <div className={css.what}>
        <div className={css.nameline}>
          <Link to="/catalog/$table" params={{ table: asset.asset }} className={css.name}>{asset.asset}</Link>
          {at && <span className={css.when}><Time at={at} /></span>}
        </div>
        {failure ? (
          <div className={css.failure}>
            <p className={clsx(!open && css.clamp)}>{failure.message}</p>
            {open && failure.rest && <pre>{failure.rest}</pre>}
            <div className={css.place}>
              {failure.place && <code>{failure.place}</code>}
              {long && (
                <button type="button" aria-expanded={open} onClick={() => setOpen(!open)}>
                  {t(open ? "home.error.less" : "home.error.more")}
                </button>
              )}
            </div>
          </div>
        ) : (
          <p className={css.reason}>{reasons.join(" · ") || last?.reason}</p>
        )}
      </div>
      <div className={css.acts}>
        {last && asset.status === "failed" && (
          <LinkButton to="/runs/$run/tasks/$task" params={{ run: last.run, task: last.id }} size="s" look="quiet" aria-label={t("home.task.of", { asset: asset.asset })}>
            {t("home.task")}
          </LinkButton>
        )}
        <Button size="s" look="quiet" icon={<IconPlayerPlay />} disabled={working} busy={run.starting?.includes(asset.asset)} onClick={() => run.start([asset.asset])} aria-label={t("home.run.of", { asset: asset.asset })}>
          {t("home.run")}
        </Button>
      </div>
    </li>
  );
}
