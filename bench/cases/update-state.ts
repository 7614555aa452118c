/**
 * Owns: updateStateByKey over a million keys, against a pass over a Map that calls the same function for every key and
 * sets only what changed: time of a batch, and heap.
 */
import type { RDD } from "millrace";
import { type Benchmark, once } from "../benchmark.ts";
import { assertSamePairs } from "../check.ts";
import { keys, someOf } from "../data.ts";
import { SteppedContext } from "../engine/stepped-context.ts";
import { best, liveHeapMB, ratio, sideBySide } from "../measure.ts";

type Pair = [string, number];

const keyCount = 1_000_000;
const noValues: readonly number[] = [];

const addUp = (values: readonly number[], total: number | undefined): number | undefined => {
  if (values.length === 0) return total;
  let sum = total ?? 0;
  for (const value of values) sum += value;
  return sum;
};

export const updateState: Benchmark = {
  name: "update-state",
  run: async () => {
    const every = keys(keyCount).map((key): Pair => [key, 1]);
    const few = someOf(every, 10_000, 7);
    const atRestMB = liveHeapMB();
    const engine = await engineSide(every, few);
    const engineMB = liveHeapMB() - atRestMB;
    const map = new Map(every);
    const mapMB = liveHeapMB() - atRestMB - engineMB;
    for (let batch = 0; batch < batchesBefore; batch++) passOver(map, few);
    assertSamePairs(await engine.all(), map);

    const sides = (pairs: readonly Pair[]) => [
      { name: "engine", run: () => engine.batch(pairs) },
      { name: "for", run: () => passOver(map, pairs) },
      { name: "forEach", run: () => passByForEach(map, pairs) },
    ];
    const [fewMs = [], ...fewLoopMs] = await sideBySide(sides(few), { rounds: 21 });
    const [allMs = [], ...allLoopMs] = await sideBySide(sides(every), { rounds: 7, warmUps: 2 });
    const withinMB = (await engine.heapWithinBatchMB(every)) - atRestMB - mapMB;
    await engine.close();
    return [
      {
        name: "10,000 of 1,000,000 keys touched: time, of the loop's",
        unit: "x",
        value: ratio(fewMs, best(fewLoopMs)),
        target: { atMost: 1.5 },
      },
      {
        name: "1,000,000 keys: heap between batches, of the Map's",
        unit: "x",
        value: once(engineMB / mapMB),
        target: { atMost: 1.5 },
      },
      {
        name: "all keys changed: time, of the loop's",
        unit: "x",
        value: ratio(allMs, best(allLoopMs)),
      },
      {
        name: "all keys changed: live heap within the batch, of the Map's",
        unit: "x",
        value: once(withinMB / mapMB),
      },
    ];
  },
};

/** The first batch fills the state; after two more nothing is left of how it was filled. */
const batchesBefore = 2;

async function engineSide(every: readonly Pair[], few: readonly Pair[]) {
  const context = new SteppedContext();
  const input = context.input<Pair>();
  let look: ((dataset: RDD<Pair>) => Promise<void>) | undefined;
  input.stream
    .updateStateByKey<string, number, number>(addUp)
    .foreachRDD((dataset) => look?.(dataset));
  await context.start();
  const batch = async (pairs: readonly Pair[]) => {
    input.give(context.data.parallelize(pairs));
    await context.batch();
  };
  await batch(every);
  for (let index = 0; index < batchesBefore; index++) await batch(few);
  return {
    batch,
    /** The state, as a batch without records shows it. */
    all: async () => {
      let state: Pair[] = [];
      look = async (dataset) => {
        state = await dataset.collect();
      };
      await batch([]);
      look = undefined;
      return state;
    },
    heapWithinBatchMB: async (pairs: readonly Pair[]) => {
      let megabytes = 0;
      look = async (dataset) => {
        await dataset.count();
        megabytes = liveHeapMB();
      };
      await batch(pairs);
      look = undefined;
      return megabytes;
    },
    close: () => context.close(),
  };
}

function passOver(state: Map<string, number>, pairs: readonly Pair[]): void {
  const grouped = groupByKey(pairs);
  for (const [key, total] of state) {
    const next = addUp(grouped.get(key) ?? noValues, total);
    if (next !== undefined && next !== total) state.set(key, next);
  }
}

function passByForEach(state: Map<string, number>, pairs: readonly Pair[]): void {
  const grouped = groupByKey(pairs);
  state.forEach((total, key) => {
    const next = addUp(grouped.get(key) ?? noValues, total);
    if (next !== undefined && next !== total) state.set(key, next);
  });
}

function groupByKey(pairs: readonly Pair[]): Map<string, number[]> {
  const grouped = new Map<string, number[]>();
  for (const [key, value] of pairs) {
    const values = grouped.get(key);
    if (values === undefined) grouped.set(key, [value]);
    else values.push(value);
  }
  return grouped;
}
