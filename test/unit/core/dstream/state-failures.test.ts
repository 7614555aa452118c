/** What a failed batch does to states: nothing, until it succeeds or is given up. Batches are at 1000, 2000, ... ms. */
import { describe, expect, test } from "vitest";
import {
  type BatchFailure,
  type DStream,
  type OnFailure,
  type State,
  StateSpec,
  seconds,
  taskContext,
} from "../../../../src/index.ts";
import { DrivenContext, settle } from "../../context/driven-context.ts";
import { ones, sorted } from "./per-batch.ts";

const add = (a: number, b: number): number => a + b;
const subtract = (a: number, b: number): number => a - b;
type Pairs = DStream<[string, number]>;

/** Throws as long as its batch is among the broken ones. */
class Trouble {
  readonly broken = new Set<number>();
  calls = 0;

  constructor(...broken: number[]) {
    for (const timeMs of broken) this.broken.add(timeMs);
  }

  at(timeMs: number): void {
    this.calls += 1;
    if (this.broken.has(timeMs)) throw new Error(`broken at ${timeMs}`);
  }
}

function sums(stream: Pairs, trouble: Trouble): Pairs {
  return stream.updateStateByKey<string, number, number>((values, state, _key, timeMs) => {
    trouble.at(timeMs);
    return values.reduce(add, state ?? 0);
  });
}

/** The number of records of each key, emitted at each record. */
function counts(stream: Pairs, trouble: Trouble): Pairs {
  return stream.mapWithState<string, number, number, [string, number]>(
    (key, _value, state, timeMs) => {
      trouble.at(timeMs);
      state.update((state.getOption() ?? 0) + 1);
      return [key, state.get()];
    },
  );
}

/** Numbers of the last two seconds by key. `trouble` meets the times of what enters the window. */
function windowed(stream: Pairs, trouble: Trouble): Pairs {
  return stream
    .transform((dataset, timeMs) => dataset.mapValues((value) => ({ value, timeMs })))
    .reduceByKeyAndWindow(
      (left, right) => {
        trouble.at(Math.max(left.timeMs, right.timeMs));
        return { value: left.value + right.value, timeMs: Math.max(left.timeMs, right.timeMs) };
      },
      (total, leaving) => ({ value: total.value - leaving.value, timeMs: total.timeMs }),
      seconds(2),
      seconds(1),
    )
    .mapValues(({ value }) => value);
}

function driven(onFailure: OnFailure, attempts = 1, concurrentJobs = 1): DrivenContext {
  return new DrivenContext({ onFailure, attempts, concurrentJobs });
}

function entries(batches: Map<number, readonly unknown[]>): unknown {
  return Object.fromEntries([...batches].sort(([a], [b]) => a - b));
}

