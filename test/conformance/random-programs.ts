/**
 * Owns: random programs of stateless and stateful operators over streams of pairs, as plain data, and running one under a
 * master. The order of values shows in what most operators make of them.
 */
import fc from "fast-check";
import { silentLogger } from "../../src/base/index.ts";
import { ArrayNode, slices } from "../../src/core/index.ts";
import type { MessageSeen } from "../../src/executor/index.ts";
import {
  type DStream,
  InputDStream,
  type InputHost,
  RDD,
  type State,
  StreamingContext,
  seconds,
} from "../../src/index.ts";
import { ManualClock } from "../../src/testing/index.ts";
import { executorsRun, latestExecutors } from "../support/in-process-master.ts";

type Key = string | number | readonly (string | number)[];
export type Pair = [Key, number];
type Pairs = DStream<Pair>;

/** An input whose batches are in the program; executors make its datasets, or the driver alone. */
class ListedInput extends InputDStream<Pair> {
  readonly kind = "listed";
  override readonly replay: "source" | "none";
  override readonly parameters: readonly unknown[];
  readonly #batches: readonly (readonly Pair[])[];
  readonly #partitions: number;
  #host: InputHost | undefined;

  constructor({ batches, name, partitions, isShared }: InputPlan & { name: string }) {
    super();
    this.replay = isShared ? "source" : "none";
    this.parameters = [name];
    this.#batches = batches;
    this.#partitions = partitions;
  }

  override start(host: InputHost): void {
    this.#host = host;
  }

