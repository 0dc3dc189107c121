import { IconChartHistogram, IconColumns3, IconCornerDownLeft, IconDatabase, IconEye, IconFileText, IconSearch, IconTerminal2 } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { Dialog } from "radix-ui";
import { useDeferredValue, useId, useMemo, useRef, useState, type KeyboardEvent, type ReactNode } from "react";
import { queries } from "@/api";
import { isComposing, pickLabel, useLocale, useT, type MessageId } from "@/i18n";
import { describe } from "@/ui/State";
import { rank, type Candidate } from "./rank";
import css from "./Palette.module.css";

type Entry = Candidate & { key: string; icon: ReactNode; note?: string; go: () => void };
type Section = { label: MessageId; entries: Entry[]; limit: number };

/** Search over everything that has a name. */
export default function Palette({ open, onOpenChange }: { open: boolean; onOpenChange: (open: boolean) => void }) {
  const t = useT();
  const before = useRef<Element | null>(null);
  return (
    <Dialog.Root open={open} onOpenChange={onOpenChange}>
      <Dialog.Portal>
        <Dialog.Overlay className={css.scrim} />
        <Dialog.Content
          className={css.palette}
          aria-describedby={undefined}
          onOpenAutoFocus={() => {
            before.current = document.activeElement;
          }}
          // Where the keyboard was goes on, unless another page has taken the focus.
          onCloseAutoFocus={(event) => {
            event.preventDefault();
            if (document.activeElement === document.body && before.current instanceof HTMLElement) before.current.focus({ preventScroll: true });
          }}
        >
          <Dialog.Title className="sr-only">{t("app.search")}</Dialog.Title>
          <Search onDone={() => onOpenChange(false)} />
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  );
}

function Search({ onDone }: { onDone: () => void }) {
  const t = useT();
  const id = useId();
  const [text, setText] = useState("");
  const [active, setActive] = useState(0);
  const wanted = useDeferredValue(text.trim());
  const { sections, loading, error } = useSections();

  const found = useMemo(
    () =>
      sections
        .map(({ label, entries, limit }) => ({ label, entries: rank(entries, wanted, limit) }))
        .filter(({ entries }) => entries.length > 0),
    [sections, wanted],
  );
  const flat = found.flatMap(({ entries }) => entries);
  const at = Math.min(active, flat.length - 1);

  const go = (entry: Entry | undefined) => {
    if (entry === undefined) return;
    onDone();
    entry.go();
  };

  const onKey = (event: KeyboardEvent) => {
    if (isComposing(event)) return;
    const step = { ArrowDown: 1, ArrowUp: -1, PageDown: 8, PageUp: -8 }[event.key];
    if (step !== undefined && flat.length > 0) {
      const next = Math.abs(step) === 1 ? (at + step + flat.length) % flat.length : Math.min(Math.max(at + step, 0), flat.length - 1);
      setActive(next);
      document.getElementById(`${id}-${next}`)?.scrollIntoView({ block: "nearest" });
    } else if (event.key === "Enter") {
      // The list may still be the one of an earlier letter: where it leads must be what was typed.
      const now = text.trim();
      go(now === wanted ? flat[at] : sections.flatMap(({ entries, limit }) => rank(entries, now, limit))[0]);
    }
    else return;
    event.preventDefault();
  };

  let index = 0;
  return (
    <>
      <div className={css.field}>
        <IconSearch size={18} aria-hidden />
        <input
          className={css.input}
          value={text}
          onChange={(event) => {
            setText(event.target.value);
            setActive(0);
          }}
          onKeyDown={onKey}
          placeholder={t("app.search.placeholder")}
          aria-label={t("app.search.hint")}
          role="combobox"
          aria-expanded
          aria-controls={`${id}-list`}
          aria-activedescendant={flat.length > 0 ? `${id}-${at}` : undefined}
          autoComplete="off"
          autoCorrect="off"
          spellCheck={false}
          enterKeyHint="go"
        />
      </div>
      <div className={css.list} id={`${id}-list`} role="listbox" aria-label={t("app.search")}>
        {found.map(({ label, entries }) => (
          <div key={label} role="group" aria-label={t(label)}>
            <div className={css.section} aria-hidden>
              {t(label)}
            </div>
            {entries.map((entry) => {
              const i = index++;
              return (
                // The keyboard is the field's: options are only pointed at.
                // eslint-disable-next-line jsx-a11y/click-events-have-key-events
                <div
                  key={entry.key}
                  id={`${id}-${i}`}
                  role="option"
                  tabIndex={-1}
                  aria-selected={i === at}
                  className={css.option}
                  onPointerMove={() => i !== at && setActive(i)}
                  onClick={() => go(entry)}
                >
                  {entry.icon}
                  <span className={css.text}>
                    <Marked text={entry.text} wanted={wanted} />
                  </span>
                  {entry.note && <span className={css.note}>{entry.note}</span>}
                  <IconCornerDownLeft size={14} className={css.enter} aria-hidden />
                </div>
              );
            })}
          </div>
        ))}
        {flat.length === 0 && !loading && !error && (
          <div className={css.empty}>
            <p>{t("app.search.empty", { text: wanted })}</p>
            <p className={css.faint}>{t("app.search.empty.hint")}</p>
          </div>
        )}
        {loading && <p className={css.faint}>{t("app.search.loading")}</p>}
        {error && <p className={css.faint}>{t("app.search.failed", { error: describe(error, t).title })}</p>}
      </div>
      <div className="sr-only" role="status">
        {loading ? "" : t("app.search.results", { n: flat.length })}
      </div>
      <footer className={css.foot} aria-hidden>
        {t("app.search.keys", { up: "↑", down: "↓", enter: "↵", esc: "Esc" })}
      </footer>
    </>
  );
}