describe("a failed attempt", () => {
  test("leaves the state as it was, and the next one gives the right result", async () => {
    await using engine = new DrivenContext({ attempts: 3, defaultParallelism: 2 });
    const calls: string[] = [];
    let failuresLeft = 2;
    const result = engine.collect(
      engine
        .input([ones("abc"), ones("abc")])
        .updateStateByKey<string, number, number>((values, state, key, timeMs) => {
          calls.push(`${timeMs}${key}${state}`);
          if (timeMs === 2000 && key === "c" && failuresLeft-- > 0) throw new Error("no luck");
          return values.reduce(add, state ?? 0);
        }),
    );
    await engine.ssc.start();
    await engine.batches(2);
    expect(sorted([result.get(2000) ?? []])[0]).toEqual([
      ["a", 2],
      ["b", 2],
      ["c", 2],
    ]);
    expect(new Set(calls.filter((call) => call.startsWith("2000")))).toEqual(
      new Set(["2000a1", "2000b1", "2000c1"]),
    );
  });

  test("of one partition does not run the others again", async () => {
    await using engine = new DrivenContext({ attempts: 2, defaultParallelism: 4 });
    const calls = new Map<string, number>();
    let hasFailed = false;
    engine.collect(
      engine.input([ones("abcdefgh")]).updateStateByKey<string, number, number>((_v, _s, key) => {
        calls.set(key, (calls.get(key) ?? 0) + 1);
        if (calls.size === 8 && !hasFailed) {
          hasFailed = true;
          throw new Error("no luck");
        }
        return 1;
      }),
    );
    await engine.ssc.start();
    await engine.batches(1);
    const repeated = [...calls.values()].filter((count) => count > 1).length;
    expect(repeated).toBeGreaterThan(0);
    expect(repeated).toBeLessThan(8);
  });

  test("keeps no time-out and no emitted record of mapWithState", async () => {
    await using engine = driven("stop", 2);
    let hasFailed = false;
    const spec: StateSpec<string, number, number, string> = StateSpec.function(
      (key: string, _value: number | undefined, state: State<number>, timeMs: number) => {
        if (state.isTimingOut()) return `${key} gone`;
        if (timeMs === 3000 && key === "b" && !hasFailed) {
          hasFailed = true;
          throw new Error("no luck");
        }
        state.update((state.getOption() ?? 0) + 1);
        return key + state.get();
      },
    );
    const result = engine.collect(
      engine.input([ones("a"), [], ones("ab"), []]).mapWithState(spec.timeout(seconds(1))),
    );
    await engine.ssc.start();
    await engine.batches(4);
    expect(entries(result)).toEqual({ 1000: ["a1"], 2000: [], 3000: ["a2", "b1"], 4000: [] });
  });
});

describe.each([
  ["updateStateByKey", sums, { 3000: 3, 4000: 4 }],
  ["mapWithState", counts, { 3000: 3, 4000: 4 }],
  ["an incremental window", windowed, { 3000: 2, 4000: 2 }],
])("with onFailure continue, %s", (_name, build, right) => {
  test("tries the failed batch again before the next one, and never runs on the state before it", async () => {
    await using engine = driven("continue");
    const trouble = new Trouble(2000);
    const input = [ones("a"), ones("a"), ones("a"), ones("a")];
    const result = engine.collect(build(engine.input(input), trouble));
    await engine.ssc.start();
    await engine.batches(2);
    expect(result.has(2000)).toBe(false);
    trouble.broken.clear();
    await engine.batches(2);
    expect(entries(result)).toEqual({
      1000: [["a", 1]],
      3000: [["a", right[3000]]],
      4000: [["a", right[4000]]],
    });
  });

  test("keeps what failed batches need however long they wait", async () => {
    await using engine = driven("continue");
    const trouble = new Trouble(2000);
    const input = Array.from({ length: 12 }, () => ones("a"));
    const result = engine.collect(build(engine.input(input), trouble));
    await engine.ssc.start();
    await engine.batches(10);
    expect([...result.keys()]).toEqual([1000]);
    trouble.broken.clear();
    await engine.batches(2);
    const last = build === windowed ? 2 : 12;
    expect(result.get(12_000)).toEqual([["a", last]]);
  });
});

