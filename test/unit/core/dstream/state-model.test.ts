/**
 * States against a naive fold over random batches, cut into random partitions, while the functions of the program fail
 * now and then: for some attempts, or for good for a while. Batches are at 1000, 2000, ... ms.
 */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type DStream, type State, StateSpec, seconds } from "../../../../src/index.ts";
import { DrivenContext } from "../../context/driven-context.ts";

type Pair = [string, number];
/** Throws now and then. */
type Failing = (timeMs: number) => void;

const timeoutBatches = 2;

const pair: fc.Arbitrary<Pair> = fc.tuple(
  fc.constantFrom("a", "b", "c", "d"),
  fc.integer({ min: -3, max: 9 }),
);
const scenario = fc.record({
  batches: fc.array(fc.option(fc.array(pair, { maxLength: 6 }), { freq: 6 }), {
    minLength: 1,
    maxLength: 8,
  }),
  partitions: fc.integer({ min: 1, max: 3 }),
  parallelism: fc.integer({ min: 1, max: 3 }),
  concurrentJobs: fc.integer({ min: 1, max: 2 }),
  attempts: fc.integer({ min: 1, max: 3 }),
  /** For each batch its failures, one after another: how many calls of the function pass before one throws. */
  failures: fc.array(fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 9 }), { maxLength: 8 }),
});
type Scenario = typeof scenario extends fc.Arbitrary<infer S> ? S : never;

/** The throwing function of a scenario. */
function failing({ failures }: Scenario): Failing {
  const left = failures.map((list) => [...list]);
  const passed = new Map<number, number>();
  return (timeMs) => {
    const list = left[timeMs / 1000 - 1];
    const callsBefore = list?.[0];
    if (list === undefined || callsBefore === undefined) return;
    const calls = passed.get(timeMs) ?? 0;
    if (calls < callsBefore) {
      passed.set(timeMs, calls + 1);
      return;
    }
    passed.set(timeMs, 0);
    list.shift();
    throw new Error(`unlucky at ${timeMs}`);
  };
}

/**
 * Runs the stream over the batches and some empty ones more, one after the other or as many at once as there are slots,
 * and compares each batch that came out with the fold.
 */
async function compare(
  run: Scenario,
  build: (pairs: DStream<Pair>, fail: Failing) => DStream<unknown>,
  expectedAt: readonly (readonly unknown[] | null)[],
): Promise<void> {
  await using engine = new DrivenContext({
    attempts: run.attempts,
    concurrentJobs: run.concurrentJobs,
    defaultParallelism: run.parallelism,
    onFailure: "continue",
  });
  const stream = build(engine.input(run.batches, run.partitions), failing(run));
  const result = engine.collect(stream);
  engine.collect(stream.map((record) => record));
  await engine.ssc.start();
  if (run.concurrentJobs === 1) await engine.batches(expectedAt.length);
  else {
    await engine.clock.advanceWithoutWaiting(expectedAt.length * 1000);
    await engine.ssc.stop();
  }
  for (const [index, expected] of expectedAt.entries()) {
    const records = result.get((index + 1) * 1000);
    if (records !== undefined) expect(text(records)).toEqual(text(expected ?? []));
  }
  const last = expectedAt.at(-1);
  expect(result.has(expectedAt.length * 1000)).toBe(last !== null);
}

function text(records: readonly unknown[]): string[] {
  return records.map((record) => JSON.stringify(record)).sort();
}

/** Each batch may fail as often as it has failures, and each failure takes a batch at most. */
function batchCount({ batches, failures }: Scenario): number {
  return batches.length + failures.flat().length + 1;
}

