import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { compareKeys, hashKey } from "../../../../src/codec/index.ts";
import {
  HashPartitioner,
  KeyGroupPartitioner,
  type Partitioner,
  RangePartitioner,
} from "../../../../src/core/index.ts";
import { keyArbitrary } from "./models.ts";

const invalid = expect.objectContaining({ code: "argument_invalid" });
const someKeys = Array.from({ length: 5000 }, (_, index) => `key ${index}`);

const reached = (partitioner: Partitioner, keys: readonly unknown[]) =>
  [...new Set(keys.map((key) => partitioner.partitionOf(key)))].sort((a, b) => a - b);

const upTo = (count: number) => Array.from({ length: count }, (_, index) => index);

describe("HashPartitioner", () => {
  test("puts a key into the partition of its hash modulo their number, and null into 0", () =>
    fc.assert(
      fc.property(keyArbitrary, fc.integer({ min: 1, max: 300 }), (key, count) => {
        const partitioner = new HashPartitioner(count);
        expect(partitioner.partitionOf(key)).toBe(hashKey(key) % count);
        expect(partitioner.partitionOf(null)).toBe(0);
      }),
    ));

  test("reaches all partitions", () => {
    expect(reached(new HashPartitioner(37), someKeys)).toEqual(upTo(37));
  });

  test("equals one with as many partitions, and no other partitioner", () => {
    expect(new HashPartitioner(4).equals(new HashPartitioner(4))).toBe(true);
    expect(new HashPartitioner(4).equals(new HashPartitioner(5))).toBe(false);
    expect(new HashPartitioner(4).equals(new KeyGroupPartitioner(4))).toBe(false);
  });

  test("has one partition or more", () => {
    for (const count of [0, -1, 2.5, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(() => new HashPartitioner(count)).toThrow(invalid);
    }
  });
});

describe("KeyGroupPartitioner", () => {
  test("gives each partition a range of the 128 key groups, of about the same size, for any number up to 128", () => {
    for (let count = 1; count <= 128; count++) {
      const partitioner = new KeyGroupPartitioner(count);
      const ofGroup = new Map<number, number>();
      for (const key of someKeys) {
        const group = hashKey(key) % 128;
        const partition = partitioner.partitionOf(key);
        if ((ofGroup.get(group) ?? partition) !== partition) expect.fail(`group ${group} is split`);
        ofGroup.set(group, partition);
      }
      const partitions = [...ofGroup].sort(([a], [b]) => a - b).map(([, partition]) => partition);
      expect(partitions.length).toBe(128);
      expect(partitions).toEqual(partitions.toSorted((a, b) => a - b));
      expect([...new Set(partitions)]).toEqual(upTo(count));
      const sizes = upTo(count).map((p) => partitions.filter((other) => other === p).length);
      expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
    }
  });

  test("refuses more partitions than there are key groups, and fewer than one", () => {
    for (const count of [129, 0, -1, 1.5]) {
      expect(() => new KeyGroupPartitioner(count)).toThrow(invalid);
    }
  });

  test("equals one with as many partitions, and no other partitioner", () => {
    expect(new KeyGroupPartitioner(4).equals(new KeyGroupPartitioner(4))).toBe(true);
    expect(new KeyGroupPartitioner(4).equals(new KeyGroupPartitioner(3))).toBe(false);
    expect(new KeyGroupPartitioner(4).equals(new HashPartitioner(4))).toBe(false);
  });
});

describe("RangePartitioner", () => {
  test("puts a key into the first partition whose bound it does not exceed, or the other way round", () => {
    const up = new RangePartitioner([10, 20]);
    expect([5, 10, 11, 20, 21].map((key) => up.partitionOf(key))).toEqual([0, 0, 1, 1, 2]);
    const down = new RangePartitioner([10, 20], false);
    expect([5, 10, 11, 20, 21].map((key) => down.partitionOf(key))).toEqual([2, 2, 1, 1, 0]);
    expect(new RangePartitioner([]).partitionOf("anything")).toBe(0);
    expect([up.partitionCount, new RangePartitioner([]).partitionCount]).toEqual([3, 1]);
  });

  test("keeps the order of keys over partitions, for keys of any kind", () =>
    fc.assert(
      fc.property(
        fc.array(keyArbitrary, { maxLength: 60 }),
        fc.integer({ min: 1, max: 6 }),
        fc.boolean(),
        (keys, count, ascending) => {
          const partitioner = RangePartitioner.ofSample(keys, count, ascending);
          expect(partitioner.partitionCount).toBeLessThanOrEqual(count);
          for (const a of keys) {
            for (const b of keys) {
              const order = compareKeys(a, b) * (ascending ? 1 : -1);
              const difference = partitioner.partitionOf(a) - partitioner.partitionOf(b);
              if (order < 0) expect(difference).toBeLessThanOrEqual(0);
              if (order === 0) expect(difference).toBe(0);
            }
          }
        },
      ),
    ));

  test("of a sample shares distinct keys out evenly", () =>
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 9 }),
        fc.integer({ min: 1, max: 40 }),
        (count, each) => {
          const keys = upTo(count * each).reverse();
          const partitioner = RangePartitioner.ofSample(keys, count, true);
          for (const part of upTo(count)) {
            const inPart = keys.filter((key) => partitioner.partitionOf(key) === part);
            expect(inPart.length).toBe(each);
          }
        },
      ),
    ));

  test("of a few distinct keys that are equally many gives each a partition of its own", () => {
    const keys = ["c", "a", "b", "b", "a", "c", "c", "a", "b"];
    for (const count of [3, 4, 9, 20]) {
      expect(reached(RangePartitioner.ofSample(keys, count, true), keys)).toEqual([0, 1, 2]);
      expect(reached(RangePartitioner.ofSample(keys, count, false), keys).length).toBe(3);
    }
    expect(reached(RangePartitioner.ofSample([7, 7, 7], 4, true), [7])).toEqual([0]);
    expect(RangePartitioner.ofSample([], 5, true).partitionCount).toBe(1);
  });

  test("equals one with equal bounds and direction", () => {
    const partitioner = new RangePartitioner([[1, "a"], [2]]);
    expect(partitioner.equals(new RangePartitioner([[1, "a"], [2]]))).toBe(true);
    expect(partitioner.equals(new RangePartitioner([[1, "a"], [2]], false))).toBe(false);
    expect(partitioner.equals(new RangePartitioner([[1, "a"], [3]]))).toBe(false);
    expect(partitioner.equals(new RangePartitioner([[1, "a"]]))).toBe(false);
    expect(partitioner.equals(new HashPartitioner(3))).toBe(false);
  });

  test("refuses bounds that do not ascend", () => {
    for (const bounds of [
      [2, 1],
      [1, 1],
      ["b", "a", "c"],
    ]) {
      expect(() => new RangePartitioner(bounds)).toThrow(invalid);
    }
  });
});
