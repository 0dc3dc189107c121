import { clsx } from "clsx";
import type { ReactNode } from "react";
import css from "./Badge.module.css";

export type Tone = "neutral" | "good" | "warn" | "bad" | "info" | "accent";

/** A word about something: a kind, a tag, a state. Its colour never says anything that its text does not. */
export function Badge({ tone = "neutral", icon, title, className, children }: {
  tone?: Tone;
  icon?: ReactNode;
  title?: string;
  className?: string;
  children: ReactNode;
}) {
  return (
    <span className={clsx(css.badge, className)} data-tone={tone} title={title}>
      {icon}
      <span className={css.text}>{children}</span>
    </span>
  );
}
