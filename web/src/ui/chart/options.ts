import type { HeatmapProps, SeriesChartProps } from "./types";
import { legible, resolveColor, seriesToken, type Palette } from "./theme";
import css from "./Chart.module.css";

/** What ECharts takes: its own types know no part of it either. */
export type Options = Record<string, unknown>;

type Look = {
  palette: Palette;
  within: Element;
  hidden: ReadonlySet<string>;
  animate: boolean;
  /** A value on an axis, when the chart does not say how. */
  short: (value: number) => string;
  exact: (value: number) => string;
};

export const colorOf = (props: SeriesChartProps, i: number): string => props.series[i]?.color ?? seriesToken(i);

export function seriesOptions(props: SeriesChartProps, look: Look): Options {
  const { x, horizontal = false } = props;
  const time = x.kind === "time";
  const label = x.format ?? String;
  const exactX = x.exact ?? label;
  const format = props.format ?? look.exact;
  const axisFormat = props.axisFormat ?? look.short;
  const bars = props.type === "bar" || props.type === "stacked";
  const shown = props.series.map((series, i) => ({ series, i })).filter(({ series }) => !look.hidden.has(series.name));
  const points = x.values.length;
  const written = horizontal && bars ? props.written : undefined;
  // Room for the longest of the values that are written beside the bars.
  const longest = written ? Math.max(0, ...shown.flatMap(({ series }) => series.values.map((v) => (v === null ? 0 : written(v).length)))) : 0;

  const base = {
    type: time ? "time" : "category",
    ...(time ? { minInterval: x.step } : { data: x.values.map(String), boundaryGap: bars }),
    axisLine: { show: !horizontal, lineStyle: { color: look.palette.axis } },
    axisTick: { show: false },
    axisLabel: {
      color: look.palette.faint,
      fontSize: 11,
      hideOverlap: true,
      formatter: (value: string | number) => label(time ? Number(value) : value),
      ...(horizontal ? { width: 160, overflow: "truncate" } : {}),
    },
    inverse: horizontal,
  };
  const value = {
    type: "value",
    scale: props.loose ?? false,
    splitNumber: 4,
    axisLabel: { color: look.palette.faint, fontSize: 11, hideOverlap: true, formatter: (v: number) => axisFormat(v) },
    splitLine: { lineStyle: { color: look.palette.line } },
    axisLine: { show: false },
    axisTick: { show: false },
  };

  return {
    ...common(look),
    grid: { left: 4, right: written ? 12 + longest * 8 : horizontal || !bars ? 24 : 12, top: 10, bottom: 2, outerBoundsMode: "same", outerBoundsContain: "axisLabel" },
    xAxis: horizontal ? value : base,
    yAxis: horizontal ? base : value,
    tooltip: {
      ...tooltip(look),
      trigger: props.type === "scatter" ? "item" : "axis",
      axisPointer: { type: bars ? "shadow" : "line", lineStyle: { color: look.palette.axis, type: "solid" }, shadowStyle: { color: look.palette.line, opacity: 0.5 } },
      formatter: (given: TipPoint | TipPoint[]) => {
        const at = Array.isArray(given) ? given : [given];
        const index = at[0]?.dataIndex ?? 0;
        const lines = at.flatMap((point) => {
          const found = shown[point.seriesIndex];
          const v = found?.series.values[index];
          return found && v !== null && v !== undefined ? [{ name: found.series.name, text: format(v), color: resolveColor(colorOf(props, found.i), look.within), faint: found.series.faint, size: v }] : [];
        });
        // Many series: those that are largest here.
        if (lines.length > 12) lines.sort((a, b) => b.size - a.size).length = 12;
        return tip(exactX(x.values[index] ?? ""), lines);
      },
    },
    series: shown.map(({ series, i }) => {
      const color = resolveColor(colorOf(props, i), look.within);
      const data = time ? series.values.map((v, at) => [x.values[at], v]) : series.values;
      const line = props.type === "line" || props.type === "area" || (series.line ?? false);
      if (props.type === "scatter") return { type: "scatter", name: series.name, data, symbolSize: points > 2000 ? 3 : 6, itemStyle: { color, opacity: 0.7 }, large: points > 5000 };
      if (line) {
        return {
          type: "line", name: series.name, data, color, symbol: "circle", symbolSize: 6, showSymbol: points === 1, sampling: "lttb",
          lineStyle: { width: series.faint ? 1.5 : 2, type: series.faint ? "dashed" : "solid", opacity: series.faint ? 0.65 : 1, color },
          emphasis: { disabled: true },
          areaStyle: props.type === "area" && !series.faint ? { color, opacity: 0.08 } : undefined,
        };
      }
      return {
        type: "bar", name: series.name, data, color, stack: props.type === "stacked" ? "all" : undefined, barMaxWidth: 36, barCategoryGap: points > 40 ? "15%" : "28%",
        itemStyle: { color, opacity: series.faint ? 0.4 : 1, borderRadius: props.type === "stacked" ? 0 : horizontal ? [0, 2, 2, 0] : [2, 2, 0, 0] },
        label: written
          ? { show: true, position: "right", color: look.palette.text, fontSize: 11, formatter: ({ dataIndex }: { dataIndex: number }) => written(series.values[dataIndex] ?? 0) }
          : undefined,
        emphasis: { disabled: true },
      };
    }),
  };
}

