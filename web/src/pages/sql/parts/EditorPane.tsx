import type { EditorView } from "@codemirror/view";
import { useQuery } from "@tanstack/react-query";
import { useEffect, useMemo, useRef, useState } from "react";
import { queries } from "@/api";
import { useFormat } from "@/format";
import { useT } from "@/i18n";
import { useQueryState } from "@/query";
import { useNow } from "@/ui";
import { Editor } from "@/ui/editor";
import type { Words } from "../lang/cards";
import { makeCatalog } from "../lang/catalog";
import { showProblem, SqlSupport, type Answers } from "../lang/extension";
import { drafts, type Draft } from "../state/drafts";
import { locate } from "../state/problem";
import { useRun } from "../state/runs";
import css from "./EditorPane.module.css";

/** The text of a draft, and under it what its last run stumbled over. Only the active one is to be seen. */
export function EditorPane({ draft, active, keys, onView, onSelecting }: {
  draft: Draft;
  active: boolean;
  keys: Pick<Answers, "run" | "cancel" | "save">;
  onView: (id: string, view: EditorView | null) => void;
  onSelecting: (selecting: boolean) => void;
}) {
  const t = useT();
  const tables = useQuery(queries.tables());
  const functions = useQuery(queries.functions());
  const [view, setView] = useState<EditorView | null>(null);
  const words = useWords();
  const catalog = useMemo(() => makeCatalog(tables.data ?? [], functions.data ?? []), [tables.data, functions.data]);
  const [support] = useState(() => new SqlSupport());
  useEffect(() => {
    support.answer({ catalog, words, selecting: onSelecting, ...keys });
  });
  const { id } = draft;
  useEffect(() => {
    onView(id, view);
    return () => onView(id, null);
  }, [id, view, onView]);

  useEffect(() => {
    if (view && active) onSelecting(!view.state.selection.main.empty);
  }, [view, active, onSelecting]);

  // When a run fails: underlined, and the cursor put there if the person is not elsewhere by now. The mark then moves with the text.
  const run = useRun(id);
  const state = useQueryState(run?.handle);
  const failedAt = state?.status === "failed" ? state.finishedAt : undefined;
  const marked = useRef<number>(undefined);
  useEffect(() => {
    if (view === null || marked.current === failedAt) return;
    marked.current = failedAt;
    const error = state?.error;
    const place = run && locate(error, run.sql, run.from, view.state.doc.toString());
    const fresh = failedAt !== undefined && Date.now() - failedAt < 2_000;
    const focused = document.activeElement;
    const here = active && (focused === null || focused === document.body || view.dom.closest("#sql-work")?.contains(focused) === true);
    showProblem(view, place && error && { from: place.from, to: place.to, message: error.detail || error.title, severity: "error" }, fresh && here);
  }, [view, active, failedAt, run, state?.error]);

  return (
    <div className={css.pane} data-active={active || undefined} aria-hidden={!active}>
      <Editor
        label={t("sql.editor")}
        placeholder={t("sql.editor.placeholder")}
        value={draft.sql}
        onChange={(sql) => drafts.change(id, { sql })}
        extensions={support.extensions}
        onReady={setView}
      />
    </div>
  );
}

function useWords(): Words {
  const t = useT();
  const f = useFormat();
  const at = useNow();
  return useMemo(
    () => ({
      rows: (n) => t("sql.rows", { n, rows: f.number(n) }),
      columns: (n) => t("sql.card.columns", { n }),
      view: t("sql.card.view"),
      more: (n) => t("sql.card.more", { n }),
      updated: (when) => t("sql.card.updated", { when: f.relative(when, at) }),
      of: (relation) => t("sql.card.of", { relation }),
      kinds: { scalar: t("sql.card.kind.scalar"), aggregate: t("sql.card.kind.aggregate"), table: t("sql.card.kind.table"), window: t("sql.card.kind.window") },
    }),
    [t, f, at],
  );
}
