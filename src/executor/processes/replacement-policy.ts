/**
 * Owns: the decision what follows on the death of an executor: another one after a while, or the end of all.
 * Does not own: carrying it out (process-executors.ts).
 */

export interface ReplacementOptions {
  /** How long to wait after the first death in a row; four times as long after each further one. */
  readonly delayMs: number;
  readonly delayMsMax: number;
  /** How many deaths in a row, of one executor and its replacements, are the end. */
  readonly deathsMax: number;
  /** An executor that lived so long has not died in a row with those before it. */
  readonly healthyAfterMs: number;
}

export const defaultReplacement: ReplacementOptions = {
  delayMs: 200,
  delayMsMax: 30_000,
  deathsMax: 6,
  healthyAfterMs: 10_000,
};

export type Replacement =
  | { readonly kind: "replace"; readonly deathsInRow: number; readonly delayMs: number }
  | { readonly kind: "fail"; readonly deathsInRow: number };

/** What follows on a death after `livedMs` of an executor whose predecessors died `deathsBefore` times in a row. */
export function decideReplacement(
  deathsBefore: number,
  livedMs: number,
  options: ReplacementOptions,
): Replacement {
  const deathsInRow = livedMs >= options.healthyAfterMs ? 1 : deathsBefore + 1;
  if (deathsInRow >= options.deathsMax) return { kind: "fail", deathsInRow };
  const delayMs = Math.min(options.delayMs * 4 ** (deathsInRow - 1), options.delayMsMax);
  return { kind: "replace", deathsInRow, delayMs };
}
