import { IconChevronDown, IconSearch, IconX } from "@tabler/icons-react";
import { clsx } from "clsx";
import { useId, type InputHTMLAttributes, type ReactNode, type Ref, type TextareaHTMLAttributes } from "react";
import { useT } from "@/i18n";
import css from "./Field.module.css";

export type FieldProps = {
  label: string;
  /** The label is read, not seen: where the place says it, as in a toolbar. */
  labelHidden?: boolean;
  hint?: ReactNode;
  error?: ReactNode;
  size?: "m" | "s";
};

/** A label, a control and what is said about it. `children` gets the ids to wire up. */
export function Field({ label, labelHidden, hint, error, className, children }: FieldProps & {
  className?: string;
  children: (wire: { id: string; "aria-describedby"?: string; "aria-invalid"?: true }) => ReactNode;
}) {
  const id = useId();
  const about = error || hint ? `${id}-about` : undefined;
  return (
    <div className={clsx(css.field, className)}>
      <label htmlFor={id} className={labelHidden ? "sr-only" : css.label}>
        {label}
      </label>
      {children({ id, "aria-describedby": about, "aria-invalid": error ? true : undefined })}
      {about && (
        <div id={about} className={clsx(css.hint, error && css.error)}>
          {error || hint}
        </div>
      )}
    </div>
  );
}

type Input = Omit<InputHTMLAttributes<HTMLInputElement>, "size" | "id"> & { ref?: Ref<HTMLInputElement> };

export function TextField({ label, labelHidden, hint, error, size = "m", className, ...input }: FieldProps & Input) {
  return (
    <Field label={label} labelHidden={labelHidden} hint={hint} error={error} className={className}>
      {(wire) => <input type="text" autoComplete="off" {...input} {...wire} className={css.input} data-size={size} />}
    </Field>
  );
}

type Area = Omit<TextareaHTMLAttributes<HTMLTextAreaElement>, "id"> & { ref?: Ref<HTMLTextAreaElement> };

export function TextArea({ label, labelHidden, hint, error, className, rows = 3, ...area }: Omit<FieldProps, "size"> & Area) {
  return (
    <Field label={label} labelHidden={labelHidden} hint={hint} error={error} className={className}>
      {(wire) => <textarea rows={rows} {...area} {...wire} className={clsx(css.input, css.area)} />}
    </Field>
  );
}

/** Narrows a list that is on the page. Escape empties it. */
export function SearchField({ label, value, onChange, size = "m", className, ...input }: {
  label: string;
  value: string;
  onChange: (value: string) => void;
  size?: "m" | "s";
} & Omit<Input, "value" | "onChange">) {
  const t = useT();
  return (
    <div className={clsx(css.search, className)}>
      <IconSearch size={15} aria-hidden />
      <input
        placeholder={label}
        {...input}
        type="text"
        role="searchbox"
        enterKeyHint="search"
        autoComplete="off"
        spellCheck={false}
        aria-label={label}
        className={css.input}
        data-size={size}
        value={value}
        onChange={(event) => onChange(event.target.value)}
        onKeyDown={(event) => {
          if (event.key === "Escape" && value !== "") {
            event.stopPropagation();
            onChange("");
          }
          input.onKeyDown?.(event);
        }}
      />
      {value !== "" && (
        <button type="button" className={css.clear} aria-label={t("ui.clear")} onClick={() => onChange("")}>
          <IconX size={14} aria-hidden />
        </button>
      )}
    </div>
  );
}

/** One of a list, by the system's own menu: works everywhere, also on a phone. */
export function Select<Value extends string>({ label, labelHidden, hint, error, size = "m", value, onChange, options, disabled, className }: FieldProps & {
  value: Value;
  onChange: (value: Value) => void;
  options: readonly { value: Value; label: string; disabled?: boolean }[];
  disabled?: boolean;
  className?: string;
}) {
  return (
    <Field label={label} labelHidden={labelHidden} hint={hint} error={error} className={className}>
      {(wire) => (
        <span className={css.select}>
          <select {...wire} className={css.input} data-size={size} value={value} disabled={disabled} onChange={(event) => onChange(event.target.value as Value)}>
            {options.map((option) => (
              <option key={option.value} value={option.value} disabled={option.disabled}>
                {option.label}
              </option>
            ))}
          </select>
          <IconChevronDown size={14} aria-hidden />
        </span>
      )}
    </Field>
  );
}