describe("with onFailure continue", () => {
  test("a state whose batches could not be made waits for their data", async () => {
    await using engine = driven("continue");
    const trouble = new Trouble(2000, 3000, 4000, 5000);
    const pairs = engine.input([1, 2, 3, 4, 5, 6].map((n) => [["a", n] as [string, number]]));
    const result = engine.collect(
      sums(
        pairs.transform((dataset, timeMs) => {
          trouble.at(timeMs);
          return dataset;
        }),
        new Trouble(),
      ),
    );
    await engine.ssc.start();
    await engine.batches(5);
    trouble.broken.clear();
    await engine.batches(1);
    expect(entries(result)).toEqual({ 1000: [["a", 1]], 6000: [["a", 21]] });
  });

  test("an output that cannot be made does not keep the states from their data", async () => {
    await using engine = driven("continue");
    const trouble = new Trouble(2000, 3000, 4000, 5000);
    const pairs = engine.input([1, 2, 3, 4, 5, 6].map((n) => [["a", n] as [string, number]]));
    pairs
      .transform((dataset, timeMs) => {
        trouble.at(timeMs);
        return dataset;
      })
      .foreachRDD(() => {});
    const result = engine.collect(sums(pairs, new Trouble()));
    await engine.ssc.start();
    await engine.batches(6);
    expect(result.get(6000)).toEqual([["a", 21]]);
  });

  test("a state moves on although every output failed", async () => {
    await using engine = driven("continue");
    const stream = sums(engine.input([ones("a"), ones("a"), ones("a")]), new Trouble());
    const seen: unknown[] = [];
    stream.foreachRDD(async (dataset, timeMs) => {
      if (timeMs < 3000) throw new Error("no luck");
      seen.push(...(await dataset.collect()));
    });
    await engine.ssc.start();
    await engine.batches(3);
    expect(seen).toEqual([["a", 3]]);
  });

  test("a state that no output asks for in a batch moves on all the same", async () => {
    await using engine = driven("continue");
    const stream = sums(engine.input([ones("a"), ones("a"), ones("a")]), new Trouble());
    const seen: unknown[] = [];
    stream.foreachRDD(async (dataset, timeMs) => {
      if (timeMs === 3000) seen.push(...(await dataset.collect()));
    });
    await engine.ssc.start();
    await engine.batches(3);
    expect(seen).toEqual([["a", 3]]);
  });
});

describe.each([
  ["updateStateByKey", sums, { 3000: 2, 4000: 3 }],
  ["mapWithState", counts, { 3000: 2, 4000: 3 }],
  ["an incremental window", windowed, { 3000: 1, 4000: 2 }],
])("with a dead-letter function, %s", (_name, build, right) => {
  test("goes on without the batch", async () => {
    const failures: BatchFailure[] = [];
    await using engine = driven({ deadLetter: (failure) => void failures.push(failure) });
    const input = [ones("a"), ones("aa"), ones("a"), ones("a"), [], []];
    const result = engine.collect(build(engine.input(input), new Trouble(2000)));
    await engine.ssc.start();
    await engine.batches(6);
    expect(failures.map(({ batchTime }) => batchTime)).toEqual([2000]);
    expect(result.has(2000)).toBe(false);
    expect(result.get(3000)).toEqual([["a", right[3000]]]);
    expect(result.get(4000)).toEqual([["a", right[4000]]]);
    if (build === windowed) {
      expect(result.get(5000)).toEqual([["a", 1]]);
      expect(result.get(6000)).toEqual([["a", 0]]);
    }
  });

  test("goes on when a later batch is given up before an earlier one", async () => {
    const givenUp: number[] = [];
    await using engine = driven(
      { deadLetter: ({ batchTime }) => void givenUp.push(batchTime) },
      1,
      4,
    );
    const input = ["a", "aa", "aaa", "a", "a", "a"].map(ones);
    const stream = build(engine.input(input), new Trouble(2000, 3000));
    const result = engine.collect(stream);
    let release = () => {};
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    stream.foreachRDD(async (_dataset, timeMs) => {
      if (timeMs === 2000) await released;
    });
    await engine.ssc.start();
    await engine.clock.advanceWithoutWaiting(3000);
    await settle();
    expect(givenUp).toEqual([3000]);
    release();
    await settle();
    expect(givenUp).toEqual([3000, 2000]);
    await engine.batches(3);
    expect([...result.keys()]).toEqual([1000, 4000, 5000, 6000]);
    expect(result.get(4000)).toEqual([["a", right[4000] - 1]]);
    expect(result.get(6000)).toEqual([["a", build === windowed ? 2 : 4]]);
  });
});

