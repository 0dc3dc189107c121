export type ChartSeries = {
  name: string;
  /** One for each value of x. */
  values: readonly (number | null)[];
  /** A token: `var(--series-3)`; else the next of the series' colours. */
  color?: string;
  /** Something to compare with: dashed and quiet. */
  faint?: boolean;
  /** In a chart of bars: drawn as a line. */
  line?: boolean;
};

type Common = {
  /** What it shows, for screen readers and as the caption of its table. */
  label: string;
  height?: number | string;
  /** A value in the tooltip and the table. */
  format?: (value: number) => string;
  /** A value on the axis; short. */
  axisFormat?: (value: number) => string;
  className?: string;
};

export type SeriesChartProps = Common & {
  type: "line" | "area" | "bar" | "stacked" | "scatter";
  /**
   * Where the values stand: words or days in their order (`category`), or instants in ms (`time`).
   */
  x: {
    kind: "category" | "time";
    values: readonly (string | number)[];
    /** On the axis. */
    format?: (value: string | number) => string;
    /** Of instants: the least time in ms between two marks, that of what `format` tells. Else several marks say the same. */
    step?: number;
    /** In the tooltip and the table; else as on the axis. */
    exact?: (value: string | number) => string;
  };
  series: readonly ChartSeries[];
  /** Bars from left to right: for long names. */
  horizontal?: boolean;
  /** Values as they are written at the ends of bars from left to right; without it they are not. */
  written?: (value: number) => string;
  /** Names above the chart, which hide and show; with more than one series unless false. */
  legend?: boolean;
  /** The axis of values need not begin at zero (lines and points). */
  loose?: boolean;
  onPick?: (pick: { index: number; series: string }) => void;
};

export type HeatmapProps = Common & {
  type: "heatmap";
  x: { values: readonly string[]; format?: (value: string) => string };
  y: { values: readonly string[]; format?: (value: string) => string };
  /** By y, then x; null where there is nothing. */
  values: readonly (readonly (number | null)[])[];
  /** Values are written into the cells. */
  written?: boolean;
  /** A cell that has a value. */
  onPick?: (cell: { x: number; y: number }) => void;
};

export type ChartProps = SeriesChartProps | HeatmapProps;
