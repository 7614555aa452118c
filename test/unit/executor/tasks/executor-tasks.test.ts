/** What becomes of tasks in executors: what they throw, what cannot travel, what is lost, what is cancelled. */
import { describe, expect, test } from "vitest";
import { Settlement, StreamError } from "../../../../src/base/index.ts";
import { taskContext } from "../../../../src/core/index.ts";
import { Executed, listed } from "./executed.ts";

class Point {
  readonly x: number;
  constructor(x: number) {
    this.x = x;
  }
}

/** The innermost of the errors behind one another that is a StreamError. */
function innermost(error: unknown): StreamError {
  let found = error;
  while (found instanceof StreamError && found.cause instanceof StreamError) found = found.cause;
  return found as StreamError;
}

async function failureOf(executed: Executed): Promise<StreamError> {
  await executed.start();
  await executed.batches(1);
  return innermost(await executed.ssc.awaitTermination().catch((error: unknown) => error));
}

describe("a task in an executor", () => {
  test("that throws names operator, batch and partition, and is not tried again but with its job", async () => {
    let calls = 0;
    await using executed = new Executed(
      (ssc) => {
        const failing = ssc.inputStream(listed([[1, 2, 3]], 1)).map((x) => {
          calls++;
          if (x === 2) throw new Error("no twos");
          return x;
        });
        failing.uid("no twos").foreachRDD((dataset) => dataset.count());
      },
      { options: { attempts: 2 } },
    );
    const error = await failureOf(executed);
    expect(error.code).toBe("user_function_failed");
    expect(error.details).toMatchObject({ operator: "no twos", batchTimeMs: 1000, partition: 0 });
    expect(error.cause).toMatchObject({ message: "no twos" });
    expect(calls).toBe(4);
  });

  test.each([
    ["of a shuffle", "grouped"],
    ["that the driver asks for", "pointed"],
  ])("tells the operator whose records %s cannot travel, and where", async (_what, operator) => {
    await using executed = new Executed((ssc) => {
      const points = ssc
        .inputStream(listed([[1, 2]], 1))
        .map((x): [number, unknown] => [x, new Point(x)])
        .uid("pointed");
      const grouped = points.groupByKey().uid("grouped");
      (operator === "grouped" ? grouped : points).foreachRDD(async (dataset) => {
        await dataset.collect();
      });
    });
    const error = await failureOf(executed);
    expect(error.code).toBe("value_unsupported");
    expect(error.details).toMatchObject({ operator, batchTimeMs: 1000 });
    expect(error.details["path"]).toBe("$[0][1]");
  });

  test("of a graph that is not the driver's is never run", async () => {
    await using executed = new Executed((ssc, { isDriver }) => {
      const numbers = ssc.inputStream(listed([[1, 2]]));
      const mapped = isDriver ? numbers.map((x) => x + 1) : numbers.filter((x) => x > 1);
      mapped.foreachRDD((dataset) => dataset.count());
    });
    await expect(executed.start()).rejects.toMatchObject({ code: "fingerprint_differs" });
  });

  test("that makes another dataset than the driver's is refused", async () => {
    await using executed = new Executed((ssc, { isDriver }) => {
      const parts = isDriver ? 2 : 3;
      // The sources are the same: what they close over is not.
      ssc
        .inputStream(listed([[1, 2]]))
        .transform((dataset) => dataset.repartition(parts), { on: "executors" })
        .foreachRDD((dataset) => dataset.count());
    });
    expect((await failureOf(executed)).code).toBe("mirror_differs");
  });

  test("is cancelled when the context is destroyed", async () => {
    let signal: AbortSignal | undefined;
    const began = new Settlement();
    await using executed = new Executed((ssc) => {
      ssc
        .inputStream(listed([[1]], 1))
        .mapAsync(async (x) => {
          signal = taskContext()?.signal;
          began.resolve();
          await new Promise((_, reject) => {
            signal?.addEventListener("abort", () => reject(new Error("aborted")));
          });
          return x;
        })
        .foreachRDD((dataset) => dataset.count());
    });
    await executed.start();
    await executed.clock.advanceWithoutWaiting(1000);
    await began.promise;
    await executed.ssc.destroy();
    expect(signal?.aborted).toBe(true);
  });
});

