import { IconArrowBarLeft, IconArrowBarRight, IconDatabase, IconFolder, IconTag, IconX } from "@tabler/icons-react";
import { useId, useMemo, useRef, useState, type KeyboardEvent } from "react";
import type { AssetStatus } from "@/api";
import { isComposing, useT } from "@/i18n";
import { readSelector, suggest, suggestions, writeSelector, type Selector, type Suggestion } from "../model/selector";
import css from "./Start.module.css";

const icons = { asset: IconDatabase, namespace: IconFolder, tag: IconTag };

/**
 * Selectors, one beside the other: written as in the command line, with suggestions, or put together by the buttons at
 * each that add what it needs and what needs it.
 */
export function SelectorInput({ value, onChange, assets, focus }: {
  value: readonly string[];
  onChange: (value: string[]) => void;
  assets: readonly AssetStatus[];
  /** The form was opened to fill this in. */
  focus?: boolean;
}) {
  const t = useT();
  const id = useId();
  const input = useRef<HTMLInputElement>(null);
  const [typed, setTyped] = useState("");
  const [open, setOpen] = useState(false);
  const [active, setActive] = useState(-1);
  const all = useMemo(() => suggestions(assets), [assets]);
  const shown = useMemo(() => suggest(all, typed).filter(({ name }) => !value.some((v) => readSelector(v).name === name)), [all, typed, value]);
  const at = Math.min(active, shown.length - 1);

  const add = (texts: string[]) => {
    const fresh = texts.map((text) => text.trim()).filter((text) => text && text !== "+" && !value.includes(text));
    if (fresh.length > 0) onChange([...value, ...fresh]);
    setTyped("");
    setOpen(false);
    setActive(-1);
  };
  const take = (s: Suggestion) => {
    add([writeSelector({ ...readSelector(typed), name: s.name })]);
    input.current?.focus();
  };
  const change = (i: number, selector: Selector) => onChange(value.map((v, j) => (j === i ? writeSelector(selector) : v)));
  const remove = (i: number) => {
    onChange(value.filter((_, j) => j !== i));
    input.current?.focus();
  };

  const onKey = (event: KeyboardEvent) => {
    if (isComposing(event)) return;
    const option = shown[at];
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      setOpen(true);
      const n = shown.length;
      if (n === 0) return;
      const next = event.key === "ArrowDown" ? (at + 1) % n : (at + n - 1 + (at < 0 ? 1 : 0)) % n;
      setActive(next);
      document.getElementById(`${id}-${next}`)?.scrollIntoView({ block: "nearest" });
    } else if (event.key === "Enter" && open && option) take(option);
    else if (event.key === "Enter" && typed.trim()) {
      const [only] = shown;
      // The whole of what is meant, when it is not ambiguous.
      if (only && shown.length === 1) take(only);
      else add([typed]);
    } else if (event.key === "," || (event.key === " " && typed.trim())) add([typed]);
    else if (event.key === "Backspace" && typed === "" && value.length > 0) remove(value.length - 1);
    else if (event.key === "Escape" && open && (typed || active >= 0)) {
      // Closes the suggestions, not the dialog.
      event.stopPropagation();
      setOpen(false);
      setActive(-1);
    } else return;
    event.preventDefault();
  };

  return (
    <div className={css.field}>
      <label htmlFor={id} className={css.label}>
        {t("runs.start.what")}
      </label>
      <div
        className={css.box}
        onBlur={(event) => {
          if (event.currentTarget.contains(event.relatedTarget)) return;
          setOpen(false);
          if (typed.trim()) add([typed]);
        }}
      >
        <ul className={css.chips} aria-label={t("runs.start.chosen")}>
          {value.map((text, i) => {
            const selector = readSelector(text);
            return (
              <li key={text} className={css.chip}>
                <button
                  type="button"
                  className={css.side}
                  aria-pressed={selector.up}
                  aria-label={t("runs.start.up", { name: selector.name })}
                  title={t("runs.start.up", { name: selector.name })}
                  onClick={() => change(i, { ...selector, up: !selector.up })}
                >
                  <IconArrowBarLeft size={13} aria-hidden />
                </button>
                <span className={css.name}>{text}</span>
                <button
                  type="button"
                  className={css.side}
                  aria-pressed={selector.down}
                  aria-label={t("runs.start.down", { name: selector.name })}
                  title={t("runs.start.down", { name: selector.name })}
                  onClick={() => change(i, { ...selector, down: !selector.down })}
                >
                  <IconArrowBarRight size={13} aria-hidden />
                </button>
                <button type="button" className={css.remove} aria-label={t("runs.start.remove", { name: text })} onClick={() => remove(i)}>
                  <IconX size={13} aria-hidden />
                </button>
              </li>
            );
          })}
          <li className={css.grow}>
            <input
              ref={input}
              id={id}
              className={css.input}
              value={typed}
              placeholder={value.length === 0 ? t("runs.everything") : ""}
              role="combobox"
              aria-expanded={open && shown.length > 0}
              aria-controls={`${id}-list`}
              aria-activedescendant={open && at >= 0 ? `${id}-${at}` : undefined}
              aria-autocomplete="list"
              aria-describedby={`${id}-hint`}
              autoComplete="off"
              autoCapitalize="off"
              spellCheck={false}
              // eslint-disable-next-line jsx-a11y/no-autofocus
              autoFocus={focus}
              onKeyDown={onKey}
              onFocus={() => typed && setOpen(true)}
              onClick={() => setOpen(true)}
              onChange={(event) => {
                setTyped(event.target.value);
                setOpen(true);
                setActive(-1);
              }}
              onPaste={(event) => {
                const parts = event.clipboardData.getData("text").trim().split(/[\s,]+/);
                if (parts.length < 2) return;
                event.preventDefault();
                add(parts);
              }}
            />
          </li>
        </ul>
        {open && shown.length > 0 && (
          <div id={`${id}-list`} className={css.list} role="listbox" aria-label={t("runs.start.what")}>
            {shown.map((s, i) => {
              const Icon = icons[s.kind];
              return (
                // The keyboard is the field's.
                // eslint-disable-next-line jsx-a11y/click-events-have-key-events
                <div
                  key={s.name}
                  id={`${id}-${i}`}
                  role="option"
                  tabIndex={-1}
                  aria-selected={i === at}
                  className={css.option}
                  data-active={i === at || undefined}
                  onPointerMove={() => i !== at && setActive(i)}
                  onPointerDown={(event) => event.preventDefault()}
                  onClick={() => take(s)}
                >
                  <Icon size={15} aria-hidden />
                  <span className={css.text}>{writeSelector({ ...readSelector(typed), name: s.name })}</span>
                  {s.kind !== "asset" && <span className={css.note}>{t("runs.start.assets", { n: s.n })}</span>}
                </div>
              );
            })}
          </div>
        )}
      </div>
      <p id={`${id}-hint`} className={css.hint}>
        {t("runs.start.help")} <code>+name</code> {t("runs.start.help.up")} · <code>name+</code> {t("runs.start.help.down")} · <code>marts.*</code> · <code>tag:kpi</code> · <code>source:shop</code>
      </p>
    </div>
  );
}
