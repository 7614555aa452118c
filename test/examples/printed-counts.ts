/** Owns: reading counts of words from what `print` printed, however they fell into batches. */

/** The sums of all printed pairs `["word",count]`. */
export function countsIn(output: string): Map<string, number> {
  const counts = new Map<string, number>();
  for (const [line] of output.matchAll(/^\[".*",\d+\]$/gm)) {
    const [word, count] = JSON.parse(line) as [string, number];
    counts.set(word, (counts.get(word) ?? 0) + count);
  }
  return counts;
}
