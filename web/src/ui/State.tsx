import { IconAlertTriangle, IconPlugConnectedX, IconRefresh } from "@tabler/icons-react";
import { clsx } from "clsx";
import type { ReactNode } from "react";
import { ApiError } from "@/api/error";
import { useT } from "@/i18n";
import { Button } from "./Button";
import css from "./State.module.css";

/** Nothing is there: says so, why, and what to do next. */
export function EmptyState({ icon, title, children, action, compact }: {
  icon?: ReactNode;
  title: string;
  children?: ReactNode;
  action?: ReactNode;
  /** For a card or a panel rather than a page. */
  compact?: boolean;
}) {
  return (
    <div className={clsx(css.state, compact && css.compact)}>
      {icon && <div className={css.icon}>{icon}</div>}
      <p className={css.title}>{title}</p>
      {children && <div className={css.text}>{children}</div>}
      {action && <div className={css.action}>{action}</div>}
    </div>
  );
}

/**
 * Something failed: what, the server's hint, the request's id to report it by, and a way to try again. Takes any error
 * that a query or an API call threw.
 */
export function ErrorState({ error, title, onRetry, compact }: {
  error: unknown;
  /** What could not be done; else the error's own title. */
  title?: string;
  onRetry?: () => void;
  compact?: boolean;
}) {
  const t = useT();
  const view = describe(error, t);
  return (
    <div className={clsx(css.state, compact && css.compact)} role="alert">
      <div className={clsx(css.icon, css.bad)}>{view.unreachable ? <IconPlugConnectedX /> : <IconAlertTriangle />}</div>
      <p className={css.title}>{title ?? view.title}</p>
      {view.detail && view.detail !== (title ?? view.title) && <p className={clsx(css.text, css.detail)}>{view.detail}</p>}
      {view.hint && <p className={css.text}>{view.hint}</p>}
      {onRetry && (
        <div className={css.action}>
          <Button size={compact ? "s" : "m"} icon={<IconRefresh />} onClick={onRetry}>
            {t("ui.retry")}
          </Button>
        </div>
      )}
      {view.requestId && <p className={css.request}>{t("ui.error.request", { id: view.requestId })}</p>}
    </div>
  );
}

type Described = { title: string; detail?: string; hint?: string; requestId?: string; unreachable?: boolean };

/** The words for an error, wherever it is shown. */
export function describe(error: unknown, t: ReturnType<typeof useT>): Described {
  if (error instanceof ApiError) {
    if (error.unreachable) {
      return { title: t("ui.error.unreachable"), detail: t("ui.error.unreachable.detail"), hint: t("ui.error.unreachable.hint"), unreachable: true };
    }
    return { title: error.title || error.detail || t("ui.error.unknown"), detail: error.title ? error.detail : undefined, hint: error.hint, requestId: error.requestId };
  }
  return { title: t("ui.error.unknown"), detail: error instanceof Error ? error.message : typeof error === "string" ? error : undefined };
}
