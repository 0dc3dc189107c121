import { clsx } from "clsx";
import type { ButtonHTMLAttributes, ReactNode, Ref } from "react";
import { Tooltip } from "./Tooltip";
import css from "./Button.module.css";

type Look = {
  /** `primary` for the one thing a page is for, `quiet` inside toolbars and tables. */
  look?: "default" | "primary" | "quiet" | "danger";
  size?: "m" | "s";
};

export type ButtonProps = ButtonHTMLAttributes<HTMLButtonElement> &
  Look & {
    icon?: ReactNode;
    /** At work: it keeps its size and cannot be pressed again. */
    busy?: boolean;
    ref?: Ref<HTMLButtonElement>;
  };

export function Button({ look = "default", size = "m", icon, busy, className, children, disabled, ...rest }: ButtonProps) {
  return (
    <button
      type="button"
      {...rest}
      aria-busy={busy || undefined}
      // A busy button keeps the focus, which a disabled one would lose.
      aria-disabled={busy || undefined}
      onClick={busy ? undefined : rest.onClick}
      disabled={disabled}
      className={clsx(css.button, css[look], css[size], className)}
    >
      {busy ? <span className={css.dot} aria-hidden /> : icon}
      {children}
    </button>
  );
}

export type IconButtonProps = Omit<ButtonHTMLAttributes<HTMLButtonElement>, "aria-label"> &
  Look & {
    /** What it does: its accessible name, and its tooltip. */
    label: string;
    icon: ReactNode;
    /** A tooltip below says the label; `false` where it would be in the way. */
    tooltip?: ReactNode;
    pressed?: boolean;
    ref?: Ref<HTMLButtonElement>;
  };

export function IconButton({ label, icon, look = "quiet", size = "m", tooltip = true, pressed, className, ...rest }: IconButtonProps) {
  const button = (
    <button
      type="button"
      {...rest}
      aria-label={label}
      aria-pressed={pressed}
      className={clsx(css.button, css.icon, css[look], css[size], className)}
    >
      {icon}
    </button>
  );
  return tooltip ? <Tooltip text={tooltip === true ? label : tooltip}>{button}</Tooltip> : button;
}
