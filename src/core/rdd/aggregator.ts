/** Owns: how the values of a key become one combined value, within a task and across tasks. */
import { StreamError } from "../../base/index.ts";
import type { KeyMap } from "../../codec/index.ts";
import type { Flow } from "./flow.ts";
import type { OperatorSite } from "./task.ts";
import { userError } from "./user-function.ts";

/** How the values of one key become one combined value; the functions may change the combined value in place. */
export interface Aggregator<V, C> {
  create(value: V): C;
  mergeValue(combined: C, value: V): C;
  mergeCombiners(left: C, right: C): C;
  /** Whether a map task combines what it has of a key before it hands it over. */
  readonly mapSideCombine: boolean;
}

/** The combined value of a key while it grows: one look-up per record instead of two. */
export interface Holder<C> {
  value: C;
}

/** Combined values by key. */
export type Combined<K, C> = KeyMap<K, Holder<C>>;

/** Takes pairs, combining their values into `combined`. */
export function combineInto<K, V, C>(
  combined: Combined<K, C>,
  aggregator: Aggregator<V, C>,
  site: OperatorSite,
  { task }: Flow,
): (pair: readonly [K, V]) => void {
  return (pair) => {
    const key = pair[0];
    try {
      const holder = combined.get(key);
      if (holder !== undefined) holder.value = aggregator.mergeValue(holder.value, pair[1]);
      else combined.set(key, { value: aggregator.create(pair[1]) });
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
  { task }: Flow,
): (entry: readonly [K, Holder<C>]) => void {
  return ([key, other]) => {
    const holder = combined.get(key);
    if (holder === undefined) {
      combined.set(key, other);
      return;
    }
    try {
      holder.value = aggregator.mergeCombiners(holder.value, other.value);
    } catch (error) {
      throw userError(site, task, error);
    }
  };
}

/** Throws `pair_expected` for a record that is no [key, value]. */
export function checkPair(pair: unknown, site: OperatorSite): void {
  if (!Array.isArray(pair) || pair.length !== 2) {
    throw new StreamError("pair_expected", { operator: site.uid, record: pair });
  }
}