describe("a shuffle between executors", () => {
  test("sends nothing of its records through the driver", async () => {
    const text = "x".repeat(10_000);
    const records = Array.from({ length: 40 }, (_, index): [number, string] => [
      index % 8,
      `${index} ${text}`,
    ]);
    let count: number | undefined;
    await using executed = new Executed((ssc) => {
      ssc
        .inputStream(listed([records], 4))
        .groupByKey(4)
        .mapValues((values) => values.length)
        .foreachRDD(async (dataset) => {
          count = await dataset.count();
        });
    });
    await executed.start();
    await executed.batches(1);
    await executed.stop();
    expect(count).toBe(8);
    const bytes = (isDriver: boolean): number =>
      executed.messages
        .filter(({ from, to }) => (from === "driver" || to === "driver") === isDriver)
        .reduce((sum, message) => sum + message.bytes, 0);
    expect(bytes(true)).toBeLessThan(text.length);
    expect(bytes(false)).toBeGreaterThan(10 * text.length);
    const shuffled = executed.messages.filter(({ method }) => method === "shuffle.read");
    expect(shuffled.some(({ from, to }) => from === "driver" || to === "driver")).toBe(false);
  });

  test("makes again the map outputs of an executor that is lost, and those alone", async () => {
    const mapped: number[] = [];
    const outcome: unknown[] = [];
    let isFirst = true;
    await using executed = new Executed(
      (ssc) => {
        const sums = ssc
          .inputStream(listed([[1, 2, 3, 4]], 4))
          .map((x): [number, number] => {
            mapped.push(x);
            return [x % 2, x];
          })
          .reduceByKey((a, b) => a + b);
        sums.foreachRDD(async (dataset) => {
          outcome.push(await dataset.collect());
        });
      },
      {
        onMessage: ({ from, method, to }) => {
          // The first answer of a reduce task: all map tasks have run by then.
          if (method !== "task.records" || to !== "driver" || !isFirst) return;
          isFirst = false;
          queueMicrotask(() => executed.executors.kill(from));
        },
      },
    );
    await executed.start();
    await executed.batches(1);
    await executed.stop();
    expect(outcome).toEqual([
      [
        [1, 4],
        [0, 6],
      ],
    ]);
    // Each executor ran two of the four.
    expect(mapped).toHaveLength(6);
  });
});

describe("accumulators", () => {
  test("count each task once, whatever executors die", async () => {
    for (let kill = 0; kill < 40; kill++) {
      let seen = 0;
      const totals: number[] = [];
      await using executed = new Executed(
        (ssc) => {
          const total = ssc.data.accumulator("total");
          const named = ssc.data.accumulator();
          ssc
            .inputStream(listed([[1, 2, 3, 4], [5]], 3))
            .map((x): [number, number] => {
              total.add(x);
              return [x % 2, x];
            })
            .reduceByKey((a, b) => a + b)
            .map(([, sum]) => {
              named.add(1);
              return sum;
            })
            .foreachRDD(async (dataset) => {
              await dataset.count();
            });
          ssc.data.accumulator("total");
          ssc.addStreamingListener({
            onBatchCompleted: () => void totals.push(total.value, named.value),
          });
        },
        {
          onMessage: ({ from, to }) => {
            const victim = to === "driver" ? from : to;
            if (seen++ === kill) queueMicrotask(() => executed.executors.kill(victim));
          },
        },
      );
      await executed.start();
      await executed.batches(2);
      await executed.stop();
      expect(totals).toEqual([10, 2, 15, 3]);
    }
  });
});

