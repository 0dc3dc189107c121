import { IconCode } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";
import { queries, type Dashboard, type Metric, type Tile, type TileResult } from "@/api";
import { useFormat } from "@/format";
import { pickLabel, useLocale, useT, type Locale } from "@/i18n";
import { Code, ErrorState, Link, LinkButton, Sheet, Skeleton, Time } from "@/ui";
import { tileOf } from "../data";
import { days, figure, moved, toNumber } from "../format";
import { titleOf } from "../tile/title";
import { Move } from "../tile/NumberTile";
import { isTimeless, paramsOf, type View } from "../view";
import { Lineage } from "./Lineage";
import { Part } from "./Part";
import type { Point } from "./point";
import css from "./Source.module.css";

type Props = { board: Dashboard; view: View; point: Point | undefined };

/** Where the numbers of a tile come from: what they mean, the statement, the tables and what these are made from. */
export function Source({ tile, onClose, ...props }: Props & { tile: Tile | undefined; onClose: () => void }) {
  if (!tile) return null;
  return <Opened {...props} tile={tile} onClose={onClose} />;
}

function Opened({ board, tile, view, point, onClose }: Props & { tile: Tile; onClose: () => void }) {
  const locale = useLocale();
  const f = useFormat();
  const query = useQuery(tileOf(board.name, tile.index, paramsOf(tile, view)));
  const { data } = query;
  return (
    <Sheet
      open
      onOpenChange={(open) => !open && onClose()}
      title={point?.label ?? titleOf(tile, data, locale)}
      description={[...(point?.where ?? []), ...(isTimeless(tile) || point?.timed ? [] : [days(view.from, view.to, f)])].join(" · ")}
    >
      <div className={css.source}>
        {data ? (
          <Explained board={board} tile={tile} view={view} point={point} data={data} />
        ) : query.error && !query.isFetching ? (
          <ErrorState compact error={query.error} onRetry={() => void query.refetch()} />
        ) : (
          <Skeleton lines={8} />
        )}
      </div>
    </Sheet>
  );
}

function Explained({ board, tile, view, point, data }: Props & { tile: Tile; data: TileResult }) {
  const t = useT();
  const f = useFormat();
  const locale = useLocale();
  const known = useQuery(queries.metrics());
  const names = point?.metric ? [point.metric] : tile.metrics;
  const title = titleOf(tile, data, locale);
  const description = pickLabel(tile.description, locale);
  return (
    <>
      {point ? (
        <Value value={point.value} previous={point.previous ?? undefined} format={point.format} />
      ) : (
        tile.type === "number" && <Value value={data.value ?? null} previous={data.previous} format={data.format ?? "number"} />
      )}
      <Filters board={board} tile={tile} view={view} />
      {(description || names.length > 0 || tile.sql) && (
        <Part title={t("dashboards.source.what")}>
          {description && <p>{description}</p>}
          {tile.sql && <p className={css.quiet}>{t("dashboards.source.ofsql")}</p>}
          {names.map((name) => (
            <Definition key={name} name={name} info={known.data?.find((m) => m.name === name)} loading={known.isPending} alone={names.length === 1} />
          ))}
          {tile.sql && (
            <dl className={css.facts}>
              <dt>{t("dashboards.source.defined")}</dt>
              <dd>
                <code>{`${board.file}:${tile.line}`}</code>
              </dd>
            </dl>
          )}
        </Part>
      )}
      <Part title={t("dashboards.source.sql")} action={<LinkButton size="s" icon={<IconCode />} to="/sql" search={{ sql: data.sql }}>{t("dashboards.tile.sql")}</LinkButton>}>
        <p className={css.quiet}>{t("dashboards.source.sql.detail")}</p>
        <Code code={data.sql} label={t("dashboards.source.sql.of", { name: title })} maxHeight={280} />
        <p className={css.quiet}>{t(data.cached ? "dashboards.source.cached" : "dashboards.source.elapsed", { duration: f.duration(Math.ceil(data.elapsed_ms)) })}</p>
      </Part>
      <Part title={t("dashboards.source.tables")}>
        <ul className={css.tables}>
          {data.tables.map((table) => (
            <li key={table.table}>
              <Link to="/catalog/$table" params={{ table: table.table }}>
                {table.table}
              </Link>
              <span className={css.version}>
                <Time at={table.updated_at} />
                <Link to="/catalog/$table" params={{ table: table.table }} search={{ tab: "snapshots" }} title={table.snapshot}>
                  {t("dashboards.source.version", { id: short(table.snapshot) })}
                </Link>
              </span>
            </li>
          ))}
        </ul>
      </Part>
      {names.length === 1 && names[0] ? (
        <Lineage metric={names[0]} board={board.name} />
      ) : (
        names.length > 1 && (
          <Part title={t("dashboards.source.lineage")}>
            {names.map((name) => (
              <Folded key={name} title={labelOf(known.data, name, locale)}>
                <Lineage metric={name} board={board.name} within />
              </Folded>
            ))}
          </Part>
        )
      )}
    </>
  );
}

