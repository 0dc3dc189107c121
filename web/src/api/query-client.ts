import { QueryClient } from "@tanstack/react-query";
import { connection, onConnection } from "./connection";
import { ApiError } from "./error";

/**
 * The cache of what was read. What is shown stays on screen while it is read again and when that fails; what failed for
 * a passing reason is tried twice more within two seconds and then shown as failed, never as loading for ever.
 */
export function makeQueryClient(): QueryClient {
  const client = new QueryClient({
    defaultOptions: {
      queries: {
        // The server may be on this very machine: the browser's idea of "offline" says nothing.
        networkMode: "always",
        staleTime: 10_000,
        gcTime: 10 * 60_000,
        retry: (failures, error) => failures < 2 && error instanceof ApiError && error.transient,
        retryDelay: (attempt) => 500 * 2 ** attempt,
      },
      mutations: { networkMode: "always", retry: false },
    },
  });
  let online = connection().online;
  onConnection(() => {
    const was = online;
    online = connection().online;
    // Back again: everything on screen may be out of date.
    if (online && !was) void client.invalidateQueries();
  });
  return client;
}
