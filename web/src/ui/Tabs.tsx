import { Tabs as Radix, ToggleGroup } from "radix-ui";
import type { ReactNode } from "react";
import { useFormat } from "@/format";
import css from "./Tabs.module.css";

export type Tab<Value extends string> = { value: Value; label: ReactNode; count?: number | string; icon?: ReactNode; disabled?: boolean };

/**
 * Views of one thing. Children are the panel of the chosen tab:
 *
 *     <Tabs label={…} value={tab} onChange={setTab} tabs={[…]}>{tab === "data" && <Data />}</Tabs>
 */
export function Tabs<Value extends string>({ label, value, onChange, tabs, actions, children, fill }: {
  label: string;
  value: Value;
  onChange: (value: Value) => void;
  tabs: readonly Tab<Value>[];
  /** At the end of the row of tabs. */
  actions?: ReactNode;
  /** The panel takes the height that is left. */
  fill?: boolean;
  children: ReactNode;
}) {
  const f = useFormat();
  return (
    // Activated by hand: arrow keys move over tabs without loading each of them.
    <Radix.Root value={value} onValueChange={(v) => onChange(v as Value)} activationMode="manual" className={css.tabs} data-fill={fill || undefined}>
      <div className={css.row}>
        <Radix.List className={css.list} aria-label={label}>
          {tabs.map((tab) => (
            <Radix.Trigger key={tab.value} value={tab.value} className={css.tab} disabled={tab.disabled}>
              {tab.icon}
              {tab.label}
              {tab.count !== undefined && <span className={css.count}>{typeof tab.count === "number" ? f.number(tab.count) : tab.count}</span>}
            </Radix.Trigger>
          ))}
        </Radix.List>
        {actions && <div className={css.actions}>{actions}</div>}
      </div>
      <Radix.Content key={value} value={value} className={css.panel}>
        {children}
      </Radix.Content>
    </Radix.Root>
  );
}

/** A few choices side by side, one of them taken: a grain, a kind of chart. */
export function Segmented<Value extends string>({ label, value, onChange, options, size = "m" }: {
  label: string;
  value: Value;
  onChange: (value: Value) => void;
  options: readonly { value: Value; label: ReactNode; icon?: ReactNode; title?: string }[];
  size?: "m" | "s";
}) {
  return (
    <ToggleGroup.Root type="single" value={value} onValueChange={(v) => v && onChange(v as Value)} className={css.segmented} data-size={size} aria-label={label}>
      {options.map((option) => (
        <ToggleGroup.Item key={option.value} value={option.value} className={css.segment} title={option.title} aria-label={option.title}>
          {option.icon}
          {option.label}
        </ToggleGroup.Item>
      ))}
    </ToggleGroup.Root>
  );
}
