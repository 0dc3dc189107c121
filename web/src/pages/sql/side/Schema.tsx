import { IconChevronRight, IconEye, IconTable, IconDatabase, IconTextPlus, IconTableShortcut } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useVirtualizer } from "@tanstack/react-virtual";
import { clsx } from "clsx";
import { useDeferredValue, useMemo, useRef, useState, type KeyboardEvent } from "react";
import { queries, type TableSummary } from "@/api";
import { useFormat } from "@/format";
import { useT } from "@/i18n";
import { EmptyState, IconButton, LinkButton, QueryView, SearchField, Skeleton } from "@/ui";
import { quoted, quotedPath } from "../lang/suggest";
import { treeRows, type Row } from "./tree";
import css from "./Side.module.css";

/** The tables of the workspace: looked through, put into the query, previewed. */
export function Schema({ onInsert, onPreview }: { onInsert: (text: string) => void; onPreview: (table: TableSummary) => void }) {
  const t = useT();
  const query = useQuery(queries.tables());
  const [search, setSearch] = useState("");
  return (
    <div className={css.panel}>
      <div className={css.search}>
        <SearchField label={t("sql.schema.search")} value={search} onChange={setSearch} size="s" />
      </div>
      <QueryView
        query={query}
        compact
        title={t("sql.schema.failed")}
        loading={<Skeleton lines={9} className={css.loading} />}
        empty={(tables) =>
          tables.length === 0 && (
            <EmptyState compact icon={<IconDatabase />} title={t("sql.schema.empty")} action={<LinkButton size="s" to="/catalog">{t("sql.schema.empty.action")}</LinkButton>}>
              {t("sql.schema.empty.detail")}
            </EmptyState>
          )
        }
      >
        {(tables) => <Tree tables={tables} search={search} onInsert={onInsert} onPreview={onPreview} />}
      </QueryView>
    </div>
  );
}

/** Of a row; for fingers on a phone. */
const heightOf = () => (window.matchMedia("(max-width: 720px)").matches ? 36 : 26);

