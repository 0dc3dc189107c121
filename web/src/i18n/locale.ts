import { i18n } from "@lingui/core";
import { compileMessage } from "@lingui/message-utils/compileMessage";

export type Locale = "en" | "ko";
export const locales: readonly { locale: Locale; name: string }[] = [
  { locale: "en", name: "English" },
  { locale: "ko", name: "한국어" },
];

const key = "hosu.locale"; // also in public/boot.js

/** The language that was chosen before, else the browser's. */
export function preferredLocale(): Locale {
  try {
    const stored = localStorage.getItem(key);
    if (stored === "en" || stored === "ko") return stored;
  } catch {
    // Storage may be forbidden.
  }
  return navigator.languages.some((l) => /^ko\b/.test(l)) && !/^en\b/.test(navigator.language) ? "ko" : "en";
}

// Messages are compiled when first shown: a page shows a few dozen of them.
const compiled = new Map<string, ReturnType<typeof compileMessage>>();
i18n.setMessagesCompiler((message) => {
  let tokens = compiled.get(message);
  if (tokens === undefined) compiled.set(message, (tokens = compileMessage(message)));
  return tokens;
});

/** Loads the messages of a language and shows the interface in it. */
export async function activateLocale(locale: Locale): Promise<void> {
  const { messages } = locale === "ko" ? await import("@/messages/ko") : await import("@/messages/en");
  document.documentElement.lang = locale;
  i18n.loadAndActivate({ locale, messages });
}

/** Switches to a language and remembers it. */
export async function chooseLocale(locale: Locale): Promise<void> {
  await activateLocale(locale);
  try {
    localStorage.setItem(key, locale);
  } catch {
    // Not remembered, then.
  }
}

export { i18n };
