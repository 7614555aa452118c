import { describe, expect, test } from "vitest";
import {
  HashPartitioner,
  type RDD,
  stagesBefore,
  taskContext,
} from "../../../../src/core/index.ts";
import { type Datasets, datasets, partitionsOf } from "./datasets.ts";
import { byKey } from "./models.ts";

const purposes = (dataset: RDD<never> | RDD<unknown>) =>
  stagesBefore(dataset.node).map(({ purpose }) => purpose);

const letters = ["a", "b", "a", "c", "a", "b"];
const counted = new Map([
  ['"a"', 3],
  ['"b"', 2],
  ['"c"', 1],
]);

/** Pairs of letters, whose map side counts the records that it computes. */
function letterPairs(given: Datasets, partitionCount = 3) {
  const computed = { records: 0 };
  const pairs = given.of(letters, partitionCount).map((letter): [string, number] => {
    computed.records++;
    return [letter, 1];
  });
  return { computed, pairs };
}

describe("operators within a stage", () => {
  test("pass each record on before the next one is computed", async () => {
    const order: string[] = [];
    await datasets()
      .of([1, 2])
      .map((x) => {
        order.push(`map ${x}`);
        return x;
      })
      .flatMap((x) => {
        order.push(`flatMap ${x}`);
        return [x, x];
      })
      .filter((x) => {
        order.push(`filter ${x}`);
        return true;
      })
      .foreach((x) => {
        order.push(`foreach ${x}`);
      });
    const of = (x: number) => [`map ${x}`, `flatMap ${x}`, ...twice(`filter ${x}`, `foreach ${x}`)];
    expect(order).toEqual([...of(1), ...of(2)]);
  });

  const twice = (...steps: string[]) => [...steps, ...steps];

  test("compute no more records than an action takes, whatever stands between", async () => {
    let computed = 0;
    const given = datasets();
    const counting = given.of([1, 2, 3, 4, 5, 6], 2).map((x) => {
      computed++;
      return x;
    });
    const take = async (dataset: RDD<never> | RDD<unknown>, count: number) => {
      computed = 0;
      expect((await dataset.take(count)).length).toBe(count);
      return computed;
    };
    const partitioner = new HashPartitioner(2);
    expect(await take(counting, 1)).toBe(1);
    expect(await take(counting, 0)).toBe(0);
    expect(
      await take(
        counting.filter((x) => x > 1),
        1,
      ),
    ).toBe(2);
    expect(
      await take(
        counting.flatMap((x) => [x, x, x]),
        2,
      ),
    ).toBe(1);
    expect(
      await take(
        counting.keyBy((x) => x).mapValues((x) => x),
        1,
      ),
    ).toBe(1);
    expect(
      await take(
        counting.keyBy((x) => x).flatMapValues((x) => [x, x]),
        2,
      ),
    ).toBe(1);
    expect(await take(counting.sample(true, 9), 2)).toBe(1);
    expect(await take(counting.union(counting), 4)).toBe(4);
    expect(await take(counting.coalesce(1), 4)).toBe(4);
    expect(await take(counting.zipWithUniqueId(), 2)).toBe(2);
    const placed = counting.keyBy((x) => x).partitionBy(partitioner);
    await placed.collect();
    expect(await take(placed.union(placed), 1)).toBe(0);
    expect(await take(counting, 4)).toBe(4);
  });

  test("compute no partition of a union or a coalesce behind the one that was enough", async () => {
    const computed: number[] = [];
    const counted = (pairs: RDD<[number, number]>) =>
      pairs.mapPartitionsWithIndex(
        (partition, records) => {
          computed.push(partition);
          return records;
        },
        { preservesPartitioning: true },
      );
    const pairs = datasets()
      .of([1, 2, 3], 3)
      .keyBy((x) => x);
    await counted(pairs).coalesce(1).take(1);
    expect(computed).toEqual([0]);
    const placed = pairs.partitionBy(1);
    await counted(placed).union(counted(placed)).take(1);
    expect(computed).toEqual([0, 0]);
  });

  test("push nothing after the action has had enough", async () => {
    const seen: number[] = [];
    const looked = datasets()
      .of([1, 2, 3])
      .flatMap((x) => [x, x * 10])
      .filter((x) => {
        seen.push(x);
        return true;
      });
    expect(await looked.take(3)).toEqual([1, 10, 2]);
    expect(seen).toEqual([1, 10, 2]);
  });

  test("read generators without end as far as an action needs, and close them", async () => {
    let closed = 0;
    const countFrom = function* (x: number) {
      try {
        for (;;) yield x++;
      } finally {
        closed++;
      }
    };
    const given = datasets().of([5, 50]);
    expect(await given.flatMap(countFrom).take(3)).toEqual([5, 6, 7]);
    expect(closed).toBe(1);
    expect(await given.mapPartitions(([x = 0]) => countFrom(x)).take(2)).toEqual([5, 6]);
    expect(closed).toBe(2);
    const pairs = given.keyBy((x) => x);
    expect(await pairs.flatMapValues(countFrom).values().take(2)).toEqual([5, 6]);
    expect(closed).toBe(3);
    const zipped = given.zipPartitions(given, ([x = 0]) => countFrom(x));
    expect(await zipped.take(2)).toEqual([5, 6]);
    expect(closed).toBe(4);
  });

  test("wait for no more of an asynchronous generator than an action needs, and close it", async () => {
    const order: string[] = [];
    const records = datasets()
      .of([0])
      .mapPartitions(async function* () {
        try {
          yield 1;
          order.push("asked for more");
          await new Promise(() => {});
        } finally {
          order.push("closed");
        }
      });
    expect(await records.take(1)).toEqual([1]);
    expect(order).toEqual(["closed"]);
  });

  test("close generators when what is behind them throws", async () => {
    let closed = 0;
    const forever = function* () {
      try {
        for (;;) yield 1;
      } finally {
        closed++;
      }
    };
    const given = datasets().of([0]);
    const fail = () => {
      throw new Error("no");
    };
    await expect(given.flatMap(forever).map(fail).count()).rejects.toThrow("no");
    await expect(given.mapPartitions(forever).map(fail).count()).rejects.toThrow("no");
    expect(closed).toBe(2);
  });
});

