import { IconPlus, IconX } from "@tabler/icons-react";
import { useEffect, useRef, type KeyboardEvent } from "react";
import { useT } from "@/i18n";
import { IconButton, toast } from "@/ui";
import { drafts, type Draft, type Drafts } from "../state/drafts";
import { runs } from "../state/runs";
import css from "./DraftTabs.module.css";

/** Whether a draft differs from the saved query that it is of. */
export const isChanged = (draft: Draft): boolean => draft.saved !== undefined && draft.saved.sql !== draft.sql;

export function useDraftName(): (draft: Draft) => string {
  const t = useT();
  return (draft) => draft.name || t("sql.draft.name", { n: draft.number });
}

/** The drafts, one beside the other. Arrow keys move between them, Delete closes one. */
export function DraftTabs({ state, panel, onWrite }: {
  state: Drafts;
  /** The id of what they show. */
  panel: string;
  /** The person goes on in the editor. */
  onWrite: () => void;
}) {
  const t = useT();
  const name = useDraftName();
  const strip = useRef<HTMLDivElement>(null);

  const close = (draft: Draft) => {
    const undo = drafts.close(draft.id);
    runs.forget(draft.id);
    if (draft.sql.trim() && (draft.saved === undefined || isChanged(draft))) {
      toast(t("sql.draft.closed", { name: name(draft) }), "info", { label: t("sql.draft.reopen"), act: undo });
    }
  };
  const onKey = (event: KeyboardEvent, index: number) => {
    const { list } = state;
    const to = { ArrowLeft: index - 1, ArrowRight: index + 1, Home: 0, End: list.length - 1 }[event.key];
    if (event.key === "Delete") close(list[index]!);
    else if (to === undefined) return;
    const next = list[Math.min(Math.max(to ?? index, 0), list.length - 1)]!;
    if (to !== undefined) drafts.activate(next.id);
    event.preventDefault();
    requestAnimationFrame(() => strip.current?.querySelector<HTMLElement>('[aria-selected="true"]')?.focus());
  };
  useEffect(() => {
    strip.current?.querySelector('[aria-selected="true"]')?.scrollIntoView({ block: "nearest", inline: "nearest" });
  }, [state.active, state.list.length]);

  return (
    <div className={css.bar}>
      <div ref={strip} className={css.strip} role="tablist" aria-label={t("sql.drafts")}>
        {state.list.map((draft, index) => {
          const active = draft.id === state.active;
          return (
            <div key={draft.id} className={css.tab} data-active={active || undefined} role="presentation">
              <button
                type="button"
                role="tab"
                aria-selected={active}
                aria-controls={panel}
                aria-keyshortcuts="Delete"
                tabIndex={active ? 0 : -1}
                className={css.name}
                title={name(draft)}
                onClick={(event) => {
                  drafts.activate(draft.id);
                  if (event.detail > 0) onWrite(); // the keyboard stays in the row
                }}
                onAuxClick={(event) => event.button === 1 && close(draft)}
                onKeyDown={(event) => onKey(event, index)}
              >
                <span className={css.text}>{name(draft)}</span>
                {isChanged(draft) && <span className={css.changed} role="img" aria-label={t("sql.draft.changed")} title={t("sql.draft.changed")} />}
              </button>
              {/* A list of tabs holds nothing but tabs: for the keyboard and for screen readers it is the key Delete. */}
              <button type="button" className={css.close} tabIndex={-1} aria-hidden title={t("sql.draft.close", { name: name(draft) })} onClick={() => close(draft)}>
                <IconX size={13} aria-hidden />
              </button>
            </div>
          );
        })}
      </div>
      <IconButton size="s" label={t("sql.draft.new")} icon={<IconPlus />} onClick={() => {
        drafts.open();
        onWrite();
      }} />
      {drafts.failed && <span className={css.warning}>{t("sql.draft.unkept")}</span>}
    </div>
  );
}
