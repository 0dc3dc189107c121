import { useMemo } from "react";
import { formatClock, formatDate, formatDateTime, formatDay, formatMonth, useFormat } from "@/format";
import { useT, type Locale } from "@/i18n";
import type { Column } from "@/query";
import { Chart, type SeriesChartProps } from "@/ui/chart";
import { isIdentifier, kindOf, type ChartSpec } from "../chart/choose";
import { precisionOf, spanOf, stepOf, toldBy } from "../chart/times";
import type { Drawing } from "../chart/useChart";
import css from "./ChartPanel.module.css";

/** The chart itself: names for what is drawn. */
export function ResultChart({ spec, drawing, columns }: { spec: ChartSpec; drawing: Drawing; columns: readonly Column[] }) {
  const t = useT();
  const f = useFormat();
  const name = (i: number) => columns[i]?.name ?? "";
  const kind = kindOf(columns[spec.x]?.type ?? "");
  const identifies = isIdentifier(name(spec.x));
  const empty = t("sql.chart.empty");
  const x = useMemo((): SeriesChartProps["x"] => {
    if (kind === "time") return timeAxis(drawing, spec.type === "line", f.locale);
    // 2,024 is no year.
    if (kind === "number") return { kind: "category", values: drawing.x, format: identifies ? String : (v) => f.number(v) };
    return { kind: "category", values: drawing.x, format: (v) => String(v) || empty };
  }, [drawing, kind, identifies, spec.type, f, empty]);
  // Names that are long or many are read from left to right.
  const horizontal = spec.type !== "line" && kind === "category" && (drawing.x.length > 12 || drawing.x.some((v) => String(v).length > 14));
  const several = spec.series !== undefined;
  return (
    <div className={css.canvas} style={horizontal ? { minHeight: drawing.x.length * (spec.type === "bar" ? 16 * Math.min(drawing.series.length, 3) + 8 : 24) + 60 } : undefined}>
      <Chart
        label={t("sql.chart.named", { measure: spec.y.map(name).join(", "), x: name(spec.x) })}
        type={spec.type}
        height="100%"
        x={x}
        horizontal={horizontal}
        series={drawing.series.map((s) => ({
          name: s.others ? t("sql.chart.others") : several ? (s.name ?? empty) : name(s.column),
          values: s.values,
          color: s.others ? "var(--idle)" : undefined,
        }))}
      />
    </div>
  );
}

function timeAxis(drawing: Drawing, line: boolean, locale: Locale): SeriesChartProps["x"] {
  const values = drawing.x.map((at, i) => Number(at) + (drawing.offsets[i] ?? 0) * 60_000);
  const precision = precisionOf(values);
  const at = (v: string | number) => Number(v);
  const days = spanOf(values) / 86_400_000;
  const exact = {
    month: (v: string | number) => formatMonth(at(v), locale, "UTC"),
    day: (v: string | number) => formatDate(at(v), locale, "UTC"),
    time: (v: string | number) => formatDateTime(at(v), locale, "UTC"),
    second: (v: string | number) => formatDateTime(at(v), locale, "UTC", true),
  }[precision];
  const told = toldBy(precision, spanOf(values));
  const format = (v: string | number) => {
    if (told === "month") return formatMonth(at(v), locale, "UTC");
    if (told === "day") return formatDay(at(v), locale, "UTC");
    // Midnight says which day begins.
    return at(v) % 86_400_000 === 0 && days > 0.5 ? formatDay(at(v), locale, "UTC") : formatClock(at(v), locale, "UTC", days < 0.02);
  };
  return { kind: line ? "time" : "category", values, format, exact, step: stepOf(told) };
}
