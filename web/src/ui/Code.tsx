import { clsx } from "clsx";
import { useMemo, type CSSProperties } from "react";
import { CopyButton } from "./CopyButton";
import { tokenize } from "./sql";
import css from "./Code.module.css";

/** Text to read as it was written: SQL in colours, or plain. Scrolls in itself; `copy` (the default) offers to copy it. */
export function Code({ code, language = "sql", label, copy = true, maxHeight, wrap, mark, className }: {
  code: string;
  language?: "sql" | "text";
  /** What it is, for screen readers. */
  label: string;
  copy?: boolean;
  maxHeight?: number | string;
  wrap?: boolean;
  /** A line to point out, from 1. */
  mark?: number;
  className?: string;
}) {
  const tokens = useMemo(() => (language === "sql" ? tokenize(code) : null), [code, language]);
  return (
    <div className={clsx(css.code, className)}>
      {/* It scrolls, so it takes the focus. */}
      <pre className={css.text} style={{ maxHeight }} data-wrap={wrap || undefined} tabIndex={0} role="region" aria-label={label}>
        {mark !== undefined && <span className={css.mark} style={{ "--line": mark - 1 } as CSSProperties} aria-hidden />}
        <code>
          {tokens
            ? tokens.map(({ kind, text }, i) =>
                kind === "text" ? text : (
                  <span key={i} className={css[kind]}>
                    {text}
                  </span>
                ),
              )
            : code}
        </code>
      </pre>
      {copy && (
        <div className={css.copy}>
          <CopyButton text={code} />
        </div>
      )}
    </div>
  );
}
