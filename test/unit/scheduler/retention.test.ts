/** What is kept, and for how long: what an unfinished batch may ask for, and nothing beside. Batches are at 1000, 2000, ... ms. */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { describe, expect, test } from "vitest";
import { type DStream, milliseconds, type RDD, StateSpec, seconds } from "../../../src/index.ts";
import type { VersionedState } from "../../../src/state/index.ts";
import { CountingReceiver } from "../context/counting-receiver.ts";
import { DrivenContext, settle } from "../context/driven-context.ts";

const add = (a: number, b: number): number => a + b;
const subtract = (a: number, b: number): number => a - b;

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

/** The ids of the blocks that the store holds, of receivers and of kept datasets. */
function blockIds(engine: DrivenContext): string[] {
  const { environment } = engine.ssc.data;
  const datasets = environment.nextDatasetId();
  const ids = Array.from({ length: 2000 }, (_, n) => `input-numbers-0-${n}`);
  for (let dataset = 0; dataset < datasets; dataset++) {
    for (let partition = 0; partition < 40; partition++) ids.push(`rdd-${dataset}-${partition}`);
  }
  return ids.filter((id) => environment.blocks.get(id) !== undefined);
}

type Pairs = DStream<[string, number]>;

const graphs: Record<string, (pairs: Pairs) => DStream<unknown>> = {
  map: (pairs) => pairs.mapValues((n) => n + 1),
  "a window": (pairs) => pairs.mapValues((n) => n + 1).window(seconds(3), seconds(1)),
  "a window over a window": (pairs) =>
    pairs.reduceByKey(add).window(seconds(2)).window(seconds(3), seconds(2)),
  "an incremental window": (pairs) =>
    pairs.reduceByKeyAndWindow(add, subtract, seconds(3), seconds(1)),
  updateStateByKey: (pairs) =>
    pairs.updateStateByKey<string, number, number>((values, sum = 0) => values.reduce(add, sum)),
  "a window over a state": (pairs) =>
    pairs
      .updateStateByKey<string, number, number>((values, sum = 0) => values.reduce(add, sum))
      .window(seconds(3)),
  mapWithState: (pairs) =>
    pairs.mapWithState(
      StateSpec.function<string, number, number, number | undefined>((_key, n, state) => {
        if (!state.isTimingOut()) state.update((state.getOption() ?? 0) + (n ?? 0));
        return state.getOption();
      }).timeout(seconds(2)),
    ),
  "a join of a state with its source": (pairs) =>
    pairs
      .updateStateByKey<string, number, number>((values, sum = 0) => values.reduce(add, sum))
      .join(pairs),
};

describe.each(Object.entries(graphs))("with %s", (_, build) => {
  test("blocks, datasets and versions of old batches go, however long it runs", async () => {
    await using engine = new DrivenContext({ blockInterval: milliseconds(200) });
    const receiver = new CountingReceiver(engine.clock, 100);
    const numbers = engine.ssc.receiverStream(receiver).uid("numbers");
    const pairs = numbers.map((n): [string, number] => [`k${n % 7}`, n]);
    const seen: WeakRef<object>[] = [];
    const noted = pairs.transform((dataset) => {
      seen.push(new WeakRef(dataset.node));
      return dataset;
    });
    const stream = build(noted);
    let batches = 0;
    stream.foreachRDD(async (dataset) => {
      await dataset.collect();
      batches += 1;
    });
    await engine.ssc.start();
    await engine.batches(20);
    const blocksBefore = blockIds(engine).length;
    await engine.batches(40);
    expect(batches).toBeGreaterThan(20);
    expect(blockIds(engine).length).toBeLessThanOrEqual(blocksBefore + 2);

    await settle();
    collectGarbage();
    const alive = seen.filter((reference) => reference.deref() !== undefined).length;
    expect(seen).toHaveLength(60);
    expect(alive).toBeLessThan(12);

    await engine.ssc.stop();
    expect(blockIds(engine)).toEqual([]);
  });
});

test("a state keeps the versions that may be read, and no older ones", async () => {
  await using engine = new DrivenContext();
  const sums = engine
    .input(Array.from({ length: 40 }, (_, index): [string, number][] => [["a", index]]))
    .updateStateByKey<string, number, number>((values, sum = 0) => values.reduce(add, sum));
  const result = engine.collect(sums.window(seconds(3)));
  await engine.ssc.start();
  await engine.batches(40);
  expect(result.get(40_000)).toHaveLength(3);
  const { state } = sums.node as unknown as { state: VersionedState<string, number> };
  const readable = Array.from({ length: 40 }, (_, index) => (index + 1) * 1000).filter((timeMs) => {
    try {
      return state.read(0, timeMs).size === 1;
    } catch {
      return false;
    }
  });
  expect(readable.length).toBeLessThan(8);
  expect(readable.at(-1)).toBe(40_000);
});

