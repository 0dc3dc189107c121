import { Tooltip as Radix } from "radix-ui";
import type { ReactNode } from "react";
import css from "./Tooltip.module.css";

export const TooltipProvider = Radix.Provider;

/**
 * A word or two about a control, on hover and on focus. Only for what is also said elsewhere (a label, a title): a
 * finger never sees it. The child must take a ref and props, as buttons and links do.
 */
export function Tooltip({ text, side = "bottom", children }: { text: ReactNode; side?: "top" | "right" | "bottom" | "left"; children: ReactNode }) {
  if (!text) return children;
  return (
    <Radix.Root>
      <Radix.Trigger asChild>{children}</Radix.Trigger>
      <Radix.Portal>
        <Radix.Content className={css.tooltip} side={side} sideOffset={6} collisionPadding={8}>
          {text}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}
