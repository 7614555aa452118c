/** Owns: the value that a reduction has come to, and whether others can see it as well. */
import { changeRefused, privateCopy } from "./private-copy.ts";
import type { OperatorSite, TaskContext } from "./task.ts";
import { refusePromise, userError } from "./user-function.ts";

/**
 * What was reduced so far. A function that reduces may change its left argument, so that it must not be a record: one
 * that is, is copied before the first call that is given it. A value that stays alone is never copied.
 */
export interface Holder<C> {
  value: C;
  /** Whether the value is a record, which others see as well. */
  isShared: boolean;
}

/** Reduces one more value into the holder; the result is the holder's own, unless it is the right one and that is shared. */
export function reduceInto<C, V>(
  holder: Holder<C>,
  right: V,
  f: (left: C, right: V) => C,
  rightIsShared: boolean,
): C {
  const merged = f(holder.isShared ? privateCopy(holder.value) : holder.value, right);
  holder.isShared = rightIsShared && typeof merged === "object" && (merged as unknown) === right;
  holder.value = merged;
  return merged;
}

/** Reduces records, or the results of other reductions, one after the other. */
export class Reduction<C, V> {
  readonly #f: (left: C, right: V) => C;
  readonly #site: OperatorSite;
  readonly #task: TaskContext | undefined;
  #holder: Holder<C> | undefined;

  /** Without a holder to begin with, the first value is the first result. */
  constructor(
    f: (left: C, right: V) => C,
    site: OperatorSite,
    task: TaskContext | undefined,
    begin?: Holder<C>,
  ) {
    this.#f = f;
    this.#site = site;
    this.#task = task;
    this.#holder = begin;
  }

  /** Undefined where there was nothing to reduce. */
  get result(): Holder<C> | undefined {
    return this.#holder;
  }

  /** Takes a record. */
  add(record: V): void {
    this.#reduce(record, true);
  }

  /** Takes the result of another reduction. */
  join({ value, isShared }: Holder<V>): void {
    this.#reduce(value, isShared);
  }

  #reduce(right: V, isShared: boolean): void {
    const holder = this.#holder;
    if (holder === undefined) {
      this.#holder = { value: right as unknown as C, isShared };
      return;
    }
    try {
      refusePromise(reduceInto(holder, right, this.#f, isShared));
    } catch (error) {
      throw userError(this.#site, this.#task, changeRefused(error));
    }
  }
}
