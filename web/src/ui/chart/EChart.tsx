import { BarChart, HeatmapChart, LineChart, ScatterChart } from "echarts/charts";
import { GridComponent, TooltipComponent, VisualMapComponent } from "echarts/components";
import { init, use as register, type EChartsType } from "echarts/core";
import { CanvasRenderer } from "echarts/renderers";
import { clsx } from "clsx";
import { useEffect, useEffectEvent, useRef, useState } from "react";
import { useScheme } from "@/app/theme";
import { useFormat, type Format } from "@/format";
import { useT } from "@/i18n";
import { colorOf, heatmapOptions, seriesOptions } from "./options";
import { nearest, nearestX } from "./pick";
import { palette } from "./theme";
import type { ChartProps, HeatmapProps, SeriesChartProps } from "./types";
import css from "./Chart.module.css";

register([BarChart, LineChart, ScatterChart, HeatmapChart, GridComponent, TooltipComponent, VisualMapComponent, CanvasRenderer]);

export default function EChart(props: ChartProps) {
  const f = useFormat();
  const scheme = useScheme();
  const plot = useRef<HTMLDivElement>(null);
  const chart = useRef<EChartsType | null>(null);
  const [hidden, setHidden] = useState<ReadonlySet<string>>(new Set());

  const pick = useEffectEvent((index: number, series: string) => {
    if (props.type !== "heatmap") return props.onPick?.({ index, series });
    const wide = props.x.values.length; // cells are numbered as they are read
    const cell = { x: index % wide, y: Math.floor(index / wide) };
    if ((props.values[cell.y]?.[cell.x] ?? null) !== null) props.onPick?.(cell);
  });

  const pickable = useEffectEvent((made: EChartsType, x: number, y: number) => props.type !== "heatmap" && props.type !== "scatter" && props.onPick !== undefined && made.containPixel({ gridIndex: 0 }, [x, y]));

  const pickBeside = useEffectEvent((made: EChartsType, x: number, y: number) => {
    if (props.type === "heatmap" || !pickable(made, x, y)) return;
    const [across = 0, up = 0] = made.convertFromPixel({ gridIndex: 0 }, [x, y]);
    const index = nearestX(props.x, props.horizontal ? up : across);
    const series = index === undefined ? undefined : nearest(props, hidden, index, props.horizontal ? across : up);
    if (index !== undefined && series !== undefined) props.onPick?.({ index, series });
  });

  useEffect(() => {
    const element = plot.current;
    if (!element) return;
    const made = init(element);
    chart.current = made;
    // A bar or a cell that is hit is what is meant; else what the tooltip tells of: few hit a point of a line.
    let hit: unknown;
    made.on("click", (event) => {
      hit = event.event;
      pick(event.dataIndex, event.seriesName ?? "");
    });
    made.getZr().on("click", (event) => {
      if (hit !== event) pickBeside(made, event.offsetX, event.offsetY);
    });
    made.getZr().on("mousemove", (event) => {
      if (pickable(made, event.offsetX, event.offsetY)) made.getZr().setCursorStyle("pointer");
    });
    const observer = new ResizeObserver(() => made.resize());
    observer.observe(element);
    return () => {
      observer.disconnect();
      chart.current = null;
      made.dispose();
    };
  }, []);

  useEffect(() => {
    const element = plot.current;
    if (!element || !chart.current) return;
    const look = {
      palette: palette(element),
      within: element,
      hidden,
      animate: !window.matchMedia("(prefers-reduced-motion: reduce)").matches,
      short: f.compact,
      exact: (v: number) => f.number(v, 4),
    };
    // Whole, not merged: series that are gone must go.
    chart.current.setOption(props.type === "heatmap" ? heatmapOptions(props, look) : seriesOptions(props, look), { notMerge: true });
  }, [props, hidden, scheme, f]);

  return (
    <figure className={clsx(css.figure, props.className)} style={{ height: props.height }}>
      {props.type !== "heatmap" && (props.legend ?? props.series.length > 1) && (
        <Legend
          props={props}
          hidden={hidden}
          onToggle={(name) => {
            const next = new Set(hidden);
            if (!next.delete(name)) next.add(name);
            setHidden(next);
          }}
        />
      )}
      <div ref={plot} className={css.plot} role="img" aria-label={props.label} />
      {/* The same in words and numbers, for those who do not see it. */}
      <figcaption className="sr-only">{props.type === "heatmap" ? <HeatTable {...props} f={f} /> : <SeriesTable {...props} f={f} />}</figcaption>
    </figure>
  );
}

function Legend({ props, hidden, onToggle }: { props: SeriesChartProps; hidden: ReadonlySet<string>; onToggle: (name: string) => void }) {
  const t = useT();
  return (
    <div className={css.legend} role="group" aria-label={t("ui.chart.series")}>
      {props.series.map((series, i) => (
        <button key={series.name} type="button" className={css.entry} aria-pressed={!hidden.has(series.name)} onClick={() => onToggle(series.name)} title={series.name}>
          <span className={css.swatch} data-faint={series.faint || undefined} style={{ background: colorOf(props, i) }} />
          <span>{series.name}</span>
        </button>
      ))}
    </div>
  );
}

/** The most rows of a table that nobody sees: a screen reader would read for hours. */
const most = 100;

function SeriesTable({ label, x, series, format, f }: SeriesChartProps & { f: Format }) {
  const t = useT();
  const exact = x.exact ?? x.format ?? String;
  const value = format ?? ((v: number) => f.number(v));
  return (
    <table>
      <caption>{x.values.length > most ? t("ui.chart.first", { label, n: most }) : label}</caption>
      <thead>
        <tr>
          <td />
          {series.map((s) => (
            <th key={s.name} scope="col">
              {s.name}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {x.values.slice(0, most).map((at, i) => (
          <tr key={i}>
            <th scope="row">{exact(at)}</th>
            {series.map((s) => {
              const v = s.values[i];
              return <td key={s.name}>{v === null || v === undefined ? "–" : value(v)}</td>;
            })}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function HeatTable({ label, x, y, values, format, f }: HeatmapProps & { f: Format }) {
  const value = format ?? ((v: number) => f.number(v));
  return (
    <table>
      <caption>{label}</caption>
      <thead>
        <tr>
          <td />
          {x.values.map((v) => (
            <th key={v} scope="col">
              {x.format?.(v) ?? v}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {y.values.map((name, i) => (
          <tr key={name}>
            <th scope="row">{y.format?.(name) ?? name}</th>
            {(values[i] ?? []).map((v, j) => (
              <td key={j}>{v === null ? "–" : value(v)}</td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}
