/** Something that search can find. */
export type Candidate = {
  text: string;
  /** Other words that lead to it, worth less than its name. */
  more?: string;
  /** Only when something was typed: too many to list. */
  only?: boolean;
};

/**
 * The candidates that have every word of what was typed, the best first: names that are it, then those that begin with
 * it, then those with a word that does (`daily` in `marts.daily_sales`), then those that have it anywhere; descriptions
 * come last. Equals keep their order.
 */
export function rank<C extends Candidate>(candidates: readonly C[], typed: string, limit: number): C[] {
  const words = typed.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return candidates.filter((c) => !c.only).slice(0, limit);
  const found: { candidate: C; score: number; index: number }[] = [];
  candidates.forEach((candidate, index) => {
    const score = scoreOf(candidate, words);
    if (score > 0) found.push({ candidate, score, index });
  });
  found.sort((a, b) => b.score - a.score || a.candidate.text.length - b.candidate.text.length || a.index - b.index);
  return found.slice(0, limit).map((f) => f.candidate);
}

function scoreOf(candidate: Candidate, words: readonly string[]): number {
  const name = candidate.text.toLowerCase();
  let more: string | undefined;
  let score = 0;
  for (const word of words) {
    const at = name.indexOf(word);
    if (at < 0) {
      more ??= (candidate.more ?? "").toLowerCase();
      if (!more.includes(word)) return 0;
      score += 1;
    } else if (name === word) score += 40;
    else if (at === 0) score += 20;
    else if (/[\s._\-/]/.test(name[at - 1] ?? "")) score += 15;
    else score += 8;
  }
  return score;
}
