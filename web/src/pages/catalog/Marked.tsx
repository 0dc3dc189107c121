import { marks } from "./find";
import css from "./Catalog.module.css";

/** A text with the words that were looked for marked in it. */
export function Marked({ text, words }: { text: string; words: readonly string[] }) {
  if (words.length === 0) return text;
  return marks(text, words).map((part, i) => (part.hit ? <mark key={i} className={css.mark}>{part.text}</mark> : part.text));
}