  compute(timeMs: number): RDD<Pair> | undefined {
    const host = this.#host;
    if (host === undefined) throw new Error("the input was not started");
    const batch = this.#batches[(timeMs - host.zeroTimeMs) / host.batchIntervalMs - 1] ?? [];
    const parts = slices(batch, this.#partitions);
    return new RDD(new ArrayNode<Pair>(host.environment, "listed", parts));
  }
}

interface InputPlan {
  readonly batches: readonly (readonly Pair[])[];
  readonly partitions: number;
  readonly isShared: boolean;
}

const prime = 10_007;
const mixed = (a: number, b: number): number => (a * 31 + b) % prime;
const mixedAll = (values: readonly number[]): number => values.reduce(mixed, 7);

function unless(isUnlucky: boolean, value: number): number {
  if (isUnlucky) throw new Error("unlucky");
  return value;
}

/** What can be done with one stream. */
const alone = {
  map: (s: Pairs) => s.map(([k, v]): Pair => [k, (v + 1) % prime]),
  rekey: (s: Pairs) => s.map(([, v]): Pair => [v % 3 === 0 ? `k${v % 5}` : v % 4, mixed(v, 3)]),
  compose: (s: Pairs) => s.map(([k, v]): Pair => [[String(k), v % 3], v]),
  filter: (s: Pairs) => s.filter(([, v]) => v % 2 === 0),
  flatMap: (s: Pairs) =>
    s.flatMap(([k, v]): Pair[] => [
      [k, v],
      ["more", mixed(v, 2)],
    ]),
  mapValues: (s: Pairs) => s.mapValues((v) => (v * 2) % prime),
  mapPartitions: (s: Pairs) =>
    s.mapPartitions((records): Pair[] => [["all", mixedAll(records.map(([, v]) => v))]]),
  reduceByKey: (s: Pairs) => s.reduceByKey((a, b) => (a + b) % prime),
  reduceTo5: (s: Pairs) => s.reduceByKey(mixed, 5),
  groupByKey: (s: Pairs) => s.groupByKey().mapValues(mixedAll),
  combineByKey: (s: Pairs) =>
    s
      .combineByKey<Key, number, number[]>({
        create: (v) => [v],
        mergeValue: (all, v) => [...all, v],
        mergeCombiners: (all, more) => {
          all.push(...more);
          return all;
        },
      })
      .mapValues(mixedAll),
  repartition: (s: Pairs) => s.repartition(4),
  partitionBy: (s: Pairs) => s.partitionBy(2),
  countByValue: (s: Pairs) => s.countByValue().map(([[k, v], count]): Pair => [k, mixed(v, count)]),
  count: (s: Pairs) => s.count().map((count): Pair => ["count", count]),
  window2: (s: Pairs) => s.window(seconds(2)),
  window3: (s: Pairs) => s.window(seconds(3)),
  reduceWindow: (s: Pairs) => s.reduceByKeyAndWindow(mixed, seconds(3)),
  incremental: (s: Pairs) =>
    s.reduceByKeyAndWindow(
      (a, b) => (a + b) % prime,
      (a, b) => (a - b + prime) % prime,
      seconds(2),
    ),
  persist: (s: Pairs) => s.mapValues((v) => mixed(v, 9)).persist(),
  persistOnDisk: (s: Pairs) => s.mapValues((v) => mixed(v, 8)).persist("DISK_ONLY"),
  sortOnDriver: (s: Pairs) => s.transform((dataset) => dataset.sortByKey()),
  shuffleOnDriver: (s: Pairs) => s.transform((dataset) => dataset.reduceByKey(mixed, 2)),
  sortThere: (s: Pairs) =>
    s.transform((dataset) => dataset.sortByKey({ ascending: false, partitionCount: 3 }), {
      on: "executors",
    }),
  numberThere: (s: Pairs) =>
    s.transform(
      (dataset) =>
        dataset
          .map(([k, v]) => ({ k, v }))
          .zipWithIndex()
          .map(([{ k, v }, index]): Pair => [k, mixed(v, index)]),
      { on: "executors" },
    ),
  sampleThere: (s: Pairs) =>
    s.transform((dataset) => dataset.sample(false, 0.5), { on: "executors" }),
  failThere: (s: Pairs) =>
    s.transform((dataset, timeMs) => dataset.mapValues((v) => unless(timeMs === 2000, v)), {
      on: "executors",
    }),
  failOnDriver: (s: Pairs) =>
    s.transform((dataset, timeMs) => dataset.mapValues((v) => unless(timeMs === 3000, v))),
  update: (s: Pairs) =>
    s.updateStateByKey((values, state: number | undefined) => mixedAll([state ?? 0, ...values])),
  mapState: (s: Pairs) =>
    s.mapWithState((key: Key, value: number | undefined, state: State<number>): Pair => {
      const total = mixed(state.getOption() ?? 1, value ?? 0);
      state.update(total);
      return [key, total];
    }),
} satisfies Record<string, (s: Pairs) => Pairs>;

/** What can be done with two streams. */
const both = {
  union: (a: Pairs, b: Pairs) => a.union(b),
  join: (a: Pairs, b: Pairs) => a.join(b).mapValues(([x, y]) => mixed(x, y)),
  leftOuterJoin: (a: Pairs, b: Pairs) => a.leftOuterJoin(b).mapValues(([x, y]) => mixed(x, y ?? 1)),
  fullOuterJoin: (a: Pairs, b: Pairs) =>
    a.fullOuterJoin(b, 4).mapValues(([x, y]) => mixed(x ?? 2, y ?? 1)),
  cogroup: (a: Pairs, b: Pairs) =>
    a.cogroup(b).mapValues(([xs, ys]) => mixed(mixedAll(xs), mixedAll(ys))),
  transformWith: (a: Pairs, b: Pairs) =>
    a.transformWith(b, (left, right) => left.subtractByKey(right)),
} satisfies Record<string, (a: Pairs, b: Pairs) => Pairs>;

const failingNames = ["failThere", "failOnDriver"];
const statefulNames = ["incremental", "update", "mapState"];

interface Step {
  readonly operator: string;
  /** The streams that it is over, counted back from the newest. */
  readonly over: readonly [number, number];
}

/** A program, as plain data. */
export interface ProgramPlan {
  readonly inputs: readonly InputPlan[];
  readonly steps: readonly Step[];
  readonly batches: number;
  readonly parallelism: number;
  readonly concurrentJobs: number;
}

const key = fc.oneof(
  fc.constantFrom<Key>("a", "b", "c"),
  fc.integer({ min: 0, max: 2 }),
  fc.constantFrom<Key>(["a", 1], ["b", 2]),
);
const pair = fc.tuple(key, fc.integer({ min: 0, max: 50 }));

/** Random programs; with or without operators that have a state, or that fail. */
export function programPlans({
  isFailing = false,
  isStateful,
}: {
  isStateful: boolean;
  isFailing?: boolean;
}): fc.Arbitrary<ProgramPlan> {
  const left = [...(isStateful ? [] : statefulNames), ...(isFailing ? [] : failingNames)];
  const all = [...Object.keys(alone), ...Object.keys(both)].filter((name) => !left.includes(name));
  const names = isFailing ? [...all, ...failingNames, ...failingNames] : all;
  const input = fc.record({
    batches: fc.array(fc.array(pair, { maxLength: 12 }), { minLength: 1, maxLength: 4 }),
    partitions: fc.integer({ min: 1, max: 3 }),
    isShared: fc.boolean(),
  });
  const step = fc.record({
    operator: fc.constantFrom(...names),
    over: fc.tuple(fc.nat({ max: 3 }), fc.nat({ max: 3 })),
  });
  return fc.record({
    inputs: fc.array(input, { minLength: 1, maxLength: 2 }),
    steps: fc.array(step, { minLength: 1, maxLength: 7 }),
    batches: fc.integer({ min: 2, max: 5 }),
    parallelism: fc.integer({ min: 1, max: 3 }),
    concurrentJobs: fc.integer({ min: 1, max: isFailing ? 1 : 3 }),
  });
}

/** What the outputs of a program were given, in their order. */
export type Outcome = readonly (readonly unknown[])[];

function declare(ssc: StreamingContext, plan: ProgramPlan, outcome: unknown[][]): void {
  const streams = plan.inputs.map((input, index) =>
    ssc.inputStream(new ListedInput({ ...input, name: `input ${index}` })),
  );
  const used = new Set<Pairs>();
  const at = (back: number): Pairs => {
    const stream = streams[Math.max(0, streams.length - 1 - back)] as Pairs;
    used.add(stream);
    return stream;
  };
  for (const { operator, over } of plan.steps) {
    const one = alone[operator as keyof typeof alone];
    const two = both[operator as keyof typeof both];
    streams.push(one === undefined ? two(at(over[0]), at(over[1])) : one(at(over[0])));
  }
  const ends = streams.filter((stream) => !used.has(stream));
  for (const [index, stream] of ends.entries()) {
    stream.foreachRDD(async (dataset, timeMs) => {
      const name = `${index} ${timeMs}`;
      outcome.push([name, "all", await dataset.collect()]);
      if (index % 2 === 1) return;
      outcome.push([name, "count", await dataset.count(), await dataset.take(3)]);
      const values = dataset.map(([, v]) => v);
      outcome.push([name, "mapped", await values.collect(), await values.fold(0, mixed)]);
    });
  }
}

/** Runs a program; gives what its outputs were given. */
export async function outcomeOf(
  plan: ProgramPlan,
  master: "local",
  onMessage?: (message: MessageSeen) => void,
): Promise<Outcome> {
  const clock = new ManualClock();
  const make = (outcome: unknown[][]): StreamingContext => {
    const ssc = new StreamingContext({
      clock,
      master,
      batchInterval: seconds(1),
      defaultParallelism: plan.parallelism,
      logger: silentLogger,
      concurrentJobs: plan.concurrentJobs,
      onFailure: { deadLetter: ({ batchTime }) => void outcome.push([`${batchTime}`, "failed"]) },
      attempts: 1,
    });
    declare(ssc, plan, outcome);
    return ssc;
  };
  executorsRun(() => make([]).start(), onMessage);
  const outcome: unknown[][] = [];
  const ssc = make(outcome);
  await ssc.start();
  await clock.advance(plan.batches * 1000);
  await ssc.stop();
  await ssc.awaitTermination();
  return outcome.toSorted(([a], [b]) => (String(a) < String(b) ? -1 : 1));
}

/** Kills an executor when so many messages have passed, each time. */
export function killing(afterMessages: readonly number[]): (message: MessageSeen) => void {
  let seen = 0;
  const due = new Set(afterMessages);
  return ({ from, to }) => {
    if (!due.delete(seen++)) return;
    const victim = to === "driver" ? from : to;
    queueMicrotask(() => latestExecutors().kill(victim));
  };
}
