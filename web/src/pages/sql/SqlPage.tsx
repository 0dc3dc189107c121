import type { EditorView } from "@codemirror/view";
import { IconLayoutSidebarLeftCollapse, IconLayoutSidebarLeftExpand } from "@tabler/icons-react";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { getRouteApi, useRouter } from "@tanstack/react-router";
import { useCallback, useEffect, useMemo, useRef, useState, useSyncExternalStore } from "react";
import { queries, type ApiError, type SavedQuery } from "@/api";
import { Page } from "@/app/Page";
import { useT } from "@/i18n";
import { useQueryState, useWarmUp } from "@/query";
import { Button, copyText, describe, Dialog, IconButton, Sheet, toast } from "@/ui";
import { statementAt, statements } from "./lang/statements";
import { quotedPath } from "./lang/suggest";
import { DraftTabs, isChanged, useDraftName } from "./parts/DraftTabs";
import { EditorPane } from "./parts/EditorPane";
import { Results } from "./parts/Results";
import { isGone, SaveDialog, type Naming } from "./parts/SaveDialog";
import { SidePanel, type SideActions, type SideTab } from "./parts/SidePanel";
import { Toolbar } from "./parts/Toolbar";
import { useSplit } from "./parts/useSplit";
import { historyOptions } from "./side/History";
import { download, type FileFormat } from "./state/download";
import { drafts, useDrafts, type Draft } from "./state/drafts";
import { correction, locate } from "./state/problem";
import { runs, useRun } from "./state/runs";
import { useDeleteSaved, useSave } from "./state/saved";
import css from "./SqlPage.module.css";

const route = getRouteApi("/sql");
const narrow = window.matchMedia("(max-width: 720px)");
const useNarrow = () =>
  useSyncExternalStore(
    (changed) => {
      narrow.addEventListener("change", changed);
      return () => narrow.removeEventListener("change", changed);
    },
    () => narrow.matches,
  );

/** Something small that is remembered in this browser. */
function useRemembered<Value extends string>(key: string, initial: Value): [Value, (value: Value) => void] {
  const [value, setValue] = useState<Value>(() => {
    try {
      return (localStorage.getItem(key) as Value | null) ?? initial;
    } catch {
      return initial;
    }
  });
  const remember = useCallback(
    (next: Value) => {
      setValue(next);
      try {
        localStorage.setItem(key, next);
      } catch {
        // Not remembered, then.
      }
    },
    [key],
  );
  return [value, remember];
}

