/** Owns: how the values of a key become one combined value, within a task and across tasks. */
import { StreamError } from "../../base/index.ts";
import type { KeyMap } from "../../codec/index.ts";
import type { NotPromise, Returned } from "./returned.ts";
import type { OperatorSite, TaskContext } from "./task.ts";
import { refusePromise, userError } from "./user-function.ts";

/** How the values of one key become one combined value; the functions may change the combined value in place. */
export interface Aggregator<V, C> {
  readonly create: (value: V) => C;
  readonly mergeValue: (combined: C, value: V) => C;
  readonly mergeCombiners: (left: C, right: C) => C;
  /** Whether a map task combines what it has of a key before it hands it over. */
  readonly mapSideCombine: boolean;
}

/** An aggregator as a program gives it; it combines before the shuffle unless it says otherwise. */
export interface Combining<V, C> {
  readonly create: (value: V) => C & NotPromise<C>;
  readonly mergeValue: (combined: C, value: V) => Returned<C>;
  readonly mergeCombiners: (left: C, right: C) => Returned<C>;
  readonly mapSideCombine?: boolean;
}

/** The combined value of a key while it grows: one look-up per record instead of two. */
export interface Holder<C> {
  value: C;
}

/** Combined values by key. */
export type Combined<K, C> = KeyMap<K, Holder<C>>;

/** Takes pairs, combining their values into `combined`; throws `pair_expected`. */
export function combineInto<K, V, C>(
  combined: Combined<K, C>,
  aggregator: Aggregator<V, C>,
  site: OperatorSite,
  { task }: { readonly task: TaskContext | undefined },
): (pair: readonly [K, V]) => void {
  const { mergeValue } = aggregator;
  return (pair) => {
    try {
      checkPair(pair);
      const key = pair[0];
      const value = pair[1];
      const holder = combined.get(key);
      if (holder === undefined) {
        const created = aggregator.create(value);
        if (typeof created === "object") refusePromise(created);
        combined.set(key, { value: created });
      } else {
        const merged = mergeValue(holder.value, value);
        if (typeof merged === "object") refusePromise(merged);
        holder.value = merged;
      }
    } catch (error) {
      throw userError(site, task, error);
    }
  };
}

/** Takes combined values, joining them into `combined`. */
export function joinInto<K, V, C>(
  combined: Combined<K, C>,
  aggregator: Aggregator<V, C>,
  site: OperatorSite,
  { task }: { readonly task: TaskContext | undefined },
): (entry: readonly [K, Holder<C>]) => void {
  return ([key, other]) => {
    const holder = combined.get(key);
    if (holder === undefined) {
      combined.set(key, other);
      return;
    }
    try {
      holder.value = aggregator.mergeCombiners(holder.value, other.value);
      if (typeof holder.value === "object") refusePromise(holder.value);
    } catch (error) {
      throw userError(site, task, error);
    }
  };
}

/** Throws `pair_expected` for a record that is no [key, value]; `userError` adds the place. */
export function checkPair(pair: unknown): void {
  if (!Array.isArray(pair) || pair.length !== 2) refuseRecord(pair);
}

function refuseRecord(record: unknown): never {
  throw new StreamError("pair_expected", { record });
}

/** The key of a pair; throws `pair_expected`. */
export function keyOf<K>(pair: readonly [K, unknown]): K {
  checkPair(pair);
  return pair[0];
}

/** The value of a pair; throws `pair_expected`. */
export function valueOf<V>(pair: readonly [unknown, V]): V {
  checkPair(pair);
  return pair[1];
}
