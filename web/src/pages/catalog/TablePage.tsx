import { IconDatabase, IconDatabaseOff, IconEye, IconHammer, IconTerminal2 } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link, useNavigate } from "@tanstack/react-router";
import { Suspense, lazy, useEffect, useMemo } from "react";
import { Page } from "@/app/Page";
import { ApiError, queries, type TableDetail } from "@/api";
import { useFormat } from "@/format";
import { useT } from "@/i18n";
import { Badge, Breadcrumbs, CopyButton, EmptyState, ErrorState, LinkButton, Skeleton, StatusBadge, Tabs, Time } from "@/ui";
import { Checks } from "./table/Checks";
import { Definition } from "./table/Definition";
import { Files } from "./table/Files";
import { near } from "./table/near";
import { Overview, OverviewSkeleton } from "./table/Overview";
import { Profile } from "./table/Profile";
import { RunMenu } from "./table/RunMenu";
import { Sample } from "./table/Sample";
import { Snapshots } from "./table/Snapshots";
import { firstRows } from "./table/sql";
import css from "./Table.module.css";

// The graph comes with a library that no other tab needs.
const Lineage = lazy(() => import("./table/Lineage"));

const route = getRouteApi("/catalog/$table");
const tabs = ["overview", "sample", "profile", "snapshots", "files", "lineage", "checks", "definition"] as const;
type TabName = (typeof tabs)[number];

/** Everything about one table or view. */
export function TablePage() {
  const { table } = route.useParams();
  // Another table is another page: nothing of the one before it stays.
  return <About key={table} name={table} />;
}

function About({ name }: { name: string }) {
  const t = useT();
  const navigate = useNavigate();
  const search = route.useSearch();
  const { data, error, refetch, isFetching } = useQuery({
    ...queries.table(name),
    refetchInterval: (query) => (["queued", "running", "retrying"].includes(query.state.data?.status ?? "") ? 2_000 : 30_000),
  });

  const isView = data?.kind === "view";
  const offered = tabs.filter((tab) => !isView || (tab !== "snapshots" && tab !== "files"));
  const tab = offered.find((o) => o === search.tab) ?? "overview";
  const snapshot = isView ? undefined : search.snapshot;
  useEffect(() => {
    // On a phone not all tabs fit: the chosen one comes into sight.
    document.querySelector("#main [role=tab][data-state=active]")?.scrollIntoView({ block: "nearest", inline: "nearest" });
  }, [tab]);
  if (data === undefined && error && !isFetching) {
    if (error instanceof ApiError && error.code === "table_not_built") return <Unbuilt name={name} />;
    if (error instanceof ApiError && error.status === 404) return <Missing name={name} />;
    return (
      <Page title={name} above={<Above name={name} />}>
        <ErrorState error={error} title={t("catalog.load.failed", { table: name })} onRetry={() => void refetch()} />
      </Page>
    );
  }

  const choose = (next: TabName) => void navigate({ to: "/catalog/$table", params: { table: name }, search: { tab: next === "overview" ? undefined : next, snapshot }, replace: true });
  const pick = (next: string | undefined) => void navigate({ to: "/catalog/$table", params: { table: name }, search: { tab, snapshot: next }, replace: true });

  return (
    <Page
      title={name}
      above={<Above name={name} />}
      heading={
        <>
          {isView ? <IconEye size={20} className={css.kind} aria-label={t("catalog.view")} /> : <IconDatabase size={20} className={css.kind} aria-label={t("catalog.table")} />}
          {name}
          <CopyButton text={name} label={t("catalog.name.copy")} />
        </>
      }
      actions={
        <>
          {/* Until it is known whether there is something to run, its place is kept. */}
          {data?.made_by !== null && <RunMenu name={name} disabled={data === undefined} />}
          <LinkButton to="/sql" search={{ sql: firstRows(name, 100) }} icon={<IconTerminal2 />} look="primary">
            {t("catalog.query")}
          </LinkButton>
        </>
      }
      below={<Facts table={data} />}
    >
      <Tabs
        label={t("catalog.tabs", { table: name })}
        value={tab}
        onChange={choose}
        tabs={offered.map((value) => ({ value, label: t(`catalog.tab.${value}`) }))}
      >
        {data === undefined ? (
          <OverviewSkeleton />
        ) : tab === "overview" ? (
          <Overview table={data} column={search.column} />
        ) : tab === "sample" ? (
          <Sample table={data} snapshot={snapshot} onSnapshot={pick} />
        ) : tab === "profile" ? (
          <Profile table={data} snapshot={snapshot} onSnapshot={pick} />
        ) : tab === "snapshots" ? (
          <Snapshots table={data} />
        ) : tab === "files" ? (
          <Files table={data} snapshot={snapshot} onSnapshot={pick} />
        ) : tab === "lineage" ? (
          <Suspense fallback={<Skeleton height={420} radius={10} />}>
            <Lineage table={data} />
          </Suspense>
        ) : tab === "checks" ? (
          <Checks table={data} />
        ) : (
          <Definition table={data} />
        )}
      </Tabs>
    </Page>
  );
}

