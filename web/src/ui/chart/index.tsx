import { lazy, Suspense } from "react";
import { Skeleton } from "../Skeleton";
import type { ChartProps } from "./types";
import css from "./Chart.module.css";

export type { ChartProps, ChartSeries, HeatmapProps, SeriesChartProps } from "./types";

const EChart = lazy(() => import("./EChart"));

/** A chart. Its code loads when the first one is shown; its place is kept until then. */
export function Chart(props: ChartProps) {
  const height = props.height ?? 260;
  return (
    <Suspense fallback={<ChartSkeleton height={height} />}>
      <EChart {...props} height={height} />
    </Suspense>
  );
}

/** The place of a chart whose values are still loading. */
export function ChartSkeleton({ height = 260 }: { height?: number | string }) {
  return (
    <div className={css.skeleton} style={{ height }} aria-hidden>
      <Skeleton height="100%" radius="var(--radius)" />
    </div>
  );
}
