import { IconAlertTriangle, IconArrowDownRight, IconArrowRight, IconArrowUpRight, IconFilterOff, IconRefresh } from "@tabler/icons-react";
import { clsx } from "clsx";
import type { Tile, TileResult } from "@/api";
import { useFormat } from "@/format";
import { useLocale, useT } from "@/i18n";
import { describe, IconButton, Skeleton, Sparkline } from "@/ui";
import { figure, moved, moveText, partialOf, toNumber, type Moved } from "../format";
import type { Open } from "../source/point";
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
  const value = data && figure(data.value, format, f, true);
  const exact = data?.value === undefined ? undefined : figure(data.value, format, f);
  return (
    <button
      type="button"
      className={clsx(css.number, faded && css.faded)}
      onClick={() => onOpen(tile.index)}
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
              values={courseOf(data)}
            />
          )}
        </span>
      )}
      {data && <span className="sr-only">{t("dashboards.open", { value: exact ?? t("dashboards.none") })}</span>}
    </button>
  );
}

/** The values of the sparkline. A week that is not over would look like a fall: periods that are not whole are left out. */
function courseOf({ spark, from, to, grain }: TileResult): (number | null)[] {
  const at = spark?.columns.findIndex((column) => column.role === "measure") ?? -1;
  const values = spark?.rows.map((row) => toNumber(row[at])) ?? [];
  const partial = partialOf(from, to, grain);
  const whole = values.slice(partial.first ? 1 : 0, partial.last ? -1 : undefined);
  return whole.length > 1 ? whole : values;
}

function Compared({ data, format }: { data: TileResult; format: string }) {
  const t = useT();
  const f = useFormat();
  if (data.previous === undefined || data.value === undefined) return <span className={css.before}>{t("dashboards.nochange")}</span>;
  const by = moved(data.value, data.previous, format);
  return (
    <>
      {by && <Move by={by} />}
      <span className={css.before}>{t("dashboards.previous.value", { value: figure(data.previous, format, f, true) })}</span>
    </>
  );
}

/** How far a number has moved, with an arrow and in words. Whether that is good, only its readers know. */
export function Move({ by }: { by: Moved | null }) {
  const t = useT();
  const locale = useLocale();
  if (by === null) return <span className={css.before}>–</span>;
  const flat = Math.abs(by.by) < 0.0005;
  const Icon = flat ? IconArrowRight : by.by > 0 ? IconArrowUpRight : IconArrowDownRight;
  const words = flat ? t("dashboards.flat") : t(by.by > 0 ? "dashboards.up" : "dashboards.down", { change: moveText({ ...by, by: Math.abs(by.by) }, locale, "never") });
  return (
    <span className={css.move} data-way={flat ? "flat" : by.by > 0 ? "up" : "down"} title={words}>
      <Icon size={14} aria-label={words} />
      <span aria-hidden>{moveText(by, locale)}</span>
    </span>
  );
}
