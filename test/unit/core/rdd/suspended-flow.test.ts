/** Operators that make many records of one, and long loops: the event loop turns meanwhile, and the order stays. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { inJob, type RDD } from "../../../../src/core/index.ts";
import { datasets } from "./datasets.ts";
import { SlowClock } from "./slow-clock.ts";

const many = 20_000;

function* upTo(count: number): Generator<number> {
  for (let n = 0; n < count; n++) yield n;
}

const numbers = (count: number): number[] => [...upTo(count)];
const pairsOf = (count: number) => numbers(count).map((n): [number, number] => [n, n]);

type Make = ReturnType<typeof datasets>;

const loops: Record<string, (given: Make) => Promise<unknown>> = {
  "flatMap to a generator": (given) =>
    given
      .of([0])
      .flatMap(() => upTo(many))
      .count(),
  "flatMap to an array": (given) =>
    given
      .of([numbers(many)])
      .flatMap((all) => all)
      .count(),
  "flatMap to many short arrays": (given) =>
    given
      .of(numbers(200))
      .flatMap(() => numbers(100))
      .count(),
  "flatMapValues to a generator": (given) =>
    given
      .of<[string, number]>([["a", 0]])
      .flatMapValues(() => upTo(many))
      .count(),
  "a join of one key": (given) => {
    const side = given.of(numbers(150)).keyBy(() => "key");
    return side.join(side).count();
  },
};

describe("the event loop turns", () => {
  test.each(Object.entries(loops))("in the middle of %s", async (_name, run) => {
    const clock = new SlowClock(1);
    expect(await run(datasets({ clock }))).toBeGreaterThanOrEqual(20_000);
    expect(clock.turns).toBeGreaterThan(5);
  });

  const afterwards: Record<string, (dataset: RDD<number>) => Promise<unknown>> = {
    countByValue: (dataset) => dataset.countByValue(),
    collectAsMap: (dataset) => dataset.keyBy((n) => n).collectAsMap(),
    reduceByKeyLocally: (dataset) => dataset.keyBy((n) => n).reduceByKeyLocally((a) => a),
    takeOrdered: (dataset) => dataset.takeOrdered(many),
    sortBy: (dataset) => dataset.sortBy((n) => n).count(),
  };

  test.each(Object.entries(afterwards))(
    "more often in %s than it takes to read the records",
    async (_name, run) => {
      const turnsOf = async (action: (dataset: RDD<number>) => Promise<unknown>) => {
        const clock = new SlowClock(1);
        await action(datasets({ clock }).of(numbers(many), 2));
        return clock.turns;
      };
      expect(await turnsOf(run)).toBeGreaterThan(
        1.4 * (await turnsOf((dataset) => dataset.count())),
      );
    },
  );
});

test("an endless generator is cancelled with its job, and closed", async () => {
  const cancel = new AbortController();
  const closed: string[] = [];
  function* forever(name: string): Generator<number> {
    try {
      for (let n = 0; ; n++) {
        if (n === 5000) cancel.abort(new Error("enough"));
        yield n;
      }
    } finally {
      closed.push(name);
    }
  }
  const job = { batchTimeMs: 0, uid: "u", attempt: 0, signal: cancel.signal, accumulated: [] };
  const given = datasets({ clock: new SlowClock(0.1) });
  const counting = inJob(job, () =>
    given
      .of([0])
      .flatMap(() => forever("outer"))
      .flatMap(() => forever("inner"))
      .count(),
  );
  await expect(counting).rejects.toMatchObject({ code: "job_cancelled" });
  expect(closed.sort()).toEqual(["inner", "outer"]);
});

test("take(n) of an endless generator ends, and closes it", async () => {
  let closed = 0;
  function* forever(): Generator<number> {
    try {
      for (let n = 0; ; n++) yield n;
    } finally {
      closed++;
    }
  }
  const given = datasets({ clock: new SlowClock(3) });
  expect(await given.of([0, 1]).flatMap(forever).take(500)).toEqual(numbers(500));
  expect(closed).toBe(1);
});

test("what a generator throws after the flow was suspended names its operator", async () => {
  function* failing(): Generator<number> {
    yield* upTo(1000);
    throw new Error("no more");
  }
  const given = datasets({ clock: new SlowClock(3) });
  await expect(given.of([0]).flatMap(failing).count()).rejects.toMatchObject({
    code: "user_function_failed",
    details: { kind: "flatMap" },
  });
});

describe("the order of records is the same however often the flow is suspended", () => {
  const sizes = fc.array(fc.integer({ min: 0, max: 40 }), { maxLength: 12 });

  /** Each number as its own place, cut in two ways. */
  const spread = (n: number, size: number) => numbers(size).map((k) => `${n}.${k}`);

  test.each<[string, (given: Make, records: number[]) => RDD<number>]>([
    ["from an array", (given, records) => given.of(records, 2)],
    ["from kept records", (given, records) => given.of(records, 2).persist()],
    [
      "from a shuffle",
      (given, records) =>
        given
          .of(records)
          .keyBy((n) => n)
          .groupByKey()
          .keys(),
    ],
    ["from a reader", (given, records) => given.ofGenerator(() => records)],
    ["from a union", (given, records) => given.of(records).union(given.of(records)).coalesce(1)],
    ["from a sample", (given, records) => given.of(records).sample(true, 3)],
  ])("%s", (_name, source) =>
    fc.assert(
      fc.asyncProperty(sizes, fc.integer({ min: 0, max: 4 }), async (widths, msPerLook) => {
        const records = widths.map((_, index) => index);
        const size = (n: number) => widths[n] ?? 0;
        const run = (clock: SlowClock) => {
          const given = datasets({ clock });
          return source(given, records)
            .flatMap((n) => spread(n, size(n)))
            .flatMap(function* (text) {
              yield* spread(1, text.length);
              yield text;
            })
            .flatMap((text) => [text, text])
            .collect();
        };
        expect(await run(new SlowClock(msPerLook))).toEqual(await run(new SlowClock(0)));
      }),
      { numRuns: 20 },
    ),
  );
});

test("sorting in slices is a stable sort", () =>
  fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 0, max: 5000 }),
      fc.integer({ min: 1, max: 300 }),
      fc.boolean(),
      async (count, keys, ascending) => {
        const records = pairsOf(count).map(([n]): [number, number] => [(n * 7919) % keys, n]);
        const sorted = await datasets()
          .of(records)
          .sortByKey({ ascending, partitionCount: 1 })
          .collect();
        expect(sorted).toEqual(records.toSorted((a, b) => (ascending ? a[0] - b[0] : b[0] - a[0])));
      },
    ),
    { numRuns: 20 },
  ));
