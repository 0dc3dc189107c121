import { clsx } from "clsx";
import { useId, type CSSProperties, type ReactNode } from "react";
import css from "./Card.module.css";

/** A part of a page with a title of its own. `flush`: the content reaches the edges, as tables and grids do. */
export function Card({ title, note, actions, footer, flush, className, style, children }: {
  title?: ReactNode;
  /** Beside the title, quiet. */
  note?: ReactNode;
  actions?: ReactNode;
  footer?: ReactNode;
  flush?: boolean;
  className?: string;
  style?: CSSProperties;
  children: ReactNode;
}) {
  const id = useId();
  return (
    <section className={clsx(css.card, className)} style={style} aria-labelledby={title ? id : undefined}>
      {(title || actions) && (
        <header className={css.head}>
          <h2 id={id} className={css.title}>
            {title}
          </h2>
          {note && <span className={css.note}>{note}</span>}
          {actions && <div className={css.actions}>{actions}</div>}
        </header>
      )}
      <div className={clsx(css.body, flush && css.flush)}>{children}</div>
      {footer && <footer className={css.foot}>{footer}</footer>}
    </section>
  );
}