export function heatmapOptions(props: HeatmapProps, look: Look): Options {
  const format = props.format ?? look.exact;
  const short = props.axisFormat ?? look.short;
  const known = props.values.flat().filter((v): v is number => v !== null);
  const min = Math.min(0, ...known);
  const max = Math.max(1e-9, ...known);
  const { low, accent, text, onAccent } = look.palette;
  const cells = props.values.flatMap((row, y) =>
    row.map((v, x) => ({ value: [x, y, v ?? "-"] as const, label: { color: v === null ? text : legible(low, accent, (v - min) / (max - min), [text, onAccent]) } })),
  );
  const axis = (values: readonly string[], labelOf: ((v: string) => string) | undefined) => ({
    type: "category",
    data: values,
    axisLine: { show: false },
    axisTick: { show: false },
    splitArea: { show: false },
    axisLabel: { color: look.palette.faint, fontSize: 11, hideOverlap: true, formatter: (v: string) => labelOf?.(v) ?? v, width: 140, overflow: "truncate" },
  });
  const xLabel = (i: number) => props.x.format?.(props.x.values[i] ?? "") ?? props.x.values[i] ?? "";
  const yLabel = (i: number) => props.y.format?.(props.y.values[i] ?? "") ?? props.y.values[i] ?? "";
  return {
    ...common(look),
    grid: { left: 4, right: 4, top: 4, bottom: 2, outerBoundsMode: "same", outerBoundsContain: "axisLabel" },
    xAxis: axis(props.x.values, props.x.format),
    yAxis: { ...axis(props.y.values, props.y.format), inverse: true },
    visualMap: { show: false, min, max, inRange: { color: [low, accent] } },
    tooltip: {
      ...tooltip(look),
      formatter: (point: { value: [number, number, number | "-"] }) => {
        const [x, y, v] = point.value;
        return tip(`${yLabel(y)} · ${xLabel(x)}`, v === "-" ? [] : [{ name: "", text: format(v) }]);
      },
    },
    series: [
      {
        type: "heatmap",
        data: cells,
        cursor: props.onPick ? "pointer" : "default",
        itemStyle: { borderColor: look.palette.surface, borderWidth: 1.5, borderRadius: 3 },
        label: { show: props.written ?? false, fontSize: 10.5, formatter: ({ value: [, , v] }: { value: [number, number, number | "-"] }) => (v === "-" ? "" : short(v)) },
        emphasis: { itemStyle: { borderColor: look.palette.text } },
      },
    ],
  };
}

const common = (look: Look) => ({
  animation: look.animate,
  animationDuration: 250,
  animationDurationUpdate: 200,
  animationEasing: "cubicOut",
  textStyle: { fontFamily: look.palette.font, color: look.palette.text },
  useUTC: true,
});

type TipPoint = { dataIndex: number; seriesIndex: number };

const tooltip = (look: Look) => ({
  confine: true,
  transitionDuration: 0,
  backgroundColor: look.palette.raised,
  borderColor: look.palette.border,
  borderWidth: 1,
  padding: [8, 10],
  textStyle: { color: look.palette.text, fontSize: 12, fontFamily: look.palette.font },
  extraCssText: "border-radius:6px;box-shadow:var(--shadow-l)",
});

/** Made of elements, so that names are never read as HTML. */
function tip(title: string, lines: readonly { name: string; text: string; color?: string; faint?: boolean }[]): HTMLElement {
  const add = (parent: HTMLElement, tag: string, className: string | undefined, text = "") => {
    const element = document.createElement(tag);
    if (className) element.className = className;
    element.textContent = text;
    parent.append(element);
    return element;
  };
  const root = document.createElement("div");
  root.className = css.tip ?? "";
  add(root, "div", css.when, title);
  for (const { name, text, color, faint } of lines) {
    const line = add(root, "div", css.line);
    if (color) {
      const swatch = add(line, "span", css.swatch);
      swatch.style.background = color;
      if (faint) swatch.dataset.faint = "true";
    }
    if (name) add(line, "span", css.of, name);
    add(line, "b", undefined, text);
  }
  return root;
}
