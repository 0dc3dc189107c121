import { useQuery } from "@tanstack/react-query";
import type { QueryHandle, QueryState } from "@/query";
import { chooseChart, kindOf, type ChartSpec } from "./choose";
import { shape, type ChartData, type ChartInput } from "./shape";
import { offsetIn } from "./times";

/** Rows that are looked at to choose a chart, and that are drawn. */
const sampled = 1000;
const drawn = 200_000;

/** The chart that is suggested for a result, when all of its rows are there. */
export function useSuggestion(handle: QueryHandle, state: QueryState) {
  return useQuery({
    queryKey: ["sql-chart", handle.id, "suggestion", state.rows],
    queryFn: async (): Promise<ChartSpec | null> => {
      const rows = Math.min(sampled, state.rows);
      const values = await handle.window({ from: 0, to: rows, left: 0, right: state.columns.length });
      return chooseChart(state.columns, { rows: values.length, value: (row, column) => values[row]?.[column] }) ?? null;
    },
    enabled: state.status !== "running",
    gcTime: 0,
    staleTime: Infinity,
    retry: false,
  });
}

export type Drawing = ChartData & {
  rows: { shown: number; total: number };
  /** Minutes east of UTC of each time of x. */
  offsets: number[];
};

/** What is drawn for a choice. */
export function useDrawing(handle: QueryHandle, state: QueryState, spec: ChartSpec | null | undefined, zone: string | undefined) {
  return useQuery({
    queryKey: ["sql-chart", handle.id, "drawing", spec, state.rows, state.sort, zone],
    queryFn: async (): Promise<Drawing> => {
      const { x, y, series } = spec!;
      const [xs, divided, ...ys] = await Promise.all([
        handle.column(x, drawn),
        series === undefined ? undefined : handle.column(series, drawn),
        ...y.map((column) => handle.column(column, drawn)),
      ]);
      const input: ChartInput = {
        x: xs.values,
        y: ys.map((data) => (data.kind === "text" ? data.values.map((v) => (v === null ? null : Number(v))) : data.values)),
        series: divided?.values,
      };
      const type = state.columns[x]!.type;
      // Moments are told in the zone of the workspace; dates and times without a zone are what they say.
      const offset = /WITH TIME ZONE|TIMESTAMPTZ/i.test(type) ? offsetIn(zone) : () => 0;
      const data = shape(spec!, kindOf(type), input, offset);
      return { ...data, rows: { shown: Math.min(drawn, state.rows), total: state.rows }, offsets: data.x.map((at) => (typeof at === "number" ? offset(at) : 0)) };
    },
    enabled: state.status !== "running" && spec != null && spec.y.length > 0,
    placeholderData: (before) => before,
    gcTime: 0,
    staleTime: Infinity,
    retry: false,
  });
}