function Tree({ tables, search, onInsert, onPreview }: { tables: readonly TableSummary[]; search: string; onInsert: (text: string) => void; onPreview: (table: TableSummary) => void }) {
  const t = useT();
  const f = useFormat();
  const [open, setOpen] = useState<ReadonlySet<string>>(() => new Set());
  const [shut, setShut] = useState<ReadonlySet<string>>(() => new Set());
  const [active, setActive] = useState<string>();
  const wanted = useDeferredValue(search);
  const rows = useMemo(() => treeRows(tables, wanted, open, shut), [tables, wanted, open, shut]);
  const scroller = useRef<HTMLDivElement>(null);
  const [rowHeight] = useState(heightOf);
  const virtual = useVirtualizer({ count: rows.length, getScrollElement: () => scroller.current, estimateSize: () => rowHeight, overscan: 12, getItemKey: (i) => rows[i]!.id });
  const at = Math.max(0, rows.findIndex((r) => r.id === active));

  const toggle = (row: Row) => {
    if (row.kind === "column") return onInsert(quoted(row.name));
    const closing = row.open;
    setOpen((was) => with_(was, row.id, !closing && row.kind === "table"));
    setShut((was) => with_(was, row.id, closing));
  };
  const focus = (index: number) => {
    const row = rows[index];
    if (row === undefined) return;
    setActive(row.id);
    virtual.scrollToIndex(index, { align: "auto" });
    requestAnimationFrame(() => scroller.current?.querySelector<HTMLElement>(`[data-index="${index}"]`)?.focus());
  };
  const onKey = (event: KeyboardEvent, index: number) => {
    // Keys of the buttons in the row are theirs, but for the arrows.
    if (event.target !== event.currentTarget && !event.key.startsWith("Arrow")) return;
    const row = rows[index]!;
    const openable = row.kind !== "column";
    switch (event.key) {
      case "ArrowDown": focus(index + 1); break;
      case "ArrowUp": focus(index - 1); break;
      case "Home": focus(0); break;
      case "End": focus(rows.length - 1); break;
      case "ArrowRight":
        if (openable && !row.open) toggle(row);
        else if (openable) focus(index + 1);
        break;
      case "ArrowLeft":
        if (openable && row.open) toggle(row);
        else focus(rows.slice(0, index).findLastIndex((r) => r.level < row.level));
        break;
      case "Enter":
      case " ": toggle(row); break;
      default: return;
    }
    event.preventDefault();
  };

  if (rows.length === 0) {
    return (
      <EmptyState compact title={t("sql.schema.none", { text: search.trim() })}>
        {t("sql.schema.none.hint")}
      </EmptyState>
    );
  }
  return (
    <div ref={scroller} className={css.scroller}>
      <div role="tree" aria-label={t("sql.schema")} style={{ height: virtual.getTotalSize() }} className={css.tree}>
        {virtual.getVirtualItems().map((item) => {
          const row = rows[item.index]!;
          return (
            <div
              key={row.id}
              role="treeitem"
              data-index={item.index}
              aria-level={row.level}
              aria-expanded={row.kind === "column" ? undefined : row.open}
              aria-selected={item.index === at}
              aria-label={`${row.name} ${row.kind === "column" ? row.column.type : row.kind === "namespace" ? row.tables : row.table.kind === "table" ? f.compact(row.table.rows) : ""}`.trim()}
              tabIndex={item.index === at ? 0 : -1}
              className={clsx(css.row, css[row.kind])}
              style={{ transform: `translateY(${item.start}px)`, height: rowHeight }}
              onFocus={() => setActive(row.id)}
              onClick={() => toggle(row)}
              onKeyDown={(event) => onKey(event, item.index)}
              title={titleOf(row)}
            >
              {row.kind !== "column" && <IconChevronRight size={13} className={css.chevron} data-open={row.open || undefined} aria-hidden />}
              {row.kind === "table" && (row.table.kind === "view" ? <IconTableShortcut size={14} className={css.icon} aria-hidden /> : <IconTable size={14} className={css.icon} aria-hidden />)}
              <span className={css.name}>
                <Marked text={row.name} search={wanted.trim()} />
              </span>{" "}
              {row.kind === "namespace" && <span className={css.note}>{f.number(row.tables)}</span>}
              {row.kind === "column" && <span className={css.type}>{row.column.type}</span>}
              {row.kind === "table" && <TableActions table={row.table} tabbable={item.index === at} onInsert={onInsert} onPreview={onPreview} />}
            </div>
          );
        })}
      </div>
    </div>
  );
}

function TableActions({ table, tabbable, onInsert, onPreview }: { table: TableSummary; tabbable: boolean; onInsert: (text: string) => void; onPreview: (table: TableSummary) => void }) {
  const t = useT();
  const f = useFormat();
  return (
    <>
      {table.kind === "table" && <span className={clsx(css.note, css.rows)}>{f.compact(table.rows)}</span>}
      <span className={css.actions}>
        <IconButton size="s" tabIndex={tabbable ? 0 : -1} label={t("sql.schema.insert", { name: table.name })} tooltip={t("sql.schema.insert.tip")} icon={<IconTextPlus />} onClick={(event) => {
          event.stopPropagation();
          onInsert(quotedPath(table.name));
        }} />
        <IconButton size="s" tabIndex={tabbable ? 0 : -1} label={t("sql.schema.preview", { name: table.name })} tooltip={t("sql.schema.preview.tip")} icon={<IconEye />} onClick={(event) => {
          event.stopPropagation();
          onPreview(table);
        }} />
      </span>
    </>
  );
}

const titleOf = (row: Row): string | undefined =>
  row.kind === "column" ? [`${row.name} ${row.column.type}`, row.column.doc].filter(Boolean).join("\n") : row.kind === "table" ? [row.table.name, row.table.description].filter(Boolean).join("\n") : row.name;

/** A name with what was searched made visible. */
export function Marked({ text, search }: { text: string; search: string }) {
  const at = search ? text.toLowerCase().indexOf(search.toLowerCase()) : -1;
  if (at < 0) return text;
  return (
    <>
      {text.slice(0, at)}
      <mark className={css.mark}>{text.slice(at, at + search.length)}</mark>
      {text.slice(at + search.length)}
    </>
  );
}

function with_(set: ReadonlySet<string>, id: string, has: boolean): ReadonlySet<string> {
  if (set.has(id) === has) return set;
  const next = new Set(set);
  if (has) next.add(id);
  else next.delete(id);
  return next;
}
