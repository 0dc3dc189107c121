import { IconCode, IconCopy, IconDots, IconFilterOff, IconInfoCircle } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { clsx } from "clsx";
import type { CSSProperties, ReactNode } from "react";
import type { Dashboard, Tile, TileResult } from "@/api";
import { useFormat } from "@/format";
import { pickLabel, useLocale, useT } from "@/i18n";
import { Card, copyText, EmptyState, ErrorState, IconButton, Menu, MenuItem, Skeleton, toast } from "@/ui";
import { ChartSkeleton } from "@/ui/chart";
import type { Colors } from "../colors";
import { tileOf } from "../data";
import { Markdown } from "../markdown";
import { isEmpty } from "../shape";
import type { Open } from "../source/point";
import { isTimeless, paramsOf, type View } from "../view";
import { HeatTile } from "./HeatTile";
import { NumberTile } from "./NumberTile";
import { SeriesTile } from "./SeriesTile";
import { TableTile } from "./TableTile";
import { titleOf } from "./title";
import { tabbed } from "./tabbed";
import css from "./Tile.module.css";

/** One tile: it loads, fails and is tried again on its own. */
export function TileFrame({ board, tile, view, colors, onOpen }: { board: Dashboard; tile: Tile; view: View; colors: Colors; onOpen: Open }) {
  const style = { "--width": tile.width } as CSSProperties;
  if (tile.type === "text") return <TextTile tile={tile} style={style} />;
  return (
    <div className={css.cell} data-type={tile.type} style={style}>
      <Answered board={board} tile={tile} view={view} colors={colors} onOpen={onOpen} />
    </div>
  );
}

function TextTile({ tile, style }: { tile: Tile; style: CSSProperties }) {
  const locale = useLocale();
  const title = pickLabel(tile.label, locale);
  return (
    <div className={css.cell} data-type="text" style={style}>
      <div className={css.text}>
        {title && <h2>{title}</h2>}
        <Markdown text={pickLabel(tile.text, locale)} />
      </div>
    </div>
  );
}

function Answered({ board, tile, view, colors, onOpen }: { board: Dashboard; tile: Tile; view: View; colors: Colors; onOpen: Open }) {
  const t = useT();
  const locale = useLocale();
  const query = useQuery(tileOf(board.name, tile.index, paramsOf(tile, view)));
  const { data, error, isFetching, isPlaceholderData } = query;
  const title = titleOf(tile, data, locale);
  const ignores = useIgnores(board, tile, view);
  const failed = data === undefined && error !== null && !isFetching;
  const retry = () => void query.refetch();

  if (tile.type === "number") {
    return <NumberTile tile={tile} title={title} data={data} error={failed ? error : undefined} faded={isPlaceholderData} ignores={ignores} onRetry={retry} onOpen={onOpen} />;
  }
  return (
    <Card
      className={css.card}
      flush={tile.type === "table" && !failed}
      title={
        <button type="button" className={css.title} onClick={() => onOpen(tile.index)} title={t("dashboards.tile.source")}>
          {title}
        </button>
      }
      note={<Notes tile={tile} data={data} ignores={ignores} />}
      actions={<Actions title={title} tile={tile} data={data} onOpen={onOpen} />}
    >
      <div className={clsx(css.body, isPlaceholderData && css.faded)} aria-busy={data === undefined || isPlaceholderData || undefined}>
        {failed ? (
          <div className={css.empty}>
            <ErrorState compact error={error} title={t("dashboards.tile.failed")} onRetry={retry} />
          </div>
        ) : data === undefined ? (
          <Waiting tile={tile} />
        ) : isEmpty(data.result) ? (
          <div className={css.empty}>
            <EmptyState compact title={t("dashboards.tile.empty")}>{t("dashboards.tile.empty.hint")}</EmptyState>
          </div>
        ) : (
          <Shown tile={tile} title={title} data={data} colors={colors} onOpen={onOpen} />
        )}
      </div>
    </Card>
  );
}

