import { IconChartHistogram, IconDatabase, IconEye, IconPlugConnected, IconPlus, IconVariable } from "@tabler/icons-react";
import { clsx } from "clsx";
import { useFormat } from "@/format";
import { pickLabel, useLocale, useT } from "@/i18n";
import { Link, StatusIcon, useNow } from "@/ui";
import type { LineageNode } from "./graph";
import css from "./Lineage.module.css";

/** Shows what is behind a node, one step further. */
export type Expand = (node: LineageNode, way: "up" | "down") => void;

/** What kind of thing it is. */
export function NodeIcon({ node, size = 16 }: { node: LineageNode; size?: number }) {
  const t = useT();
  switch (node.type) {
    case "source":
      return <IconPlugConnected size={size} aria-label={t("catalog.source")} />;
    case "metric":
      return <IconVariable size={size} aria-label={t("catalog.lineage.metric")} />;
    case "dashboard":
      return <IconChartHistogram size={size} aria-label={t("catalog.lineage.dashboard")} />;
    default:
      return node.kind === "view" ? <IconEye size={size} aria-label={t("catalog.view")} /> : <IconDatabase size={size} aria-label={t("catalog.table")} />;
  }
}

/** Its name, leading to where more is said of it. */
export function NodeLink({ node, className }: { node: LineageNode; className?: string }) {
  const locale = useLocale();
  const text = pickLabel(node.label, locale, node.name);
  if (node.type === "table") {
    return <Link to="/catalog/$table" params={{ table: node.name }} search={{ tab: "lineage" }} className={className}>{text}</Link>;
  }
  if (node.type === "dashboard") return <Link to="/dashboards/$name" params={{ name: node.name }} className={className}>{text}</Link>;
  return <span className={className}>{text}</span>;
}

/** A node in the graph: what it is, where it stands, how much it holds and since when, and what is behind it. */
export function Box({ node, focused, expand }: { node: LineageNode; focused: boolean; expand: Expand }) {
  const t = useT();
  const f = useFormat();
  const locale = useLocale();
  const now = useNow();
  const dot = node.type === "table" ? node.name.lastIndexOf(".") : -1;
  const about = [
    dot > 0 ? node.name.slice(0, dot) : node.type === "metric" ? t("catalog.lineage.metric") : node.type === "dashboard" ? t("catalog.lineage.dashboard") : node.kind,
    node.type === "table" && node.kind !== "view" && node.rows !== undefined ? t("catalog.nrows", { n: node.rows, count: f.compact(node.rows) }) : "",
    node.updated_at ? f.relative(node.updated_at, now) : "",
  ].filter(Boolean);
  return (
    <div className={clsx(css.box, focused && css.focused)} data-type={node.type} title={node.name}>
      <NodeIcon node={node} size={18} />
      <div className={css.texts}>
        <span className={css.label}>{pickLabel(node.label, locale, dot > 0 ? node.name.slice(dot + 1) : node.name)}</span>
        <span className={css.about}>{about.join(" · ")}</span>
      </div>
      {node.status && <StatusIcon status={node.status} />}
      {node.moreUp && <More side="up" node={node} expand={expand} />}
      {node.moreDown && <More side="down" node={node} expand={expand} />}
    </div>
  );
}

function More({ side, node, expand }: { side: "up" | "down"; node: LineageNode; expand: Expand }) {
  const t = useT();
  const label = t(side === "up" ? "catalog.lineage.up" : "catalog.lineage.down", { name: node.name });
  return (
    <button
      type="button"
      className={clsx(css.plus, "nodrag nopan")}
      data-side={side}
      aria-label={label}
      title={label}
      onClick={(event) => {
        event.stopPropagation();
        expand(node, side);
      }}
    >
      <IconPlus size={14} stroke={2} aria-hidden />
    </button>
  );
}
