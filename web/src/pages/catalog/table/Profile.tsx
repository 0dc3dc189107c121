import { useQuery } from "@tanstack/react-query";
import type { CSSProperties } from "react";
import type { Profile as ProfileOf, TableDetail } from "@/api";
import { useFormat } from "@/format";
import { useT } from "@/i18n";
import { EmptyState, QueryView, Skeleton } from "@/ui";
import { tableQueries } from "./data";
import { VersionSelect } from "./VersionSelect";
import css from "./Profile.module.css";
import page from "../Table.module.css";

type Column = ProfileOf["columns"][number];

/** What every column holds: how much is missing, how many values there are, and how they are spread. */
export function Profile({ table, snapshot, onSnapshot }: { table: TableDetail; snapshot: string | undefined; onSnapshot: (snapshot: string | undefined) => void }) {
  const t = useT();
  const f = useFormat();
  const profile = useQuery(tableQueries.profile(table.name, snapshot));
  const { data } = profile;
  return (
    <div className={page.tab}>
      <div className={page.bar}>
        {table.kind === "table" && <VersionSelect table={table.name} value={snapshot} onChange={onSnapshot} />}
        <span className={page.note}>
          {data === undefined
            ? profile.isFetching && t("catalog.profile.loading")
            : data.sampled_rows < data.rows
              ? t("catalog.profile.sampled", { sampled: f.number(data.sampled_rows), count: f.number(data.rows), time: f.duration(data.elapsed_ms) })
              : t("catalog.profile.note", { rows: data.rows, count: f.number(data.rows), time: f.duration(data.elapsed_ms) })}
        </span>
      </div>
      <QueryView
        query={profile}
        title={t("catalog.profile.failed")}
        loading={<Waiting columns={table.columns?.length ?? 6} />}
        empty={(p) => (p.sampled_rows === 0 || p.columns.length === 0) && <EmptyState title={t("catalog.profile.empty")} />}
      >
        {(p) => (
          <ul className={css.list}>
            {p.columns.map((column) => <One key={column.name} column={column} rows={p.sampled_rows} estimated={p.estimated} />)}
          </ul>
        )}
      </QueryView>
    </div>
  );
}

function One({ column, rows, estimated }: { column: Column; rows: number; estimated: boolean }) {
  const t = useT();
  const f = useFormat();
  const share = rows > 0 ? column.nulls / rows : 0;
  const { distinct } = column;
  const filled = rows - column.nulls;
  const write = useValue(column.type);
  return (
    <li className={css.one}>
      <div className={css.name}>
        <span>{column.name}</span>
        <code>{column.type}</code>
      </div>
      <dl className={css.facts}>
        <div>
          <dt>{t("catalog.profile.nulls")}</dt>
          <dd title={f.number(column.nulls)}>
            {column.nulls === 0 ? <span className={css.quiet}>{t("catalog.profile.none")}</span> : f.percent(share, share < 0.01 ? 2 : 1)}
          </dd>
          {column.nulls > 0 && <div className={css.nulls} aria-hidden><i style={{ width: `${share * 100}%` }} /></div>}
        </div>
        <div>
          <dt>{t("catalog.profile.distinct")}</dt>
          <dd>
            {/* An estimate is exact for a handful of values. */}
            {distinct === undefined ? "–" : (estimated && distinct > 50 ? "≈ " : "") + f.number(distinct)}
            {distinct !== undefined && filled > 20 && distinct >= filled * 0.95 && (
              <span className={css.hint}>{t(!estimated && distinct === filled ? "catalog.profile.unique" : "catalog.profile.unique.about")}</span>
            )}
          </dd>
        </div>
        <Fact label={t("catalog.profile.min")} value={write(column.min)} />
        <Fact label={t("catalog.profile.max")} value={write(column.max)} />
        {column.mean !== undefined && <Fact label={t("catalog.profile.mean")} value={f.number(column.mean, 2)} />}
      </dl>
      <div className={css.spread}>
        {column.histogram?.length ? <Histogram column={column} buckets={column.histogram} /> : column.top?.length ? <Top column={column} top={column.top} filled={filled} /> : null}
      </div>
    </li>
  );
}

/** Numbers as the reader writes them, decimals with all their digits; all else as the server does. */
function useValue(type: string) {
  const f = useFormat();
  const numeric = /^(U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?|FLOAT|DOUBLE|REAL|DECIMAL)/i.test(type);
  return <Value extends string | null | undefined>(value: Value) => (numeric && value && Number.isFinite(Number(value)) ? f.number(value, /^DECIMAL/i.test(type) ? 38 : 6) : value) as Value;
}

function Fact({ label, value }: { label: string; value: string | null | undefined }) {
  const t = useT();
  const text = value === "" ? t("catalog.profile.blank") : (value ?? "–");
  return (
    <div>
      <dt>{label}</dt>
      <dd title={text}>{text}</dd>
    </div>
  );
}

function Histogram({ column, buckets }: { column: Column; buckets: NonNullable<Column["histogram"]> }) {
  const t = useT();
  const f = useFormat();
  const most = Math.max(...buckets.map((b) => b.count), 1);
  const write = useValue(column.type);
  const low = write(buckets[0]!.low);
  const high = write(buckets.at(-1)!.high);
  return (
    <div className={css.histogram} role="img" aria-label={t("catalog.profile.histogram", { column: column.name, low, high })}>
      <div className={css.bars}>
        {buckets.map((b, i) => (
          <span key={i} title={`${write(b.low)} – ${write(b.high)}: ${f.number(b.count)}`}>
            {/* A bucket with anything in it can be seen. */}
            <i style={{ height: b.count === 0 ? 0 : `max(2px, ${(b.count / most) * 100}%)` }} />
          </span>
        ))}
      </div>
      <div className={css.ends} aria-hidden>
        <span>{low}</span>
        <span>{high}</span>
      </div>
    </div>
  );
}

const shown = 4;

function Top({ column, top, filled }: { column: Column; top: NonNullable<Column["top"]>; filled: number }) {
  const t = useT();
  const f = useFormat();
  const list = top.slice(0, top.length === shown + 1 ? shown + 1 : shown);
  const others = column.distinct !== undefined ? Math.max(column.distinct, top.length) - list.length : top.length - list.length;
  return (
    <ul className={css.top} aria-label={t("catalog.profile.top", { column: column.name })}>
      {list.map((v) => (
        <li key={v.value} style={{ "--share": filled > 0 ? v.count / filled : 0 } as CSSProperties}>
          <span className={css.value} title={v.value}>{v.value === "" ? <em>{t("catalog.profile.blank")}</em> : v.value}</span>
          <span className={css.count} title={f.number(v.count)}>{f.percent(filled > 0 ? v.count / filled : 0)}</span>
        </li>
      ))}
      {others > 0 && <li className={css.others}>{t("catalog.profile.others", { n: others, count: f.number(others) })}</li>}
    </ul>
  );
}

function Waiting({ columns }: { columns: number }) {
  return (
    <ul className={css.list}>
      {Array.from({ length: Math.min(Math.max(columns, 1), 12) }, (_, i) => (
        <li key={i} className={css.one}>
          <div className={css.name}>
            <Skeleton width={90} />
            <Skeleton width={54} height={10} />
          </div>
          <div className={css.facts}><Skeleton width="70%" height={28} /></div>
          <div className={css.spread}><Skeleton height={56} /></div>
        </li>
      ))}
    </ul>
  );
}
