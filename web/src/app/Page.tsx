import { useQuery } from "@tanstack/react-query";
import { clsx } from "clsx";
import { useEffect, type ReactNode } from "react";
import { queries } from "@/api";
import { useT } from "@/i18n";
import css from "./Page.module.css";

/** Names the browser's tab; the shell announces it to screen readers after a change of page. */
export function useTitle(title: string): void {
  const t = useT();
  const { data } = useQuery({ ...queries.workspace(), select: (w) => w.name });
  useEffect(() => {
    document.title = t("app.title", { page: title, workspace: data ?? "hosu" });
  }, [t, title, data]);
}

/**
 * The frame of a page: its heading, what can be done with it, and its content.
 *
 *     <Page title={t("runs.title")} actions={<Button …/>}>…</Page>
 */
export function Page({ title, heading, above, below, actions, fill, bare, children }: {
  /** Names the page in the tab, and heads it unless `heading` does. */
  title: string;
  /** A heading with more than words: a badge, a copy button. */
  heading?: ReactNode;
  /** Above the heading: where the page belongs (see Breadcrumbs). */
  above?: ReactNode;
  /** Under the heading: a line about it, tabs. */
  below?: ReactNode;
  actions?: ReactNode;
  /** The content fills the window and scrolls inside itself: editors, graphs. */
  fill?: boolean;
  /** No visible heading: the content has its own. */
  bare?: boolean;
  children: ReactNode;
}) {
  useTitle(title);
  return (
    <div className={clsx(css.page, fill && css.fill)} data-fill={fill || undefined}>
      {bare ? (
        <h1 className="sr-only">{title}</h1>
      ) : (
        <header className={css.head}>
          {above}
          <div className={css.row}>
            <h1 className={css.title}>{heading ?? title}</h1>
            {actions && <div className={css.actions}>{actions}</div>}
          </div>
          {below}
        </header>
      )}
      <div className={css.content}>{children}</div>
    </div>
  );
}
