import type { Lineage, LineageNode } from "@/api";

/** A node with how far it is indented: as many steps as it is from the metric. */
export type Step = { node: LineageNode; depth: number };

/** All that a node is made from, each thing once, below what is made from it first. */
export function above(view: Lineage, focus: string): Step[] {
  const nodes = new Map(view.nodes.map((node) => [node.id, node]));
  const seen = new Set([focus]);
  const steps: Step[] = [];
  const walk = (id: string, depth: number) => {
    for (const { from } of view.edges.filter((edge) => edge.to === id)) {
      const node = nodes.get(from);
      if (!node || seen.has(from)) continue;
      seen.add(from);
      steps.push({ node, depth });
      walk(from, depth + 1);
    }
  };
  walk(focus, 0);
  return steps;
}

/** All that is made from a node. */
export function below(view: Lineage, focus: string): LineageNode[] {
  const seen = new Set([focus]);
  for (const id of seen) for (const edge of view.edges) if (edge.from === id) seen.add(edge.to);
  seen.delete(focus);
  return view.nodes.filter((node) => seen.has(node.id));
}