describe("with a dead-letter function", () => {
  test("a window over a state has the version before in place of the one that was given up", async () => {
    await using engine = driven({ deadLetter: () => {} });
    const trouble = new Trouble(2000);
    const state = sums(engine.input([ones("a"), ones("a"), ones("a")]), trouble);
    const result = engine.collect(state.window(seconds(2)));
    await engine.ssc.start();
    await engine.batches(3);
    expect(entries(result)).toEqual({
      1000: [["a", 1]],
      3000: [
        ["a", 1],
        ["a", 2],
      ],
    });
  });

  test("what some partitions had done of the batch that was given up counts no more", async () => {
    await using engine = new DrivenContext({
      attempts: 1,
      onFailure: { deadLetter: () => {} },
      defaultParallelism: 4,
    });
    const letters = ones("abcdefghijklmnop");
    const pairs = engine.input([letters, letters, letters]);
    const failing = (timeMs: number) => {
      if (timeMs === 2000 && taskContext()?.partition === 3) throw new Error("no luck");
    };
    const mapped = pairs.mapWithState<string, number, number, string>(
      (key, _value, state, timeMs) => {
        failing(timeMs);
        state.update((state.getOption() ?? 0) + 1);
        return `${key}${state.get()} at ${timeMs}`;
      },
    );
    const window = engine.collect(mapped.window(seconds(2)));
    const sum = engine.collect(
      pairs.updateStateByKey<string, number, number>((values, state, _key, timeMs) => {
        failing(timeMs);
        return values.reduce(add, state ?? 0);
      }),
    );
    await engine.ssc.start();
    await engine.batches(3);
    expect(sorted([window.get(3000) ?? []])[0]).toEqual(
      letters.map(([letter]) => `${letter}2 at 3000`),
    );
    expect(sorted([sum.get(3000) ?? []])[0]).toEqual(letters.map(([letter]) => [letter, 2]));
  });

  test("a batch that could not be made leaves the states where they are", async () => {
    await using engine = driven({ deadLetter: () => {} });
    const trouble = new Trouble(2000);
    const pairs = engine.input([ones("a"), ones("a"), ones("a"), ones("a")]);
    const made = pairs.transform((dataset, timeMs) => {
      trouble.at(timeMs);
      return dataset;
    });
    const state = sums(made, new Trouble());
    const result = engine.collect(state);
    const window = engine.collect(state.window(seconds(2)));
    const incremental = engine.collect(
      made.reduceByKeyAndWindow(add, subtract, seconds(2), seconds(1)),
    );
    await engine.ssc.start();
    await engine.batches(4);
    expect(entries(result)).toEqual({ 1000: [["a", 1]], 3000: [["a", 2]], 4000: [["a", 3]] });
    expect(window.get(3000)).toEqual([["a", 2]]);
    expect(window.get(4000)).toEqual([
      ["a", 2],
      ["a", 3],
    ]);
    expect(incremental.get(3000)).toEqual([["a", 1]]);
    expect(incremental.get(4000)).toEqual([["a", 2]]);
  });

  test("what leaves an incremental window leaves it at a batch that could not be made, too", async () => {
    await using engine = driven({ deadLetter: () => {} });
    const trouble = new Trouble(4000);
    const input = [1, 2, 4, 8, 16, 32].map((n): [string, number][] => [["a", n]]);
    const result = engine.collect(
      engine
        .input(input)
        .transform((dataset, timeMs) => {
          trouble.at(timeMs);
          return dataset;
        })
        .reduceByKeyAndWindow(add, subtract, seconds(2), seconds(1)),
    );
    await engine.ssc.start();
    await engine.batches(6);
    expect(entries(result)).toEqual({
      1000: [["a", 1]],
      2000: [["a", 3]],
      3000: [["a", 6]],
      5000: [["a", 16]],
      6000: [["a", 48]],
    });
  });

  test("an initial state that cannot be read is not passed over", async () => {
    await using engine = driven({ deadLetter: () => {} });
    let isBroken = true;
    const initialState = engine.ssc.data
      .parallelize<[string, number]>([["a", 10]])
      .map(([key, n]): [string, number] => {
        if (isBroken) throw new Error("no luck");
        return [key, n];
      });
    const result = engine.collect(
      engine
        .input([ones("a"), ones("a"), ones("a")])
        .updateStateByKey<string, number, number>((v, state = 0) => v.reduce(add, state), {
          initialState,
        }),
    );
    await engine.ssc.start();
    await engine.batches(2);
    isBroken = false;
    await engine.batches(1);
    expect(entries(result)).toEqual({ 3000: [["a", 11]] });
  });
});
