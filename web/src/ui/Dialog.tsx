import { IconX } from "@tabler/icons-react";
import { clsx } from "clsx";
import { Dialog as Radix } from "radix-ui";
import { useState, type ReactNode } from "react";
import { useT } from "@/i18n";
import { IconButton } from "./Button";
import css from "./Dialog.module.css";

export type DialogProps = {
  open: boolean;
  onOpenChange: (open: boolean) => void;
  title: string;
  /** What it is about, under the title. */
  description?: ReactNode;
  /** Buttons, the one that acts last. */
  footer?: ReactNode;
  size?: "s" | "m" | "l";
  children?: ReactNode;
};

/** A question or a form before everything else. Escape and a click beside it close it; the focus returns. */
export function Dialog({ size = "m", ...props }: DialogProps) {
  return <Layer {...props} className={clsx(css.dialog, css[size])} />;
}

/** A panel from the right (from below on a phone) for the details of what the page shows. */
export function Sheet({ size = "m", ...props }: DialogProps) {
  return <Layer {...props} className={clsx(css.sheet, css[size])} />;
}

/** What has the focus again afterwards; for an item of a menu, which is gone by then, the menu's button. */
function whereFrom(focused: Element | null): Element | null {
  const button = focused?.closest('[role="menu"]')?.getAttribute("aria-labelledby");
  return (button && document.getElementById(button)) || focused;
}

function Layer({ open, onOpenChange, title, description, footer, children, className }: Omit<DialogProps, "size"> & { className: string }) {
  const t = useT();
  // Seen while it is being opened: a field that is written in first has the focus before anything is told of it.
  const [was, setWas] = useState<{ open: boolean; from: Element | null }>({ open: false, from: null });
  if (was.open !== open) setWas({ open, from: open ? whereFrom(document.activeElement) : was.from });
  return (
    <Radix.Root open={open} onOpenChange={onOpenChange}>
      <Radix.Portal>
        <Radix.Overlay className={css.scrim} />
        <Radix.Content
          className={className}
          {...(description ? {} : { "aria-describedby": undefined })}
          // There is no trigger that the focus could return to by itself.
          onCloseAutoFocus={(event) => {
            event.preventDefault();
            if (was.from instanceof HTMLElement) was.from.focus({ preventScroll: true });
          }}
        >
          <header className={css.head}>
            <div className={css.titles}>
              <Radix.Title asChild>
                <h2>{title}</h2>
              </Radix.Title>
              {description && (
                <Radix.Description asChild>
                  <div className={css.description}>{description}</div>
                </Radix.Description>
              )}
            </div>
            <Radix.Close asChild>
              <IconButton label={t("ui.close")} icon={<IconX />} tooltip={false} />
            </Radix.Close>
          </header>
          <div className={css.body}>{children}</div>
          {footer && <footer className={css.foot}>{footer}</footer>}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}
