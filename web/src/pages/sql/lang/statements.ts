import { tokenize } from "./tokens";

/** A statement in a text, without the `;` behind it and the space around it. */
export type Span = { from: number; to: number };

type Piece = Span & { /** Where the next one begins: behind the `;`. */ end: number };

/** The statements of a text, in order. Comments belong to the statement that follows; alone they are none. */
export function statements(text: string): Span[] {
  return pieces(text).map(({ from, to }) => ({ from, to }));
}

function pieces(text: string): Piece[] {
  const found: Piece[] = [];
  let from = -1;
  let to = 0;
  let some = false;
  for (const token of tokenize(text)) {
    if (token.type === "punct" && token.text === ";") {
      if (some) found.push({ from, to, end: token.to });
      else if (found.length > 0) found.at(-1)!.end = token.to;
      from = -1;
      some = false;
      continue;
    }
    if (from < 0) from = token.from;
    if (token.type !== "comment") {
      some = true;
      to = token.to;
    }
  }
  if (some) found.push({ from, to, end: text.length });
  return found;
}

/**
 * The statement that the cursor is in. Behind the `;` of one, on the same line, it is still that one: this is where the
 * cursor is when it has been typed. On the lines between two statements it is the next one, and after the last the last.
 */
export function statementAt(text: string, cursor: number): Span | undefined {
  const all = pieces(text);
  let at: Piece | undefined;
  for (const piece of all) {
    if (cursor >= piece.from) at = piece;
    else if (at === undefined || (cursor > at.to && text.slice(at.end, cursor).includes("\n"))) {
      at = piece;
      break;
    } else break;
  }
  return at && { from: at.from, to: at.to };
}
