/**
 * Starts with other numbers of partitions while a batch is pending, through `getOrCreate`: the batch keeps its numbers, down
 * to which record is in which partition, and the new ones hold from the first new batch on.
 */
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test, vi } from "vitest";
import { StreamGraph } from "../../../src/core/index.ts";
import {
  type DStream,
  HashPartitioner,
  milliseconds,
  type Partitioner,
  RangePartitioner,
  StateSpec,
  seconds,
} from "../../../src/index.ts";
import type { Life, Program } from "../../chaos/application-life.ts";
import {
  lastCounts,
  lifeIn,
  refused,
  said,
  secondLife,
  useDirectory,
} from "./lives-in-directory.ts";

useDirectory();

const words = ["to", "be", "or", "not", "to", "be", "that", "is", "the", "question"];
const hangs = (): Promise<never> => new Promise(() => {});

/** What the outputs of one life were handed, by output and batch: the records of each partition. */
type Parts = Map<string, (readonly string[])[]>;

interface Numbers {
  readonly state?: number | undefined;
  readonly shuffle?: number | Partitioner | undefined;
}

/** All that has partitions, each with an output that sees them; where `isPending` the outputs never end. */
function partitioned(seen: Parts, { shuffle, state }: Numbers, isPending: boolean): Program {
  return (lines, note, ssc) => {
    note("batch", lines);
    const see = (name: string, stream: DStream<unknown>) =>
      stream
        .foreachRDD(async (dataset, timeMs) => {
          const parts = await dataset.glom().collect();
          const texts = parts.map((part) => part.map((record) => JSON.stringify(record)));
          seen.set(`${name} ${timeMs}`, texts);
          if (isPending) await hangs();
        })
        .uid(name);
    const pairs = lines.map((word): [string, number] => [word, 1]);
    const add = (a: number, b: number) => a + b;
    see("reduced", pairs.reduceByKey(add, shuffle));
    see("dealt", lines.repartition(typeof shuffle === "number" ? shuffle : 2));
    see("spread", pairs.partitionBy(shuffle ?? 2));
    see("counted", lines.countByValue());
    see("joined", pairs.reduceByKey(add, 3).join(pairs.reduceByKey(add)));
    see(
      "transformed",
      pairs.transform((dataset) => dataset.mapValues((n) => n * 2).reduceByKey(add)),
    );
    see(
      "parallelized",
      lines.transform(() => ssc.data.parallelize(words)),
    );
    see("windowed", pairs.reduceByKeyAndWindow(add, seconds(2), seconds(1)));
    const settings = { partitioning: state };
    const counts = pairs.updateStateByKey<string, number, number>(
      (ones, count) => (count ?? 0) + ones.length,
      settings,
    );
    see("state", counts.uid("counts"));
    note("counts", counts);
    see("state window", counts.window(seconds(2)));
    see("state reduced", counts.reduceByKey(add));
    const subtract = (a: number, b: number) => a - b;
    see(
      "incremental",
      pairs
        .reduceByKeyAndWindow(add, subtract, seconds(2), seconds(1), { partitioning: state })
        .uid("recent"),
    );
    const spec = StateSpec.function<string, number, number, string>((word, value, kept) => {
      if (kept.isTimingOut()) return `${word} left`;
      kept.update((kept.exists() ? kept.get() : 0) + (value ?? 0));
      return `${word} ${kept.get()}`;
    }).timeout(milliseconds(60_000));
    const sessions = pairs.mapWithState(state === undefined ? spec : spec.numPartitions(state));
    see("mapped", sessions.uid("sessions"));
    see("snapshots", sessions.stateSnapshots());
    pairs.foreachRDD(async (dataset, timeMs) => {
      // What an output makes is in the numbers of its batch as well.
      seen.set(
        `own ${timeMs}`,
        (await dataset.reduceByKey(add).glom().collect()).map((p) => p.map(String)),
      );
      if (isPending) await hangs();
    });
  };
}

