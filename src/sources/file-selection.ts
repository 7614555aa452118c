/**
 * Owns: which of the files that are there belong to a batch.
 * Does not own: looking for files (file-listing.ts).
 * Invariants: I1 a file that was chosen for a batch is chosen for no other, not even after a change, as long as it is
 * remembered. I2 a file is forgotten only when it would be too old to be chosen as it was, so memory has a bound.
 */
import type { FilePin } from "./input-file.ts";

/** Chooses files by the time of their last change. */
export class FileSelection {
  readonly #sinceMs: number;
  readonly #rememberMs: number;
  readonly #chosen = new Map<string, number>();

  /** Files that were not modified after `sinceMs` are no input; chosen ones are remembered for `rememberMs`. */
  constructor(sinceMs: number, rememberMs: number) {
    this.#sinceMs = sinceMs;
    this.#rememberMs = rememberMs;
  }

  /** Whether the file was chosen for a batch that is remembered. */
  isChosen(path: string): boolean {
    return this.#chosen.has(path);
  }

  /** Forgets the files that need not be remembered at that time any more. */
  forgetOld(timeMs: number): void {
    for (const [path, chosenMs] of this.#chosen) {
      if (chosenMs < timeMs - this.#rememberMs) this.#chosen.delete(path);
    }
  }

  /** The files of a batch, by the time of their change, then by name. */
  choose(timeMs: number, files: readonly FilePin[]): FilePin[] {
    const thresholdMs = Math.max(this.#sinceMs, timeMs - this.#rememberMs);
    const chosen = files
      .filter(
        ({ modifiedMs, path }) =>
          modifiedMs > thresholdMs && modifiedMs <= timeMs && !this.isChosen(path),
      )
      .sort((a, b) => a.modifiedMs - b.modifiedMs || (a.path < b.path ? -1 : 1));
    for (const { path } of chosen) this.#chosen.set(path, timeMs);
    return chosen;
  }
}

/** How long a stream of batches of `batchIntervalMs` remembers files: that many whole batches, `minRememberMs` at least. */
export function rememberWindowMs(batchIntervalMs: number, minRememberMs: number): number {
  return batchIntervalMs * Math.ceil(minRememberMs / batchIntervalMs);
}
