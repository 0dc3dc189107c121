import { IconBookmark, IconChevronDown, IconDeviceFloppy, IconDownload, IconPencil, IconPlayerPlayFilled, IconPlayerStopFilled, IconShare, IconTrash } from "@tabler/icons-react";
import { useT } from "@/i18n";
import type { QueryState } from "@/query";
import { Button, IconButton, Menu, MenuItem, MenuLabel, Tooltip } from "@/ui";
import type { FileFormat } from "../state/download";
import type { Draft } from "../state/drafts";
import { isChanged } from "./DraftTabs";
import { StatusLine } from "./StatusLine";
import css from "./Toolbar.module.css";

const apple = /Mac|iP(hone|ad)/.test(navigator.platform);
export const runKeys = apple ? "⌘↵" : "Ctrl+Enter";
const saveKeys = apple ? "⌘S" : "Ctrl+S";

/** Between the editor and the result: what can be done with the query, and how its run stands. */
export function Toolbar({ draft, state, selecting, saving, onRun, onCancel, onSave, onSaveAs, onRename, onDelete, onShare, onDownload }: {
  draft: Draft;
  state: QueryState | undefined;
  /** A part of the text is selected, and only this would be run. */
  selecting: boolean;
  saving: boolean;
  onRun: () => void;
  onCancel: () => void;
  onSave: () => void;
  onSaveAs: () => void;
  onRename: () => void;
  onDelete: () => void;
  onShare: () => void;
  onDownload: (format: FileFormat) => void;
}) {
  const t = useT();
  const running = state?.status === "running";
  const empty = draft.sql.trim() === "";
  return (
    <div className={css.bar} role="toolbar" aria-label={t("sql.toolbar")}>
      {running ? (
        <Tooltip text={t("sql.cancel.tip")}>
          <Button icon={<IconPlayerStopFilled aria-hidden />} onClick={onCancel} className={css.run}>
            {t("sql.cancel")}
          </Button>
        </Tooltip>
      ) : (
        <Tooltip text={t("sql.run.tip", { keys: runKeys })}>
          <Button look="primary" icon={<IconPlayerPlayFilled aria-hidden />} onClick={onRun} disabled={empty} className={css.run} aria-keyshortcuts="Control+Enter Meta+Enter">
            {t(selecting ? "sql.run.selection" : "sql.run")}
          </Button>
        </Tooltip>
      )}
      <div className={css.status}>{state ? <StatusLine state={state} /> : <span className={css.hint}>{t("sql.run.hint", { keys: runKeys })}</span>}</div>
      <div className={css.actions}>
        <Menu trigger={<Button look="quiet" icon={<IconDownload aria-hidden />} disabled={empty} title={t("sql.download.tip")}><span className={css.word}>{t("sql.download")}</span><IconChevronDown aria-hidden className={css.chevron} /></Button>}>
          <MenuLabel>{t("sql.download.tip")}</MenuLabel>
          <MenuItem onSelect={() => onDownload("csv")}>{t("sql.download.csv")}</MenuItem>
          <MenuItem onSelect={() => onDownload("parquet")}>{t("sql.download.parquet")}</MenuItem>
          <MenuItem onSelect={() => onDownload("json")}>{t("sql.download.json")}</MenuItem>
        </Menu>
        <IconButton label={t("sql.share")} icon={<IconShare />} disabled={empty} onClick={onShare} />
        <span className={css.split}>
          <Tooltip text={t(draft.saved ? (isChanged(draft) ? "sql.save.changed" : "sql.save.unchanged") : "sql.save.new", { keys: saveKeys })}>
            <Button icon={<IconDeviceFloppy aria-hidden />} busy={saving} disabled={empty} onClick={onSave} aria-keyshortcuts="Control+S Meta+S">
              {t("sql.save")}
            </Button>
          </Tooltip>
          <Menu trigger={<IconButton look="default" label={t("sql.save.more")} icon={<IconChevronDown />} className={css.more} />}>
            <MenuItem icon={<IconBookmark />} disabled={empty} onSelect={onSaveAs}>
              {t("sql.save.as")}
            </MenuItem>
            <MenuItem icon={<IconPencil />} disabled={!draft.saved} onSelect={onRename}>
              {t("sql.saved.rename")}
            </MenuItem>
            <MenuItem icon={<IconTrash />} danger disabled={!draft.saved} onSelect={onDelete}>
              {t("sql.saved.delete")}
            </MenuItem>
          </Menu>
        </span>
      </div>
    </div>
  );
}
