/** The names that are most like one that does not exist, the likest first; at most five. */
export function near(name: string, names: readonly string[]): string[] {
  const wanted = name.toLowerCase();
  const short = wanted.slice(wanted.lastIndexOf(".") + 1);
  return names
    .map((candidate) => {
      const lower = candidate.toLowerCase();
      const last = lower.slice(lower.lastIndexOf(".") + 1);
      // The same table in another namespace is likelier than any misspelling.
      return { candidate, far: last === short ? 0 : Math.min(edits(wanted, lower), 0.5 + edits(short, last)) };
    })
    .filter(({ far }) => far <= Math.max(2, short.length * 0.4))
    .sort((a, b) => a.far - b.far)
    .slice(0, 5)
    .map(({ candidate }) => candidate);
}

/** How many letters must be added, removed or exchanged to make b of a. */
function edits(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      next[j] = Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1));
    }
    row = next;
  }
  return row[b.length]!;
}
