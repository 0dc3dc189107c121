import { IconChevronRight, IconList, IconSitemap } from "@tabler/icons-react";
import { useQueries, useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useMemo, useState } from "react";
import type { Lineage as Part, LineageType, TableDetail } from "@/api";
import { useFormat } from "@/format";
import { pickLabel, useLocale, useT } from "@/i18n";
import { Card, EmptyState, ErrorState, Segmented, Skeleton, StatusBadge, Time } from "@/ui";
import { Graph } from "@/ui/graph";
import { useNarrow } from "../useNarrow";
import { tableQueries } from "./data";
import { distances, merge, type LineageGraph, type LineageNode } from "./graph";
import { Box, NodeIcon, NodeLink, type Expand } from "./LineageNode";
import css from "./Lineage.module.css";
import page from "../Table.module.css";

/** How far is shown at first, in steps; more comes by asking for it at a node. Much is made of some tables, and of little. */
const steps = { up: 2, down: 1 };

const graphId = (node: { type: LineageType; name: string }) => `${node.type}:${node.name}`;

type Expansion = { type: LineageType; name: string; up: number; down: number };

/** What a table is made of and who uses it: as a graph, or as lists for those who cannot see one. */
export default function Lineage({ table }: { table: TableDetail }) {
  const t = useT();
  const locale = useLocale();
  const navigate = useNavigate();
  const narrow = useNarrow();
  const [view, setView] = useState<"graph" | "list">(narrow ? "list" : "graph");
  const [expansions, setExpansions] = useState<Expansion[]>([]);
  const last = expansions.at(-1);
  const anchor = last && graphId(last);
  const first = useQuery(tableQueries.lineage(table.name, "table", steps.up, steps.down));
  const more = useQueries({ queries: expansions.map((e) => tableQueries.lineage(e.name, e.type, e.up, e.down)), combine: (all) => all.map((q) => q.data) });
  const graph = useMemo(() => merge([first.data, ...more].filter((part): part is Part => part !== undefined)), [first.data, more]);
  const focus = first.data?.focus ?? graphId({ type: "table", name: table.name });
  const nodes = useMemo(
    () => graph.nodes.map((node) => ({ id: node.id, label: pickLabel(node.label, locale, node.name), data: node, width: 240, height: 56 })),
    [graph, locale],
  );
  const open = (id: string) => {
    const node = graph.nodes.find((n) => n.id === id);
    if (node === undefined || id === focus) return;
    if (node.type === "table") void navigate({ to: "/catalog/$table", params: { table: node.name }, search: { tab: "lineage" } });
    else if (node.type === "dashboard") void navigate({ to: "/dashboards/$name", params: { name: node.name } });
  };

  if (first.data === undefined) {
    if (first.error && !first.isFetching) return <ErrorState error={first.error} title={t("catalog.lineage.failed")} onRetry={() => void first.refetch()} />;
    return (
      <div className={page.tab}>
        <div className={page.bar} />
        <Skeleton className={css.graph} />
      </div>
    );
  }
  if (graph.nodes.length <= 1) {
    return <EmptyState icon={<IconSitemap />} title={t("catalog.lineage.alone", { table: table.name })}>{t("catalog.lineage.alone.detail")}</EmptyState>;
  }
  const expand: Expand = (node, way) =>
    setExpansions((was) => [...was, { type: node.type, name: node.name, up: way === "up" ? 1 : 0, down: way === "down" ? 1 : 0 }]);
  return (
    <div className={page.tab}>
      <div className={page.bar}>
        <Segmented
          size="s"
          label={t("catalog.lineage.view")}
          value={view}
          onChange={setView}
          options={[
            { value: "graph", label: t("catalog.lineage.graph"), icon: <IconSitemap /> },
            { value: "list", label: t("catalog.lineage.list"), icon: <IconList /> },
          ]}
        />
      </div>
      {view === "list" ? (
        <Lists graph={graph} focus={focus} expand={expand} />
      ) : (
        <div className={css.graph}>
          <Graph
            label={t("catalog.lineage.label", { table: table.name })}
            nodes={nodes}
            edges={graph.edges}
            selected={focus}
            anchor={anchor}
            onOpen={open}
            renderNode={(node) => <Box node={node.data} focused={node.id === focus} expand={expand} />}
          />
        </div>
      )}
    </div>
  );
}

function Lists({ graph, focus, expand }: { graph: LineageGraph; focus: string; expand: Expand }) {
  const t = useT();
  const far = useMemo(() => distances(graph, focus), [graph, focus]);
  const side = (sign: 1 | -1) =>
    graph.nodes
      .map((node) => ({ node, steps: (far.get(node.id) ?? 0) * sign }))
      .filter(({ steps }) => steps > 0)
      .sort((a, b) => a.steps - b.steps || a.node.name.localeCompare(b.node.name));
  return (
    <div className={css.lists}>
      <Side title={t("catalog.lineage.upstream")} way="up" nodes={side(-1)} expand={expand} />
      <Side title={t("catalog.lineage.downstream")} way="down" nodes={side(1)} expand={expand} />
    </div>
  );
}

function Side({ title, way, nodes, expand }: { title: string; way: "up" | "down"; nodes: { node: LineageNode; steps: number }[]; expand: Expand }) {
  const t = useT();
  const f = useFormat();
  return (
    <Card title={title} flush>
      {nodes.length === 0 ? (
        <EmptyState compact title={t("catalog.lineage.none")} />
      ) : (
        <ul className={css.side}>
          {nodes.map(({ node, steps }) => (
            <li key={node.id} style={{ paddingLeft: 16 + (steps - 1) * 18 }}>
              <NodeIcon node={node} />
              <span className={css.name}><NodeLink node={node} /></span>
              {node.type === "table" && node.kind !== "view" && node.rows !== undefined && (
                <span className={page.note}>{t("catalog.nrows", { n: node.rows, count: f.compact(node.rows) })}</span>
              )}
              {node.updated_at && <span className={page.note}><Time at={node.updated_at} /></span>}
              {node.status && <StatusBadge status={node.status} />}
              {(way === "up" ? node.moreUp : node.moreDown) && (
                <button type="button" className={css.more} onClick={() => expand(node, way)}>
                  {t("catalog.lineage.more")}
                  <span className="sr-only">: {t(way === "up" ? "catalog.lineage.up" : "catalog.lineage.down", { name: node.name })}</span>
                  <IconChevronRight size={13} aria-hidden />
                </button>
              )}
            </li>
          ))}
        </ul>
      )}
    </Card>
  );
}
