/** Owns: how the values of a key become one combined value, within a task and across tasks. */
import { objectWithMethods, StreamError } from "../../base/index.ts";
import type { KeyMap } from "../../codec/index.ts";
import { changeRefused } from "./private-copy.ts";
import { type Holder, reduceInto } from "./reduction.ts";
import type { NotPromise, Returned } from "./returned.ts";
import type { OperatorSite, TaskContext } from "./task.ts";
import { refusePromise, userError } from "./user-function.ts";

/**
 * How the values of one key become one combined value. The functions may change the combined value in place: where it is a
 * record still, they are given a copy. What `create` makes of a value is the key's own, unless it is that very value.
 */
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

/** An aggregator of what a program gives; throws `argument_invalid` where its functions are none. */
export function combining<V, C>(given: Combining<V, C>): Aggregator<V, C> {
  objectWithMethods("aggregator", given, ["create", "mergeValue", "mergeCombiners"]);
  const { create, mergeValue, mergeCombiners, mapSideCombine = true } = given;
  return { create, mergeValue, mergeCombiners, mapSideCombine };
}

/** Combined values by key, each in a holder while it grows: one look-up per record instead of two. */
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
        const isShared = typeof created === "object" && (created as unknown) === value;
        if (typeof created === "object") refusePromise(created);
        combined.set(key, { value: created, isShared });
      } else {
        const merged = reduceInto(holder, value, mergeValue, true);
        if (typeof merged === "object") refusePromise(merged);
      }
    } catch (error) {
      throw userError(site, task, changeRefused(error));
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
      const merged = reduceInto(holder, other.value, aggregator.mergeCombiners, other.isShared);
      if (typeof merged === "object") refusePromise(merged);
    } catch (error) {
      throw userError(site, task, changeRefused(error));
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
