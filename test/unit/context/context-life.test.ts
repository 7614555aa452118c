/** INITIALIZED, ACTIVE, STOPPED: what may be done when, and what it says otherwise. */
import { afterEach, describe, expect, test } from "vitest";
import { DataContext, type StreamError, StreamingContext, seconds } from "../../../src/index.ts";
import { ManualClock } from "../../../src/testing/index.ts";
import { caught, DrivenContext, ListInput } from "./driven-context.ts";

afterEach(async () => {
  await StreamingContext.getActive()?.destroy();
});

function codeOf(declare: () => unknown): string {
  try {
    declare();
  } catch (error) {
    return (error as StreamError).code;
  }
  return "none";
}

/** A context with an output, ready to start. */
function ready(options: ConstructorParameters<typeof DrivenContext>[0] = {}): DrivenContext {
  const engine = new DrivenContext(options);
  engine.collect(engine.input([[1], [2], [3]]));
  return engine;
}

describe("the state of a context", () => {
  test("is INITIALIZED, ACTIVE, STOPPED", async () => {
    const { ssc } = ready();
    expect([ssc.state, ssc.getState()]).toEqual(["INITIALIZED", "INITIALIZED"]);
    await ssc.start();
    expect(ssc.state).toBe("ACTIVE");
    await ssc.stop();
    expect(ssc.state).toBe("STOPPED");
  });

  test("a second start does nothing but warn", async () => {
    const engine = ready();
    await engine.ssc.start();
    await engine.ssc.start();
    expect(engine.ssc.state).toBe("ACTIVE");
    expect(engine.log.filter((line) => line.startsWith("warn"))).toHaveLength(1);
    await engine.batches(1);
  });

  test("a second stop does nothing", async () => {
    const { ssc } = ready();
    await ssc.start();
    await Promise.all([ssc.stop(), ssc.stop()]);
    await ssc.stop();
    await ssc.destroy();
    expect(ssc.state).toBe("STOPPED");
  });

  test("a stop before the start ends it for good", async () => {
    const { ssc } = ready();
    await ssc.stop();
    expect(ssc.state).toBe("STOPPED");
    await ssc.awaitTermination();
    expect(await caught(ssc.start())).toMatchObject({ code: "context_stopped", kind: "closed" });
  });

  test("a start after a stop is refused", async () => {
    const { ssc } = ready();
    await ssc.start();
    await ssc.stop();
    expect(await caught(ssc.start())).toMatchObject({ code: "context_stopped" });
    expect(ssc.state).toBe("STOPPED");
  });

  test("a stop while it starts stops it, and the start says so", async () => {
    const engine = ready();
    let stopped: Promise<void> | undefined;
    const input = new (class extends ListInput<number> {
      override start(host: never): void {
        super.start(host);
        stopped = engine.ssc.stop();
      }
    })([]);
    const late = new ListInput<number>([]);
    engine.ssc.inputStream(input);
    engine.ssc.inputStream(late);
    expect(await caught(engine.ssc.start())).toMatchObject({ code: "context_stopped" });
    await stopped;
    expect(engine.ssc.state).toBe("STOPPED");
    expect(input.calls).toEqual(["start", "stop"]);
    expect(late.calls).toEqual([]);
    expect(engine.clock.pendingTimers).toBe(0);
  });
});

describe("at most one context of a process is active", () => {
  test("a second one is refused, and may start when the first has stopped", async () => {
    const [first, second] = [ready(), ready()];
    await first.ssc.start();
    expect(await caught(second.ssc.start())).toMatchObject({
      code: "context_active",
      kind: "usage",
    });
    expect(second.ssc.state).toBe("INITIALIZED");
    await first.ssc.stop();
    await second.ssc.start();
    expect(second.ssc.state).toBe("ACTIVE");
    await second.ssc.stop();
  });

  test("getActive gives the one that was started and has not stopped", async () => {
    expect(StreamingContext.getActive()).toBeUndefined();
    const { ssc } = ready();
    expect(StreamingContext.getActive()).toBeUndefined();
    await ssc.start();
    expect(StreamingContext.getActive()).toBe(ssc);
    await ssc.stop();
    expect(StreamingContext.getActive()).toBeUndefined();
  });

  test("getActiveOrCreate gives the active one, else what the function makes", async () => {
    const [first, second] = [ready(), ready()];
    expect(await StreamingContext.getActiveOrCreate(() => first.ssc)).toBe(first.ssc);
    await first.ssc.start();
    expect(await StreamingContext.getActiveOrCreate(() => second.ssc)).toBe(first.ssc);
    await first.ssc.stop();
    expect(await StreamingContext.getActiveOrCreate(async () => second.ssc)).toBe(second.ssc);
  });
});

