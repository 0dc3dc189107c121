import type { Reason } from "@/api";

const said: [RegExp, (match: RegExpExecArray) => Omit<Reason, "text">][] = [
  [/^never (?:built|copied)$/, () => ({ code: "never_built" })],
  [/^its definition has changed$/, () => ({ code: "definition_changed" })],
  [/^interval missing$/, () => ({ code: "interval_missing" })],
  [/^interval was open when last filled, and (\S+) (?:has changed|runs before it)$/, ([, input]) => ({ code: "interval_open", input })],
  [/^lookback of \d+, and (\S+) (?:has changed|runs before it)$/, ([, input]) => ({ code: "lookback", input })],
  [/^(\S+) has filled this interval again$/, ([, input]) => ({ code: "input_refilled", input })],
  [/^(\S+) has changed$/, ([, input]) => ({ code: "input_changed", input })],
  [/^(\S+) runs before it$/, ([, input]) => ({ code: "upstream", input })],
  [/^read on each run$/, () => ({ code: "each_run" })],
  [/^(?:last (?:built|read) .+, every .+)$/, () => ({ code: "due" })],
  [/^asked for$/, () => ({ code: "forced" })],
  [/^the last attempt failed\b/, () => ({ code: "last_failed" })],
];

/**
 * The reasons of a task, which the server keeps as words: read back, so that they can be said in the language of the
 * interface. What is not known stays as it is.
 */
export function readReasons(text: string | undefined): Reason[] {
  if (!text) return [];
  // The error of the last attempt may contain any punctuation: nothing behind it is a reason.
  const [before, failed] = text.split(/(?:^|; )(?=the last attempt failed)/);
  const parts = [...(before ? before.split("; ") : []), ...(failed ? [failed] : [])];
  return parts.map((part) => {
    for (const [pattern, read] of said) {
      const match = pattern.exec(part);
      if (match) return { text: part, ...read(match) };
    }
    return { text: part, code: "" };
  });
}
