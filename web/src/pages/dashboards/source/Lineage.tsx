import { IconChartHistogram, IconDatabase, IconEye, IconPlugConnected, IconSitemap, IconVariable } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import type { LineageNode } from "@/api";
import { pickLabel, useLocale, useT } from "@/i18n";
import { ErrorState, Link, LinkButton, Skeleton, StatusIcon, Time, type Status } from "@/ui";
import { lineageOf } from "../data";
import { above, below } from "./lineage";
import { Part } from "./Part";
import css from "./Source.module.css";

/** What a metric is made from, down to the sources, and who else uses it. `within` another part, it has no heading. */
export function Lineage({ metric, board, within }: { metric: string; board: string; within?: boolean }) {
  const t = useT();
  const query = useQuery(lineageOf(metric));
  const focus = query.data?.focus ?? `metric:${metric}`;
  const steps = query.data ? above(query.data, focus) : [];
  const users = query.data ? below(query.data, focus).filter((node) => node.id !== `dashboard:${board}`) : [];
  const table = steps.find(({ node }) => node.type === "table")?.node.name;
  const graph = table && (
    <LinkButton size="s" icon={<IconSitemap />} to="/catalog/$table" params={{ table }} search={{ tab: "lineage" }}>
      {t("dashboards.source.lineage.open")}
    </LinkButton>
  );
  const content = (
    <>
      {query.isPending ? (
        <Skeleton lines={4} />
      ) : query.data === undefined ? (
        <ErrorState compact error={query.error} title={t("dashboards.source.lineage.failed")} onRetry={() => void query.refetch()} />
      ) : (
        <>
          <ol className={css.lineage}>
            {steps.map(({ node, depth }) => (
              <li key={node.id} style={{ paddingLeft: depth * 18 }}>
                <NodeIcon node={node} />
                <NodeName node={node} />
                {node.type === "table" && node.status && <StatusIcon status={node.status as Status} />}
                {node.updated_at && <Time at={node.updated_at} />}
              </li>
            ))}
          </ol>
          {users.length > 0 && (
            <>
              <h4 className={css.also}>{t("dashboards.source.used")}</h4>
              <ul className={css.lineage}>
                {users.map((node) => (
                  <li key={node.id}>
                    <NodeIcon node={node} />
                    <NodeName node={node} />
                  </li>
                ))}
              </ul>
            </>
          )}
          {within && graph}
        </>
      )}
    </>
  );
  return within ? (
    content
  ) : (
    <Part title={t("dashboards.source.lineage")} action={graph}>
      {content}
    </Part>
  );
}

function NodeIcon({ node }: { node: LineageNode }) {
  const t = useT();
  const kind = node.type === "table" && node.kind === "view" ? "view" : node.type;
  const Icon = { source: IconPlugConnected, table: IconDatabase, view: IconEye, metric: IconVariable, dashboard: IconChartHistogram }[kind];
  return <Icon size={15} aria-label={t(`dashboards.source.node.${kind}`)} />;
}

function NodeName({ node }: { node: LineageNode }) {
  const locale = useLocale();
  const text = pickLabel(node.label, locale, node.name);
  if (node.type === "table") {
    return (
      <Link to="/catalog/$table" params={{ table: node.name }}>
        {text}
      </Link>
    );
  }
  if (node.type === "dashboard") {
    return (
      <Link to="/dashboards/$name" params={{ name: node.name }}>
        {text}
      </Link>
    );
  }
  return <span>{text}</span>;
}