describe("what is declared", () => {
  type Declare = (ssc: StreamingContext) => unknown;
  const declarations = (ssc: StreamingContext): Record<string, () => unknown> => {
    const stream = ssc.queueStream<[string, number]>([]);
    const add = (a: number, b: number) => a + b;
    return {
      "an input": () => ssc.queueStream([]),
      map: () => stream.map(String),
      union: () => stream.union(stream),
      transform: () => stream.transform((dataset) => dataset),
      window: () => stream.window(seconds(2)),
      reduceByKey: () => stream.reduceByKey(add),
      updateStateByKey: () => stream.updateStateByKey(() => 1),
      mapWithState: () => stream.mapWithState(() => 1),
      print: () => stream.print(),
      foreachRDD: () => stream.foreachRDD(() => {}),
      persist: () => stream.persist(),
      uid: () => stream.uid("late"),
      remember: () => ssc.remember(seconds(5)),
    };
  };
  const phases: Record<string, Declare> = {
    "after the start": (ssc) => ssc.start(),
    "after the stop": async (ssc) => {
      await ssc.start();
      await ssc.stop();
    },
    "after a stop without a start": (ssc) => ssc.stop(),
  };

  test.each(Object.entries(phases))("%s is refused", async (_name, enter) => {
    const { ssc } = ready();
    const declare = declarations(ssc);
    await enter(ssc);
    for (const [what, late] of Object.entries(declare)) {
      expect([what, codeOf(late)]).toEqual([what, "graph_fixed"]);
    }
  });
});

describe("a start", () => {
  test("needs an output operation", async () => {
    const engine = new DrivenContext();
    engine.input([[1]]).map(String);
    expect(await caught(engine.ssc.start())).toMatchObject({
      code: "output_missing",
      kind: "usage",
    });
    expect(StreamingContext.getActive()).toBeUndefined();
    // It may be mended.
    engine.collect(engine.input([[1]]));
    await engine.ssc.start();
  });

  test("that fails says why, leaves the context stopped and what was begun is ended", async () => {
    const engine = ready();
    const before = new ListInput<number>([]);
    engine.ssc.inputStream(before);
    const broken = new (class extends ListInput<number> {
      override start(): void {
        this.calls.push("start");
        throw new Error("no luck");
      }
    })([]);
    engine.ssc.inputStream(broken);
    const after = new ListInput<number>([]);
    engine.ssc.inputStream(after);
    const events = engine.listen((event) => event);

    expect(await caught(engine.ssc.start())).toMatchObject({ message: "no luck" });

    expect(engine.ssc.state).toBe("STOPPED");
    expect(StreamingContext.getActive()).toBeUndefined();
    expect(before.calls).toEqual(["start", "stop"]);
    expect(broken.calls).toEqual(["start"]);
    expect(after.calls).toEqual([]);
    expect(engine.clock.pendingTimers).toBe(0);
    expect(engine.ssc.data.isClosed).toBe(true);
    expect(events).toEqual(["onStreamingStopped"]);
    expect(await caught(engine.ssc.awaitTermination())).toMatchObject({ message: "no luck" });
    const next = ready();
    await next.ssc.start();
  });

  test("that fails tells its own error, also when an input cannot be stopped then", async () => {
    const engine = ready();
    const stubborn = new (class extends ListInput<number> {
      override stop(): void {
        throw new Error("cannot stop");
      }
    })([]);
    engine.ssc.inputStream(stubborn);
    const broken = new (class extends ListInput<number> {
      override start(): void {
        throw new Error("cannot start");
      }
    })([]);
    engine.ssc.inputStream(broken);
    expect(await caught(engine.ssc.start())).toMatchObject({ message: "cannot start" });
    expect(engine.log.join()).toContain("could not stop the list stream [1]");
  });

  test("over a closed DataContext is refused", async () => {
    const data = new DataContext({ clock: new ManualClock() });
    const { ssc } = ready({ data });
    await data.close();
    expect(await caught(ssc.start())).toMatchObject({ code: "data_context_closed" });
    expect(codeOf(() => new StreamingContext({ batchInterval: seconds(1), data }))).toBe(
      "data_context_closed",
    );
  });
});

