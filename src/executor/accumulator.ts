/** Owns: shared variables: accumulators, which tasks add to, and broadcast values, which tasks read. */

import { StreamError } from "../base/index.ts";
import { decodeValue, encodeValue } from "../codec/index.ts";
import { type Accumulating, currentJob, taskContext } from "../core/index.ts";

/** How an accumulator adds; `add` and `merge` return the new total and may change their first argument. */
export interface AccumulatorForm<V, T> {
  zero(): T;
  add(total: T, value: V): T;
  merge(left: T, right: T): T;
}

/** The sum of numbers. */
export const summing: AccumulatorForm<number, number> = {
  zero: () => 0,
  add: (total, value) => total + value,
  merge: (left, right) => left + right,
};

/** A total that tasks add to. What a task added counts once it has succeeded, and only then. */
export class Accumulator<V, T = V> implements Accumulating {
  readonly name: string | undefined;
  readonly #form: AccumulatorForm<V, T>;
  #total: T;

  constructor(form: AccumulatorForm<V, T>, name?: string) {
    this.#form = form;
    this.name = name;
    this.#total = form.zero();
  }

  /** Adds a value, in a task or on the driver. */
  add(value: V): void {
    const accumulated = taskContext()?.accumulated;
    if (accumulated === undefined) {
      this.#addOnDriver(value);
      return;
    }
    const partial = accumulated.has(this) ? (accumulated.get(this) as T) : this.#form.zero();
    accumulated.set(this, this.#form.add(partial, value));
  }

  #addOnDriver(value: V): void {
    const job = currentJob();
    // The body of an output may fail and run again: it counts with its job, as its tasks do.
    if (job !== undefined) job.accumulated.push([this, this.#form.add(this.#form.zero(), value)]);
    else this.#total = this.#form.add(this.#total, value);
  }

  /** The total of what has been counted; to be read on the driver. */
  get value(): T {
    return this.#total;
  }

  /** Begins again from zero. */
  reset(): void {
    this.#total = this.#form.zero();
  }

  /** Takes over the total of an earlier life, in parts. */
  restore(parts: readonly unknown[]): void {
    this.#total = this.mergeParts(parts) as T;
  }

  /** A total of its own, of these parts. */
  mergeParts(parts: readonly unknown[]): unknown {
    const own = decodeValue(encodeValue(parts)) as readonly T[];
    return own.reduce((left, right) => this.#form.merge(left, right), this.#form.zero());
  }

  merge(partial: unknown): void {
    this.#total = this.#form.merge(this.#total, partial as T);
  }

  joined(left: unknown, right: unknown): unknown {
    return this.#form.merge(left as T, right as T);
  }
}

/** A value that every task may read. */
export class Broadcast<T> {
  #value: { readonly held: T } | undefined;

  constructor(value: T) {
    this.#value = { held: value };
  }

  /** The value; throws `broadcast_destroyed`. */
  get value(): T {
    if (this.#value === undefined) throw new StreamError("broadcast_destroyed");
    return this.#value.held;
  }

  /** Lets go of the value; reading it throws from then on. */
  destroy(): void {
    this.#value = undefined;
  }
}