describe("a shuffle", () => {
  test("runs its map side once, however often and by how many datasets its result is read", async () => {
    const given = datasets();
    const { computed, pairs } = letterPairs(given);
    const sums = pairs.reduceByKey((a, b) => a + b, 2);
    expect(computed.records).toBe(0);
    expect(byKey(await sums.collect())).toEqual(counted);
    expect(byKey(await sums.collect())).toEqual(counted);
    expect(await sums.map(([, count]) => count).sum()).toBe(6);
    expect(byKey(await sums.mapValues((x) => x).collect())).toEqual(counted);
    expect(computed.records).toBe(6);
    expect(given.stagesRun()).toEqual(["shuffle"]);
  });

  test("runs no stage again that is complete, and none that stands behind a complete one", async () => {
    const given = datasets();
    const { computed, pairs } = letterPairs(given);
    const placed = pairs.partitionBy(new HashPartitioner(2));
    const sums = placed.map(([letter, count]): [string, number] => [letter, count]);
    const twice = sums.reduceByKey((a, b) => a + b, 3);
    expect(purposes(twice)).toEqual(["shuffle", "shuffle"]);
    await placed.collect();
    expect(purposes(twice)).toEqual(["shuffle"]);
    await twice.collect();
    expect(purposes(twice)).toEqual([]);
    expect(purposes(twice.map((x) => x))).toEqual([]);
    expect(computed.records).toBe(6);
  });

  test("is run once by jobs that need it at the same time", async () => {
    const { computed, pairs } = letterPairs(datasets());
    const sums = pairs.mapAsync(async (pair) => pair).reduceByKey((a, b) => a + b, 2);
    const all = await Promise.all([sums.collect(), sums.collect(), sums.count()]);
    expect(byKey(all[0])).toEqual(counted);
    expect(byKey(all[1])).toEqual(counted);
    expect(all[2]).toBe(3);
    expect(computed.records).toBe(6);
  });

  test("merges only those partitions of its result that an action needs", async () => {
    const partitioner = new HashPartitioner(3);
    const merged = new Set<number | undefined>();
    const sums = letterPairs(datasets()).pairs.combineByKey(
      {
        create: (x: number) => x,
        mergeValue: (sum: number, x: number) => sum + x,
        mergeCombiners: (left: number, right: number) => {
          merged.add(taskContext()?.partition);
          return left + right;
        },
      },
      partitioner,
    );
    expect(await sums.lookup("a")).toEqual([3]);
    expect([...merged]).toEqual([partitioner.partitionOf("a")]);
  });

  test("gives the same again after its combined values were merged in place", async () => {
    const { pairs } = letterPairs(datasets());
    const lists = pairs.combineByKey(
      {
        create: (x: number) => [x],
        mergeValue: (list: number[], x: number) => {
          list.push(x);
          return list;
        },
        mergeCombiners: (left: number[], right: number[]) => {
          left.push(...right);
          return left;
        },
      },
      2,
    );
    const first = byKey(await lists.collect());
    expect(first).toEqual(new Map([...counted].map(([k, n]) => [k, Array(n).fill(1)])));
    expect(byKey(await lists.collect())).toEqual(first);
    expect(byKey(await lists.collect())).toEqual(first);
  });

  test("is right after a retry when merging in place failed in the middle", async () => {
    const { computed, pairs } = letterPairs(datasets());
    let failures = 2;
    const lists = pairs.combineByKey(
      {
        create: (x: number) => [x],
        mergeValue: (list: number[], x: number) => [...list, x],
        mergeCombiners: (left: number[], right: number[]) => {
          left.push(...right);
          if (failures-- > 0) throw new Error("half done");
          return left;
        },
      },
      2,
    );
    const expected = new Map([...counted].map(([k, n]) => [k, Array(n).fill(1)]));
    await expect(lists.collect()).rejects.toThrow("half done");
    await expect(lists.collect()).rejects.toThrow("half done");
    expect(byKey(await lists.collect())).toEqual(expected);
    expect(byKey(await lists.collect())).toEqual(expected);
    expect(computed.records).toBe(3 * 6);
  });

  test("runs only what is missing after a task of its map side failed", async () => {
    const attempts: number[] = [];
    let fail = true;
    const sums = datasets()
      .of(letters, 3)
      .mapPartitionsWithIndex((partition, records) => {
        attempts.push(partition);
        if (partition === 1 && fail) throw new Error("no");
        return records.map((letter): [string, number] => [letter, 1]);
      })
      .reduceByKey((a, b) => a + b, 2);
    await expect(sums.collect()).rejects.toThrow("no");
    fail = false;
    expect(byKey(await sums.collect())).toEqual(counted);
    expect(attempts).toEqual([0, 1, 1, 2]);
  });

  test("counts a record once when a function of its map side failed after it", async () => {
    const { pairs } = letterPairs(datasets(), 1);
    let calls = 0;
    const sums = pairs.reduceByKey((a, b) => {
      if (++calls === 2) throw new Error("once");
      return a + b;
    });
    await expect(sums.collect()).rejects.toThrow("once");
    expect(byKey(await sums.collect())).toEqual(counted);
  });
});

