import { useMutation, useQueryClient } from "@tanstack/react-query";
import { api, path, queries, type SavedQuery } from "@/api";

export type SavedBody = { name: string; sql: string; description: string };

/** Creates a saved query, or changes the one that has an id; the list is right at once. */
export function useSave() {
  const client = useQueryClient();
  const { queryKey } = queries.savedQueries();
  return useMutation({
    mutationFn: ({ id, body }: { id?: string; body: SavedBody }) =>
      id === undefined ? api.post<SavedQuery>("/saved-queries", body) : api.put<SavedQuery>(path`/saved-queries/${id}`, body),
    onSuccess: (saved) => {
      client.setQueryData(queryKey, (list) => [...(list ?? []).filter((q) => q.id !== saved.id), saved].sort((a, b) => a.name.localeCompare(b.name)));
      void client.invalidateQueries({ queryKey });
    },
  });
}

export function useDeleteSaved() {
  const client = useQueryClient();
  const { queryKey } = queries.savedQueries();
  return useMutation({
    mutationFn: (id: string) => api.delete(path`/saved-queries/${id}`),
    onSuccess: (_, id) => {
      client.setQueryData(queryKey, (list) => list?.filter((q) => q.id !== id));
      void client.invalidateQueries({ queryKey });
    },
  });
}
