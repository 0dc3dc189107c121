/**
 * The server says where in a text something is in bytes of UTF-8; editors count in UTF-16. A Korean letter is three bytes and
 * one unit, an emoji four and two. A position inside of a letter is that of the letter.
 */
export function utf16Offset(text: string, bytes: number): number {
  let seen = 0;
  let at = 0;
  while (at < text.length) {
    const code = text.codePointAt(at)!;
    seen += code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    if (seen > bytes) return at;
    at += code < 0x10000 ? 1 : 2;
  }
  return at;
}

/** What to underline for an error at an offset: the name (with what stands before its dots), the text or the sign that begins there. */
export function wordFrom(text: string, at: number): { from: number; to: number } {
  // Beyond the text ("syntax error at end of input") it is the last thing that is written.
  let from = Math.min(Math.max(at, 0), text.length);
  while (from > 0 && (from >= text.length || /\s/.test(text[from]!))) from--;
  const rest = /^(?:(?:"(?:[^"]|"")*"?|[\p{L}\p{N}_$]+)(?:\.(?:"(?:[^"]|"")*"?|[\p{L}\p{N}_$]+))*|'(?:[^']|'')*'?|[^\s])/u.exec(text.slice(from));
  return { from, to: from + (rest?.[0].length ?? Math.min(1, text.length - from)) };
}