describe("datasets with one partitioner", () => {
  test("are cogrouped and joined without another shuffle", async () => {
    const given = datasets();
    const partitioner = new HashPartitioner(2);
    const left = letterPairs(given).pairs.partitionBy(partitioner);
    const right = letterPairs(given).pairs.reduceByKey((a, b) => a + b, new HashPartitioner(2));
    await left.collect();
    await right.collect();
    expect(purposes(left.cogroup(right))).toEqual([]);
    expect(purposes(left.join(right))).toEqual([]);
    expect(purposes(left.subtractByKey(right))).toEqual([]);
    expect(purposes(left.partitionBy(2))).toEqual([]);
    expect(purposes(left.cogroup(right, 3))).toEqual(["shuffle", "shuffle"]);
    expect((await left.join(right).collect()).length).toBe(6);
  });

  test("are shuffled alone where the other side is in its place already", () => {
    const given = datasets();
    const placed = letterPairs(given).pairs.partitionBy(2);
    const other = letterPairs(given).pairs;
    expect(purposes(placed.join(other))).toEqual(["shuffle", "shuffle"]);
    expect(purposes(other.join(placed))).toEqual(["shuffle", "shuffle"]);
    expect(purposes(placed.join(placed))).toEqual(["shuffle"]);
  });
});

