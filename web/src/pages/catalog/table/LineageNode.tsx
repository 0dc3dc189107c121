import { IconChartHistogram, IconDatabase, IconEye, IconPlugConnected, IconVariable } from "@tabler/icons-react";
import { pickLabel, useLocale, useT } from "@/i18n";
import { Link } from "@/ui";
import type { LineageNode } from "./graph";

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
