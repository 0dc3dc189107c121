import type { ReactNode } from "react";
import type { GraphEdge, GraphNode } from "./layout";

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