describe("kept partitions", () => {
  test("are read where they are kept, also where another executor is free", async () => {
    let total = 0;
    let third = (): void => {};
    const thirdIsMade = new Promise<void>((resolve) => {
      third = resolve;
    });
    await using executed = new Executed((ssc) => {
      const seen = ssc.data.accumulator("seen");
      const kept = ssc
        .inputStream(listed([[1, 2, 3]], 3))
        // The first partition keeps its executor busy, so that the third one is made by the other.
        .mapAsync(async (x) => {
          seen.add(1);
          if (x === 1) await thirdIsMade;
          if (x === 3) third();
          return x;
        })
        .persist();
      for (let output = 0; output < 3; output++) {
        kept.foreachRDD(async (dataset) => void (await dataset.count()));
      }
      ssc.addStreamingListener({ onBatchCompleted: () => void (total = seen.value) });
    });
    await executed.start();
    await executed.batches(1);
    await executed.stop();
    expect(total).toBe(3);
  });

  test("are computed once, stay with their executors, and go with their dataset", async () => {
    let calls = 0;
    const counts: number[] = [];
    await using executed = new Executed((ssc) => {
      ssc
        .inputStream(
          listed(
            [
              [1, 2, 3, 4],
              [5, 6],
            ],
            2,
          ),
        )
        .map((x) => {
          calls++;
          return x;
        })
        .persist()
        .foreachRDD(async (dataset) => {
          counts.push(await dataset.count(), await dataset.count(), (await dataset.take(1)).length);
        });
    });
    await executed.start();
    await executed.batches(2);
    await executed.stop();
    expect(counts).toEqual([4, 4, 1, 2, 2, 1]);
    expect(calls).toBe(6);
  });

  test("can be asked for while a batch runs", async () => {
    let calls = 0;
    await using executed = new Executed((ssc) => {
      ssc
        .inputStream(listed([[1, 2, 3, 4]], 2))
        .map((x) => {
          calls++;
          return x;
        })
        .foreachRDD(async (dataset) => {
          dataset.persist();
          await dataset.count();
          await dataset.count();
          await dataset.unpersist();
          await dataset.count();
        });
    });
    await executed.start();
    await executed.batches(1);
    await executed.stop();
    expect(calls).toBe(8);
  });
});

describe("an executor that is lost", () => {
  test("has no say any more: what it answers late counts nothing", async () => {
    const release = new Settlement();
    const held = new Settlement();
    const outcome: unknown[] = [];
    let isHeld = false;
    await using executed = new Executed((ssc) => {
      const total = ssc.data.accumulator();
      ssc
        .inputStream(listed([[1, 2]], 2))
        .mapAsync(async (x) => {
          total.add(x);
          if (x === 1 && !isHeld) {
            isHeld = true;
            held.resolve();
            await release.promise;
          }
          return [x, x] as const;
        })
        .map(([k, v]): [number, number] => [k, v])
        .reduceByKey((a, b) => a + b)
        .foreachRDD(async (dataset) => {
          outcome.push(await dataset.collect(), total.value);
        });
    });
    await executed.start();
    const [first] = executed.executors.living;
    const batch = executed.batches(1);
    await held.promise;
    executed.executors.kill(first?.id ?? "");
    await batch;
    release.resolve();
    await executed.stop();
    expect(outcome).toEqual([
      [
        [1, 1],
        [2, 2],
      ],
      3,
    ]);
  });

  test("and whose replacement does not come up ends the context with what its program threw", async () => {
    let starts = 0;
    await using executed = new Executed((ssc, { isDriver }) => {
      if (!isDriver && ++starts > 2) throw new Error("no port left");
      ssc.inputStream(listed([[1], [2]])).foreachRDD((dataset) => dataset.count());
    });
    await executed.start();
    const ids = executed.executors.living.map(({ id }) => id);
    for (const id of ids) executed.executors.kill(id);
    const error: unknown = await executed.ssc.awaitTermination().catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: "executors_failing", cause: { message: "no port left" } });
  });
});

describe("a body on the driver", () => {
  test("whose functions are given records of executors is told of once, with its bytes", async () => {
    const warnings: string[] = [];
    const logger = {
      info: () => {},
      warn: (text: string) => void warnings.push(text),
      error: () => {},
    };
    await using executed = new Executed(
      (ssc) => {
        const numbers = ssc.inputStream(listed([[1, 2], [3], [4]]));
        numbers
          .transform((dataset) => dataset.map((x) => x + 1))
          .uid("transformed")
          .map((x) => x)
          .foreachRDD((dataset) => dataset.count())
          .uid("count");
        numbers.foreachRDD((dataset) => dataset.map((x) => x).count()).uid("mapped");
        numbers.foreachRDD((dataset) => dataset.reduce((a, b) => a + b)).uid("reduced");
        numbers.foreachRDD((dataset) => dataset.collect()).uid("collected");
        numbers
          .map((x): [number, number] => [x, x])
          .updateStateByKey((values) => values.length)
          .foreachRDD((dataset) => dataset.count());
      },
      { options: { logger } },
    );
    await executed.start();
    await executed.batches(2);
    await executed.stop();
    const told = warnings.map((text) => /operator=`(\w+)` bytes=`([1-9]\d*)`/.exec(text)?.[1]);
    expect(new Set(told)).toEqual(new Set(["mapped", "reduced", "transformed"]));
    expect(told).toHaveLength(3);
  });
});
