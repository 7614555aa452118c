/**
 * States against a naive fold over random batches, of which those that fail are handed to a dead-letter function and left
 * out. Batches are at 1000, 2000, ... ms.
 */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type DStream, seconds } from "../../../../src/index.ts";
import { DrivenContext } from "../../context/driven-context.ts";
import { sorted } from "./per-batch.ts";

type Pair = [string, number];

const scenario = fc.record({
  batches: fc.array(
    fc.array(fc.tuple(fc.constantFrom("a", "b", "c", "d"), fc.integer({ min: 0, max: 9 })), {
      maxLength: 6,
    }),
    { minLength: 1, maxLength: 8 },
  ),
  partitions: fc.integer({ min: 1, max: 3 }),
  parallelism: fc.integer({ min: 1, max: 3 }),
  concurrentJobs: fc.integer({ min: 1, max: 3 }),
  /** The batches that fail, from 0, each from its n-th call of the function on. */
  broken: fc.array(fc.tuple(fc.nat({ max: 8 }), fc.nat({ max: 4 })), { maxLength: 4 }),
});
type Scenario = typeof scenario extends fc.Arbitrary<infer S> ? S : never;

interface Ran {
  readonly result: ReadonlyMap<number, readonly unknown[]>;
  /** The times of the batches that the state has not been given. */
  readonly leftOut: ReadonlySet<number>;
  /** The times of the batches that failed, also those that failed with one before them and that the state has all the same. */
  readonly failed: ReadonlySet<number>;
  readonly count: number;
}

async function run(
  { batches, broken, concurrentJobs, parallelism, partitions }: Scenario,
  build: (pairs: DStream<Pair>, fail: (timeMs: number) => void) => DStream<unknown>,
): Promise<Ran> {
  const count = batches.length + 5;
  const leftOut = new Set<number>();
  const failed = new Set<number>();
  const passing = new Map(broken.map(([index, calls]) => [(index + 1) * 1000, calls]));
  const fail = (timeMs: number) => {
    const left = passing.get(timeMs);
    if (left === 0) throw new Error(`unlucky at ${timeMs}`);
    if (left !== undefined) passing.set(timeMs, left - 1);
  };
  await using engine = new DrivenContext({
    attempts: 1,
    concurrentJobs,
    defaultParallelism: parallelism,
    onFailure: {
      deadLetter: ({ batchTime }) => {
        failed.add(batchTime);
        if (stateful().owes(batchTime)) leftOut.add(batchTime);
      },
    },
  });
  const stream = build(engine.input(batches, partitions), fail);
  const stateful = () => stream.node as unknown as { owes(timeMs: number): boolean };
  const result = engine.collect(stream);
  engine.collect(stream.map((record) => record));
  await engine.ssc.start();
  if (concurrentJobs === 1) await engine.batches(count);
  else await engine.clock.advanceWithoutWaiting(count * 1000);
  await engine.ssc.stop();
  return { result, leftOut, failed, count };
}

function compare(
  { result, failed, count }: Ran,
  expectedAt: (timeMs: number) => readonly unknown[],
): void {
  for (let timeMs = 1000; timeMs <= count * 1000; timeMs += 1000) {
    const records = result.get(timeMs);
    const expected = expectedAt(timeMs);
    if (records !== undefined) expect(sorted([records])).toEqual(sorted([expected]));
    else expect(failed.has(timeMs)).toBe(true);
  }
}

describe("over random batches of which some are given up", () => {
  test("updateStateByKey is a fold over the others", async () => {
    await fc.assert(
      fc.asyncProperty(scenario, async (drawn) => {
        const ran = await run(drawn, (pairs, fail) =>
          pairs.updateStateByKey<string, number, number>((values, sum, _key, timeMs) => {
            fail(timeMs);
            return values.reduce((a, b) => a + b, (sum ?? 0) + 1);
          }),
        );
        const sums = new Map<string, number>();
        compare(ran, (timeMs) => {
          if (ran.leftOut.has(timeMs)) return [];
          const batch = drawn.batches[timeMs / 1000 - 1] ?? [];
          for (const key of new Set([...sums.keys(), ...batch.map(([key]) => key)])) {
            const values = batch.filter(([other]) => other === key).map(([, value]) => value);
            sums.set(
              key,
              values.reduce((a, b) => a + b, (sums.get(key) ?? 0) + 1),
            );
          }
          return [...sums];
        });
      }),
      { numRuns: 150 },
    );
  });

  test("an incremental window is the fold over the others within it", async () => {
    await fc.assert(
      fc.asyncProperty(scenario, fc.integer({ min: 1, max: 4 }), async (drawn, window) => {
        const ran = await run(drawn, (pairs, fail) =>
          pairs
            .transform((dataset, timeMs) =>
              dataset.mapValues((sum) => {
                fail(timeMs);
                return { sum, count: 1 };
              }),
            )
            .reduceByKeyAndWindow(
              (a, b) => ({ sum: a.sum + b.sum, count: a.count + b.count }),
              (a, b) => ({ sum: a.sum - b.sum, count: a.count - b.count }),
              seconds(window),
              seconds(1),
              { filter: (_key, { count }) => count > 0 },
            ),
        );
        compare(ran, (timeMs) => {
          const sums = new Map<string, { sum: number; count: number }>();
          for (let at = timeMs - window * 1000 + 1000; at <= timeMs; at += 1000) {
            if (at < 1000 || ran.leftOut.has(at)) continue;
            for (const [key, value] of drawn.batches[at / 1000 - 1] ?? []) {
              const { sum, count } = sums.get(key) ?? { sum: 0, count: 0 };
              sums.set(key, { sum: sum + value, count: count + 1 });
            }
          }
          return [...sums];
        });
      }),
      { numRuns: 150 },
    );
  });
});
