import { Link } from "@tanstack/react-router";
import { useEffect, useMemo, useRef, useState, type ReactNode } from "react";
import type { TableDetail } from "@/api";
import { useFormat } from "@/format";
import { useT } from "@/i18n";
import { Badge, Card, Code, CopyButton, EmptyState, SearchField, Skeleton, Table, Time, type TableColumn } from "@/ui";
import { Marked } from "../Marked";
import { wordsOf } from "../find";
import { useCheckLabel } from "./promise";
import css from "../Table.module.css";

type Column = TableDetail["columns"][number];

/** The columns, what is said of them, and the facts beside them. */
export function Overview({ table, column }: { table: TableDetail; column: string | undefined }) {
  const t = useT();
  const [filter, setFilter] = useState("");
  const words = useMemo(() => wordsOf(filter), [filter]);
  const columns = table.columns ?? [];
  const shown = words.length === 0 ? columns : columns.filter((c) => words.every((w) => `${c.name}\n${c.type}\n${c.doc ?? ""}`.toLowerCase().includes(w)));
  const box = useRef<HTMLDivElement>(null);
  const pointed = column !== undefined && columns.some((c) => c.name === column) ? column : undefined;
  useEffect(() => {
    if (pointed) box.current?.querySelector("[data-selected]")?.scrollIntoView({ block: "center" });
  }, [pointed]);
  return (
    <div className={css.overview}>
      <div className={css.main}>
        {table.description && <p className={css.describe}>{table.description}</p>}
        <div ref={box}>
          <Card
            title={t("catalog.columns")}
            note={t("catalog.ncolumns", { n: columns.length })}
            flush
            actions={columns.length > 10 && <SearchField size="s" label={t("catalog.filter.columns")} value={filter} onChange={setFilter} />}
          >
            <Columns columns={shown} words={words} selected={pointed} none={filter} />
          </Card>
        </div>
        {table.sql && (
          <Card title={t("catalog.viewsql")}>
            <Code label={`${t("catalog.viewsql")} ${table.name}`} code={table.sql} />
          </Card>
        )}
      </div>
      <Facts table={table} />
    </div>
  );
}

function Columns({ columns, words, selected, none }: { columns: readonly Column[]; words: readonly string[]; selected: string | undefined; none: string }) {
  const t = useT();
  const label = useCheckLabel();
  const defs = useMemo<TableColumn<Column>[]>(
    () => [
      { id: "name", header: t("catalog.column"), width: "26%", cell: (c) => <span className={css.column}><Marked text={c.name} words={words} /><code className={css.typeBelow}>{c.type}</code></span> },
      { id: "type", header: t("catalog.type"), width: "18%", hide: "phone", cell: (c) => <code className={css.type}><Marked text={c.type} words={words} /></code> },
      {
        id: "doc",
        header: t("catalog.description"),
        cell: (c) => (
          <div className={css.doc}>
            {c.doc && <span><Marked text={c.doc} words={words} /></span>}
            <span className={css.promises}>
              {c.required && !c.checks?.includes("not_null") && <Badge>{t("catalog.required")}</Badge>}
              {c.checks?.map((check) => <Badge key={check} tone="accent">{label(check)}</Badge>)}
            </span>
          </div>
        ),
      },
    ],
    [t, words, label],
  );
  return (
    <Table
      label={t("catalog.columns")}
      rows={columns}
      rowKey={(c) => c.name}
      columns={defs}
      rowHeight={36}
      selected={selected}
      empty={<EmptyState compact title={t("catalog.filter.columns.none", { text: none })} />}
    />
  );
}

function Facts({ table }: { table: TableDetail }) {
  const t = useT();
  const f = useFormat();
  const made = table.made_by;
  const properties = Object.entries(table.properties ?? {});
  const isTable = table.kind === "table";
  return (
    <aside className={css.aside}>
      <Card title={t("catalog.facts")}>
        <dl className={css.dl}>
          {isTable && <Fact label={t("catalog.rows")}>{f.number(table.rows)}</Fact>}
          {isTable && <Fact label={t("catalog.size")}>{f.bytes(table.bytes)}</Fact>}
          {isTable && <Fact label={t("catalog.files")}>{f.number(table.files)}</Fact>}
          <Fact label={t("catalog.updated")}><Time at={table.updated_at} as="datetime" /></Fact>
          {table.owner && <Fact label={t("catalog.owner")}>{table.owner}</Fact>}
          {made?.source && <Fact label={t("catalog.source")}>{made.source}</Fact>}
          {made && (
            <Fact label={t("catalog.madeby")}>
              <Link to="/catalog/$table" params={{ table: table.name }} search={{ tab: "definition" }}><code>{made.file}</code></Link>
            </Fact>
          )}
          {made && <Fact label={t("catalog.write")}><code>{made.write}</code></Fact>}
          {made?.every && <Fact label={t("catalog.every")}>{made.every}</Fact>}
          {table.partition?.length > 0 && <Fact label={t("catalog.partition")}><code>{table.partition.join(", ")}</code></Fact>}
          {isTable && table.format_version !== undefined && <Fact label={t("catalog.format")}>{t("catalog.format.iceberg", { version: table.format_version })}</Fact>}
          {isTable && table.snapshot && (
            <Fact label={t("catalog.version")}>
              <span className={css.path}><code>{table.snapshot}</code><CopyButton text={table.snapshot} /></span>
            </Fact>
          )}
          {table.location && (
            <Fact label={t("catalog.location")}>
              <span className={css.path}><code title={table.location}>{table.location}</code><CopyButton text={table.location} label={t("catalog.path.copy")} /></span>
            </Fact>
          )}
        </dl>
      </Card>
      {(table.reads?.length > 0 || table.read_by?.length > 0) && (
        <Card>
          <Names title={t("catalog.reads")} names={table.reads ?? []} table={table.name} />
          <Names title={t("catalog.readby")} names={table.read_by ?? []} table={table.name} />
        </Card>
      )}
      {properties.length > 0 && (
        <details className={css.properties}>
          <summary>{t("catalog.properties")} <span>{properties.length}</span></summary>
          <dl>
            {properties.map(([key, value]) => (
              <div key={key}>
                <dt><code>{key}</code></dt>
                <dd><code>{value}</code></dd>
              </div>
            ))}
          </dl>
        </details>
      )}
    </aside>
  );
}

function Fact({ label, children }: { label: string; children: ReactNode }) {
  return (
    <>
      <dt>{label}</dt>
      <dd>{children}</dd>
    </>
  );
}

const most = 8;

function Names({ title, names, table }: { title: string; names: readonly string[]; table: string }) {
  const t = useT();
  if (names.length === 0) return null;
  return (
    <div className={css.names}>
      <h3>{title}</h3>
      <ul>
        {names.slice(0, most).map((name) => (
          <li key={name}><Link to="/catalog/$table" params={{ table: name }}>{name}</Link></li>
        ))}
        {names.length > most && (
          <li><Link to="/catalog/$table" params={{ table }} search={{ tab: "lineage" }}>{t("catalog.more", { n: names.length - most })}</Link></li>
        )}
      </ul>
    </div>
  );
}

/** The overview while it loads. */
export function OverviewSkeleton() {
  return (
    <div className={css.overview} aria-busy>
      <div className={css.main}>
        <Card flush>
          <div className={css.bones}>{Array.from({ length: 9 }, (_, i) => <Skeleton key={i} width={`${80 - ((i * 23) % 40)}%`} />)}</div>
        </Card>
      </div>
      <aside className={css.aside}>
        <Card><Skeleton lines={8} /></Card>
      </aside>
    </div>
  );
}
