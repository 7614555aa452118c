/** Owns: records at random for tests of datasets, and comparing them by value, without the engine's own maps. */
import fc from "fast-check";
import { expect } from "vitest";
import { compareKeys, encodeKey } from "../../../../src/codec/index.ts";

/** Few keys of every kind, so that many records share one; 0 and -0 are one key, and so is each NaN. */
export const keyArbitrary: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom<unknown>(0, -0, Number.NaN, 1, -1.5, "1", "", null, undefined, true, 1n),
  fc.tuple(fc.constantFrom("a", "b"), fc.integer({ min: 0, max: 2 })),
  fc.constantFrom(0, 1).map((time) => new Date(time)),
  fc.constantFrom([1, 2], [1]).map((bytes) => Uint8Array.from(bytes)),
  fc.constantFrom(1, 2).map((x) => ({ x })),
);

export const pairsArbitrary: fc.Arbitrary<[unknown, number][]> = fc.array(
  fc.tuple(keyArbitrary, fc.integer({ min: -9, max: 9 })),
  { maxLength: 40 },
);

export const partitionCountArbitrary: fc.Arbitrary<number> = fc.integer({ min: 1, max: 5 });

/** Records in partitions, some of them empty. */
export function partsArbitrary<T>(record: fc.Arbitrary<T>): fc.Arbitrary<T[][]> {
  return fc.array(fc.array(record, { maxLength: 12 }), { minLength: 1, maxLength: 5 });
}

/** The values of each key, in order, by the text of the key. */
export function groupsOf<V>(pairs: readonly (readonly [unknown, V])[]): Map<string, V[]> {
  const groups = new Map<string, V[]>();
  for (const [key, value] of pairs) {
    const text = encodeKey(key);
    groups.set(text, [...(groups.get(text) ?? []), value]);
  }
  return groups;
}

/** Pairs as a map by the text of the key; a key that comes twice fails the test. */
export function byKey<V>(pairs: Iterable<readonly [unknown, V]>): Map<string, V> {
  const map = new Map<string, V>();
  for (const [key, value] of pairs) {
    if (map.has(encodeKey(key))) expect.fail(`${encodeKey(key)} comes twice`);
    map.set(encodeKey(key), value);
  }
  return map;
}

/** Expects the same records as often, in any order. */
export function expectSameRecords(actual: readonly unknown[], expected: readonly unknown[]): void {
  expect(actual.map(encodeKey).sort()).toEqual(expected.map(encodeKey).sort());
}

/** The records in the order of their keys, equal ones as they came; a plain sort would put undefined last. */
export function sortedBy<T>(records: readonly T[], keyOf: (record: T) => unknown): T[] {
  return records
    .map((record) => ({ record, key: keyOf(record) }))
    .sort((a, b) => compareKeys(a.key, b.key))
    .map(({ record }) => record);
}

/** The records of a map by key, with each value changed. */
export function mapped<V, W>(groups: ReadonlyMap<string, V>, f: (value: V) => W): Map<string, W> {
  return new Map([...groups].map(([key, value]) => [key, f(value)]));
}
