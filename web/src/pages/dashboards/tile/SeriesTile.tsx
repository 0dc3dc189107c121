import { useMemo } from "react";
import type { Tile, TileResult } from "@/api";
import { useFormat } from "@/format";
import { useT } from "@/i18n";
import { Chart, type ChartSeries } from "@/ui/chart";
import type { Colors } from "../colors";
import { figure } from "../format";
import { shape } from "../shape";
import type { Open } from "../source/point";
import css from "./Tile.module.css";

/** Whether all values are so close together that an axis from zero would show a flat line. */
function close(series: readonly ChartSeries[]): boolean {
  const known = series.flatMap((s) => s.values.filter((v) => v !== null));
  return known.length > 0 && Math.min(...known) > 0.6 * Math.max(...known);
}

/** Lines and bars. */
export function SeriesTile({ tile, title, data, colors, onOpen }: { tile: Tile; title: string; data: TileResult; colors: Colors; onOpen: Open }) {
  const t = useT();
  const f = useFormat();
  const type = tile.type === "stacked" ? "stacked" : tile.type === "bar" ? "bar" : "line";
  const shaped = useMemo(() => (data.result ? shape(data.result, data.grain, { t, f }, type === "stacked") : undefined), [data.result, data.grain, t, f, type]);
  const series = useMemo(() => {
    if (!shaped) return [];
    const own = shaped.by ? colors(shaped.by, shaped.series.flatMap((s) => (s.others ? [] : [s.of ?? ""]))) : undefined;
    const firsts = shaped.series.filter((s) => !s.previous);
    return shaped.series.map((s): ChartSeries => {
      // The period before has the colour of what it is compared with.
      const partner = s.previous ? Math.max(0, firsts.findIndex((other) => other.metric === s.metric)) : firsts.indexOf(s);
      return {
        name: s.name,
        values: s.values,
        faint: s.previous,
        color: s.others ? "var(--line-strong)" : (own?.get(s.of ?? "") ?? `var(--series-${(partner % 8) + 1})`),
      };
    });
  }, [shaped, colors]);
  if (!shaped) return null;
  const { format } = shaped;
  const horizontal = !shaped.time;
  return (
    <>
      <Chart
        type={type}
        label={title}
        height="100%"
        className={css.chart}
        x={{ kind: "category", values: shaped.x, format: (v) => shaped.label(String(v)), exact: (v) => shaped.exact(String(v)) }}
        series={series}
        horizontal={horizontal}
        written={(v) => figure(v, format, f, true)}
        loose={type === "line" && close(series)}
        format={(v) => figure(v, format, f)}
        axisFormat={(v) => (format === "percent" ? f.percent(v) : f.compact(v))}
        onPick={({ index, series: name }) => {
          const at = shaped.series.findIndex((s) => s.name === name);
          const picked = shaped.series[at];
          const place = shaped.x[index];
          if (!picked || place === undefined) return;
          const single = shaped.series.length === 1 && !shaped.by;
          onOpen(tile.index, {
            where: [shaped.exact(place), ...(single || picked.previous ? [] : [picked.name])],
            timed: shaped.time,
            label: picked.previous ? t("dashboards.previous") : title,
            metric: picked.metric,
            value: picked.values[index] ?? null,
            format,
          });
        }}
      />
      {shaped.left > 0 && <p className={css.left}>{t("dashboards.left", { n: shaped.left })}</p>}
    </>
  );
}
