import type { UseQueryResult } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { ErrorState } from "./State";

/**
 * What a query has: its data or, until there is any, the skeleton of it or why it failed. Data that could not be read
 * again stays on screen; that the server does not answer is said by the shell.
 */
export function QueryView<Data>({ query, loading, empty, compact, title, children }: {
  query: Pick<UseQueryResult<Data>, "data" | "error" | "isFetching" | "refetch">;
  /** Of the size of what comes. */
  loading: ReactNode;
  /** What to show instead when there is nothing; a falsy value when there is something. */
  empty?: (data: Data) => ReactNode;
  compact?: boolean;
  /** What could not be done, for the heading of the error. */
  title?: string;
  children: (data: Data) => ReactNode;
}) {
  const { data, error, isFetching } = query;
  if (data !== undefined) return empty?.(data) || children(data);
  if (error && !isFetching) return <ErrorState error={error} title={title} compact={compact} onRetry={() => void query.refetch()} />;
  return <div aria-busy="true">{loading}</div>;
}
