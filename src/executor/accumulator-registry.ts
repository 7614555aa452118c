/**
 * Owns: what accumulators are called in every process of a program, and how what they were given travels.
 * Does not own: when it counts (job-runner.ts).
 *
 * I1. An accumulator is known by its name, or by its place among those without one, in the order in which they were made: the
 * program makes the same ones in each process.
 */
import { StreamError } from "../base/index.ts";
import { decodeValue, encodeValue } from "../codec/index.ts";
import type { Accumulating } from "../core/index.ts";
import type { Accumulator } from "./accumulator.ts";

type AnyAccumulator = Accumulator<never, unknown> | Accumulator<unknown, unknown>;

/** What accumulators were given by a task: by their ids, encoded. */
export type Accumulated = readonly (readonly [id: string, partial: Uint8Array])[];

/** The accumulators of one DataContext. */
export class AccumulatorRegistry {
  readonly #byId = new Map<string, Accumulating>();
  readonly #ids = new Map<Accumulating, string>();
  readonly #counts = new Map<string | undefined, number>();

  /** Takes in an accumulator that was just made. */
  add(accumulator: AnyAccumulator): void {
    const { name } = accumulator;
    const count = this.#counts.get(name) ?? 0;
    this.#counts.set(name, count + 1);
    const id = `${name === undefined ? "unnamed" : `named ${name}`} ${count}`;
    this.#byId.set(id, accumulator);
    this.#ids.set(accumulator, id);
  }

  /** What a task gave, as it travels. Throws `value_unsupported`. */
  encode(accumulated: ReadonlyMap<Accumulating, unknown>): Accumulated {
    return [...accumulated].map(([accumulator, partial]) => [
      this.#ids.get(accumulator) ?? "unknown",
      encodeValue(partial),
    ]);
  }

  /** Adds what has come from elsewhere to what a task of this process has. Throws `accumulator_unknown`. */
  join(into: Map<Accumulating, unknown>, accumulated: Accumulated): void {
    for (const [id, bytes] of accumulated) {
      const accumulator = this.#byId.get(id);
      if (accumulator === undefined) throw new StreamError("accumulator_unknown", { id });
      const partial = decodeValue(bytes);
      const own = into.has(accumulator)
        ? accumulator.joined(into.get(accumulator), partial)
        : partial;
      into.set(accumulator, own);
    }
  }
}
