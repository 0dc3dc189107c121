import { lazy, Suspense, type ReactNode } from "react";
import { Skeleton } from "../Skeleton";
import type { GraphEdge, GraphNode } from "./layout";
import css from "./Graph.module.css";

export type { GraphEdge, GraphNode } from "./layout";

export type GraphProps<Data> = {
  /** What it shows, for screen readers. */
  label: string;
  nodes: readonly GraphNode<Data>[];
  edges: readonly GraphEdge[];
  /** Draws a node into its place (220 × 52 px unless the node says otherwise). */
  renderNode: (node: GraphNode<Data>, state: { selected: boolean }) => ReactNode;
  /** The node that is looked at: outlined, and in the middle at first. */
  selected?: string;
  /** The node that keeps its place on the screen when others come: the one that was asked for more. Else the selected one. */
  anchor?: string;
  /** A click on a node, or Enter. */
  onOpen?: (id: string) => void;
  direction?: "LR" | "TB";
  /** Beside the buttons of zooming. */
  actions?: ReactNode;
  className?: string;
};

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
