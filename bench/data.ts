/** Owns: the made-up data of the benchmarks: the same in every run. */

/** Numbers from 0 to below 1, the same for the same seed (mulberry32). */
export function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Lines of ten words out of 5,000; the square makes some words much more common than others, as in a text. */
export function linesOfWords(count: number): string[] {
  const random = randomNumbers(1);
  const word = () => `word${Math.floor(random() ** 2 * 5000)}`;
  return Array.from({ length: count }, () => Array.from({ length: 10 }, word).join(" "));
}

/** `count` different keys. */
export function keys(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `key-${index}`);
}

/** `count` of these, spread over all of them; another choice for another `seed`. */
export function someOf<T>(items: readonly T[], count: number, seed: number): T[] {
  const random = randomNumbers(seed);
  const step = items.length / count;
  return Array.from(
    { length: count },
    (_, index) => items[Math.floor((index + random()) * step)] as T,
  );
}
