import { Graph, layout } from "@dagrejs/dagre";

export type GraphNode<Data = unknown> = {
  id: string;
  /** What it is, for screen readers. */
  label: string;
  data: Data;
  width?: number;
  height?: number;
};
export type GraphEdge = { from: string; to: string; /** Drawn in the accent: on the way that is looked at. */ strong?: boolean; dashed?: boolean };

export const nodeWidth = 220;
export const nodeHeight = 52;

export type Placed = Map<string, { x: number; y: number; width: number; height: number }>;

type Box = Omit<GraphNode, "data">;

/** Places nodes in layers, from what is read to what reads it. */
export function place(nodes: readonly Box[], edges: readonly GraphEdge[], direction: "LR" | "TB"): Placed {
  // The good layout of hundreds of nodes takes seconds.
  return nodes.length > 100 ? placeQuickly(nodes, edges, direction) : placeWell(nodes, edges, direction);
}

function placeWell(nodes: readonly Box[], edges: readonly GraphEdge[], direction: "LR" | "TB"): Placed {
  const graph = new Graph({ directed: true, multigraph: false, compound: false });
  graph.setGraph({
    rankdir: direction,
    nodesep: direction === "LR" ? 18 : 32,
    ranksep: direction === "LR" ? 72 : 56,
  });
  graph.setDefaultEdgeLabel(() => ({}));
  for (const { id, width = nodeWidth, height = nodeHeight } of nodes) graph.setNode(id, { width, height });
  for (const { from, to } of edges) if (graph.hasNode(from) && graph.hasNode(to) && from !== to) graph.setEdge(from, to);
  layout(graph);
  const placed: Placed = new Map();
  for (const { id, width = nodeWidth, height = nodeHeight } of nodes) {
    const node = graph.node(id) as { x?: number; y?: number };
    placed.set(id, { x: (node.x ?? 0) - width / 2, y: (node.y ?? 0) - height / 2, width, height });
  }
  return placed;
}

/**
 * A layout for large graphs, in time that grows with the edges: a node's layer is behind the last of what it reads, and
 * within its layer it stands near its neighbours.
 */
function placeQuickly(nodes: readonly Box[], edges: readonly GraphEdge[], direction: "LR" | "TB"): Placed {
  const index = new Map(nodes.map((node, i) => [node.id, i]));
  const above: number[][] = nodes.map(() => []);
  const below: number[][] = nodes.map(() => []);
  for (const { from, to } of edges) {
    const a = index.get(from);
    const b = index.get(to);
    if (a === undefined || b === undefined || a === b) continue;
    above[b]!.push(a);
    below[a]!.push(b);
  }
  const layers = layersOf(above, below);
  for (let sweep = 0; sweep < 6; sweep++) {
    const down = sweep % 2 === 0;
    const near = down ? above : below;
    const at = new Map<number, number>();
    layers.forEach((layer) => layer.forEach((node, i) => at.set(node, i / Math.max(1, layer.length))));
    for (const layer of down ? layers : [...layers].reverse()) {
      const middle = (node: number) => (near[node]!.length ? near[node]!.reduce((sum, n) => sum + at.get(n)!, 0) / near[node]!.length : at.get(node)!);
      const keys = new Map(layer.map((node) => [node, middle(node)]));
      layer.sort((a, b) => keys.get(a)! - keys.get(b)!);
      layer.forEach((node, i) => at.set(node, i / Math.max(1, layer.length)));
    }
  }
  const lr = direction === "LR";
  const along = (node: Box) => (lr ? (node.height ?? nodeHeight) : (node.width ?? nodeWidth)) + 18;
  const across = (node: Box) => (lr ? (node.width ?? nodeWidth) : (node.height ?? nodeHeight));
  const longest = Math.max(0, ...layers.map((layer) => layer.reduce((sum, i) => sum + along(nodes[i]!), 0)));
  const placed: Placed = new Map();
  let depth = 0;
  for (const layer of layers) {
    let offset = (longest - layer.reduce((sum, i) => sum + along(nodes[i]!), 0)) / 2;
    for (const i of layer) {
      const node = nodes[i]!;
      placed.set(node.id, { x: lr ? depth : offset, y: lr ? offset : depth, width: node.width ?? nodeWidth, height: node.height ?? nodeHeight });
      offset += along(node);
    }
    depth += Math.max(0, ...layer.map((i) => across(nodes[i]!))) + 110;
  }
  return placed;
}

/** Nodes by layer. What is on a circle, which lineage has not, goes to the first layer. */
function layersOf(above: readonly number[][], below: readonly number[][]): number[][] {
  const waiting = above.map((list) => list.length);
  const layer = above.map(() => 0);
  const ready = waiting.flatMap((n, i) => (n === 0 ? [i] : []));
  for (let node = ready.pop(); node !== undefined; node = ready.pop()) {
    for (const next of below[node]!) {
      layer[next] = Math.max(layer[next]!, layer[node]! + 1);
      if (--waiting[next]! === 0) ready.push(next);
    }
  }
  const layers: number[][] = [];
  layer.forEach((depth, node) => (layers[depth] ??= []).push(node));
  return Array.from(layers, (list) => list ?? []);
}
