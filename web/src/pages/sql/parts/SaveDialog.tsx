import { useState } from "react";
import { ApiError } from "@/api";
import { onEnter, useT } from "@/i18n";
import { Button, describe, Dialog, TextArea, TextField } from "@/ui";
import { useSave } from "../state/saved";
import type { SavedQuery } from "@/api";

/** What is being named: a new saved query, or one that there is. */
export type Naming = { id?: string; name: string; sql: string; description: string };

/** The name is the first thing to write. */
const begin = (field: HTMLInputElement | null): void => {
  field?.focus();
  field?.select();
};

/** Asks for the name of a saved query and saves it. */
export function SaveDialog({ naming, onClose, onSaved }: { naming: Naming; onClose: () => void; onSaved: (saved: SavedQuery) => void }) {
  const t = useT();
  const [name, setName] = useState(naming.name);
  const [description, setDescription] = useState(naming.description);
  const save = useSave();
  const submit = () => {
    if (!name.trim() || save.isPending) return;
    // It goes on when the dialog is closed meanwhile: what was saved is then known as such all the same.
    save
      .mutateAsync({ id: naming.id, body: { name: name.trim(), sql: naming.sql, description: description.trim() } }, { onSuccess: () => onClose() })
      .then(onSaved, () => undefined); // a failure is told in the dialog
  };
  const failure = save.error && describe(save.error, t);
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && onClose()}
      title={t(naming.id ? "sql.save.rename" : "sql.save.title")}
      description={naming.id ? undefined : t("sql.save.detail")}
      size="s"
      footer={
        <>
          <Button onClick={onClose}>{t("ui.cancel")}</Button>
          <Button look="primary" busy={save.isPending} disabled={!name.trim()} onClick={submit}>
            {t("sql.save")}
          </Button>
        </>
      }
    >
      <div style={{ display: "grid", gap: "var(--s3)" }}>
        <TextField
          ref={begin}
          label={t("sql.save.name")}
          value={name}
          maxLength={200}
          onChange={(event) => setName(event.target.value)}
          onKeyDown={onEnter(submit)}
          error={failure ? failure.detail || failure.title : undefined}
        />
        <TextArea label={t("sql.save.description")} value={description} maxLength={10_000} rows={3} onChange={(event) => setDescription(event.target.value)} />
      </div>
    </Dialog>
  );
}

/** Whether a saved query is gone: somebody else has deleted it. */
export const isGone = (error: unknown): boolean => error instanceof ApiError && error.status === 404;
