import "@xyflow/react/dist/base.css";
import { IconFocusCentered, IconMinus, IconPlus } from "@tabler/icons-react";
import { Handle, MarkerType, Panel, Position, ReactFlow, ReactFlowProvider, useReactFlow, type Edge, type Node, type NodeProps } from "@xyflow/react";
import { clsx } from "clsx";
import { createContext, useContext, useEffect, useMemo, useRef, useState, type KeyboardEvent, type ReactNode } from "react";
import { useT } from "@/i18n";
import { IconButton } from "../Button";
import { place, type GraphNode } from "./layout";
import type { GraphProps } from "./types";
import css from "./Graph.module.css";

type FlowNode = Node<{ node: GraphNode<never> }, "box">;
type Render = (node: GraphNode<never>, state: { selected: boolean }) => ReactNode;

const Drawing = createContext<{ render: Render; selected: string | undefined; direction: "LR" | "TB" }>({ render: () => null, selected: undefined, direction: "LR" });

function Box({ data: { node } }: NodeProps<FlowNode>) {
  const { render, selected, direction } = useContext(Drawing);
  const is = node.id === selected;
  return (
    <div className={css.node} data-selected={is || undefined}>
      <Handle type="target" position={direction === "LR" ? Position.Left : Position.Top} className={css.handle} isConnectable={false} />
      {render(node, { selected: is })}
      <Handle type="source" position={direction === "LR" ? Position.Right : Position.Bottom} className={css.handle} isConnectable={false} />
    </div>
  );
}

const nodeTypes = { box: Box };

export default function FlowGraph<Data>(props: GraphProps<Data>) {
  return (
    <ReactFlowProvider>
      <Flow {...props} />
    </ReactFlowProvider>
  );
}

function Flow<Data>({ label, nodes, edges, renderNode, selected, anchor = selected, onOpen, direction = "LR", actions, className }: GraphProps<Data>) {
  const t = useT();
  const flow = useReactFlow();

  // The shape of the graph: only another one is laid out again.
  const shape = JSON.stringify([nodes.map((n) => [n.id, n.width, n.height]), edges.map((e) => [e.from, e.to]), direction]);
  // eslint-disable-next-line react-hooks/exhaustive-deps
  const placed = useMemo(() => place(nodes, edges, direction), [shape]);

  const flowNodes = useMemo<FlowNode[]>(
    () =>
      nodes.flatMap((node) => {
        const at = placed.get(node.id);
        if (!at) return [];
        return [{
          id: node.id, type: "box", position: { x: at.x, y: at.y }, width: at.width, height: at.height, data: { node: node as GraphNode<never> },
          draggable: false, connectable: false, focusable: true, ariaLabel: node.label,
        }];
      }),
    [nodes, placed],
  );
  const flowEdges = useMemo<Edge[]>(
    () =>
      edges.filter((e) => placed.has(e.from) && placed.has(e.to)).map((e) => ({
        id: `${e.from} ${e.to}`, source: e.from, target: e.to, focusable: false, selectable: false, zIndex: e.strong ? 1 : 0,
        className: clsx(css.edge, e.strong && css.strong, e.dashed && css.dashed),
        markerEnd: { type: MarkerType.ArrowClosed, width: 14, height: 14, color: e.strong ? "var(--accent)" : "var(--line-strong)" },
      })),
    [edges, placed],
  );

  const drawing = useMemo(() => ({ render: renderNode, selected, direction }), [renderNode, selected, direction]);
  // A dozen nodes can be read when all are shown; of more, those around the one that is looked at.
  const whole = nodes.length <= 12;
  const [initial] = useState(() => (whole || !selected ? { padding: 0.12, maxZoom: 1 } : { nodes: [{ id: selected }], padding: 0.12, maxZoom: 0.9 }));

  // Another graph is fitted into view; one that has only grown keeps its place.
  const known = useRef(placed);
  useEffect(() => {
    if (known.current === placed) return;
    const kept = [...placed.keys()].filter((id) => known.current.has(id)).length;
    const before = anchor === undefined ? undefined : known.current.get(anchor);
    const after = anchor === undefined ? undefined : placed.get(anchor);
    known.current = placed;
    if (kept > 0 && !whole && before && after) {
      const { x, y, zoom } = flow.getViewport();
      void flow.setViewport({ x: x + (before.x - after.x) * zoom, y: y + (before.y - after.y) * zoom, zoom });
      return;
    }
    const ids = whole || !selected || !placed.has(selected) ? undefined : [{ id: selected }];
    if (kept === 0 || whole) void flow.fitView({ padding: 0.12, maxZoom: 1, nodes: ids, duration: kept ? 200 : 0 });
  }, [placed, flow, selected, anchor, whole]);

  const onKeyDown = (event: KeyboardEvent) => {
    const id = (event.target as HTMLElement).closest<HTMLElement>(".react-flow__node")?.dataset.id;
    if (event.key === "Enter" && id && event.target === event.currentTarget.querySelector(`[data-id="${CSS.escape(id)}"]`)) {
      event.preventDefault();
      onOpen?.(id);
    }
  };

  return (
    // Keys reach the nodes, which take the focus; this only listens.
    // eslint-disable-next-line jsx-a11y/no-static-element-interactions
    <div className={clsx(css.graph, className)} onKeyDown={onKeyDown} data-open={onOpen ? true : undefined}>
      <Drawing value={drawing}>
        <ReactFlow
          attributionPosition="bottom-left"
          aria-label={label}
          nodes={flowNodes}
          edges={flowEdges}
          nodeTypes={nodeTypes}
          onNodeClick={(_, node) => onOpen?.(node.id)}
          // Reached with Tab, a node comes into view.
          autoPanOnNodeFocus
          fitView
          fitViewOptions={initial}
          minZoom={0.1}
          maxZoom={1.6}
          nodesDraggable={false}
          nodesConnectable={false}
          elementsSelectable={false}
          nodesFocusable
          edgesFocusable={false}
          panOnScroll
          zoomOnDoubleClick={false}
          onlyRenderVisibleElements={nodes.length > 120}
          deleteKeyCode={null}
        >
          <Panel position="bottom-right" className={css.panel}>
            {actions}
            <IconButton size="s" label={t("ui.graph.in")} icon={<IconPlus />} onClick={() => void flow.zoomIn({ duration: 120 })} />
            <IconButton size="s" label={t("ui.graph.out")} icon={<IconMinus />} onClick={() => void flow.zoomOut({ duration: 120 })} />
            <IconButton size="s" label={t("ui.graph.fit")} icon={<IconFocusCentered />} onClick={() => void flow.fitView({ padding: 0.12, maxZoom: 1, duration: 200 })} />
          </Panel>
        </ReactFlow>
      </Drawing>
    </div>
  );
}
