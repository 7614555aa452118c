/** Owns: what joins, intersections and subtractions make of cogrouped values. */

import type { RDDNode } from "./node.ts";
import { CogroupNode, type Groups } from "./operators/cogroup.ts";
import { FilterNode } from "./operators/filter.ts";
import { FlatMapValuesNode } from "./operators/flat-map-values.ts";
import { MapNode } from "./operators/map.ts";
import type { Partitioner } from "./partitioner.ts";

/** Which side of a join keeps keys that the other has not. */
export type JoinKind = "join" | "leftOuterJoin" | "rightOuterJoin" | "fullOuterJoin";

/** Pairs of the values that two datasets have for a key; undefined on the side that has none, as far as the kind of join keeps those. */
export function joined<K>(
  kind: JoinKind,
  left: RDDNode<[K, never]> | RDDNode<[K, unknown]>,
  right: RDDNode<[K, never]> | RDDNode<[K, unknown]>,
  partitioner: Partitioner,
): RDDNode<[K, [unknown, unknown]]> {
  const keepsLeft = kind === "leftOuterJoin" || kind === "fullOuterJoin";
  const keepsRight = kind === "rightOuterJoin" || kind === "fullOuterJoin";
  return new FlatMapValuesNode<K, Groups, [unknown, unknown]>(
    grouped<K>([left, right], partitioner, kind),
    ([lefts = [], rights = []]) =>
      allPairs(
        keepsRight && lefts.length === 0 ? [undefined] : lefts,
        keepsLeft && rights.length === 0 ? [undefined] : rights,
      ),
    kind,
  );
}

/** More of them are made one by one: all pairs of two long lists at once would keep everything else waiting. */
const pairsAtOnceMax = 256;

function allPairs(
  lefts: readonly unknown[],
  rights: readonly unknown[],
): Iterable<[unknown, unknown]> {
  if (lefts.length * rights.length > pairsAtOnceMax) return eachPair(lefts, rights);
  const pairs: [unknown, unknown][] = [];
  for (const left of lefts) for (const right of rights) pairs.push([left, right]);
  return pairs;
}

function* eachPair(
  lefts: readonly unknown[],
  rights: readonly unknown[],
): Generator<[unknown, unknown], void, undefined> {
  for (const left of lefts) for (const right of rights) yield [left, right];
}

/** Each key with the values that each dataset has for it. */
export function grouped<K>(
  parents: readonly (RDDNode<[K, never]> | RDDNode<[K, unknown]>)[],
  partitioner: Partitioner,
  kind = "cogroup",
): RDDNode<[K, Groups]> {
  return new CogroupNode<K>(parents, partitioner, kind);
}

/** The distinct records that both datasets have. */
export function intersected<T>(
  left: RDDNode<T>,
  right: RDDNode<T>,
  partitioner: Partitioner,
): RDDNode<T> {
  const both = new FilterNode(
    grouped<T>([keyed(left), keyed(right)], partitioner, "intersection"),
    ([, [lefts = [], rights = []]]) => lefts.length > 0 && rights.length > 0,
    "intersection",
  );
  return new MapNode(both, ([record]) => record, "intersection");
}

/** The records of the left dataset, as often as they are there, that the right one has not. */
export function subtracted<T>(
  left: RDDNode<T>,
  right: RDDNode<T>,
  partitioner: Partitioner,
): RDDNode<T> {
  const rest = subtractedByKey(keyed(left), keyed(right), partitioner, "subtract");
  return new MapNode(rest, ([record]) => record, "subtract");
}

/** The pairs of the left dataset whose key the right one has not. */
export function subtractedByKey<K, V>(
  left: RDDNode<[K, V]>,
  right: RDDNode<[K, never]> | RDDNode<[K, unknown]>,
  partitioner: Partitioner,
  kind = "subtractByKey",
): RDDNode<[K, V]> {
  return new FlatMapValuesNode<K, Groups, V>(
    grouped<K>([left, right], partitioner, kind),
    ([lefts = [], rights = []]) => (rights.length > 0 ? [] : (lefts as V[])),
    kind,
  );
}

function keyed<T>(dataset: RDDNode<T>): RDDNode<[T, unknown]> {
  return new MapNode<T, [T, unknown]>(dataset, (record) => [record, null]);
}
