import { useCallback, useSyncExternalStore } from "react";
import type { MessageId } from "@/messages/en";
import { i18n, type Locale } from "./locale";

export { activateLocale, chooseLocale, locales, preferredLocale, type Locale } from "./locale";
export { isComposing, onEnter } from "./ime";
export type { MessageId } from "@/messages/en";

/** Values of a message's placeholders; numbers choose plurals. */
export type MessageValues = Record<string, string | number | undefined>;
export type Translate = (id: MessageId, values?: MessageValues) => string;

const subscribe = (changed: () => void) => i18n.on("change", changed);
const current = () => i18n.locale as Locale;

/** The language of the interface; the component renders again when it changes. */
export const useLocale = (): Locale => useSyncExternalStore(subscribe, current);

/** `const t = useT(); t("runs.count", { n: 3 })` — ids and their texts are in src/messages. */
export function useT(): Translate {
  const locale = useLocale();
  // A new function for every language, so that memoised children render again.
  // eslint-disable-next-line react-hooks/exhaustive-deps
  return useCallback((id, values) => i18n._(id, values), [locale]);
}

/** Outside of components. */
export const t: Translate = (id, values) => i18n._(id, values);

/** A label that the workspace's files give in both languages; the other one where one is empty. */
export function pickLabel(label: { en?: string; ko?: string } | undefined, locale: Locale, fallback = ""): string {
  return label?.[locale] || label?.en || label?.ko || fallback;
}
