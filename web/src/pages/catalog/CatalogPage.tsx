import { IconDatabaseOff, IconFilter, IconSearch, IconSearchOff, IconX } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useDeferredValue, useEffect, useMemo, useRef, useState, type KeyboardEvent } from "react";
import { Page } from "@/app/Page";
import { useTyped } from "@/app/useTyped";
import { queries } from "@/api";
import { useFormat } from "@/format";
import { isComposing, useT } from "@/i18n";
import { Button, EmptyState, ErrorState, IconButton, LinkButton, Sheet } from "@/ui";
import { Facets } from "./Facets";
import { find, itemsOf, wordsOf } from "./find";
import { List, ListSkeleton, type ListHandle } from "./List";
import type { CatalogSearch } from "./search";
import css from "./Catalog.module.css";

const none: never[] = [];

/** Everything there is, found by any word about it while it is typed. */
export function CatalogPage() {
  const t = useT();
  const format = useFormat();
  const navigate = useNavigate();
  const filters = useSearch({ from: "/catalog" });
  const tables = useQuery(queries.tables());
  const assets = useQuery(queries.assets());
  const input = useRef<HTMLInputElement>(null);
  const list = useRef<ListHandle>(null);
  const [sheet, setSheet] = useState(false);

  const change = (next: Partial<CatalogSearch>) =>
    void navigate({ to: "/catalog", search: (was: CatalogSearch) => ({ ...was, ...next }), replace: true });
  const [text, setText] = useTyped(filters.search, (search) => change({ search }));
  const typed = useDeferredValue(text);

  const items = useMemo(() => itemsOf(tables.data ?? none, assets.data ?? none), [tables.data, assets.data]);
  const { kind, in: within, status, sort } = filters;
  const found = useMemo(() => find(items, { search: typed, kind, in: within, status, sort }), [items, typed, kind, within, status, sort]);
  const words = useMemo(() => wordsOf(typed), [typed]);

  // What is looked at when something else is looked for begins at its beginning.
  const looked = `${typed}\n${kind ?? ""}\n${within ?? ""}\n${status ?? ""}\n${sort ?? ""}`;
  const [at, setAt] = useState<{ looked: string; index: number }>();
  const active = at?.looked === looked ? Math.min(at.index, found.items.length - 1) : words.length > 0 && found.items.length > 0 ? 0 : -1;
  useEffect(() => list.current?.toTop(), [looked]);

  useTypeAnywhere(input);
  const onKey = (event: KeyboardEvent) => {
    if (isComposing(event)) return;
    const step = { ArrowDown: 1, ArrowUp: -1, PageDown: 10, PageUp: -10 }[event.key];
    if (step !== undefined) {
      const index = Math.min(Math.max(active + step, 0), found.items.length - 1);
      setAt({ looked, index });
      list.current?.show(index);
    } else if (event.key === "Enter") {
      // The list may still be the one of an earlier letter: what is opened must be what was typed.
      const item = text === typed ? found.items[Math.max(active, 0)] : find(items, { search: text, kind, in: within, status, sort }).items[0];
      if (item) void navigate({ to: "/catalog/$table", params: { table: item.name } });
    } else if (event.key === "Escape" && text) setText("");
    else return;
    event.preventDefault();
  };

  const filtered = kind ?? within ?? status;
  const clear = () => {
    setText("");
    change({ search: undefined, kind: undefined, in: undefined, status: undefined });
    input.current?.focus();
  };
  const loading = tables.isPending || (assets.isPending && items.length === 0);
  const facets = <Facets filters={filters} counts={found.counts} onChange={change} />;

  return (
    <Page
      title={t("catalog.title")}
      fill
      heading={
        <>
          {t("catalog.title")}
          <span className={css.total}>{loading ? "" : t("catalog.total", { n: items.length, count: format.number(items.length) })}</span>
        </>
      }
    >
      <div className={css.catalog}>
        <aside className={css.aside} aria-label={t("catalog.filters")}>
          {!loading && facets}
        </aside>
        <div className={css.results}>
          <div className={css.bar}>
            <div className={css.field}>
              <IconSearch size={16} aria-hidden />
              <input
                ref={input}
                type="text"
                value={text}
                onChange={(event) => setText(event.target.value)}
                onKeyDown={onKey}
                placeholder={t("catalog.search")}
                aria-label={t("catalog.search.label")}
                role="combobox"
                aria-haspopup="grid"
                aria-expanded
                aria-autocomplete="list"
                aria-controls="catalog-list"
                aria-activedescendant={active >= 0 ? `catalog-${active}` : undefined}
                autoComplete="off"
                autoCorrect="off"
                spellCheck={false}
                enterKeyHint="go"
              />
              {text && (
                <IconButton
                  size="s"
                  label={t("catalog.search.clear")}
                  icon={<IconX />}
                  tooltip={false}
                  onClick={() => {
                    setText("");
                    input.current?.focus();
                  }}
                />
              )}
            </div>
            <Button className={css.filterButton} icon={<IconFilter />} onClick={() => setSheet(true)}>
              {t("catalog.filters")}
              {filtered && <span className={css.dot} />}
            </Button>
          </div>
          <div className="sr-only" role="status">
            {loading ? "" : t("catalog.found", { n: found.items.length })}
          </div>
          {tables.isError && items.length === 0 ? (
            <ErrorState error={tables.error} title={t("catalog.failed")} onRetry={() => void tables.refetch()} />
          ) : loading ? (
            <ListSkeleton />
          ) : items.length === 0 ? (
            <EmptyState icon={<IconDatabaseOff />} title={t("catalog.empty")} action={<LinkButton to="/">{t("catalog.empty.action")}</LinkButton>}>
              {t("catalog.empty.detail")}
            </EmptyState>
          ) : found.items.length === 0 ? (
            <EmptyState
              icon={<IconSearchOff />}
              title={typed ? t("catalog.none", { text: typed }) : t("catalog.none.filter")}
              action={<Button onClick={clear}>{t("catalog.clear")}</Button>}
            >
              {filtered && typed ? t("catalog.none.filtered") : t("catalog.none.hint")}
            </EmptyState>
          ) : (
            <List ref={list} found={found} words={words} active={active} sort={sort} onSort={(next) => change({ sort: next })} onKey={onKey} />
          )}
        </div>
      </div>
      <Sheet
        open={sheet}
        onOpenChange={setSheet}
        title={t("catalog.filters")}
        size="s"
        footer={<Button look="primary" onClick={() => setSheet(false)}>{t("catalog.show", { n: found.items.length })}</Button>}
      >
        {facets}
      </Sheet>
    </Page>
  );
}

/** While nothing has the focus, typing goes into the search field. */
function useTypeAnywhere(field: React.RefObject<HTMLInputElement | null>) {
  useEffect(() => {
    const onKey = (event: globalThis.KeyboardEvent) => {
      const focused = document.activeElement;
      if (focused !== null && focused !== document.body && focused.id !== "main") return;
      if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("[role=dialog]")) return;
      if (event.key === "/") event.preventDefault();
      else if (event.key === " " || (event.key.length !== 1 && event.key !== "ArrowDown" && event.key !== "Process")) return;
      field.current?.focus();
    };
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  }, [field]);
}
