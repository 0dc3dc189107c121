import { IconAlertTriangle, IconCircleCheck, IconInfoCircle, IconX } from "@tabler/icons-react";
import { useSyncExternalStore, type ReactNode } from "react";
import { useT } from "@/i18n";
import { IconButton } from "./Button";
import css from "./Toast.module.css";

type Tone = "good" | "bad" | "info";
type Entry = { id: number; tone: Tone; text: ReactNode; action?: { label: string; act: () => void }; timer?: ReturnType<typeof setTimeout> };

let entries: readonly Entry[] = [];
let last = 0;
const listeners = new Set<() => void>();
const set = (next: readonly Entry[]) => {
  entries = next;
  listeners.forEach((changed) => changed());
};
const subscribe = (changed: () => void) => {
  listeners.add(changed);
  return () => listeners.delete(changed);
};

/**
 * Says in passing that something was done: `toast(t("sql.saved"))`. A failure (`bad`) stays until it is closed. What
 * must be acted upon belongs on the page instead.
 */
export function toast(text: ReactNode, tone: Tone = "good", action?: Entry["action"]): void {
  const id = ++last;
  set([...entries.slice(-2), { id, tone, text, action }]);
  if (tone !== "bad") wait(id, action ? 8_000 : 4_000);
}

function wait(id: number, ms: number): void {
  const timer = setTimeout(() => dismiss(id), ms);
  set(entries.map((entry) => (entry.id === id ? { ...entry, timer } : entry)));
}

function dismiss(id: number): void {
  clearTimeout(entries.find((entry) => entry.id === id)?.timer);
  set(entries.filter((entry) => entry.id !== id));
}

const icons = { good: <IconCircleCheck />, bad: <IconAlertTriangle />, info: <IconInfoCircle /> };

/** Where toasts appear; the shell has one. */
export function Toaster() {
  const t = useT();
  const shown = useSyncExternalStore(subscribe, () => entries);
  return (
    <div className={css.toaster} role="status" aria-live="polite">
      {shown.map((entry) => (
        <div
          key={entry.id}
          className={css.toast}
          data-tone={entry.tone}
          // Under the pointer it stays to be read.
          onPointerEnter={() => clearTimeout(entry.timer)}
          onPointerLeave={() => entry.tone !== "bad" && wait(entry.id, 2_500)}
        >
          {icons[entry.tone]}
          <div className={css.text}>{entry.text}</div>
          {entry.action && (
            <button
              type="button"
              className={css.action}
              onClick={() => {
                entry.action?.act();
                dismiss(entry.id);
              }}
            >
              {entry.action.label}
            </button>
          )}
          <IconButton size="s" label={t("ui.close")} tooltip={false} icon={<IconX />} onClick={() => dismiss(entry.id)} />
        </div>
      ))}
    </div>
  );
}