const pages = [
  { to: "/", label: "app.nav.home" },
  { to: "/catalog", label: "app.nav.catalog" },
  { to: "/sql", label: "app.nav.sql" },
  { to: "/runs", label: "app.nav.runs" },
  { to: "/dashboards", label: "app.nav.dashboards" },
] as const;

function useSections(): { sections: Section[]; loading: boolean; error: Error | null } {
  const t = useT();
  const locale = useLocale();
  const navigate = useNavigate();
  const tables = useQuery(queries.tables());
  const dashboards = useQuery(queries.dashboards());
  const saved = useQuery(queries.savedQueries());
  const sections = useMemo<Section[]>(
    () => [
      {
        label: "app.search.tables",
        limit: 8,
        entries: (tables.data ?? []).map((table) => ({
          key: `t:${table.name}`,
          text: table.name,
          more: `${table.description} ${table.owner} ${table.tags?.join(" ") ?? ""}`,
          note: table.description,
          icon: table.kind === "view" ? <IconEye /> : <IconDatabase />,
          go: () => void navigate({ to: "/catalog/$table", params: { table: table.name } }),
        })),
      },
      {
        label: "app.search.dashboards",
        limit: 5,
        entries: (dashboards.data ?? []).map((dashboard) => ({
          key: `d:${dashboard.name}`,
          text: pickLabel(dashboard.label, locale, dashboard.name),
          more: `${dashboard.name} ${dashboard.label?.en ?? ""} ${dashboard.label?.ko ?? ""}`,
          note: pickLabel(dashboard.description, locale),
          icon: <IconChartHistogram />,
          go: () => void navigate({ to: "/dashboards/$name", params: { name: dashboard.name } }),
        })),
      },
      {
        label: "app.search.queries",
        limit: 5,
        entries: (saved.data ?? []).map((query) => ({
          key: `q:${query.id}`,
          text: query.name,
          more: query.description,
          note: query.description,
          icon: <IconTerminal2 />,
          go: () => void navigate({ to: "/sql", search: { q: query.id } }),
        })),
      },
      {
        label: "app.search.pages",
        limit: 5,
        entries: pages.map(({ to, label }) => ({ key: `p:${to}`, text: t(label), more: to, icon: <IconFileText />, go: () => void navigate({ to }) })),
      },
      {
        label: "app.search.columns",
        limit: 8,
        entries: (tables.data ?? []).flatMap((table) =>
          (table.columns ?? []).map((column) => ({
            key: `c:${table.name}.${column.name}`,
            text: column.name,
            more: column.doc,
            note: table.name,
            only: true,
            icon: <IconColumns3 />,
            go: () => void navigate({ to: "/catalog/$table", params: { table: table.name }, search: { column: column.name } }),
          })),
        ),
      },
    ],
    [tables.data, dashboards.data, saved.data, locale, navigate, t],
  );
  return { sections, loading: tables.isPending, error: tables.error };
}

/** The name with the part that was looked for in bold. */
function Marked({ text, wanted }: { text: string; wanted: string }) {
  const at = wanted ? text.toLowerCase().indexOf(wanted.toLowerCase()) : -1;
  if (at < 0) return text;
  return (
    <>
      {text.slice(0, at)}
      <mark className={css.mark}>{text.slice(at, at + wanted.length)}</mark>
      {text.slice(at + wanted.length)}
    </>
  );
}
