/**
 * Owns: the totals that accumulators with a name had come to in an earlier life of the application, and who takes them over.
 * Does not own: where the totals are kept (src/recovery).
 */
import type { Accumulator } from "./accumulator.ts";

type AnyAccumulator = Pick<Accumulator<never, unknown>, "name" | "restore" | "mergeParts">;

export class KeptTotals {
  /** The newest of each name. */
  readonly #byName = new Map<string, AnyAccumulator>();
  /** Totals whose accumulator was not made yet. */
  readonly #waiting = new Map<string, readonly unknown[]>();

  /** Takes an accumulator; one without a name is that of one life. */
  add(accumulator: AnyAccumulator): void {
    const { name } = accumulator;
    if (name === undefined) return;
    this.#byName.set(name, accumulator);
    const parts = this.#waiting.get(name);
    if (parts !== undefined) accumulator.restore(parts);
    this.#waiting.delete(name);
  }

  /** Gives accumulators the totals of an earlier life, also those that are made later. */
  restore(totals: Readonly<Record<string, readonly unknown[]>>): void {
    for (const [name, parts] of Object.entries(totals)) {
      const accumulator = this.#byName.get(name);
      if (accumulator === undefined) this.#waiting.set(name, parts);
      else accumulator.restore(parts);
    }
  }

  /** The parts of a total as one, where the accumulator is known. */
  merge(name: string, parts: readonly unknown[]): readonly unknown[] {
    const accumulator = this.#byName.get(name);
    return accumulator === undefined ? parts : [accumulator.mergeParts(parts)];
  }
}
