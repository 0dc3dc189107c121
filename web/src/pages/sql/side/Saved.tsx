import { IconBookmark, IconDots, IconPencil, IconTrash } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { queries, type SavedQuery } from "@/api";
import { useT } from "@/i18n";
import { EmptyState, IconButton, Menu, MenuItem, QueryView, SearchField, Skeleton, Time } from "@/ui";
import { Marked } from "./Schema";
import css from "./Side.module.css";

/** The saved queries, which everybody who works here shares. */
export function Saved({ current, onOpen, onRename, onDelete }: {
  /** The id of the one that is open. */
  current: string | undefined;
  onOpen: (saved: SavedQuery) => void;
  onRename: (saved: SavedQuery) => void;
  onDelete: (saved: SavedQuery) => void;
}) {
  const t = useT();
  const query = useQuery(queries.savedQueries());
  const [search, setSearch] = useState("");
  const wanted = search.trim().toLowerCase();
  return (
    <div className={css.panel}>
      <div className={css.search}>
        <SearchField label={t("sql.saved.search")} value={search} onChange={setSearch} size="s" />
      </div>
      <QueryView
        query={query}
        compact
        title={t("sql.saved.failed")}
        loading={<Skeleton lines={6} className={css.loading} />}
        empty={(list) =>
          list.length === 0 && (
            <EmptyState compact icon={<IconBookmark />} title={t("sql.saved.empty")}>
              {t("sql.saved.empty.detail")}
            </EmptyState>
          )
        }
      >
        {(list) => {
          const found = list.filter((q) => !wanted || q.name.toLowerCase().includes(wanted) || q.sql.toLowerCase().includes(wanted) || q.description.toLowerCase().includes(wanted));
          if (found.length === 0) return <EmptyState compact title={t("sql.saved.none", { text: search.trim() })} />;
          return (
            <ul className={css.list} aria-label={t("sql.saved")}>
              {found.map((saved) => (
                <li key={saved.id} className={css.item} data-current={saved.id === current || undefined}>
                  <button type="button" className={css.open} onClick={() => onOpen(saved)} title={saved.description || undefined} aria-current={saved.id === current || undefined}>
                    <span className={css.title}>
                      <Marked text={saved.name} search={wanted} />
                    </span>
                    <span className={css.about}>
                      {saved.description || <Time at={saved.updated_at} />}
                    </span>
                  </button>
                  <Menu trigger={<IconButton size="s" label={t("sql.saved.more", { name: saved.name })} tooltip={false} icon={<IconDots />} className={css.more} />}>
                    <MenuItem icon={<IconPencil />} onSelect={() => onRename(saved)}>
                      {t("sql.saved.rename")}
                    </MenuItem>
                    <MenuItem icon={<IconTrash />} danger onSelect={() => onDelete(saved)}>
                      {t("sql.saved.delete")}
                    </MenuItem>
                  </Menu>
                </li>
              ))}
            </ul>
          );
        }}
      </QueryView>
    </div>
  );
}