describe("a batch that takes long", () => {
  test("keeps its blocks while later batches finish, and gives them up then", async () => {
    await using engine = new DrivenContext({
      blockInterval: milliseconds(200),
      concurrentJobs: 2,
    });
    const receiver = new CountingReceiver(engine.clock, 100);
    let open = () => {};
    const opened = new Promise<void>((resolve) => {
      open = resolve;
    });
    const numbers = new Map<number, readonly number[]>();
    engine.ssc
      .receiverStream(receiver)
      .uid("numbers")
      .foreachRDD(async (dataset, timeMs) => {
        if (timeMs === 3000) await opened;
        numbers.set(timeMs, await dataset.collect());
      });
    await engine.ssc.start();
    await engine.clock.advanceWithoutWaiting(10_000);
    await settle();
    expect([...numbers.keys()]).toEqual([1000, 2000, 4000, 5000, 6000, 7000, 8000, 9000, 10_000]);
    const blocksBefore = blockIds(engine).length;
    open();
    await settle();
    await engine.clock.advance(2000);
    expect([...numbers].sort(([a], [b]) => a - b).flatMap(([, batch]) => batch)).toEqual(
      receiver.taken.slice(0, [...numbers.values()].flat().length),
    );
    expect(numbers.get(3000)?.length).toBeGreaterThan(0);
    expect(blockIds(engine).length).toBeLessThan(blocksBefore / 2);
  });

  test("keeps its datasets while later batches finish", async () => {
    await using engine = new DrivenContext({ concurrentJobs: 2 });
    const stream = engine.input(Array.from({ length: 10 }, (_, index) => [index]));
    let open = () => {};
    const opened = new Promise<void>((resolve) => {
      open = resolve;
    });
    const sums = new Map<number, readonly number[]>();
    stream
      .map((n) => n)
      .reduceByWindow(add, seconds(2), seconds(1))
      .foreachRDD(async (dataset: RDD<number>, timeMs) => {
        if (timeMs === 3000) await opened;
        sums.set(timeMs, await dataset.collect());
      });
    await engine.ssc.start();
    await engine.clock.advanceWithoutWaiting(10_000);
    await settle();
    open();
    await settle();
    expect(sums.get(3000)).toEqual([3]);
    expect(sums.get(10_000)).toEqual([17]);
  });
});

test("a batch that waits for its state keeps the blocks that the state is made of", async () => {
  await using engine = new DrivenContext({ attempts: 1, blockInterval: milliseconds(200) });
  const receiver = new CountingReceiver(engine.clock, 100);
  let isBroken = true;
  const sums = engine.collect(
    engine.ssc
      .receiverStream(receiver)
      .uid("numbers")
      .map((n): [string, number] => ["all", n])
      .updateStateByKey<string, number, number>((values, sum, _key, timeMs) => {
        if (isBroken && timeMs === 2000) throw new Error("no luck");
        return values.reduce(add, sum ?? 0);
      }),
  );
  await engine.ssc.start();
  await engine.batches(9);
  expect([...sums.keys()]).toEqual([1000]);
  const blocksBefore = blockIds(engine).length;
  isBroken = false;
  await engine.batches(3);
  await engine.ssc.stop();
  expect([...sums.values()].at(-1)).toEqual([["all", receiver.taken.reduce(add)]]);
  expect(blocksBefore).toBeGreaterThan(30);
});

test("a dataset that is persisted is forgotten with its batch", async () => {
  await using engine = new DrivenContext();
  let calls = 0;
  const kept = engine
    .input(Array.from({ length: 30 }, (_, index) => [index]))
    .map((n) => {
      calls += 1;
      return n;
    })
    .persist("MEMORY_ONLY");
  kept.foreachRDD(async (dataset) => void (await dataset.count()));
  kept.foreachRDD(async (dataset) => void (await dataset.count()));
  await engine.ssc.start();
  await engine.batches(30);
  expect(calls).toBe(30);
  expect(blockIds(engine).length).toBeLessThan(4);
});

test("what a transform persists goes with its batch, and what was persisted before it stays", async () => {
  await using engine = new DrivenContext();
  const lookup = engine.ssc.data
    .parallelize([1, 2])
    .map((n) => n)
    .persist();
  await lookup.count();
  const numbers = engine
    .input(Array.from({ length: 20 }, (_, index) => [index]))
    .transform(async (dataset) => {
      const unused = dataset.map((n) => -n).persist();
      await unused.count();
      return dataset
        .map((n) => n + 1)
        .persist()
        .union(lookup.persist());
    });
  const seen = engine.collect(numbers);
  await engine.ssc.start();
  await engine.batches(3);
  const early = blockIds(engine).length;
  await engine.batches(10);
  expect(blockIds(engine)).toHaveLength(early);
  expect(blockIds(engine)).toContain(`rdd-${lookup.id}-0`);
  expect(seen.get(13_000)).toEqual([13, 1, 2]);
});
