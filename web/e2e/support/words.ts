import { setupI18n } from "@lingui/core";
import { compileMessage } from "@lingui/message-utils/compileMessage";
import type { Locale, MessageValues, Translate } from "@/i18n";
import { messages as en } from "@/messages/en";
import { messages as ko } from "@/messages/ko";

export type { Locale };
export const locales: readonly Locale[] = ["en", "ko"];

const catalogs: Record<Locale, Record<string, string>> = { en, ko };

/** The words of the interface in a language, so that tests find things as people do: by what they are called. */
export function wordsOf(locale: Locale): Translate {
  const i18n = setupI18n({ locale, messages: { [locale]: catalogs[locale] } });
  i18n.setMessagesCompiler(compileMessage);
  return (id, values?: MessageValues) => i18n._(id, values);
}

/** Every id: one that shows is a message that is missing. */
export const ids: readonly string[] = Object.keys(en);

/** Texts that a page in Korean must not show: the English of what has a Korean of its own. */
export const english: readonly string[] = Object.entries(catalogs.en)
  .filter(([id, text]) => !text.includes("{") && /[a-z]{2}/.test(text) && catalogs.ko[id] !== text)
  .map(([, text]) => text)
  // Some other message has the same text in Korean: a name, such as SQL.
  .filter((text) => !Object.values(catalogs.ko).includes(text));
