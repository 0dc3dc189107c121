/**
 * The tokens of DuckDB's SQL, as far as the editor has to understand it: where text is quoted, and where names are. It never
 * fails: what is not closed goes to the end of the text, as it does while somebody types.
 */
export type Token = {
  type: "word" | "quoted" | "string" | "number" | "param" | "comment" | "punct";
  from: number;
  to: number;
  text: string;
  /** A quote or comment that is not closed. */
  open?: boolean;
};

const space = /\s/u;
const wordStart = /[\p{L}_]/u;
const dollarTag = /\$(?:[\p{L}_][\p{L}\p{N}_]*)?\$/uy;
const param = /\$[\p{L}\p{N}_]+/uy;
const word = /[\p{L}_][\p{L}\p{M}\p{N}_$]*/uy;
const number = /(?:0[xX][0-9a-fA-F_]+|(?:\d[\d_]*\.?[\d_]*|\.\d[\d_]*)(?:[eE][+-]?\d+)?)/uy;
const operator = /::|->>|->|=>|:=|<=|>=|<>|!=|\|\|/y;

function match(pattern: RegExp, text: string, at: number): string | undefined {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0];
}

export function tokenize(text: string): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  const push = (type: Token["type"], to: number, open?: boolean) => {
    tokens.push({ type, from: at, to, text: text.slice(at, to), ...(open ? { open } : {}) });
    at = to;
  };
  while (at < text.length) {
    const c = text[at]!;
    if (space.test(c)) {
      at++;
    } else if (c === "-" && text[at + 1] === "-") {
      const end = text.indexOf("\n", at);
      // Up to the end of the line there is no other thing than the comment, also where it is the last line.
      push("comment", end < 0 ? text.length : end, end < 0);
    } else if (c === "/" && text[at + 1] === "*") {
      const end = blockEnd(text, at);
      push("comment", end < 0 ? text.length : end, end < 0);
    } else if (c === "'") {
      quote(text, at, "'", false, (to, open) => push("string", to, open));
    } else if (c === '"') {
      quote(text, at, '"', false, (to, open) => push("quoted", to, open));
    } else if ((c === "e" || c === "E") && text[at + 1] === "'") {
      quote(text, at + 1, "'", true, (to, open) => push("string", to, open));
    } else if (c === "$") {
      const tag = match(dollarTag, text, at);
      const name = tag === undefined ? match(param, text, at) : undefined;
      if (tag !== undefined) {
        const end = text.indexOf(tag, at + tag.length);
        push("string", end < 0 ? text.length : end + tag.length, end < 0);
      } else push(name === undefined ? "punct" : "param", at + (name?.length ?? 1));
    } else if (/\d/.test(c) || (c === "." && /\d/.test(text[at + 1] ?? "") && !adjoins(tokens, at))) {
      push("number", at + (match(number, text, at)?.length ?? 1));
    } else if (wordStart.test(String.fromCodePoint(text.codePointAt(at)!))) {
      push("word", at + (match(word, text, at)?.length ?? 1));
    } else {
      push("punct", at + (match(operator, text, at)?.length ?? 1));
    }
  }
  return tokens;
}

/** A name directly before: `o.1` is no decimal. */
function adjoins(tokens: Token[], at: number): boolean {
  const last = tokens.at(-1);
  return last !== undefined && last.to === at && (last.type === "word" || last.type === "quoted");
}

function quote(text: string, start: number, mark: string, escapes: boolean, found: (to: number, open: boolean) => void): void {
  for (let i = start + 1; i < text.length; i++) {
    if (escapes && text[i] === "\\") i++;
    else if (text[i] === mark) {
      if (text[i + 1] === mark) i++;
      else return found(i + 1, false);
    }
  }
  found(text.length, true);
}

/** Comments nest, as in PostgreSQL. */
function blockEnd(text: string, start: number): number {
  let depth = 0;
  for (let i = start; i < text.length - 1; i++) {
    if (text[i] === "/" && text[i + 1] === "*") {
      depth++;
      i++;
    } else if (text[i] === "*" && text[i + 1] === "/") {
      i++;
      if (--depth === 0) return i + 1;
    }
  }
  return -1;
}

/** What a token names: `"Order"` is Order, words are as they are written. */
export function nameOf(token: Token): string {
  return token.type === "quoted" ? token.text.slice(1, token.open ? undefined : -1).replaceAll('""', '"') : token.text;
}

/** Whether a token is a certain word, in any case. */
export const isWord = (token: Token | undefined, ...words: string[]): boolean =>
  token?.type === "word" && words.includes(token.text.toLowerCase());
