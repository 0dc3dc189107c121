import { IconCheck } from "@tabler/icons-react";
import { Checkbox as RadixCheckbox, Switch as RadixSwitch } from "radix-ui";
import { useId, type ReactNode } from "react";
import css from "./Toggle.module.css";

type Props = { label: ReactNode; checked: boolean; onChange: (checked: boolean) => void; disabled?: boolean; hint?: ReactNode };

/** A choice that takes effect with the form it is in. */
export function Checkbox({ label, checked, onChange, disabled, hint }: Props) {
  const id = useId();
  return (
    <div className={css.row}>
      <RadixCheckbox.Root id={id} className={css.box} checked={checked} disabled={disabled} onCheckedChange={(v) => onChange(v === true)} aria-describedby={hint ? `${id}-hint` : undefined}>
        <RadixCheckbox.Indicator>
          <IconCheck size={12} stroke={3} />
        </RadixCheckbox.Indicator>
      </RadixCheckbox.Root>
      <Words id={id} label={label} hint={hint} />
    </div>
  );
}

/** A setting that takes effect at once. */
export function Switch({ label, checked, onChange, disabled, hint }: Props) {
  const id = useId();
  return (
    <div className={css.row}>
      <RadixSwitch.Root id={id} className={css.switch} checked={checked} disabled={disabled} onCheckedChange={onChange} aria-describedby={hint ? `${id}-hint` : undefined}>
        <RadixSwitch.Thumb className={css.thumb} />
      </RadixSwitch.Root>
      <Words id={id} label={label} hint={hint} />
    </div>
  );
}

function Words({ id, label, hint }: { id: string; label: ReactNode; hint: ReactNode }) {
  return (
    <div>
      <label htmlFor={id} className={css.label}>
        {label}
      </label>
      {hint && (
        <div id={`${id}-hint`} className={css.hint}>
          {hint}
        </div>
      )}
    </div>
  );
}