const labelOf = (known: readonly Metric[] | undefined, name: string, locale: Locale) => pickLabel(known?.find((m) => m.name === name)?.label, locale, name);

/** Something to open: what is in it is read only then. */
function Folded({ title, children }: { title: string; children: ReactNode }) {
  const [open, setOpen] = useState(false);
  return (
    <details className={css.folded} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>{title}</summary>
      {open && children}
    </details>
  );
}

/** Enough of an id to tell versions apart. */
const short = (id: string) => (id.length > 8 ? `…${id.slice(-6)}` : id);

function Value({ value, previous, format }: { value: Point["value"]; previous?: number; format: string }) {
  const t = useT();
  const f = useFormat();
  const full = figure(value, format, f);
  const short = figure(value, format, f, true);
  return (
    <div className={css.value}>
      <b>{full}</b>
      {short !== full && <span className={css.quiet}>{short}</span>}
      {previous !== undefined && (
        <span className={css.before}>
          <Move by={moved(toNumber(value), previous, format)} />
          <span>{t("dashboards.previous.value", { value: figure(previous, format, f) })}</span>
        </span>
      )}
    </div>
  );
}

/** The filters that the number follows, and those that it does not. */
function Filters({ board, tile, view }: { board: Dashboard; tile: Tile; view: View }) {
  const t = useT();
  const locale = useLocale();
  if (view.filters.size === 0) return null;
  return (
    <dl className={css.facts}>
      {board.filters.map(({ dimension, label }) => {
        const values = view.filters.get(dimension);
        if (!values) return null;
        const name = pickLabel(label, locale, dimension);
        return (
          <div key={dimension} className={css.fact}>
            <dt>{name}</dt>
            <dd>{tile.filters.includes(dimension) ? values.map((v) => v || t("dashboards.none")).join(", ") : t("dashboards.source.unfiltered")}</dd>
          </div>
        );
      })}
    </dl>
  );
}

function Definition({ name, info, loading, alone }: { name: string; info: Metric | undefined; loading: boolean; alone: boolean }) {
  const t = useT();
  const locale = useLocale();
  if (!info) return loading ? <Skeleton lines={3} /> : null;
  return (
    <div className={css.definition}>
      {!alone && <h4>{pickLabel(info.label, locale, name)}</h4>}
      <p>{pickLabel(info.description, locale) || t("dashboards.source.nodescription")}</p>
      <dl className={css.facts}>
        <dt>{t("dashboards.source.metric")}</dt>
        <dd>
          <code>{name}</code>
        </dd>
        <dt>{t("dashboards.source.kind")}</dt>
        <dd>{t(`dashboards.source.kind.${info.kind}`)}</dd>
        {info.owner && (
          <>
            <dt>{t("dashboards.source.owner")}</dt>
            <dd>{info.owner}</dd>
          </>
        )}
        <dt>{t("dashboards.source.defined")}</dt>
        <dd>
          <code>{`${info.file}:${info.line}`}</code>
        </dd>
        {!info.additive && info.kind === "aggregate" && (
          <>
            <dt>{t("dashboards.source.additive")}</dt>
            <dd>{t("dashboards.source.additive.no")}</dd>
          </>
        )}
      </dl>
    </div>
  );
}
