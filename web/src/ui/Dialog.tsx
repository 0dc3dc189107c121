import { IconX } from "@tabler/icons-react";
import { clsx } from "clsx";
import { Dialog as Radix } from "radix-ui";
import { useRef, type ReactNode } from "react";
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

function Layer({ open, onOpenChange, title, description, footer, children, className }: Omit<DialogProps, "size"> & { className: string }) {
  const t = useT();
  const before = useRef<Element | null>(null);
  return (
    <Radix.Root open={open} onOpenChange={onOpenChange}>
      <Radix.Portal>
        <Radix.Overlay className={css.scrim} />
        <Radix.Content
          className={className}
          {...(description ? {} : { "aria-describedby": undefined })}
          onOpenAutoFocus={() => {
            before.current = document.activeElement;
          }}
          // There is no trigger that the focus could return to by itself.
          onCloseAutoFocus={(event) => {
            event.preventDefault();
            if (before.current instanceof HTMLElement) before.current.focus({ preventScroll: true });
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
