import { IconCheck, IconChevronDown, IconSearch, IconX } from "@tabler/icons-react";
import { clsx } from "clsx";
import { Popover as Radix } from "radix-ui";
import { useId, useMemo, useRef, useState, type KeyboardEvent, type ReactNode } from "react";
import { isComposing, useT } from "@/i18n";
import button from "./Button.module.css";
import css from "./Combobox.module.css";

export type Option = { value: string; label: string; note?: ReactNode };

type Common = {
  label: string;
  /** Shown while nothing is chosen. */
  placeholder?: string;
  options: readonly Option[];
  /** The options are the server's answer to what was typed, rather than all there are. */
  onSearch?: (text: string) => void;
  loading?: boolean;
  icon?: ReactNode;
  size?: "m" | "s";
  align?: "start" | "end";
};

export type ComboboxProps = Common &
  (
    | { multiple?: false; value: string | undefined; onChange: (value: string | undefined) => void; clearable?: boolean }
    | { multiple: true; value: readonly string[]; onChange: (value: string[]) => void; clearable?: boolean }
  );

/**
 * One or several of a list that is too long to look through: a button that opens a field to type into. At most 200
 * options are drawn; typing finds the others.
 */
export function Combobox(props: ComboboxProps) {
  const { label, placeholder, options, icon, size = "m", align = "start", clearable = true } = props;
  const t = useT();
  const [open, setOpen] = useState(false);
  const chosen = props.multiple ? props.value : props.value === undefined ? [] : [props.value];
  const name = (value: string) => options.find((o) => o.value === value)?.label ?? value;
  const first = chosen[0];
  const text = first === undefined ? (placeholder ?? label) : chosen.length === 1 ? name(first) : t("ui.combobox.several", { first: name(first), n: chosen.length - 1 });

  const choose = (value: string) => {
    if (props.multiple) {
      props.onChange(chosen.includes(value) ? chosen.filter((v) => v !== value) : [...chosen, value]);
    } else {
      props.onChange(value);
      setOpen(false);
    }
  };
  const clear = () => (props.multiple ? props.onChange([]) : props.onChange(undefined));

  return (
    <span className={css.wrap}>
      <Radix.Root
        open={open}
        onOpenChange={(next) => {
          setOpen(next);
          // It opens with an empty field, so with all there is.
          if (!next) props.onSearch?.("");
        }}
      >
        <Radix.Trigger asChild>
          <button type="button" className={clsx(button.button, button.default, button[size], css.trigger)} data-chosen={chosen.length > 0 || undefined}>
            {icon}
            {(placeholder !== undefined || chosen.length > 0) && <span className={placeholder === undefined ? css.name : "sr-only"}>{label}</span>}
            <span className={css.value}>{text}</span>
            {placeholder === undefined && chosen.length === 0 && <span className="sr-only">{t("ui.combobox.none")}</span>}
            <IconChevronDown className={css.chevron} aria-hidden />
          </button>
        </Radix.Trigger>
        <Radix.Portal>
          <Radix.Content className={css.popover} align={align} sideOffset={4} collisionPadding={8} aria-label={label}>
            <List {...props} chosen={chosen} choose={choose} />
            {clearable && chosen.length > 0 && (
              <button type="button" className={css.clear} onClick={clear}>
                <IconX size={14} aria-hidden />
                {t("ui.clear")}
              </button>
            )}
          </Radix.Content>
        </Radix.Portal>
      </Radix.Root>
    </span>
  );
}

function List({ label, options, onSearch, loading, multiple, chosen, choose }: Common & { multiple?: boolean; chosen: readonly string[]; choose: (value: string) => void }) {
  const t = useT();
  const id = useId();
  const [typed, setTyped] = useState("");
  const [active, setActive] = useState(0);
  const list = useRef<HTMLDivElement>(null);
  const wanted = typed.trim().toLowerCase();
  // What was chosen when it opened stays at the top, so that it can be seen and undone.
  const [before] = useState(chosen);
  const shown = useMemo(() => {
    const fitting = onSearch || !wanted ? options : options.filter((o) => o.label.toLowerCase().includes(wanted) || o.value.toLowerCase().includes(wanted));
    const top = wanted ? [] : before.map((value) => options.find((o) => o.value === value) ?? { value, label: value });
    return [...top, ...fitting.filter((o) => !top.some((c) => c.value === o.value))].slice(0, 200);
  }, [options, onSearch, wanted, before]);
  const at = Math.min(active, shown.length - 1);

  const onKey = (event: KeyboardEvent) => {
    if (isComposing(event)) return;
    const option = shown[at];
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      if (shown.length === 0) return;
      const next = (at + (event.key === "ArrowDown" ? 1 : -1) + shown.length) % shown.length;
      setActive(next);
      document.getElementById(`${id}-${next}`)?.scrollIntoView({ block: "nearest" });
    } else if (event.key === "Enter" && option) choose(option.value);
    else return;
    event.preventDefault();
  };

  return (
    <>
      <div className={css.field}>
        <IconSearch size={15} aria-hidden />
        <input
          className={css.input}
          value={typed}
          placeholder={t("ui.combobox.search")}
          role="combobox"
          aria-label={label}
          aria-expanded
          aria-controls={`${id}-list`}
          aria-activedescendant={shown.length ? `${id}-${at}` : undefined}
          autoComplete="off"
          spellCheck={false}
          onKeyDown={onKey}
          onChange={(event) => {
            setTyped(event.target.value);
            setActive(0);
            onSearch?.(event.target.value.trim());
          }}
        />
      </div>
      <div ref={list} id={`${id}-list`} className={css.list} role="listbox" aria-label={label} aria-multiselectable={multiple} aria-busy={loading}>
        {shown.map((option, i) => (
          // The keyboard is the field's.
          // eslint-disable-next-line jsx-a11y/click-events-have-key-events
          <div
            key={option.value}
            id={`${id}-${i}`}
            role="option"
            tabIndex={-1}
            className={css.option}
            aria-selected={chosen.includes(option.value)}
            data-active={i === at || undefined}
            onPointerMove={() => i !== at && setActive(i)}
            onClick={() => choose(option.value)}
          >
            <span className={css.mark}>{chosen.includes(option.value) && <IconCheck size={14} aria-hidden />}</span>
            <span className={css.text}>{option.label}</span>
            {option.note !== undefined && <span className={css.note}>{option.note}</span>}
          </div>
        ))}
        {shown.length === 0 && <p className={css.empty}>{t(loading ? "ui.loading" : "ui.combobox.empty")}</p>}
      </div>
    </>
  );
}
