import type { ApiError } from "@/api";
import { utf16Offset, wordFrom } from "../lang/offsets";
import { quoted } from "../lang/suggest";

/** Where an error is in the text that is in the editor now; undefined when what was run is no longer there. */
export function locate(error: ApiError | undefined, sent: string, from: number, text: string): { from: number; to: number; line: number } | undefined {
  if (error?.position === undefined) return undefined;
  let start = from;
  if (text.slice(from, from + sent.length) !== sent) {
    // Something was written above it.
    start = text.indexOf(sent);
    if (start < 0) return undefined;
  }
  const word = wordFrom(sent, utf16Offset(sent, error.position.offset));
  const at = start + word.from;
  return { from: at, to: start + word.to, line: text.slice(0, at).split("\n").length };
}

/**
 * The name that was probably meant, when the server knows one: instead of the one at the error, with what stood before its dots.
 * `written` is what is there.
 */
export function correction(error: ApiError | undefined, written: string): string | undefined {
  const message = error?.detail || error?.title || "";
  const table = /did you mean ([\p{L}\p{N}_$.]+)/u.exec(message)?.[1];
  if (table) return table;
  const column = /Candidate bindings: "([^"]+)"/.exec(message)?.[1];
  if (column === undefined) return undefined;
  // Candidates of several tables come with the name of theirs.
  const name = quoted(column.split(".").at(-1)!);
  const dot = written.lastIndexOf(".");
  return dot < 0 ? name : written.slice(0, dot + 1) + name;
}
