import { IconBookmark, IconHistory, IconTable } from "@tabler/icons-react";
import { memo } from "react";
import type { QueryInfo, SavedQuery, TableSummary } from "@/api";
import { useT } from "@/i18n";
import { Segmented } from "@/ui";
import { History } from "../side/History";
import { Saved } from "../side/Saved";
import { Schema } from "../side/Schema";
import css from "./SidePanel.module.css";

export type SideTab = "tables" | "saved" | "history";

export type SideActions = {
  onInsert: (text: string) => void;
  onPreview: (table: TableSummary) => void;
  onOpenSaved: (saved: SavedQuery) => void;
  onRename: (saved: SavedQuery) => void;
  onDelete: (saved: SavedQuery) => void;
  onOpenQuery: (query: QueryInfo) => void;
  onRunQuery: (query: QueryInfo) => void;
};

/** Beside the editor: the tables, the saved queries, and what was run before. */
export const SidePanel = memo(function SidePanel({ tab, onTab, current, actions: act }: {
  tab: SideTab;
  onTab: (tab: SideTab) => void;
  /** The id of the saved query that is open. */
  current: string | undefined;
  actions: SideActions;
}) {
  const t = useT();
  return (
    <div className={css.side}>
      <div className={css.tabs}>
        <Segmented
          size="s"
          label={t("sql.side")}
          value={tab}
          onChange={onTab}
          options={[
            { value: "tables", label: t("sql.schema"), icon: <IconTable aria-hidden /> },
            { value: "saved", label: t("sql.saved"), icon: <IconBookmark aria-hidden /> },
            { value: "history", label: t("sql.history"), icon: <IconHistory aria-hidden /> },
          ]}
        />
      </div>
      {tab === "tables" && <Schema onInsert={act.onInsert} onPreview={act.onPreview} />}
      {tab === "saved" && <Saved current={current} onOpen={act.onOpenSaved} onRename={act.onRename} onDelete={act.onDelete} />}
      {tab === "history" && <History onOpen={act.onOpenQuery} onRun={act.onRunQuery} />}
    </div>
  );
});
