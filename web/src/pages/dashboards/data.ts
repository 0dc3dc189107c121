import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { api, path, type Dashboard, type Lineage, type List, type TileResult } from "@/api";
import type { components } from "@/api/schema";
import type { TileParams } from "./view";

export type Column = components["schemas"]["ResultColumn"];
export type TableRead = components["schemas"]["TableRead"];
type FilterValue = components["schemas"]["FilterValue"];

/** Tiles are read again this often while somebody looks. The server answers from what it keeps until a table changes. */
const period = 60_000;

export const board = (name: string) =>
  queryOptions({
    queryKey: ["dashboards", name],
    queryFn: ({ signal }) => api.get<Dashboard>(path`/dashboards/${name}`, { signal }),
    // Its ranges move on at midnight, and its file may change.
    refetchInterval: period,
  });

export const tileOf = (name: string, index: number, params: TileParams) =>
  queryOptions({
    queryKey: ["dashboards", name, "tiles", index, params],
    queryFn: ({ signal }) => api.get<TileResult>(path`/dashboards/${name}/tiles/${index}`, { signal, params }),
    staleTime: 30_000,
    refetchInterval: period,
    // What was looked at stays, faded, until the other range or filter has its numbers.
    placeholderData: keepPreviousData,
  });

/** How many values a filter offers at once; where there are more, the server searches. */
export const offered = 50;

export const filterValues = (name: string, dimension: string, search: string) =>
  queryOptions({
    queryKey: ["dashboards", name, "filters", dimension, search],
    queryFn: async ({ signal }) =>
      (await api.get<List<FilterValue>>(path`/dashboards/${name}/filters/${dimension}`, { signal, params: { search, limit: offered } })).items,
    staleTime: 5 * 60_000,
    placeholderData: keepPreviousData,
  });

/** What a metric is made of, as far up as its sources, and what is made of it. */
export const lineageOf = (metric: string) =>
  queryOptions({
    queryKey: ["lineage", "metric", metric],
    queryFn: ({ signal }) => api.get<Lineage>("/lineage", { signal, params: { focus: metric, type: "metric", up: 6, down: 2 } }),
    staleTime: 60_000,
  });
