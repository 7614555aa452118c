/**
 * Owns: which of the files that are there belong to a batch.
 * Does not own: looking for files (file-listing.ts).
 * Invariants: I1 a file that was chosen for a batch is chosen for no other, not even after a change, as long as it is
 * remembered; in all lives of the driver. I2 a file is forgotten only when it would be too old to be chosen as it was,
 * so memory has a bound. I3 a file that came while there was no driver is chosen when there is one again, however long
 * that took.
 */
import type { FilePin } from "./input-file.ts";

/** What is there, as far as it could be seen. */
export interface SeenFiles {
  readonly files: readonly FilePin[];
  readonly isComplete: boolean;
}

/** What the selection of a stream has to know after a restart; plain data. */
export interface FileSelectionState {
  /** Files that were not modified after that are no input. */
  readonly sinceMs: number;
  /** The time of the last batch that it knows of, or of an earlier one behind which there may be files unseen. */
  readonly untilMs: number;
  /** Files that were not modified after that may have been chosen and forgotten. */
  readonly forgottenMs: number;
  readonly chosen: readonly { readonly path: string; readonly timeMs: number }[];
}

/** Chooses files by the time of their last change. */
export class FileSelection {
  readonly #sinceMs: number;
  readonly #rememberMs: number;
  /** By path, the time of the batch that has it. */
  readonly #chosen = new Map<string, number>();
  #forgottenMs: number;
  /** A batch of an earlier life, as long as files that came since may be missing. */
  #resumedFromMs: number | undefined;
  /** The first batch of this life. */
  #resumedAtMs: number | undefined;
  /** Whether a batch has seen all since; only when the next one comes is it sure to have been allocated. */
  #hasCaughtUp = false;

  /**
   * Files that were not modified after `sinceMs` are no input; chosen ones are remembered for `rememberMs`. With the
   * state of an earlier life it goes on from there.
   */
  constructor(sinceMs: number, rememberMs: number, state?: FileSelectionState) {
    this.#sinceMs = state?.sinceMs ?? sinceMs;
    this.#rememberMs = rememberMs;
    this.#forgottenMs = state?.forgottenMs ?? Number.NEGATIVE_INFINITY;
    this.#resumedFromMs = state?.untilMs;
    for (const { path, timeMs } of state?.chosen ?? []) this.#chosen.set(path, timeMs);
  }

  /** What was chosen for the batches up to `untilMs`; later choices may never come to be allocated. */
  snapshot(untilMs: number): FileSelectionState {
    const chosen = [...this.#chosen].map(([path, timeMs]) => ({ path, timeMs }));
    return {
      sinceMs: this.#sinceMs,
      untilMs: Math.min(untilMs, this.#resumedFromMs ?? untilMs),
      forgottenMs: this.#forgottenMs,
      chosen: chosen.filter(({ timeMs }) => timeMs <= untilMs),
    };
  }

  /** Takes over what an earlier life chose for a batch. */
  adopt(timeMs: number, files: readonly FilePin[]): void {
    for (const { path } of files) this.#chosen.set(path, timeMs);
  }

  /** Whether the file was chosen for a batch that is remembered. */
  isChosen(path: string): boolean {
    return this.#chosen.has(path);
  }

  /** Forgets the files that need not be remembered at that time any more. */
  forgetOld(timeMs: number): void {
    if (this.#hasCaughtUp) this.#resumedFromMs = undefined;
    const untilMs = this.#lookBackMs(timeMs);
    this.#forgottenMs = Math.max(this.#forgottenMs, untilMs);
    for (const [path, chosenMs] of this.#chosen) {
      if (chosenMs < untilMs) this.#chosen.delete(path);
    }
  }

  /**
   * The files of a batch, by the time of their change, then by name; after `forgetOld`. The first batch after a restart
   * looks back to the last one before it, and so do those after it until one sees all, for as long as files are
   * remembered.
   */
  choose(timeMs: number, { files, isComplete }: SeenFiles): FilePin[] {
    this.#resumedAtMs ??= timeMs;
    const thresholdMs = Math.max(this.#sinceMs, this.#lookBackMs(timeMs), this.#forgottenMs);
    const chosen = files
      .filter(
        (file) =>
          appearedMs(file) > thresholdMs && appearedMs(file) <= timeMs && !this.isChosen(file.path),
      )
      .sort((a, b) => appearedMs(a) - appearedMs(b) || (a.path < b.path ? -1 : 1));
    for (const { path } of chosen) this.#chosen.set(path, timeMs);
    this.#hasCaughtUp ||= isComplete || timeMs - this.#resumedAtMs >= this.#rememberMs;
    return chosen;
  }

  #lookBackMs(timeMs: number): number {
    return Math.min(timeMs, this.#resumedFromMs ?? timeMs) - this.#rememberMs;
  }
}

/** A part of a saved dataset may be older than its directory by as long as the saving took. */
function appearedMs({ modifiedMs, shownMs }: FilePin): number {
  return shownMs ?? modifiedMs;
}

/** How long a stream of batches of `batchIntervalMs` remembers files: that many whole batches, `minRememberMs` at least. */
export function rememberWindowMs(batchIntervalMs: number, minRememberMs: number): number {
  return batchIntervalMs * Math.ceil(minRememberMs / batchIntervalMs);
}
