import { useEffect, useSyncExternalStore } from "react";
import type { QueryHandle} from "./handle";
import { warmUp, type QueryState } from "./handle";

export { QueryHandle, runQuery, warmUp, type QueryRequest, type QueryState } from "./handle";
export type { Column, ColumnData, ColumnKind, Range, Summary, TextFormat } from "./protocol";

const nothing = () => () => undefined;

/** How a statement stands; renders again when that changes. Undefined without a handle. */
export function useQueryState(handle: QueryHandle | undefined): QueryState | undefined {
  return useSyncExternalStore(handle?.subscribe ?? nothing, () => handle?.getState());
}

/** Has a worker ready while the component is on screen. */
export function useWarmUp(): void {
  useEffect(warmUp, []);
}