/** A life whose first batch of data is run in the middle of its outputs, and one batch before that which is done. */
async function dyingLife(seen: Parts, numbers: Numbers, defaultParallelism: number): Promise<Life> {
  const outputs = 15;
  const life = lifeIn({
    startMs: 10_000,
    context: { defaultParallelism, concurrentJobs: 30 },
    program: partitioned(seen, numbers, true),
  });
  await life.start();
  await life.receive(words.slice(0, 3));
  await life.clock.advanceWithoutWaiting(100);
  while (seen.size < outputs) await life.clock.yieldToEventLoop();
  await life.die();
  expect([...seen.keys()].every((output) => output.endsWith(" 11000"))).toBe(true);
  return life;
}

/** Order among keys is promised of stateless operators alone. */
const isOrdered = (output: string) => !/^(state|incremental|mapped|snapshots)/.test(output);

function comparable(seen: Parts, timeMs: number): ReadonlyMap<string, unknown> {
  const found = new Map<string, unknown>();
  for (const [output, parts] of seen) {
    if (!output.endsWith(` ${timeMs}`)) continue;
    found.set(output, isOrdered(output) ? parts : parts.map((part) => [...part].sort()));
  }
  return found;
}

describe("a start with other numbers of partitions, batches pending", () => {
  test.each([
    ["the default parallelism", [2, {}], [3, {}]],
    ["the default parallelism, to one", [3, {}], [1, {}]],
    ["the partitions of a state, to more", [1, { state: 2 }], [1, { state: 5 }]],
    ["the partitions of a state, to fewer", [1, { state: 7 }], [1, { state: 3 }]],
    ["the partitions of a shuffle", [1, { shuffle: 2 }], [1, { shuffle: 4 }]],
    ["a shuffle that had a number, to the default", [2, { shuffle: 3 }], [2, {}]],
    ["a shuffle of the default, to a number", [2, {}], [2, { shuffle: 3 }]],
    [
      "a partitioner by hash, to a number",
      [2, { shuffle: new HashPartitioner(3) }],
      [2, { shuffle: 4 }],
    ],
    ["all of them", [2, { state: 3, shuffle: 4 }], [3, { state: 4, shuffle: 2 }]],
  ] as const)(
    "%s: each output of the batch has the partitions it had",
    async (_, before, after) => {
      const old: Parts = new Map();
      const first = await dyingLife(old, before[1], before[0]);
      const now: Parts = new Map();
      const life = await secondLife(first, {
        program: partitioned(now, after[1], false),
        context: { defaultParallelism: after[0], concurrentJobs: 30 },
      });
      expect(said(life, "partitions changed, batches pending: ")).toHaveLength(1);
      expect(comparable(now, 11_000)).toEqual(comparable(old, 11_000));
      expect(lastCounts(life)).toEqual(['["be",1]', '["or",1]', '["to",1]']);
    },
  );

  test("the new numbers hold from the first new batch on, also in the states", async () => {
    const old: Parts = new Map();
    const first = await dyingLife(old, { state: 2, shuffle: 2 }, 2);
    const now: Parts = new Map();
    const life = await secondLife(first, {
      program: partitioned(now, { state: 5, shuffle: 4 }, false),
      context: { defaultParallelism: 3, concurrentJobs: 30 },
    });
    await life.receive(["to"]);
    await life.clock.advance(1000);
    const last = life.clock.now() - (life.clock.now() % 1000);
    const counts = [...comparable(now, last)].map(([output, parts]) => [
      output.replace(/ \d+$/, ""),
      (parts as readonly unknown[]).length,
    ]);
    expect(Object.fromEntries(counts)).toEqual({
      reduced: 4,
      dealt: 4,
      spread: 4,
      counted: 3,
      joined: 3,
      transformed: 3,
      parallelized: 3,
      windowed: 3,
      state: 5,
      "state window": 5,
      "state reduced": 3,
      incremental: 5,
      mapped: 5,
      snapshots: 5,
      own: 3,
    });
    expect(lastCounts(life)).toContain('["to",2]');
    expect(now.get(`incremental ${last}`)?.flat()).toContain('["to",1]');
  });

  test("a batch keeps its numbers over two starts, also when the first one dies on the way", async () => {
    const old: Parts = new Map();
    const first = await dyingLife(old, { state: 2, shuffle: 2 }, 2);
    const between: Parts = new Map();
    const records = first.feed.records.map(({ record }) => record);
    const dying = lifeIn({
      records,
      program: partitioned(between, { state: 3, shuffle: 3 }, true),
      context: { defaultParallelism: 3, concurrentJobs: 30 },
    });
    void dying.start().catch(() => {});
    while (between.size < 15) await dying.clock.yieldToEventLoop();
    await dying.die();
    const now: Parts = new Map();
    await secondLife(first, {
      startMs: 30_000,
      program: partitioned(now, { state: 4, shuffle: 5 }, false),
      context: { defaultParallelism: 1, concurrentJobs: 30 },
    });
    expect(comparable(now, 11_000)).toEqual(comparable(old, 11_000));
  });

  test("a saved directory has the parts that it was to have", async () => {
    const folder = await mkdtemp(join(tmpdir(), "millrace-saved-"));
    const saving =
      (count: number, isPending: boolean): Program =>
      (lines, note) => {
        note("batch", lines);
        const pairs = lines.map((word): [string, number] => [word, 1]);
        if (isPending) pairs.foreachRDD(hangs).uid("hanging");
        pairs.reduceByKey((a, b) => a + b, count).saveAsTextFiles(join(folder, "counts"));
      };
    const first = lifeIn({ startMs: 10_000, program: saving(3, true) });
    await first.start();
    await first.receive(["to", "be", "or"]);
    await first.clock.advanceWithoutWaiting(100);
    for (let turn = 0; turn < 200; turn += 1) await first.clock.yieldToEventLoop();
    await first.die();
    await secondLife(first, { program: saving(2, false), context: { allowDropped: ["hanging"] } });
    const partsOf = async (timeMs: number) =>
      (await readdir(join(folder, `counts-${timeMs}`))).filter((name) => name.startsWith("part-"));
    expect(await partsOf(11_000)).toHaveLength(3);
    expect(await partsOf(21_000)).toHaveLength(2);
    const texts = await Promise.all(
      (await partsOf(11_000)).map((name) => readFile(join(folder, "counts-11000", name), "utf8")),
    );
    expect(texts.join("").trim().split("\n").sort()).toHaveLength(3);
    await rm(folder, { recursive: true, force: true });
  });

  test("partitioner changed, batches pending: one of the program's own has one number only, and is refused by its operator", async () => {
    const old: Parts = new Map();
    await dyingLife(old, { shuffle: new RangePartitioner(["m"]) }, 1);
    const error = await refused({
      program: partitioned(new Map(), { shuffle: new RangePartitioner(["g", "m"]) }, false),
      context: { concurrentJobs: 30 },
    });
    expect(error).toMatchObject({
      code: "partitions_changed",
      details: { case: "partitioner changed, batches pending", count: 3, oldCount: 2 },
    });
  });

  test("partitions changed, batches pending that did not note theirs: is refused with both numbers", async () => {
    const pins = vi.spyOn(StreamGraph.prototype, "partitionPins", "get").mockReturnValue({});
    await dyingLife(new Map(), {}, 1);
    pins.mockRestore();
    const program = partitioned(new Map(), {}, false);
    expect(await refused({ program, context: { defaultParallelism: 3 } })).toMatchObject({
      code: "partitions_changed",
      details: { defaultParallelism: 3, oldDefaultParallelism: 1 },
    });
  });

  test("the same partitioner of the program's own goes on", async () => {
    const old: Parts = new Map();
    const first = await dyingLife(old, { shuffle: new RangePartitioner(["m"]) }, 1);
    const now: Parts = new Map();
    const life = await secondLife(first, {
      program: partitioned(now, { shuffle: new RangePartitioner(["m"]) }, false),
      context: { concurrentJobs: 30 },
    });
    expect(comparable(now, 11_000)).toEqual(comparable(old, 11_000));
    expect(said(life, "same program, in the first batch: ")).toHaveLength(1);
  });
});
