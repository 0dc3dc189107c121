import { useMemo } from "react";
import type { Tile, TileResult } from "@/api";
import { useFormat } from "@/format";
import { useT } from "@/i18n";
import { Chart } from "@/ui/chart";
import { figure } from "../format";
import { heat } from "../shape";
import type { Open } from "../source/point";
import css from "./Tile.module.css";

/** So many cells have room for their values. */
const roomy = 60;

/** Two dimensions, and how much there is where they meet. */
export function HeatTile({ tile, title, data, onOpen }: { tile: Tile; title: string; data: TileResult; onOpen: Open }) {
  const t = useT();
  const f = useFormat();
  const shaped = useMemo(() => (data.result ? heat(data.result, data.grain, { t, f }) : undefined), [data.result, data.grain, t, f]);
  if (!shaped) return null;
  const { x, y, values, metric, format, timed, axes, place } = shaped;
  return (
    <div className={css.heat}>
      <Chart
        type="heatmap"
        label={title}
        height="100%"
        className={css.chart}
        x={{ values: x }}
        y={{ values: y }}
        values={values}
        written={x.length * y.length <= roomy}
        format={(v) => figure(v, format, f)}
        axisFormat={(v) => (format === "percent" ? f.percent(v, 0) : f.compact(v))}
        onPick={(at) => onOpen(tile.index, { where: place(at.x, at.y), timed, label: title, metric, value: values[at.y]?.[at.x] ?? null, format })}
      />
      {axes && <p className={css.axes}>{axes}</p>}
    </div>
  );
}