function Shown({ tile, title, data, colors, onOpen }: { tile: Tile; title: string; data: TileResult; colors: Colors; onOpen: Open }) {
  switch (tile.type) {
    case "table":
      return <TableTile tile={tile} title={title} data={data} onOpen={onOpen} />;
    case "heatmap":
      return <HeatTile tile={tile} title={title} data={data} onOpen={onOpen} />;
    default:
      return <SeriesTile tile={tile} title={title} data={data} colors={colors} onOpen={onOpen} />;
  }
}

function Waiting({ tile }: { tile: Tile }) {
  if (tile.type !== "table") return <ChartSkeleton height="100%" />;
  return (
    <div className={css.bones}>
      {Array.from({ length: Math.min(tile.limit || 8, 12) }, (_, i) => (
        <Skeleton key={i} height={12} width={`${[92, 84, 88, 79][i % 4]}%`} />
      ))}
    </div>
  );
}

/** What of the address the tile does not follow. */
function useIgnores(board: Dashboard, tile: Tile, view: View): string | undefined {
  const t = useT();
  const locale = useLocale();
  const names = board.filters.filter((f) => view.filters.has(f.dimension) && !tile.filters.includes(f.dimension)).map((f) => pickLabel(f.label, locale, f.dimension));
  const parts: string[] = [];
  if (isTimeless(tile)) parts.push(t("dashboards.ignores.range"));
  if (names.length > 0) parts.push(t("dashboards.ignores", { names: names.join(", ") }));
  return parts.join(" · ") || undefined;
}

/** Quiet words beside the title; none of them is missed by who only wants the numbers. */
function Notes({ tile, data, ignores }: { tile: Tile; data: TileResult | undefined; ignores: string | undefined }) {
  const t = useT();
  const f = useFormat();
  const locale = useLocale();
  const notes: ReactNode[] = [];
  if (ignores) {
    notes.push(
      <span key="ignores" className={css.ignores}>
        <IconFilterOff size={13} aria-hidden />
        {ignores}
      </span>,
    );
  }
  if (data?.partial && data.grain && data.grain !== "day") {
    const which = data.partial.first && data.partial.last ? "both" : data.partial.first ? "first" : "last";
    notes.push(<span key="partial">{t(`dashboards.partial.${which}`, { grain: data.grain })}</span>);
  }
  if (data?.result?.truncated) notes.push(<span key="cut">{t("dashboards.truncated", { count: f.number(data.result.rows.length) })}</span>);
  const description = pickLabel(tile.description, locale);
  if (description) notes.push(<span key="description" data-long title={description}>{description}</span>);
  return notes.length > 0 ? <span className={css.notes}>{notes}</span> : null;
}

function Actions({ title, tile, data, onOpen }: { title: string; tile: Tile; data: TileResult | undefined; onOpen: Open }) {
  const t = useT();
  const locale = useLocale();
  const navigate = useNavigate();
  return (
    <Menu trigger={<IconButton size="s" className={css.more} label={t("dashboards.tile.actions", { name: title })} icon={<IconDots />} tooltip={false} />}>
      <MenuItem icon={<IconInfoCircle size={16} />} onSelect={() => onOpen(tile.index)}>
        {t("dashboards.tile.source")}
      </MenuItem>
      {data && (
        <MenuItem icon={<IconCode size={16} />} onSelect={() => void navigate({ to: "/sql", search: { sql: data.sql } })}>
          {t("dashboards.tile.sql")}
        </MenuItem>
      )}
      {data?.result && (
        <MenuItem
          icon={<IconCopy size={16} />}
          onSelect={() => {
            const { result } = data;
            if (result) void copyText(tabbed(result, locale, t)).then((done) => toast(t(done ? "dashboards.tile.copied" : "dashboards.tile.copy.failed"), done ? "good" : "bad"));
          }}
        >
          {t("dashboards.tile.copy")}
        </MenuItem>
      )}
    </Menu>
  );
}
