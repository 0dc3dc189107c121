import { clsx } from "clsx";
import { useMemo, type ReactNode } from "react";
import { useT } from "@/i18n";
import { CopyButton } from "@/ui";
import { readFailure, splitPlaces } from "../model/failure";
import css from "./Failure.module.css";

/** An error to read: where, what, the lines that belong to it as they are, and what to do next. */
export function Failure({ error, message: said, next, tone = "bad", action, className }: {
  error: string;
  /** Said instead of its first line. */
  message?: ReactNode;
  /** What to do about it. */
  next?: ReactNode;
  tone?: "bad" | "warn" | "neutral";
  action?: ReactNode;
  className?: string;
}) {
  const t = useT();
  const { place, message, rest } = useMemo(() => readFailure(error), [error]);
  return (
    <div className={clsx(css.failure, className)} data-tone={tone}>
      {place && (
        <div className={css.place}>
          <code>{place}</code>
          <CopyButton text={place} label={t("runs.error.copy.place")} />
        </div>
      )}
      <p className={css.message}>{said ?? <Placed text={message} />}</p>
      {rest && (
        <pre className={css.rest} tabIndex={0} role="region" aria-label={t("runs.error.details")}>
          <Placed text={rest} />
        </pre>
      )}
      {(next || action) && (
        <div className={css.next}>
          {next && <p>{next}</p>}
          {action}
        </div>
      )}
    </div>
  );
}

/** A text whose places in files stand out. */
export function Placed({ text }: { text: string }) {
  return splitPlaces(text).map((part, i) => (i % 2 ? <code key={i} className={css.inline}>{part}</code> : part));
}

/** The first line of an error, for a line of a list. */
export function FailureLine({ error, className }: { error: string; className?: string }) {
  const { place, message } = useMemo(() => readFailure(error), [error]);
  return (
    <span className={clsx(css.line, className)} title={error}>
      {message}
      {place && <code>{place}</code>}
    </span>
  );
}
