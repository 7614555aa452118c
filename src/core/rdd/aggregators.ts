/** Owns: the aggregators of the pair operators. */
import type { Aggregator } from "./aggregator.ts";

/** `reduceByKey`. */
export function reducing<V>(f: (left: V, right: V) => V): Aggregator<V, V> {
  return { create: (value) => value, mergeValue: f, mergeCombiners: f, mapSideCombine: true };
}

/** `groupByKey`: nothing is gained by combining before the shuffle. */
export function grouping<V>(): Aggregator<V, V[]> {
  return {
    create: (value) => [value],
    mergeValue: (values, value) => {
      values.push(value);
      return values;
    },
    mergeCombiners: (left, right) => {
      for (const value of right) left.push(value);
      return left;
    },
    mapSideCombine: false,
  };
}

/** `aggregateByKey` and `foldByKey`: each key begins with a structured clone of `zero`. */
export function aggregating<V, U>(
  zero: U,
  addValue: (total: U, value: V) => U,
  merge: (left: U, right: U) => U,
): Aggregator<V, U> {
  return {
    create: (value) => addValue(structuredClone(zero), value),
    mergeValue: addValue,
    mergeCombiners: merge,
    mapSideCombine: true,
  };
}

/** `distinct`: the first of equal records stays. */
export const keepingFirst: Aggregator<null, null> = {
  create: () => null,
  mergeValue: () => null,
  mergeCombiners: () => null,
  mapSideCombine: true,
};
