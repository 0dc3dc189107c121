import { IconAlertTriangle, IconPlugConnectedX, IconRefresh, IconTarget, IconWand } from "@tabler/icons-react";
import type { ApiError } from "@/api";
import { useT, type MessageId } from "@/i18n";
import { Button } from "@/ui";
import css from "./Problem.module.css";

const titles: Record<string, MessageId> = {
  syntax_error: "sql.error.syntax_error",
  bind_error: "sql.error.bind_error",
  table_not_found: "sql.error.table_not_found",
  runtime_error: "sql.error.runtime_error",
  denied: "sql.error.denied",
  out_of_memory: "sql.error.out_of_memory",
  too_large: "sql.error.too_large",
  timeout: "sql.error.timeout",
  crashed: "sql.error.crashed",
  unreachable: "sql.error.unreachable",
  stopping: "sql.error.stopping",
};
// Where the server has no advice of its own.
const hints: Record<string, MessageId> = {
  denied: "sql.hint.denied",
  out_of_memory: "sql.hint.out_of_memory",
  too_large: "sql.hint.too_large",
  timeout: "sql.hint.timeout",
  crashed: "sql.hint.crashed",
  unreachable: "sql.hint.unreachable",
  stopping: "sql.hint.unreachable",
};

/** Why a statement failed, in words; where, and what to do about it. */
export function Problem({ error, line, rows, fix, onShow, onRetry }: {
  error: ApiError;
  /** The line of the draft that it is about, if that is still what was run. */
  line: number | undefined;
  /** That arrived before it failed, as text; they are shown below. */
  rows: string | undefined;
  onShow: () => void;
  /** The name that was probably meant, and what puts it there. */
  fix: { name: string; apply: () => void } | undefined;
  onRetry: () => void;
}) {
  const t = useT();
  const title = titles[error.code];
  const message = error.unreachable ? "" : error.detail || error.title;
  const hint = error.hint ?? (hints[error.code] ? t(hints[error.code]!) : undefined);
  return (
    <div className={css.problem} role="alert" data-code={error.code}>
      <span className={css.icon}>{error.unreachable ? <IconPlugConnectedX size={18} aria-hidden /> : <IconAlertTriangle size={18} aria-hidden />}</span>
      <div className={css.words}>
        <p className={css.title}>{title ? t(title) : t("sql.error.other")}</p>
        {message && <p className={css.message}>{message}</p>}
        {hint && <p className={css.hint}>{hint}</p>}
        {rows !== undefined && <p className={css.hint}>{t("sql.error.partial", { rows })}</p>}
        <div className={css.actions}>
          {line !== undefined && (
            <Button size="s" icon={<IconTarget />} onClick={onShow}>
              {t("sql.error.show", { line })}
            </Button>
          )}
          {fix && (
            <Button size="s" icon={<IconWand />} onClick={fix.apply}>
              {t("sql.error.fix", { name: fix.name })}
            </Button>
          )}
          {error.transient && (
            <Button size="s" icon={<IconRefresh />} onClick={onRetry}>
              {t("sql.run.again")}
            </Button>
          )}
          {error.requestId && error.status >= 500 && <span className={css.request}>{t("ui.error.request", { id: error.requestId })}</span>}
        </div>
      </div>
    </div>
  );
}
