/** Owns: the aggregators of the pair operators, and what they begin with. */
import { functionArgument, StreamError } from "../../base/index.ts";
import type { Aggregator } from "./aggregator.ts";

/** `reduceByKey`. */
export function reducing<V>(f: (left: V, right: V) => V): Aggregator<V, V> {
  functionArgument("f", f);
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

/** A structured clone that may be changed in place; throws `argument_invalid` for what has more to it than its data. */
export function copyOfZero<U>(zero: U): U {
  if (typeof zero !== "object" || zero === null) return zero;
  try {
    const copy = structuredClone(zero);
    const form: unknown = Object.getPrototypeOf(zero);
    if (form === null || form === Object.getPrototypeOf(copy)) return copy;
  } catch (error) {
    throw zeroRefused(zero, { cause: error });
  }
  throw zeroRefused(zero);
}

function zeroRefused(zero: object, options: { cause?: unknown } = {}): StreamError {
  return new StreamError(
    "argument_invalid",
    { zero, expected: "plain data, as it is cloned; no instance of a class" },
    options,
  );
}

/**
 * `aggregateByKey` and `foldByKey`: each key begins with a structured clone of `zero`, in each partition that has it.
 * Throws `argument_invalid` for a zero that is no plain data.
 */
export function aggregating<V, U>(
  zero: U,
  addValue: (total: U, value: V) => U,
  merge: (left: U, right: U) => U,
): Aggregator<V, U> {
  copyOfZero(zero);
  functionArgument("addValue", addValue);
  functionArgument("merge", merge);
  return {
    create: (value) => addValue(copyOfZero(zero), value),
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
