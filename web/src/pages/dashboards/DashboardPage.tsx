import { IconChartHistogram } from "@tabler/icons-react";
import { useQueries, useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { useCallback, useState, type CSSProperties, type ReactNode } from "react";
import { Page } from "@/app/Page";
import { ApiError, type Dashboard, type TileResult } from "@/api";
import { pickLabel, useLocale, useT } from "@/i18n";
import { Breadcrumbs, EmptyState, ErrorState, Link, LinkButton, Skeleton } from "@/ui";
import { makeColors } from "./colors";
import { Controls } from "./Controls";
import { board as boardOf, tileOf, type TableRead } from "./data";
import { Fresh } from "./Fresh";
import type { DashboardSearch } from "./search";
import { Source } from "./source/Source";
import type { Point } from "./source/point";
import { TileFrame } from "./tile/TileFrame";
import { heightOf } from "./tile/height";
import { paramsOf, tilesOf, viewOf } from "./view";
import css from "./Dashboard.module.css";

const route = getRouteApi("/dashboards/$name");

/** Numbers of the business over a range of days, every one of which says where it comes from. */
export function DashboardPage() {
  const { name } = route.useParams();
  // Another dashboard is another page: nothing of the one before it stays.
  return <Loaded key={name} name={name} />;
}

function Loaded({ name }: { name: string }) {
  const t = useT();
  const query = useQuery(boardOf(name));
  const above = (
    <Breadcrumbs>
      <Link to="/dashboards">{t("dashboards.title")}</Link>
    </Breadcrumbs>
  );
  if (query.data) return <Board board={query.data} above={above} />;
  if (query.error && !query.isFetching) {
    const missing = query.error instanceof ApiError && query.error.status === 404;
    return (
      <Page title={name} above={above}>
        {missing ? (
          <EmptyState icon={<IconChartHistogram />} title={t("dashboards.missing", { name })} action={<LinkButton to="/dashboards">{t("dashboards.missing.all")}</LinkButton>}>
            {t("dashboards.missing.detail")}
          </EmptyState>
        ) : (
          <ErrorState error={query.error} title={t("dashboards.load.failed")} onRetry={() => void query.refetch()} />
        )}
      </Page>
    );
  }
  return (
    <Page title={name} above={above} heading={<Skeleton width={140} height={22} />} below={<Skeleton width={320} />}>
      <div className={css.controls}>
        <Skeleton width={300} height="var(--control)" />
      </div>
    </Page>
  );
}

function Board({ board, above }: { board: Dashboard; above: ReactNode }) {
  const t = useT();
  const locale = useLocale();
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const view = viewOf(board, search);
  const [colors] = useState(makeColors);
  const [point, setPoint] = useState<Point>();
  const tiles = tilesOf(board);
  const read = useQueries({
    // The tiles ask for themselves; here is put together what all of them have read.
    queries: tiles.filter((tile) => tile.type !== "text").map((tile) => ({ ...tileOf(board.name, tile.index, paramsOf(tile, view)), refetchInterval: false as const })),
    combine: together,
  });

  const change = (next: Partial<DashboardSearch>) =>
    void navigate({ search: (was: DashboardSearch) => ({ ...was, ...next }), replace: true, resetScroll: false });
  const open = useCallback(
    (index: number, at?: Point) => {
      setPoint(at);
      void navigate({ search: (was: DashboardSearch) => ({ ...was, tile: index }), resetScroll: false });
    },
    [navigate, setPoint],
  );
  const shown = tiles.find((tile) => tile.index === search.tile && tile.type !== "text");
  const title = pickLabel(board.label, locale, board.name);
  const description = pickLabel(board.description, locale);

  return (
    <Page
      title={title}
      above={above}
      actions={<Fresh tables={read.tables} loading={read.loading} />}
      below={
        <div className={css.about}>
          {description && <p className={css.description}>{description}</p>}
          <p className={css.facts}>
            {board.owner && <span>{t("dashboards.owner.is", { owner: board.owner })}</span>}
            <code>{board.line > 1 ? `${board.file}:${board.line}` : board.file}</code>
          </p>
        </div>
      }
    >
      <Controls board={board} view={view} ready={!read.loading} onChange={change} />
      <div className={css.board}>
        {board.rows.map((row, i) => (
          <section key={i} className={css.section} aria-label={row.label && pickLabel(row.label, locale)}>
            {row.label && <h2 className={css.rowTitle}>{pickLabel(row.label, locale)}</h2>}
            <div className={css.row} style={{ "--height": `${heightOf(row.tiles)}px` } as CSSProperties}>
              {row.tiles.map((tile) => (
                <TileFrame key={tile.index} board={board} tile={tile} view={view} colors={colors} onOpen={open} />
              ))}
            </div>
          </section>
        ))}
      </div>
      <Source
        board={board}
        tile={shown}
        view={view}
        point={point}
        onClose={() => {
          setPoint(undefined);
          change({ tile: undefined });
        }}
      />
    </Page>
  );
}

/** The tables of all tiles, each once. */
function together(results: { data?: TileResult; isPending: boolean }[]): { loading: boolean; tables: TableRead[] } {
  const tables = new Map<string, TableRead>();
  for (const { data } of results) {
    for (const table of data?.tables ?? []) tables.set(table.table, table);
    for (const table of data?.spark?.tables ?? []) tables.set(table.table, table);
  }
  return { loading: results.some((r) => r.isPending), tables: [...tables.values()].sort((a, b) => a.updated_at.localeCompare(b.updated_at)) };
}