export function SqlPage() {
  const t = useT();
  const state = useDrafts();
  const draft = state.list.find((d) => d.id === state.active) ?? state.list[0]!;
  const phone = useNarrow();
  const [side, setSide] = useRemembered<"open" | "closed">("hosu.sql.side", "open");
  const [sideTab, setSideTab] = useRemembered<SideTab>("hosu.sql.side.tab", "tables");
  const [sheet, setSheet] = useState(false);
  const [naming, setNaming] = useState<Naming>();
  const [deleting, setDeleting] = useState<SavedQuery>();
  const [selecting, setSelecting] = useState(false);
  const views = useRef(new Map<string, EditorView>());
  const work = useRef<HTMLDivElement>(null);
  const split = useSplit(work);
  const draftName = useDraftName();
  const saved = useQuery(queries.savedQueries());
  useWarmUp();
  useSearchParams(draft);

  const run = useRun(draft.id);
  const result = useQueryState(run?.handle);
  const place = run && result?.error ? locate(result.error, run.sql, run.from, draft.sql) : undefined;

  const meant = place && correction(result?.error, draft.sql.slice(place.from, place.to));
  const fix = meant === undefined ? undefined : {
    name: meant,
    apply: () => {
      const view = views.current.get(draft.id);
      if (!view || !place) return;
      view.dispatch({ changes: { from: place.from, to: place.to, insert: meant }, selection: { anchor: place.from + meant.length }, userEvent: "input", scrollIntoView: true });
      view.focus();
      start();
    },
  };

  // Every run that ends is news for the history.
  const client = useQueryClient();
  const finished = result?.finishedAt;
  useEffect(() => {
    if (finished !== undefined) void client.invalidateQueries({ queryKey: historyOptions.queryKey });
  }, [client, finished]);

  const start = useCallback(() => {
    const { active } = drafts.state;
    const view = views.current.get(active);
    const text = view?.state.doc.toString() ?? drafts.get(active)?.sql ?? "";
    const selection = view?.state.selection.main;
    let span = statementAt(text, selection?.head ?? text.length);
    if (selection && !selection.empty) {
      const chosen = statements(text.slice(selection.from, selection.to));
      if (chosen.length > 1) toast(t("sql.run.first"), "info");
      if (chosen[0]) span = { from: selection.from + chosen[0].from, to: selection.from + chosen[0].to };
    }
    if (span === undefined) return;
    runs.start(active, text.slice(span.from, span.to), span.from);
  }, [t]);

  /** The statement that a download is of: what was run last, if it is still there, else the one at the cursor. */
  const statementForDownload = (): string => {
    if (run && draft.sql.includes(run.sql)) return run.sql;
    const span = statementAt(draft.sql, views.current.get(draft.id)?.state.selection.main.head ?? 0);
    return span ? draft.sql.slice(span.from, span.to) : draft.sql;
  };
  const startDownload = (format: FileFormat) => {
    toast(t("sql.download.started"), "info");
    download(statementForDownload(), format, draftName(draft), (error: ApiError) => {
      const { title, detail } = describe(error, t);
      toast(t("sql.download.failed", { error: detail || title }), "bad");
    });
  };

  const save = useSave();
  const remove = useDeleteSaved();
  const savedAs = (id: string, q: SavedQuery, sql: string) => {
    drafts.change(id, { name: q.name, saved: { id: q.id, sql } });
    toast(t("sql.save.done", { name: q.name }));
  };
  const askName = (sql: string, name: string) => setNaming({ name, sql, description: "" });
  const doSave = () => {
    if (draft.sql.trim() === "" || save.isPending) return;
    const of = draft.saved;
    if (of === undefined) return askName(draft.sql, draft.name);
    const known = saved.data?.find((q) => q.id === of.id);
    const { id, sql } = draft;
    save.mutate(
      { id: of.id, body: { name: known?.name ?? draft.name, sql, description: known?.description ?? "" } },
      {
        onSuccess: (q) => savedAs(id, q, sql),
        onError: (error) => {
          if (isGone(error)) {
            drafts.change(id, { saved: undefined });
            return askName(sql, draft.name);
          }
          const { title, detail } = describe(error, t);
          toast(t("sql.save.failed", { error: detail || title }), "bad");
        },
      },
    );
  };

  const cancel = (): boolean => {
    if (result?.status !== "running") return false;
    run?.handle.cancel();
    return true;
  };
  const keys = { run: start, cancel, save: doSave };
  const keepView = useCallback((id: string, view: EditorView | null) => {
    if (view) views.current.set(id, view);
    else views.current.delete(id);
  }, []);
  /** Puts the cursor into the active editor, as soon as it is there. On a phone that would bring up its keyboard. */
  const write = useCallback(() => {
    if (narrow.matches) return;
    let tries = 30;
    const look = () => {
      const view = views.current.get(drafts.state.active);
      if (view) view.focus();
      else if (tries-- > 0) requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
  }, []);
  useEffect(() => write(), [write]);
  // The editors of the drafts that were in use last stay, with their history of changes and their place.
  const [recent, setRecent] = useState([draft.id]);
  if (recent.at(-1) !== draft.id) setRecent([...recent.filter((id) => id !== draft.id).slice(-5), draft.id]);

  // The same at every key in the editor, so that the lists beside it are not drawn again.
  const actions = useMemo<SideActions>(() => {
    const openAndRun = (sql: string, name = "") => {
      setSheet(false);
      const opened = drafts.open({ sql, name });
      runs.start(opened.id, sql, 0);
    };
    return {
      onInsert: (text) => {
        setSheet(false);
        const view = views.current.get(drafts.state.active);
        if (view) insertInto(view, text);
      },
      onPreview: (table) => openAndRun(`select *\nfrom ${quotedPath(table.name)}\nlimit 100`, table.name),
      onOpenSaved: (q) => {
        setSheet(false);
        openSavedDraft(q);
        write();
      },
      onRename: (q) => setNaming({ id: q.id, name: q.name, sql: q.sql, description: q.description }),
      onDelete: setDeleting,
      onOpenQuery: (q) => {
        setSheet(false);
        drafts.open({ sql: q.sql });
        write();
      },
      onRunQuery: (q) => openAndRun(q.sql),
    };
  }, [write]);
  const panel = <SidePanel tab={sideTab} onTab={setSideTab} current={draft.saved?.id} actions={actions} />;
  const open = phone ? sheet : side === "open";
  const router = useRouter();
  const share = async () => {
    // A saved query has an address of its own; anything else is in the address.
    const search = draft.saved && !isChanged(draft) ? { q: draft.saved.id } : { sql: draft.sql };
    const address = new URL(router.buildLocation({ to: "/sql", search }).href, location.href).href;
    if (!(await copyText(address))) return toast(t("sql.share.failed"), "bad");
    toast(address.length > 8000 ? t("sql.share.long") : t("sql.share.done"), address.length > 8000 ? "info" : "good");
  };

  return (
    <Page title={t("sql.title")} fill bare>
      <div className={css.page}>
        {!phone && open && <aside className={css.side} aria-label={t("sql.side")}>{panel}</aside>}
        <div className={css.main}>
          <div className={css.head}>
            <IconButton
              size="s"
              label={t(open ? "sql.side.hide" : "sql.side.show")}
              icon={open ? <IconLayoutSidebarLeftCollapse /> : <IconLayoutSidebarLeftExpand />}
              aria-expanded={open}
              onClick={() => (phone ? setSheet(true) : setSide(open ? "closed" : "open"))}
            />
            <DraftTabs state={state} panel="sql-work" onWrite={write} />
          </div>
          {/* Escape stops a query from anywhere in here, also from its result. */}
          {/* eslint-disable-next-line jsx-a11y/no-noninteractive-element-interactions */}
          <div ref={work} id="sql-work" className={css.work} role="tabpanel" aria-label={draftName(draft)} onKeyDown={(event) => event.key === "Escape" && !event.defaultPrevented && cancel()}>
            <div className={css.editor} style={{ flexBasis: `${split.share * 100}%` }}>
              {state.list
                .filter((d) => recent.includes(d.id))
                .map((d) => (
                  <EditorPane key={d.id} draft={d} active={d.id === draft.id} keys={keys} onView={keepView} onSelecting={setSelecting} />
                ))}
            </div>
            <div className={css.handle} aria-label={t("sql.split")} {...split.handle} />
            <Toolbar
              draft={draft}
              state={result}
              selecting={selecting}
              saving={save.isPending}
              onRun={start}
              onCancel={cancel}
              onSave={doSave}
              onSaveAs={() => askName(draft.sql, draft.saved ? t("sql.save.copy", { name: draft.name }) : draft.name)}
              onRename={() => {
                const q = saved.data?.find((s) => s.id === draft.saved?.id);
                if (q) setNaming({ id: q.id, name: q.name, sql: q.sql, description: q.description });
              }}
              onDelete={() => setDeleting(saved.data?.find((s) => s.id === draft.saved?.id))}
              onShare={() => void share()}
              onDownload={startDownload}
            />
            <div className={css.results}>
              <Results
                draft={draft.id}
                run={run}
                state={result}
                line={place?.line}
                fix={fix}
                onShow={() => {
                  const view = views.current.get(draft.id);
                  if (!place || !view) return;
                  view.dispatch({ selection: { anchor: place.from }, scrollIntoView: true });
                  view.focus();
                }}
                onRun={start}
                onDownload={() => startDownload("parquet")}
              />
            </div>
          </div>
        </div>
      </div>
      {phone && (
        <Sheet open={sheet} onOpenChange={setSheet} title={t("sql.side")}>
          <div className={css.sheet}>{panel}</div>
        </Sheet>
      )}
      {naming && (
        <SaveDialog
          naming={naming}
          onClose={() => setNaming(undefined)}
          onSaved={(q) => {
            if (naming.id === undefined) return savedAs(draft.id, q, naming.sql);
            for (const d of drafts.state.list) if (d.saved?.id === q.id) drafts.change(d.id, { name: q.name });
            toast(t("sql.save.renamed", { name: q.name }));
          }}
        />
      )}
      <DeleteDialog
        saved={deleting}
        busy={remove.isPending}
        onClose={() => setDeleting(undefined)}
        onDelete={(q) =>
          remove.mutate(q.id, {
            onSuccess: () => {
              // What was written stays as a draft.
              for (const d of drafts.state.list) if (d.saved?.id === q.id) drafts.change(d.id, { saved: undefined });
              setDeleting(undefined);
              toast(t("sql.saved.deleted", { name: q.name }));
            },
            onError: (error) => {
              const { title, detail } = describe(error, t);
              toast(t("sql.saved.undeleted", { error: detail || title }), "bad");
            },
          })
        }
      />
    </Page>
  );
}

/** Writes a name where the cursor is, apart from the word before it. */
function insertInto(editor: EditorView, text: string): void {
  const { from, to } = editor.state.selection.main;
  const written = /[\p{L}\p{N}_"]/u.test(editor.state.sliceDoc(from - 1, from)) ? ` ${text}` : text;
  editor.dispatch({ changes: { from, to, insert: written }, selection: { anchor: from + written.length }, userEvent: "input", scrollIntoView: true });
  editor.focus();
}

function DeleteDialog({ saved, busy, onClose, onDelete }: { saved: SavedQuery | undefined; busy: boolean; onClose: () => void; onDelete: (saved: SavedQuery) => void }) {
  const t = useT();
  return (
    <Dialog
      open={saved !== undefined}
      onOpenChange={(open) => !open && onClose()}
      size="s"
      title={t("sql.delete.title", { name: saved?.name ?? "" })}
      description={t("sql.delete.detail")}
      footer={
        <>
          <Button onClick={onClose}>{t("ui.cancel")}</Button>
          <Button look="danger" busy={busy} onClick={() => saved && onDelete(saved)}>
            {t("sql.saved.delete")}
          </Button>
        </>
      }
    />
  );
}

/** Opens a saved query, in the draft that it is open in already. */
function openSavedDraft(q: SavedQuery): void {
  const there = drafts.state.list.find((d) => d.saved?.id === q.id);
  if (there) drafts.activate(there.id);
  else drafts.open({ name: q.name, sql: q.sql, saved: { id: q.id, sql: q.sql } });
}

/**
 * The address and the drafts: `?sql=` becomes a draft, once. `?q=` opens a saved query and stays while it is the active one, so
 * that the address can be passed on.
 */
function useSearchParams(draft: Draft): void {
  const t = useT();
  const { q, sql } = route.useSearch();
  const navigate = route.useNavigate();
  const saved = useQuery(queries.savedQueries());
  const handled = useRef<string | undefined>(undefined);

  useEffect(() => {
    if (sql === undefined) return;
    const there = drafts.state.list.find((d) => d.sql === sql);
    if (there) drafts.activate(there.id);
    else drafts.open({ sql });
    void navigate({ search: {}, replace: true });
  }, [sql, navigate]);

  const { data } = saved;
  useEffect(() => {
    if (q === undefined || q === handled.current || data === undefined) return;
    handled.current = q;
    const found = data.find((s) => s.id === q);
    if (found) openSavedDraft(found);
    else {
      toast(t("sql.saved.gone"), "bad");
      void navigate({ search: {}, replace: true });
    }
  }, [q, data, navigate, t]);

  const of = draft.saved?.id;
  useEffect(() => {
    // Not before what the address asks for has been opened.
    if (sql !== undefined || q === of || (q !== undefined && q !== handled.current)) return;
    handled.current = of;
    void navigate({ search: of === undefined ? {} : { q: of }, replace: true });
  }, [of, q, sql, navigate]);
}
