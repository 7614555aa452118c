/** Batches and their jobs: order, slots, retries, and what becomes of a batch that fails. Batches are at 1000, 2000, ... ms. */
import { describe, expect, test } from "vitest";
import {
  type BatchFailure,
  type DStream,
  milliseconds,
  type OnFailure,
  type StreamError,
  taskContext,
} from "../../../src/index.ts";
import { CountingReceiver } from "../context/counting-receiver.ts";
import { caught, DrivenContext, ListInput, settle } from "../context/driven-context.ts";

/** Promises that the test resolves one by one. */
class Gates {
  readonly #open = new Map<string, () => void>();

  wait(name: string): Promise<void> {
    return new Promise((resolve) => this.#open.set(name, resolve));
  }

  get waiting(): string[] {
    return [...this.#open.keys()];
  }

  async open(name: string): Promise<void> {
    this.#open.get(name)?.();
    this.#open.delete(name);
    await settle();
  }
}

describe("jobs", () => {
  test("run in the order of definition, one after the other", async () => {
    await using engine = new DrivenContext();
    const stream = engine.input([[1], [2]]);
    const order: string[] = [];
    for (const name of ["a", "b", "c"]) {
      stream.foreachRDD(async (dataset, timeMs) => {
        order.push(`${name} begins ${timeMs}`);
        await dataset.count();
        order.push(`${name} ends ${timeMs}`);
      });
    }
    await engine.ssc.start();
    await engine.batches(2);
    expect(order).toEqual(
      [1000, 2000].flatMap((timeMs) =>
        ["a", "b", "c"].flatMap((name) => [`${name} begins ${timeMs}`, `${name} ends ${timeMs}`]),
      ),
    );
  });

  test("of a batch wait for those of the batch before", async () => {
    await using engine = new DrivenContext();
    const gates = new Gates();
    engine.input([[1], [2], [3]]).foreachRDD((_dataset, timeMs) => gates.wait(String(timeMs)));
    await engine.ssc.start();
    await engine.clock.advanceWithoutWaiting(3000);
    expect(gates.waiting).toEqual(["1000"]);
    await gates.open("1000");
    expect(gates.waiting).toEqual(["2000"]);
    await gates.open("2000");
    expect(gates.waiting).toEqual(["3000"]);
    await gates.open("3000");
  });

  test("run in as many slots as there are concurrentJobs, and start in order", async () => {
    await using engine = new DrivenContext({ concurrentJobs: 2 });
    const gates = new Gates();
    const stream = engine.input([[1], [2], [3]]);
    const started: string[] = [];
    for (const name of ["a", "b"]) {
      stream.foreachRDD((_dataset, timeMs) => {
        started.push(`${name}${timeMs}`);
        return gates.wait(`${name}${timeMs}`);
      });
    }
    await engine.ssc.start();
    await engine.clock.advanceWithoutWaiting(3000);
    expect(gates.waiting).toEqual(["a1000", "b1000"]);
    await gates.open("b1000");
    expect(gates.waiting).toEqual(["a1000", "a2000"]);
    await gates.open("a2000");
    expect(gates.waiting).toEqual(["a1000", "b2000"]);
    await gates.open("b2000");
    await gates.open("a1000");
    expect(gates.waiting).toEqual(["a3000", "b3000"]);
    await gates.open("a3000");
    await gates.open("b3000");
    expect(started).toEqual(["a1000", "b1000", "a2000", "b2000", "a3000", "b3000"]);
    await engine.ssc.stop();
  });

  test("know their batch, partition, attempt and output in their tasks", async () => {
    await using engine = new DrivenContext({ attempts: 2 });
    const seen: unknown[] = [];
    engine
      .input([[1, 2]], 2)
      .map((n) => {
        const { attempt, batchTimeMs, partition, uid } = taskContext() ?? {};
        seen.push([batchTimeMs, partition, attempt, uid]);
        if (n === 2 && attempt === 0) throw new Error("no luck");
        return n;
      })
      .foreachRDD(async (dataset) => void (await dataset.count()))
      .uid("counted");
    await engine.ssc.start();
    await engine.batches(1);
    expect(seen).toEqual([
      [1000, 0, 0, "counted"],
      [1000, 1, 0, "counted"],
      [1000, 0, 1, "counted"],
      [1000, 1, 1, "counted"],
    ]);
    expect(taskContext()).toBeUndefined();
  });
});

describe("a failing job", () => {
  test.each([1, 2, 3, 5])("is tried %s times in all where attempts says so", async (attempts) => {
    await using engine = new DrivenContext({ attempts });
    let calls = 0;
    engine.input([[1]]).foreachRDD(() => {
      calls += 1;
      throw new Error("no luck");
    });
    await engine.ssc.start();
    await engine.batches(2);
    expect(calls).toBe(2 * attempts);
  });

  test("that succeeds in the end is no failure", async () => {
    await using engine = new DrivenContext({ attempts: 3 });
    const infos = engine.listen((event, info: { attempts?: number; failureReason?: string }) =>
      event === "onOutputOperationCompleted" ? `${info.attempts} ${info.failureReason}` : "",
    );
    let calls = 0;
    engine.input([[1]]).foreachRDD(() => {
      if (++calls < 3) throw new Error("no luck");
    });
    await engine.ssc.start();
    await engine.batches(1);
    expect(infos.filter(Boolean)).toEqual(["3 undefined"]);
    await engine.ssc.stop();
    await engine.ssc.awaitTermination();
    expect(engine.log).toEqual([]);
  });

  test("does not keep the other outputs of its batch from running", async () => {
    await using engine = new DrivenContext({ attempts: 1 });
    const stream = engine.input([[1]]);
    stream.foreachRDD(() => {
      throw new Error("no luck");
    });
    const result = engine.collect(stream);
    await engine.ssc.start();
    await engine.batches(1);
    expect(result.get(1000)).toEqual([1]);
  });

  test("gives to accumulators once, however often it is tried", async () => {
    await using engine = new DrivenContext({ attempts: 3 });
    const seen = engine.ssc.data.accumulator("records");
    const shuffled = engine.ssc.data.accumulator("shuffled records");
    let failures = 2;
    engine
      .input([[1, 2, 3, 4], [5]], 2)
      .map((n): [number, number] => {
        shuffled.add(1);
        return [n % 2, n];
      })
      .reduceByKey((a, b) => a + b, 2)
      .map((pair) => {
        seen.add(1);
        return pair;
      })
      .foreachRDD(async (dataset, timeMs) => {
        await dataset.collect();
        if (timeMs === 1000 && failures-- > 0) throw new Error("no luck");
      });
    await engine.ssc.start();
    await engine.batches(2);
    expect([seen.value, shuffled.value]).toEqual([3, 5]);
  });

  test("gives nothing to accumulators when it is given up", async () => {
    await using engine = new DrivenContext({ attempts: 2 });
    const seen = engine.ssc.data.accumulator();
    engine
      .input([[1, 2], [3]])
      .map((n) => {
        seen.add(n);
        return n;
      })
      .foreachRDD(async (dataset, timeMs) => {
        await dataset.collect();
        if (timeMs === 1000) throw new Error("no luck");
      });
    await engine.ssc.start();
    await engine.batches(2);
    expect(seen.value).toBe(3);
  });
});

test("a batch is made when the one before has been made, also where that waits", async () => {
  await using engine = new DrivenContext({ concurrentJobs: 2 });
  const gates = new Gates();
  const result = engine.collect(
    engine.input([[1], [2]]).transform(async (dataset, timeMs) => {
      await gates.wait(String(timeMs));
      return dataset;
    }),
  );
  await engine.ssc.start();
  await engine.clock.advanceWithoutWaiting(2000);
  await settle();
  expect(gates.waiting).toEqual(["1000"]);
  await gates.open("1000");
  expect(gates.waiting).toEqual(["2000"]);
  await gates.open("2000");
  expect([...result]).toEqual([
    [1000, [1]],
    [2000, [2]],
  ]);
});

describe("a batch that cannot be made", () => {
  const failing = (stream: DStream<number>, failures: { left: number }): DStream<number> =>
    stream.transform((dataset) => {
      if (failures.left > 0) {
        failures.left -= 1;
        throw new Error("no luck");
      }
      return dataset;
    });

  test("is tried again, and its input is asked once", async () => {
    await using engine = new DrivenContext({ attempts: 3 });
    const result = engine.collect(failing(engine.input([[1]]), { left: 2 }));
    await engine.ssc.start();
    await engine.batches(1);
    expect(result.get(1000)).toEqual([1]);
  });

  test("fails with a user error after as many attempts, and the next one runs", async () => {
    await using engine = new DrivenContext({ attempts: 2 });
    const failures = { left: 2 };
    const stream = engine.input([[1], [2]]);
    const result = engine.collect(failing(stream, failures).uid("made"));
    const reasons = engine.listen((event, info: { failureReason?: string }) =>
      event === "onBatchCompleted" ? `${info.failureReason}` : "",
    );
    await engine.ssc.start();
    await engine.batches(2);
    expect([...result]).toEqual([[2000, [2]]]);
    const [first, second] = reasons.filter(Boolean);
    expect(first).toContain("no luck");
    expect(first).toContain("operator=`made`");
    expect(first).toContain("[user_function_failed]");
    expect(second).toBe("undefined");
  });

  test("stops the context where onFailure says so", async () => {
    await using engine = new DrivenContext({ attempts: 1, onFailure: "stop" });
    engine.collect(failing(engine.input([[1], [2]]), { left: 1 }));
    await engine.ssc.start();
    await engine.batches(2);
    const error = (await caught(engine.ssc.awaitTermination())) as StreamError;
    expect(error).toMatchObject({ code: "batch_failed", details: { batchTimeMs: 1000 } });
    expect(error.cause).toMatchObject({ code: "user_function_failed" });
  });
});

describe("a dead-letter function", () => {
  async function failed(
    build: (engine: DrivenContext) => void,
    batches = 1,
  ): Promise<BatchFailure[]> {
    const failures: BatchFailure[] = [];
    await using engine = new DrivenContext({
      attempts: 2,
      blockInterval: milliseconds(100),
      onFailure: {
        deadLetter: async (failure) => {
          failures.push({ ...failure, readInputs: await keptInputs(failure) });
        },
      },
    });
    build(engine);
    await engine.ssc.start();
    await engine.batches(batches);
    expect(engine.ssc.state).toBe("ACTIVE");
    return failures;
  }

  async function keptInputs(failure: BatchFailure): Promise<BatchFailure["readInputs"]> {
    const records = await failure.readInputs();
    return async () => records;
  }

  test("is given the batch, the outputs that failed, and the records of the inputs", async () => {
    const [failure, ...more] = await failed((engine) => {
      const left = engine.input([[1, 2], [3]]);
      engine.input([["unused"]]);
      const right = engine.input([["a"], ["b"]]);
      left.foreachRDD(() => {}).uid("fine");
      left
        .foreachRDD((_dataset, timeMs) => {
          if (timeMs === 1000) throw new Error("no luck");
        })
        .uid("broken");
      right.foreachRDD(() => {});
    }, 2);
    expect(more).toEqual([]);
    expect(failure?.batchTime).toBe(1000);
    expect(failure?.outputs).toEqual([{ uid: "broken", error: failure?.error }]);
    expect(failure?.error).toMatchObject({
      code: "user_function_failed",
      details: { operator: "broken" },
    });
    expect(failure?.inputs.map(({ streamId, recordCount }) => [streamId, recordCount])).toEqual([
      [0, 2],
      [2, 1],
    ]);
    expect([...((await failure?.readInputs()) ?? [])]).toEqual([
      [0, [1, 2]],
      [2, ["a"]],
    ]);
  });

  test("is given what receivers stored", async () => {
    let receiver: CountingReceiver | undefined;
    const [failure] = await failed((engine) => {
      receiver = new CountingReceiver(engine.clock, 50);
      engine.ssc.receiverStream(receiver).foreachRDD(() => {
        throw new Error("no luck");
      });
    });
    const records = (await failure?.readInputs())?.get(0);
    expect(records?.length).toBeGreaterThan(0);
    expect(records).toEqual(receiver?.taken.slice(0, records?.length));
  });

  test("is given a batch that could not be made, without outputs", async () => {
    const [failure] = await failed((engine) => {
      engine
        .input([[1]])
        .transform(() => {
          throw new Error("no luck");
        })
        .foreachRDD(() => {});
    });
    expect(failure).toMatchObject({ batchTime: 1000, outputs: [] });
    expect(failure?.inputs).toMatchObject([{ streamId: 0, recordCount: 1 }]);
    expect(failure?.error).toMatchObject({ cause: { message: "no luck" } });
    expect([...((await failure?.readInputs()) ?? [])]).toEqual([[0, [1]]]);
  });

  test("is given the inputs that can be read when one of them was what failed", async () => {
    const [failure] = await failed((engine) => {
      class Broken extends ListInput<number> {
        override compute(): never {
          throw new Error("no luck");
        }
      }
      engine.input([[1]]).foreachRDD(() => {});
      engine.ssc.inputStream(new Broken([])).foreachRDD(() => {});
    });
    expect(failure?.error).toMatchObject({
      code: "user_function_failed",
      cause: { message: "no luck" },
    });
    expect([...((await failure?.readInputs()) ?? [])]).toEqual([[0, [1]]]);
  });

  test("that throws stops the context, as the batch has nowhere to go", async () => {
    await using engine = new DrivenContext({
      attempts: 1,
      onFailure: {
        deadLetter: () => {
          throw new Error("no letters");
        },
      },
    });
    engine.input([[1], [2]]).foreachRDD(() => {
      throw new Error("no luck");
    });
    await engine.ssc.start();
    await engine.batches(2);
    expect(engine.ssc.state).toBe("STOPPED");
    expect(await caught(engine.ssc.awaitTermination())).toMatchObject({
      code: "dead_letter_failed",
      details: { batchTimeMs: 1000 },
      cause: { message: "no letters" },
    });
  });
});

describe.each<OnFailure>(["continue", "stop", { deadLetter: () => {} }])(
  "with onFailure %o",
  (onFailure) => {
    test("a failed batch is told in the log with its reason", async () => {
      await using engine = new DrivenContext({ attempts: 1, onFailure });
      engine.input([[1]]).foreachRDD(() => {
        throw new Error("no luck");
      });
      await engine.ssc.start();
      await engine.batches(1);
      const [line] = engine.log.filter((each) => each.startsWith("error"));
      expect(line).toContain("batchTimeMs=`1000`");
      expect(line).toContain("no luck");
    });
  },
);