describe("over random batches, partitions and failures", () => {
  test("updateStateByKey is a fold over the batches", async () => {
    await fc.assert(
      fc.asyncProperty(scenario, async (run) => {
        const state = new Map<string, number>();
        let hasBegun = false;
        const expected = Array.from({ length: batchCount(run) }, (_, index) => {
          const batch = index < run.batches.length ? (run.batches[index] ?? null) : [];
          if (batch === null && !hasBegun) return null;
          hasBegun = true;
          for (const key of new Set([...state.keys(), ...(batch ?? []).map(([key]) => key)])) {
            const values = (batch ?? []).filter(([other]) => other === key);
            const next = fold(
              values.map(([, value]) => value),
              state.get(key),
            );
            if (next === undefined) state.delete(key);
            else state.set(key, next);
          }
          return [...state];
        });
        await compare(
          run,
          (pairs, fail) =>
            pairs.updateStateByKey<string, number, number>((values, value, _key, timeMs) => {
              fail(timeMs);
              return fold(values, value);
            }),
          expected,
        );
      }),
      { numRuns: 150 },
    );
  });

  test("mapWithState is a fold over the records, with time-outs", async () => {
    await fc.assert(
      fc.asyncProperty(scenario, async (run) => {
        const expected = naiveMapped(run);
        const spec = (fail: Failing): StateSpec<string, number, number, string> =>
          StateSpec.function(
            (key: string, value: number | undefined, state: State<number>, timeMs: number) => {
              fail(timeMs);
              if (value === undefined) return `${key} gone at ${state.get()}`;
              const next = fold([value], state.getOption());
              if (next === undefined) state.remove();
              else state.update(next);
              return `${key} ${next}`;
            },
          );
        await compare(
          run,
          (pairs, fail) => pairs.mapWithState(spec(fail).timeout(seconds(timeoutBatches))),
          expected.map(({ emitted }) => emitted),
        );
        await compare(
          run,
          (pairs, fail) =>
            pairs.mapWithState(spec(fail).timeout(seconds(timeoutBatches))).stateSnapshots(),
          expected.map(({ snapshot }) => snapshot),
        );
      }),
      { numRuns: 100 },
    );
  });

  test("an incremental window is the fold over its batches", async () => {
    await fc.assert(
      fc.asyncProperty(scenario, fc.integer({ min: 1, max: 4 }), async (drawn, window) => {
        // A transform has no dataset to work on where its parent has none.
        const run = { ...drawn, batches: drawn.batches.map((batch) => batch ?? []) };
        const expected = Array.from({ length: batchCount(run) }, (_, index) => {
          const sums = new Map<string, { sum: number; count: number }>();
          const within = run.batches.slice(Math.max(0, index + 1 - window), index + 1);
          for (const [key, value] of within.flat()) {
            const { sum, count } = sums.get(key) ?? { sum: 0, count: 0 };
            sums.set(key, { sum: sum + value, count: count + 1 });
          }
          return [...sums];
        });
        await compare(
          run,
          (pairs, fail) =>
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
          expected,
        );
      }),
      { numRuns: 100 },
    );
  });
});

/** Sums, starting anew below zero, and removing keys above 20. */
function fold(values: readonly number[], state: number | undefined): number | undefined {
  const sum = values.reduce((total, value) => Math.max(0, total + value), state ?? 0);
  return sum > 20 ? undefined : sum;
}

function naiveMapped(run: Scenario): { emitted: string[]; snapshot: [string, number][] }[] {
  const state = new Map<string, { value: number; usedAt: number }>();
  return Array.from({ length: batchCount(run) }, (_, index) => {
    const emitted: string[] = [];
    for (const [key, value] of run.batches[index] ?? []) {
      const next = fold([value], state.get(key)?.value);
      if (next === undefined) state.delete(key);
      else state.set(key, { value: next, usedAt: index });
      emitted.push(`${key} ${next}`);
    }
    for (const [key, { value, usedAt }] of state) {
      if (index - usedAt <= timeoutBatches) continue;
      emitted.push(`${key} gone at ${value}`);
      state.delete(key);
    }
    return { emitted, snapshot: [...state].map(([key, { value }]): Pair => [key, value]) };
  });
}
