import { IconAlertTriangle, IconArrowDownRight, IconArrowRight, IconArrowUpRight, IconFilterOff, IconRefresh } from "@tabler/icons-react";
import { clsx } from "clsx";
import type { Cell, Tile, TileResult } from "@/api";
import { useFormat } from "@/format";
import { useT } from "@/i18n";
import { describe, IconButton, Skeleton, Sparkline } from "@/ui";
import { toNumber } from "../format";
import type { Open } from "./TileFrame";
import css from "./Tile.module.css";

/** One number: how it is, how it was, and how it got there. All of it leads to where it comes from. */
export function NumberTile({ tile, title, data, error, faded, ignores, onRetry, onOpen }: {
  tile: Tile;
  title: string;
  data: TileResult | undefined;
  error: unknown;
  faded: boolean;
  ignores: string | undefined;
  onRetry: () => void;
  onOpen: Open;
}) {
  const t = useT();
  const f = useFormat();
  if (error) {
    const view = describe(error, t);
    return (
      <div className={css.number} role="alert">
        <span className={css.label}>{title}</span>
        <span className={css.failure}>
          <IconAlertTriangle size={15} aria-hidden />
          <span title={view.detail}>{t("dashboards.tile.failed")}</span>
          <IconButton size="s" label={t("ui.retry")} icon={<IconRefresh />} onClick={onRetry} />
        </span>
        <span className={css.reason}>{view.detail ?? view.title}</span>
      </div>
    );
  }
  const format = data?.format ?? "number";
  const value = data && f.metric(data.value, format, true);
  const exact = data?.value === undefined ? undefined : f.metric(data.value, format);
  return (
    <button
      type="button"
      className={clsx(css.number, faded && css.faded)}
      onClick={() => onOpen(tile.index)}
      aria-label={data && t("dashboards.open", { name: title, value: exact ?? t("dashboards.none") })}
      aria-busy={!data || faded || undefined}
      title={exact}
    >
      <span className={css.label}>
        <span className={css.name}>{title}</span>
        {ignores && (
          <span className={css.mark} title={ignores}>
            <IconFilterOff size={14} aria-label={ignores} />
          </span>
        )}
      </span>
      <span className={css.value}>{value ?? <Skeleton width={120} height={24} />}</span>
      {tile.compare && <span className={css.compared}>{data ? <Compared data={data} format={format} /> : <Skeleton width={130} height={12} />}</span>}
      {tile.sparkline && (
        <span className={css.spark}>
          {data?.spark && (
            <Sparkline
              height={28}
              label={t("dashboards.trend", { name: title })}
              values={(data.spark.rows).map((row) => toNumber(row[data.spark!.columns.findIndex((c) => c.role === "measure")]))}
            />
          )}
        </span>
      )}
    </button>
  );
}

function Compared({ data, format }: { data: TileResult; format: string }) {
  const t = useT();
  const f = useFormat();
  if (data.previous === undefined) return <span className={css.before}>{t("dashboards.nochange")}</span>;
  return (
    <>
      {data.change !== undefined && <Move change={data.change} />}
      <span className={css.before}>{t("dashboards.previous.value", { value: f.metric(data.previous, format, true) })}</span>
    </>
  );
}

/** How far a number has moved, with an arrow and in words. Whether that is good, only its readers know. */
export function Move({ change }: { change: number | null }) {
  const t = useT();
  const f = useFormat();
  if (change === null || !Number.isFinite(change)) return <span className={css.before}>–</span>;
  const flat = Math.abs(change) < 0.0005;
  const Icon = flat ? IconArrowRight : change > 0 ? IconArrowUpRight : IconArrowDownRight;
  const words = flat ? t("dashboards.flat") : t(change > 0 ? "dashboards.up" : "dashboards.down", { change: f.percent(Math.abs(change)) });
  return (
    <span className={css.move} data-way={flat ? "flat" : change > 0 ? "up" : "down"} title={words}>
      <Icon size={14} aria-label={words} />
      <span aria-hidden>{f.change(change)}</span>
    </span>
  );
}
