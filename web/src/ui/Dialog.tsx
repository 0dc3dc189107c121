import { IconX } from "@tabler/icons-react";
import { clsx } from "clsx";
import { Dialog as Radix } from "radix-ui";
import type { ReactNode } from "react";
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
  return (
    <Radix.Root open={open} onOpenChange={onOpenChange}>
      <Radix.Portal>
        <Radix.Overlay className={css.scrim} />
        <Radix.Content className={className} {...(description ? {} : { "aria-describedby": undefined })}>
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
