import type { Lineage } from "@/api";

export type LineageNode = Omit<Lineage["nodes"][number], "more_up" | "more_down"> & { moreUp: boolean; moreDown: boolean };
export type LineageGraph = { nodes: LineageNode[]; edges: Lineage["edges"] };

/** Neighbourhoods put together. What one of them shows around a node is no longer "more" in another. */
export function merge(parts: readonly Lineage[]): LineageGraph {
  const nodes = new Map<string, LineageNode>();
  const edges = new Map<string, Lineage["edges"][number]>();
  for (const part of parts) {
    for (const { more_up, more_down, ...node } of part.nodes) {
      const known = nodes.get(node.id);
      nodes.set(node.id, {
        ...node,
        moreUp: Boolean(more_up) && (known?.moreUp ?? true),
        moreDown: Boolean(more_down) && (known?.moreDown ?? true),
      });
    }
    for (const edge of part.edges) edges.set(`${edge.from}\n${edge.to}`, edge);
  }
  return { nodes: [...nodes.values()], edges: [...edges.values()] };
}

/** How many steps every node is from the focus: negative upstream, positive downstream. */
export function distances({ edges }: LineageGraph, focus: string): Map<string, number> {
  const steps = new Map([[focus, 0]]);
  const walk = (next: (id: string) => string[], sign: 1 | -1) => {
    let layer = [focus];
    for (let n = 1; layer.length > 0; n++) {
      layer = [...new Set(layer.flatMap(next))].filter((id) => !steps.has(id));
      for (const id of layer) steps.set(id, sign * n);
    }
  };
  walk((id) => edges.filter((e) => e.to === id).map((e) => e.from), -1);
  walk((id) => edges.filter((e) => e.from === id).map((e) => e.to), 1);
  return steps;
}
