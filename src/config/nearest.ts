/** The nearest known word to a mistyped one, for error messages. */

/** Known words at most this many edits away are worth suggesting. */
const suggestWithin = 3;

/** `did you mean 'fallback'?`, or the list of what is known when nothing is near. */
export function suggestion(word: string, known: readonly string[]): string {
  const ranked = known
    .map(candidate => ({ candidate, distance: editDistance(word.toLowerCase(), candidate.toLowerCase()) }))
    .sort((a, b) => a.distance - b.distance);
  const best = ranked[0];
  if (best && best.distance <= Math.min(suggestWithin, word.length - 1))
    return `did you mean '${best.candidate}'?`;
  return `known: ${known.join(', ')}`;
}

/** Levenshtein distance, one row at a time. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const substitution = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(substitution, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
