import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { api, path, type Check, type DataFile, type Lineage, type LineageType, type List, type Profile, type Snapshot } from "@/api";

/** A version as the server tells of it. */
export type Version = Snapshot & { current?: boolean };
/** A data file; `deletes` are the delete files that apply to it. */
export type File = Omit<DataFile, "partition"> & { partition?: Record<string, string>; deletes?: number };
export type FileList = { items: File[]; next?: string; total: number; snapshot?: string };
export type TableCheck = Check & { file?: string; line?: number };

const minutes = 60_000;

/** What only the page of a table reads. The keys begin like those of the table itself, so that both are read again together. */
export const tableQueries = {
  snapshots: (name: string, limit = 100) =>
    infiniteQueryOptions({
      queryKey: ["tables", name, "snapshots", limit],
      queryFn: ({ signal, pageParam }) => api.get<List<Version>>(path`/tables/${name}/snapshots`, { signal, params: { limit, cursor: pageParam } }),
      initialPageParam: "",
      getNextPageParam: (last) => last.next,
    }),
  files: (name: string, snapshot: string | undefined) =>
    infiniteQueryOptions({
      queryKey: ["tables", name, "files", snapshot ?? ""],
      queryFn: ({ signal, pageParam }) =>
        api.get<FileList>(path`/tables/${name}/files`, { signal, params: { snapshot, limit: 1000, cursor: pageParam } }),
      initialPageParam: "",
      getNextPageParam: (last) => last.next,
    }),
  profile: (name: string, snapshot: string | undefined) =>
    queryOptions({
      queryKey: ["tables", name, "profile", snapshot ?? ""],
      queryFn: ({ signal }) => api.get<Profile>(path`/tables/${name}/profile`, { signal, params: { snapshot } }),
      staleTime: 5 * minutes,
    }),
  checks: (name: string) =>
    queryOptions({
      queryKey: ["tables", name, "checks"],
      queryFn: async ({ signal }) => (await api.get<List<TableCheck>>(path`/tables/${name}/checks`, { signal })).items,
    }),
  lineage: (name: string, type: LineageType, up: number, down: number) =>
    queryOptions({
      queryKey: ["lineage", type, name, up, down],
      queryFn: ({ signal }) => api.get<Lineage>("/lineage", { signal, params: { focus: name, type, up, down } }),
      staleTime: minutes,
    }),
};
