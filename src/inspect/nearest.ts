/** Owns: which of some names was probably meant by one that is none of them. */

/** The most similar name, if any is similar enough to be worth asking about. */
export function nearest(text: string, names: readonly string[]): string | undefined {
  let best: string | undefined;
  let bestDistance = Math.max(2, Math.floor(text.length / 3)) + 1;
  for (const name of names) {
    const distance = editDistance(text.toLowerCase(), name.toLowerCase());
    const isCloser = distance < bestDistance;
    if (isCloser) best = name;
    if (isCloser) bestDistance = distance;
  }
  return best ?? names.find((name) => text !== "" && name.startsWith(text));
}

/** How many characters have to be put in, taken out or changed. */
function editDistance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (let i = 1; i <= from.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= to.length; j += 1) {
      const change = from[i - 1] === to[j - 1] ? 0 : 1;
      const above = (row[j] ?? 0) + 1;
      const left = (next[j - 1] ?? 0) + 1;
      next.push(Math.min(above, left, (row[j - 1] ?? 0) + change));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}