function Above({ name }: { name: string }) {
  const t = useT();
  const dot = name.lastIndexOf(".");
  const namespace = dot > 0 ? name.slice(0, dot) : undefined;
  return (
    <Breadcrumbs>
      <Link to="/catalog">{t("catalog.title")}</Link>
      {namespace && <Link to="/catalog" search={{ in: namespace }}>{namespace}</Link>}
    </Breadcrumbs>
  );
}

/** One line of what is asked most. */
function Facts({ table }: { table: TableDetail | undefined }) {
  const t = useT();
  const f = useFormat();
  if (table === undefined) return <div className={css.facts}><Skeleton width={320} height={14} /></div>;
  return (
    <div className={css.facts}>
      {table.status === "failed" ? (
        // What failed is told where the table is defined.
        <Link to="/catalog/$table" params={{ table: table.name }} search={{ tab: "definition" }}>
          <StatusBadge status={table.status} title={t("catalog.definition.standing")} />
        </Link>
      ) : (
        table.status && <StatusBadge status={table.status} />
      )}
      {table.kind === "view" ? (
        <span>{t("catalog.view")}</span>
      ) : (
        <>
          <span title={f.number(table.rows)}>{t("catalog.nrows", { n: table.rows, count: f.number(table.rows) })}</span>
          <span>{f.bytes(table.bytes)}</span>
        </>
      )}
      <span>
        {t("catalog.updated")} <Time at={table.updated_at} />
      </span>
      {table.owner && <span>{t("catalog.owner")} {table.owner}</span>}
      {table.tags?.map((tag) => <Badge key={tag}>{tag}</Badge>)}
    </div>
  );
}

function Missing({ name }: { name: string }) {
  const t = useT();
  const tables = useQuery(queries.tables());
  const found = useMemo(() => near(name, tables.data?.map((table) => table.name) ?? []), [name, tables.data]);
  return (
    <Page title={name} above={<Above name={name} />} bare>
      <EmptyState
        icon={<IconDatabaseOff />}
        title={t("catalog.missing", { table: name })}
        action={<LinkButton to="/catalog" search={{ search: name.slice(name.lastIndexOf(".") + 1) }}>{t("catalog.missing.search")}</LinkButton>}
      >
        {found.length > 0 ? t("catalog.missing.near") : t("catalog.missing.hint")}
        {found.length > 0 && (
          <ul className={css.near}>
            {found.map((table) => (
              <li key={table}>
                <Link to="/catalog/$table" params={{ table }}>{table}</Link>
              </li>
            ))}
          </ul>
        )}
      </EmptyState>
    </Page>
  );
}

/** The workspace describes it, and no run has made it. */
function Unbuilt({ name }: { name: string }) {
  const t = useT();
  const asset = useQuery(queries.assets()).data?.find((a) => a.asset.toLowerCase() === name.toLowerCase());
  const error = asset?.last?.status === "failed" ? asset.last.error : undefined;
  return (
    <Page
      title={name}
      above={<Above name={name} />}
      actions={<RunMenu name={name} primary />}
      below={<div className={css.facts}>{asset && <StatusBadge status={asset.status} />}{asset?.last && <Time at={asset.last.finished_at} />}</div>}
    >
      <EmptyState
        icon={<IconHammer />}
        title={t("catalog.unbuilt", { table: name })}
        action={
          asset?.last && (
            <LinkButton to="/runs/$run/tasks/$task" params={{ run: asset.last.run, task: asset.last.id }}>{t("catalog.definition.opentask")}</LinkButton>
          )
        }
      >
        {asset?.description && <p className={css.describe}>{asset.description}</p>}
        {t("catalog.unbuilt.detail")}
        {error && <pre className={css.error}>{error}</pre>}
      </EmptyState>
    </Page>
  );
}
