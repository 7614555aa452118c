import { describe, expect, test } from "vitest";
import { inJob, type JobScope } from "../../../src/core/index.ts";
import {
  Accumulator,
  type AccumulatorForm,
  Broadcast,
  summing,
} from "../../../src/executor/accumulator.ts";
import { datasets } from "../core/rdd/datasets.ts";

const collecting: AccumulatorForm<string, string[]> = {
  zero: () => [],
  add: (all, text) => {
    all.push(text);
    return all;
  },
  merge: (left, right) => {
    left.push(...right);
    return left;
  },
};

function jobScope(): JobScope {
  const { signal } = new AbortController();
  return { batchTimeMs: 1000, uid: "output", attempt: 0, signal, accumulated: [] };
}

describe("an accumulator", () => {
  test("adds up what is added on the driver, and begins again after reset", () => {
    const sum = new Accumulator(summing, "records");
    sum.add(2);
    sum.add(3);
    expect([sum.value, sum.name]).toEqual([5, "records"]);
    sum.reset();
    expect(sum.value).toBe(0);
    expect(new Accumulator(summing).name).toBeUndefined();
  });

  test("merges what tasks added, in the order of the partitions", async () => {
    const sum = new Accumulator(summing);
    const texts = new Accumulator(collecting);
    await datasets()
      .ofParts([["a", "b"], [], ["c"]])
      .foreach((text) => {
        sum.add(1);
        texts.add(text);
      });
    expect(sum.value).toBe(3);
    expect(texts.value).toEqual(["a", "b", "c"]);
  });

  test("of a form that changes its totals in place shares nothing with its zero", async () => {
    const texts = new Accumulator(collecting);
    const given = datasets().of(["a"]);
    await given.foreach((text) => texts.add(text));
    const first = texts.value;
    texts.reset();
    await given.foreach((text) => texts.add(text));
    expect(texts.value).toEqual(["a"]);
    expect(texts.value).not.toBe(first);
  });

  test("counts nothing of a task that failed, and all of those that succeeded before it", async () => {
    const sum = new Accumulator(summing);
    const failing = datasets()
      .of([1, 2, 3, 4], 2)
      .foreach((x) => {
        sum.add(1);
        if (x === 4) throw new Error("no");
      });
    await expect(failing).rejects.toThrow("no");
    expect(sum.value).toBe(2);
  });

  test("counts what a stage was given once, however often its result is read", async () => {
    const sum = new Accumulator(summing);
    const grouped = datasets()
      .of([1, 2, 3], 2)
      .map((x): [number, number] => {
        sum.add(1);
        return [0, x];
      })
      .groupByKey();
    await grouped.collect();
    await grouped.collect();
    expect(sum.value).toBe(3);
  });

  test("counts what the tasks of a batch were given with their job, and never what a failed try was given", async () => {
    const sum = new Accumulator(summing);
    const given = datasets().of([1, 2, 3, 4], 2);
    const failed = jobScope();
    const failing = inJob(failed, () =>
      given.foreach((x) => {
        sum.add(1);
        if (x === 4) throw new Error("no");
      }),
    );
    await expect(failing).rejects.toThrow("no");
    expect(sum.value).toBe(0);
    const succeeded = jobScope();
    await inJob(succeeded, () => given.foreach(() => sum.add(1)));
    expect(sum.value).toBe(0);
    for (const [accumulator, partial] of succeeded.accumulated) accumulator.merge(partial);
    expect(sum.value).toBe(4);
  });

  test("that several tasks add to at once keeps their parts apart", async () => {
    const sum = new Accumulator(summing);
    const given = datasets().of([1, 2, 3, 4], 2);
    const adding = (failAt: number) =>
      given
        .mapAsync(async (x) => {
          sum.add(x);
          if (x === failAt) throw new Error("no");
        })
        .count();
    const [, failed] = await Promise.allSettled([adding(0), adding(2)]);
    expect(failed?.status).toBe("rejected");
    expect(sum.value).toBe(10);
  });
});

describe("a broadcast value", () => {
  test("is read by tasks and on the driver until it is destroyed", async () => {
    const names = new Broadcast(new Map([[1, "one"]]));
    const named = datasets()
      .of([1])
      .map((x) => names.value.get(x));
    expect(await named.collect()).toEqual(["one"]);
    expect(names.value.get(1)).toBe("one");
    names.destroy();
    names.destroy();
    expect(() => names.value).toThrow(expect.objectContaining({ code: "broadcast_destroyed" }));
    await expect(named.collect()).rejects.toMatchObject({
      code: "broadcast_destroyed",
      details: { operator: "map@rdd-1", partition: 0 },
    });
  });

  test("may be undefined", () => {
    expect(new Broadcast(undefined).value).toBeUndefined();
  });
});
