import { describe, expect, test } from "vitest";
import { Settlement } from "../../../../src/base/index.ts";
import { type StorageLevelName, StorageLevels, storageLevel } from "../../../../src/core/index.ts";
import { type Datasets, datasets, partitionsOf } from "./datasets.ts";

const keeping = Object.values(StorageLevels).filter(({ name }) => name !== "NONE");

/** Numbers whose partitions are counted as they are computed. */
function countedNumbers(given: Datasets) {
  const computed: number[] = [];
  const numbers = given.of([0, 1, 2, 3], 2).mapPartitionsWithIndex((partition, records) => {
    computed.push(partition);
    return records.map((x) => x * 10);
  });
  return { computed, numbers };
}

describe("a persisted dataset", () => {
  test.each(keeping)("at $name is computed once, and again after unpersist", async (level) => {
    const given = datasets();
    const { computed, numbers } = countedNumbers(given);
    expect(numbers.persist(level.name)).toBe(numbers);
    expect(numbers.storageLevel).toBe(level);
    expect(computed).toEqual([]);
    for (let round = 0; round < 2; round++) {
      expect(await partitionsOf(numbers)).toEqual([
        [0, 10],
        [20, 30],
      ]);
    }
    expect(computed).toEqual([0, 1]);
    expect(given.blocks.get(`rdd-${numbers.id}-1`)).toBeDefined();
    expect(await numbers.unpersist()).toBe(numbers);
    expect(given.blocks.get(`rdd-${numbers.id}-1`)).toBeUndefined();
    expect(numbers.storageLevel).toBe(StorageLevels.NONE);
    expect(await numbers.collect()).toEqual([0, 10, 20, 30]);
    expect(await numbers.collect()).toEqual([0, 10, 20, 30]);
    expect(computed).toEqual([0, 1, 0, 1, 0, 1]);
  });

  test("keeps a partition whole from the first time on that any of it is needed", async () => {
    const { computed, numbers } = countedNumbers(datasets());
    numbers.cache();
    expect(await numbers.take(1)).toEqual([0]);
    expect(computed).toEqual([0]);
    expect(await numbers.collect()).toEqual([0, 10, 20, 30]);
    expect(computed).toEqual([0, 1]);
  });

  test("is read by all that is made of it", async () => {
    const { computed, numbers } = countedNumbers(datasets());
    numbers.cache();
    await numbers.map((x) => x + 1).collect();
    await numbers
      .keyBy((x) => x)
      .groupByKey()
      .collect();
    await numbers.union(numbers).zipWithIndex().collect();
    expect(computed).toEqual([0, 1]);
  });

  test("gives up nothing that another one keeps", async () => {
    const given = datasets();
    const [one, other] = [countedNumbers(given), countedNumbers(given)];
    one.numbers.cache();
    other.numbers.cache();
    await one.numbers.collect();
    await other.numbers.collect();
    await one.numbers.unpersist();
    expect(await other.numbers.collect()).toEqual([0, 10, 20, 30]);
    expect(other.computed).toEqual([0, 1]);
  });

  test("is computed each time where memory has no room for it", async () => {
    const { computed, numbers } = countedNumbers(datasets({ memoryBytesMax: 0 }));
    numbers.persist("MEMORY_ONLY");
    expect(await numbers.collect()).toEqual([0, 10, 20, 30]);
    expect(await numbers.collect()).toEqual([0, 10, 20, 30]);
    expect(computed).toEqual([0, 1, 0, 1]);
  });

  test("is computed again where a kept partition cannot be read any more", async () => {
    const given = datasets();
    const { computed, numbers } = countedNumbers(given);
    numbers.persist("DISK_ONLY");
    await numbers.collect();
    const { blocks } = given;
    const get = blocks.get.bind(blocks);
    let reads = 0;
    // As a block store does whose file is gone: it says so once, and knows the block no more.
    blocks.get = (id) => {
      const block = get(id);
      if (block === undefined || reads++ > 0) return block;
      return {
        ...block,
        read: async () => {
          await blocks.remove(id);
          return block.read();
        },
      };
    };
    expect(await numbers.collect()).toEqual([0, 10, 20, 30]);
    expect(await numbers.collect()).toEqual([0, 10, 20, 30]);
    expect(computed).toEqual([0, 1, 0]);
  });

  test("keeps nothing of a partition whose computation failed", async () => {
    let fail = true;
    const numbers = datasets()
      .of([1, 2])
      .map((x) => {
        if (fail && x === 2) throw new Error("no");
        return x;
      })
      .cache();
    await expect(numbers.collect()).rejects.toThrow("no");
    fail = false;
    expect(await numbers.collect()).toEqual([1, 2]);
  });

  test("keeps nothing when it is unpersisted while it is computed", async () => {
    const given = datasets();
    const { computed, numbers } = countedNumbers(given);
    const begun = new Settlement();
    const gate = new Settlement();
    const slow = numbers.mapAsync(async (x) => {
      begun.resolve();
      await gate.promise;
      return x;
    });
    const collecting = slow.cache().collect();
    await begun.promise;
    await slow.unpersist();
    gate.resolve();
    expect(await collecting).toEqual([0, 10, 20, 30]);
    expect(given.blocks.get(`rdd-${slow.id}-0`)).toBeUndefined();
    expect(await slow.collect()).toEqual([0, 10, 20, 30]);
    expect(computed).toEqual([0, 1, 0, 1]);
  });

  test("names its operator when its records cannot be kept in that form", async () => {
    const unkept = datasets()
      .of([() => 1])
      .map((f) => f)
      .persist("MEMORY_ONLY_SER");
    await expect(unkept.collect()).rejects.toMatchObject({
      code: "value_unsupported",
      details: { operator: "map@rdd-1", partition: 0 },
    });
  });
});

describe("a storage level", () => {
  test("is MEMORY_ONLY unless another is named", () => {
    const given = datasets();
    expect(given.of([1]).storageLevel).toBe(StorageLevels.NONE);
    expect(given.of([1]).persist().storageLevel).toBe(StorageLevels.MEMORY_ONLY);
    expect(given.of([1]).cache().storageLevel).toBe(StorageLevels.MEMORY_ONLY);
    expect(given.of([1]).persist(StorageLevels.DISK_ONLY).storageLevel.name).toBe("DISK_ONLY");
  });

  test("stays, once it is set, until unpersist", async () => {
    const numbers = datasets().of([1]).persist("MEMORY_ONLY");
    expect(numbers.persist("MEMORY_ONLY")).toBe(numbers);
    expect(() => numbers.persist("DISK_ONLY")).toThrow(
      expect.objectContaining({
        code: "storage_level_fixed",
        details: { current: "MEMORY_ONLY", asked: "DISK_ONLY" },
      }),
    );
    await numbers.unpersist();
    expect(numbers.persist("DISK_ONLY").storageLevel).toBe(StorageLevels.DISK_ONLY);
  });

  test("has one of the names of the guide", () => {
    const unknown = expect.objectContaining({ code: "storage_level_unknown" });
    expect(() =>
      datasets()
        .of([1])
        .persist("MEMORY" as StorageLevelName),
    ).toThrow(unknown);
    expect(() => storageLevel("toString" as StorageLevelName)).toThrow(unknown);
    expect(storageLevel("OFF_HEAP")).toBe(StorageLevels.OFF_HEAP);
  });
});