describe("stagesBefore", () => {
  test("gives each stage once, after those that it depends on", () => {
    const given = datasets();
    const { pairs } = letterPairs(given);
    const sums = pairs.reduceByKey((a, b) => a + b, 2);
    const sorted = sums.sortByKey({ partitionCount: 2 });
    const numbered = sorted.union(sorted).zipWithIndex();
    const stages = stagesBefore(numbered.node);
    expect(stages.map(({ purpose }) => purpose)).toEqual([
      "shuffle",
      "range bounds",
      "shuffle",
      "count",
    ]);
    stages.forEach((stage, index) => {
      for (const before of stagesBefore(stage)) {
        expect(stages.indexOf(before)).toBeLessThan(index);
        expect(stages.indexOf(before)).toBeGreaterThanOrEqual(0);
      }
    });
  });

  test("gives none for a lineage without stages", () => {
    expect(purposes(letterPairs(datasets()).pairs.map((x) => x))).toEqual([]);
  });

  test("names the operator that a stage is for", () => {
    const given = datasets();
    const { pairs } = letterPairs(given);
    const kinds = (dataset: RDD<never> | RDD<unknown>) =>
      stagesBefore(dataset.node).map(({ site }) => site.kind);
    expect(kinds(pairs.reduceByKey((a) => a))).toEqual(["reduceByKey"]);
    expect(kinds(pairs.sortByKey())).toEqual(["sortByKey", "sortByKey"]);
    expect(kinds(pairs.join(pairs))).toEqual(["join", "join"]);
    expect(kinds(pairs.zipWithIndex())).toEqual(["zipWithIndex"]);
    expect(kinds(pairs.repartition(2))).toEqual(["repartition"]);
    expect(kinds(pairs.partitionBy(2))).toEqual(["partitionBy"]);
    expect(kinds(pairs.repartitionAndSortWithinPartitions(2))).toEqual([
      "repartitionAndSortWithinPartitions",
    ]);
  });
});

describe("the text of a lineage", () => {
  test("has a line for each dataset, and steps in at each stage", () => {
    const given = datasets();
    const sums = letterPairs(given)
      .pairs.setName("letters")
      .reduceByKey((a, b) => a + b, 2);
    const text = sums
      .persist()
      .filter(() => true)
      .toDebugString();
    expect(text.split("\n")).toEqual([
      "(2) filter rdd-3",
      "(2) reduceByKey rdd-2 [MEMORY_ONLY]",
      "+- shuffle",
      '  (3) map rdd-1 "letters"',
      "  (3) parallelize rdd-0",
    ]);
    expect(sums.name).toBeUndefined();
    expect(sums.id).toBe(2);
  });

  test("tells what is behind a dataset once, so that it does not double with each union", () => {
    let grown = letterPairs(datasets()).pairs.partitionBy(2);
    for (let step = 0; step < 40; step++) grown = grown.union(grown);
    const lines = grown.toDebugString().split("\n");
    expect(lines.length).toBe(4 + 40 * 2);
    expect(lines.filter((line) => line.endsWith("(as above)")).length).toBe(40);
  });
});

describe("a dataset", () => {
  test("tells its number, partitions and partitioner without computing anything", async () => {
    const given = datasets();
    const { computed, pairs } = letterPairs(given);
    const placed = pairs.partitionBy(4);
    expect([pairs.id, placed.id]).toEqual([1, 2]);
    expect([pairs.partitionCount, placed.partitionCount]).toEqual([3, 4]);
    expect(pairs.partitioner).toBeUndefined();
    expect(placed.partitioner).toEqual(new HashPartitioner(4));
    expect(computed.records).toBe(0);
    expect((await partitionsOf(placed)).length).toBe(4);
  });
});
