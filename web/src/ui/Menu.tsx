import { IconCheck } from "@tabler/icons-react";
import { Link, type LinkProps } from "@tanstack/react-router";
import { DropdownMenu } from "radix-ui";
import type { ReactNode } from "react";
import css from "./Menu.module.css";

/**
 * A menu behind a button. `trigger` is any Button or IconButton.
 *
 *     <Menu trigger={<IconButton label={t("…")} icon={<IconDots />} />}>
 *       <MenuItem icon={<IconCopy />} onSelect={copy}>{t("ui.copy")}</MenuItem>
 *     </Menu>
 */
export function Menu({ trigger, align = "end", children, onOpenChange }: {
  trigger: ReactNode;
  align?: "start" | "center" | "end";
  children: ReactNode;
  onOpenChange?: (open: boolean) => void;
}) {
  return (
    // Not modal: what is beside it need not be hidden from anybody.
    <DropdownMenu.Root modal={false} onOpenChange={onOpenChange}>
      <DropdownMenu.Trigger asChild>{trigger}</DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content className={css.menu} align={align} sideOffset={4} collisionPadding={8} loop>
          {children}
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  );
}

export function MenuItem({ icon, keys, danger, disabled, onSelect, children }: {
  icon?: ReactNode;
  /** The keys that do the same, shown at the end. */
  keys?: string;
  danger?: boolean;
  disabled?: boolean;
  onSelect?: () => void;
  children: ReactNode;
}) {
  return (
    <DropdownMenu.Item className={css.item} data-danger={danger || undefined} disabled={disabled} onSelect={onSelect}>
      <span className={css.mark}>{icon}</span>
      <span className={css.text}>{children}</span>
      {keys && <kbd className={css.keys}>{keys}</kbd>}
    </DropdownMenu.Item>
  );
}

/** An item that leads to a page of the interface. */
export function MenuLink({ icon, children, ...link }: { icon?: ReactNode; children: ReactNode } & LinkProps) {
  return (
    <DropdownMenu.Item className={css.item} asChild>
      <Link {...link}>
        <span className={css.mark}>{icon}</span>
        <span className={css.text}>{children}</span>
      </Link>
    </DropdownMenu.Item>
  );
}

/** One of several: a check marks the chosen one. */
export function MenuRadio<Value extends string>({ label, value, options, onChange }: {
  label: string;
  value: Value;
  options: readonly { value: Value; label: ReactNode }[];
  onChange: (value: Value) => void;
}) {
  return (
    <DropdownMenu.RadioGroup value={value} onValueChange={(v) => onChange(v as Value)} aria-label={label}>
      <DropdownMenu.Label className={css.label}>{label}</DropdownMenu.Label>
      {options.map((option) => (
        <DropdownMenu.RadioItem key={option.value} value={option.value} className={css.item}>
          <span className={css.mark}>
            <DropdownMenu.ItemIndicator>
              <IconCheck size={14} />
            </DropdownMenu.ItemIndicator>
          </span>
          <span className={css.text}>{option.label}</span>
        </DropdownMenu.RadioItem>
      ))}
    </DropdownMenu.RadioGroup>
  );
}

export function MenuCheck({ checked, onChange, children }: { checked: boolean; onChange: (checked: boolean) => void; children: ReactNode }) {
  return (
    <DropdownMenu.CheckboxItem
      className={css.item}
      checked={checked}
      onCheckedChange={onChange}
      // Several may be set in one go.
      onSelect={(event) => event.preventDefault()}
    >
      <span className={css.mark}>
        <DropdownMenu.ItemIndicator>
          <IconCheck size={14} />
        </DropdownMenu.ItemIndicator>
      </span>
      <span className={css.text}>{children}</span>
    </DropdownMenu.CheckboxItem>
  );
}

export const MenuLabel = ({ children }: { children: ReactNode }) => <DropdownMenu.Label className={css.label}>{children}</DropdownMenu.Label>;
export const MenuLine = () => <DropdownMenu.Separator className={css.line} />;