describe("a DataContext", () => {
  test("of the context's own is closed with it", async () => {
    const { ssc } = ready();
    await ssc.start();
    await ssc.stop();
    expect(ssc.data.isClosed).toBe(true);
    expect(codeOf(() => ssc.data.parallelize([1]))).toBe("data_context_closed");
  });

  test("that is shared serves one streaming context after another", async () => {
    const clock = new ManualClock();
    await using data = new DataContext({ clock });
    const kept = data.parallelize([10, 20]).cache();
    for (const round of [1, 2]) {
      const ssc = new StreamingContext({ batchInterval: seconds(1), data });
      expect(ssc.data).toBe(data);
      const sums: number[] = [];
      ssc
        .inputStream(new ListInput([[round]]))
        .transform((dataset) => dataset.cartesian(kept).map(([n, k]) => n + k))
        .foreachRDD(async (dataset) => void sums.push(...(await dataset.collect())));
      await ssc.start();
      await clock.advance(1000);
      await ssc.stop();
      expect(sums).toEqual([10 + round, 20 + round]);
    }
    expect(await kept.count()).toBe(2);
  });

  test("that is shared is closed when a stop asks for it, also later", async () => {
    const data = new DataContext({ clock: new ManualClock() });
    const { ssc } = ready({ data });
    await ssc.start();
    await ssc.stop();
    expect(data.isClosed).toBe(false);
    await ssc.stop({ dataContext: true });
    expect(data.isClosed).toBe(true);
  });
});

describe("an option", () => {
  const bad: [string, object, string][] = [
    ["a batch interval of 0", { batchInterval: 0 }, "duration_invalid"],
    ["a negative batch interval", { batchInterval: -1000 }, "duration_invalid"],
    ["a batch interval of half a millisecond", { batchInterval: 0.5 }, "duration_invalid"],
    ["a batch interval that is not a number", { batchInterval: Number.NaN }, "duration_invalid"],
    ["no batch interval", { batchInterval: undefined }, "duration_invalid"],
    ["a block interval of 0", { blockInterval: 0 }, "duration_invalid"],
    ["a negative gracefulStopTimeout", { gracefulStopTimeout: -1 }, "duration_invalid"],
    ["a receiverRestartDelay of NaN", { receiverRestartDelay: Number.NaN }, "duration_invalid"],
    ["a blockStoreTimeout of 0", { blockStoreTimeout: 0 }, "duration_invalid"],
    ["an unknown master", { master: "yarn" }, "master_unknown"],
    ["no concurrentJobs", { concurrentJobs: 0 }, "argument_invalid"],
    ["half an attempt", { attempts: 0.5 }, "argument_invalid"],
    ["an unknown onFailure", { onFailure: "ignore" }, "argument_invalid"],
    ["a deadLetter that is no function", { onFailure: { deadLetter: 1 } }, "argument_invalid"],
    ["a receiverMaxRate of 0", { receiverMaxRate: 0 }, "argument_invalid"],
    ["a negative blockQueueSize", { blockQueueSize: -1 }, "argument_invalid"],
    ["an unprocessedRecordsMax of 0", { unprocessedRecordsMax: 0 }, "argument_invalid"],
    ["a defaultParallelism of 0", { defaultParallelism: 0 }, "argument_invalid"],
    ["a backpressure.minRate of 0", { backpressure: { minRate: 0 } }, "argument_invalid"],
    ["a negative coefficient", { backpressure: { integral: -1 } }, "argument_invalid"],
    ["a backpressure.initialRate of 0", { backpressure: { initialRate: 0 } }, "argument_invalid"],
  ];
  test.each(bad)("%s is refused when the context is made", (_name, option, code) => {
    const options = { batchInterval: seconds(1), ...option };
    expect(codeOf(() => new StreamingContext(options))).toBe(code);
  });

  test("that is left out has its default", () => {
    const ssc = new StreamingContext({ batchInterval: seconds(1) });
    expect([ssc.appName, ssc.batchInterval]).toEqual(["millrace", 1000]);
    expect(ssc.data.defaultParallelism).toBe(1);
  });
});

test("durations are made of positive whole numbers of milliseconds", () => {
  expect(seconds(1.5)).toBe(1500);
  for (const count of [0, -1, 0.0001, Number.NaN, Number.POSITIVE_INFINITY]) {
    expect(codeOf(() => seconds(count))).toBe("duration_invalid");
  }
});
