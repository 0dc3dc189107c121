import { queryOptions } from "@tanstack/react-query";
import { api, path } from "./client";
import { connection } from "./connection";
import type {
  AssetStatus, DashboardSummary, List, Metric, Overview, RunDetail, RunInfo, SavedQuery, SqlFunction, TableDetail,
  TableSummary, Workspace,
} from "./types";

/**
 * What more than one page reads, each under one key. A page's own requests live in its folder; their keys start with
 * the same words (["tables", name, "profile"]), so that invalidating ["tables"] reaches them.
 */
export const queries = {
  workspace: () =>
    queryOptions({
      queryKey: ["workspace"],
      queryFn: ({ signal }) => api.get<Workspace>("/workspace", { signal }),
      // Also the heartbeat: it notices a dead server, a new version and files that stopped loading.
      refetchInterval: () => (connection().online ? 15_000 : 3_000),
      staleTime: 5_000,
      retry: false,
    }),
  overview: () => queryOptions({ queryKey: ["overview"], queryFn: ({ signal }) => api.get<Overview>("/overview", { signal }) }),
  tables: () =>
    queryOptions({
      queryKey: ["tables"],
      queryFn: async ({ signal }) => (await api.get<List<TableSummary>>("/tables", { signal })).items,
      staleTime: 30_000,
    }),
  table: (name: string) =>
    queryOptions({
      queryKey: ["tables", name],
      queryFn: ({ signal }) => api.get<TableDetail>(path`/tables/${name}`, { signal }),
    }),
  assets: () =>
    queryOptions({
      queryKey: ["assets"],
      queryFn: async ({ signal }) => (await api.get<List<AssetStatus>>("/assets", { signal })).items,
    }),
  runs: (limit = 50) =>
    queryOptions({
      queryKey: ["runs", { limit }],
      queryFn: ({ signal }) => api.get<List<RunInfo>>("/runs", { signal, params: { limit } }),
    }),
  run: (id: string) =>
    queryOptions({
      queryKey: ["runs", id],
      queryFn: ({ signal }) => api.get<RunDetail>(path`/runs/${id}`, { signal }),
    }),
  dashboards: () =>
    queryOptions({
      queryKey: ["dashboards"],
      queryFn: async ({ signal }) => (await api.get<List<DashboardSummary>>("/dashboards", { signal })).items,
      staleTime: 30_000,
    }),
  metrics: () =>
    queryOptions({
      queryKey: ["metrics"],
      queryFn: async ({ signal }) => (await api.get<List<Metric>>("/metrics", { signal })).items,
      staleTime: 60_000,
    }),
  savedQueries: () =>
    queryOptions({
      queryKey: ["saved-queries"],
      queryFn: async ({ signal }) => (await api.get<List<SavedQuery>>("/saved-queries", { signal })).items,
      staleTime: 30_000,
    }),
  functions: () =>
    queryOptions({
      queryKey: ["functions"],
      queryFn: async ({ signal }) => (await api.get<List<SqlFunction>>("/functions", { signal })).items,
      staleTime: Infinity,
    }),
};
