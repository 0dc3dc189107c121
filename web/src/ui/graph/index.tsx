import { lazy, Suspense, type ReactNode } from "react";
import { Skeleton } from "../Skeleton";
import type { GraphProps } from "./types";
import css from "./Graph.module.css";

export type { GraphEdge, GraphNode } from "./layout";

const FlowGraph = lazy(() => import("./FlowGraph")) as <Data>(props: GraphProps<Data>) => ReactNode;

/**
 * Boxes and arrows in layers. Drag to pan, pinch or Ctrl-wheel to zoom; Tab reaches the nodes, Enter opens one. Its parent
 * has to have a height. The layout is made again only when nodes or edges come or go, not when their data changes.
 */
export function Graph<Data>(props: GraphProps<Data>) {
  return (
    <Suspense
      fallback={
        <div className={css.loading} aria-busy="true">
          {[0, 1, 2].map((i) => (
            <Skeleton key={i} width={180} height={48} radius="var(--radius)" />
          ))}
        </div>
      }
    >
      <FlowGraph {...props} />
    </Suspense>
  );
}
