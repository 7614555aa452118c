/** Windows: what they accept, how far back they remember, and that both forms say the same. A batch is a second. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  type DStream,
  type Duration,
  milliseconds,
  type StreamError,
  StreamingContext,
  seconds,
} from "../../../../src/index.ts";
import { ManualClock } from "../../../../src/testing/index.ts";
import { caught, ones, perBatch, sorted } from "./per-batch.ts";

const add = (a: number, b: number): number => a + b;
const subtract = (a: number, b: number): number => a - b;

function pairStream(): DStream<[string, number]> {
  const ssc = new StreamingContext({ batchInterval: seconds(1), clock: new ManualClock() });
  return ssc.queueStream<[string, number]>([]);
}

/** The code of the error that a declaration throws. */
function codeOf(declare: () => unknown): string {
  try {
    declare();
  } catch (error) {
    return (error as StreamError).code;
  }
  return "none";
}

describe("a window", () => {
  const declarations: Record<
    string,
    (stream: DStream<[string, number]>, window: Duration, slide?: Duration) => unknown
  > = {
    window: (stream, window, slide) => stream.window(window, slide),
    reduceByWindow: (stream, window, slide) => stream.reduceByWindow((a) => a, window, slide),
    "reduceByWindow with inverse": (stream, window, slide) =>
      stream.reduceByWindow(
        (a) => a,
        (a) => a,
        window,
        slide,
      ),
    countByWindow: (stream, window, slide) => stream.countByWindow(window, slide),
    countByValueAndWindow: (stream, window, slide) => stream.countByValueAndWindow(window, slide),
    groupByKeyAndWindow: (stream, window, slide) => stream.groupByKeyAndWindow(window, slide),
    reduceByKeyAndWindow: (stream, window, slide) =>
      stream.reduceByKeyAndWindow(add, window, slide),
    "reduceByKeyAndWindow with inverse": (stream, window, slide) =>
      stream.reduceByKeyAndWindow(add, subtract, window, slide),
  };

  test.each(Object.entries(declarations))(
    "%s must be a positive multiple of the slide of its parent, when it is declared",
    (_name, declare) => {
      const declared = (window: number, slide?: number) =>
        codeOf(() => declare(pairStream(), window as Duration, slide as Duration | undefined));
      expect(declared(1500)).toBe("window_off_grid");
      expect(declared(2000, 1500)).toBe("window_off_grid");
      expect(declared(500, 500)).toBe("window_off_grid");
      for (const bad of [0, -1000, 0.5, Number.NaN, Number.POSITIVE_INFINITY]) {
        expect(declared(bad)).toBe("duration_invalid");
        expect(declared(2000, bad)).toBe("duration_invalid");
      }
      expect(declared(2000, 1000)).toBe("none");
      expect(declared(2000)).toBe("none");
    },
  );

  test("over a window is measured by the slide of that window", () => {
    const everyTwo = pairStream().window(seconds(2), seconds(2));
    expect(everyTwo.slideDuration).toBe(2000);
    expect(codeOf(() => everyTwo.window(seconds(3)))).toBe("window_off_grid");
    expect(everyTwo.window(seconds(4)).slideDuration).toBe(2000);
  });

  test("with an inverse function must not be shorter than its slide; without one it may", async () => {
    const stream = pairStream();
    const [second, two] = [seconds(1), seconds(2)];
    expect(codeOf(() => stream.reduceByKeyAndWindow(add, subtract, second, two))).toBe(
      "window_shorter_than_slide",
    );
    expect(codeOf(() => stream.countByWindow(second, two))).toBe("window_shorter_than_slide");
    const sums = await perBatch([ones("a"), ones("b"), ones("c"), ones("d")], (input) =>
      input.reduceByKeyAndWindow(add, second, two),
    );
    expect(sums).toEqual([null, [["b", 1]], null, [["d", 1]]]);
  });

  test("over missing datasets is an empty dataset", async () => {
    expect(await perBatch([null, [1], null, null], (stream) => stream.window(seconds(2)))).toEqual([
      [],
      [1],
      [1],
      [],
    ]);
  });

  test("over a window has the records of both", async () => {
    const build = (stream: DStream<number>) => stream.window(seconds(2)).window(seconds(2));
    expect(await perBatch([[1], [2], [3], []], build)).toEqual([
      [1],
      [1, 1, 2],
      [1, 2, 2, 3],
      [2, 3, 3],
    ]);
  });

  test("computes each batch once, whatever its slide", async () => {
    let calls = 0;
    await perBatch([[1], [2], [3], [4]], (stream) =>
      stream.map(() => ++calls).window(seconds(3), seconds(1)),
    );
    expect(calls).toBe(4);
  });

  test("hands persist on to the stream that it is made of", () => {
    const mapped = pairStream().map((pair) => pair);
    mapped.window(seconds(2)).persist("DISK_ONLY");
    expect(mapped.node.storageLevel?.name).toBe("DISK_ONLY");
  });

  test("reduceByWindow gives the same in both forms", async () => {
    const input = [[1, 2], [], [3], [4, 5], [], []];
    const whole = await perBatch(input, (stream) =>
      stream.reduceByWindow(add, seconds(3), seconds(1)),
    );
    expect(whole).toEqual([[3], [3], [6], [12], [12], [9]]);
    const incremental = await perBatch(input, (stream) =>
      stream.reduceByWindow(add, subtract, seconds(3), seconds(1)),
    );
    expect(incremental).toEqual(whole);
  });

  test("groupByKeyAndWindow has the values of each key, oldest batch first", async () => {
    const input: [string, number][][] = [[["a", 1]], [["a", 2]], [["b", 3]], []];
    const build = (stream: DStream<[string, number]>) =>
      stream.groupByKeyAndWindow(seconds(2), seconds(1));
    expect(sorted(await perBatch(input, build))).toEqual([
      [["a", [1]]],
      [["a", [1, 2]]],
      [
        ["a", [2]],
        ["b", [3]],
      ],
      [["b", [3]]],
    ]);
  });
});

describe("streams remember", () => {
  test("what the windows after them and the context ask for", async () => {
    const clock = new ManualClock();
    await using ssc = new StreamingContext({ batchInterval: seconds(1), clock });
    const mapped = ssc.queueStream<number>([]).map((n) => n);
    const inner = mapped.window(seconds(2), seconds(1));
    const outer = inner.window(seconds(4), seconds(2));
    outer.foreachRDD(() => {});
    ssc.remember(seconds(3));
    await ssc.start();
    const remembered = [outer, inner, mapped].map((stream) => stream.node.rememberMs);
    expect(remembered).toEqual([3000, 7000, 9000]);
  });

  test("one slide when nobody asks for more", async () => {
    const clock = new ManualClock();
    await using ssc = new StreamingContext({ batchInterval: seconds(1), clock });
    const mapped = ssc.queueStream<number>([]).map((n) => n);
    mapped.foreachRDD(() => {});
    await ssc.start();
    expect(mapped.node.rememberMs).toBe(1000);
  });

  test("a span set twice is refused, as is one that is no duration", () => {
    const ssc = new StreamingContext({ batchInterval: seconds(1), clock: new ManualClock() });
    expect(codeOf(() => ssc.remember(0 as Duration))).toBe("duration_invalid");
    ssc.remember(milliseconds(1));
    expect(codeOf(() => ssc.remember(seconds(1)))).toBe("remember_fixed");
  });
});

describe("an incremental window", () => {
  type Total = { readonly sum: number; readonly count: number };
  const total = (a: Total, b: Total): Total => ({ sum: a.sum + b.sum, count: a.count + b.count });
  const rest = (a: Total, b: Total): Total => ({ sum: a.sum - b.sum, count: a.count - b.count });
  const pair = fc.tuple(fc.constantFrom("a", "b", "c", "d"), fc.integer({ min: -9, max: 9 }));

  const shape = fc
    .record({ window: fc.integer({ min: 1, max: 5 }), slide: fc.integer({ min: 1, max: 3 }) })
    .filter(({ window, slide }) => slide <= window);

  test("says what the batches of the window say when they are reduced anew", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.option(fc.array(pair, { maxLength: 5 }), { freq: 6 }), {
          minLength: 1,
          maxLength: 12,
        }),
        shape,
        fc.integer({ min: 1, max: 3 }),
        fc.integer({ min: 1, max: 3 }),
        async (input, { window, slide }, partitions, defaultParallelism) => {
          const cut = { partitions, options: { defaultParallelism } };
          const run = (build: (totals: DStream<[string, Total]>) => DStream<[string, Total]>) =>
            perBatch<[string, number], [string, Total]>(
              input,
              (stream) => build(stream.mapValues((value): Total => ({ sum: value, count: 1 }))),
              cut,
            ).then(sorted);
          const incremental = await run((totals) =>
            totals.reduceByKeyAndWindow(total, rest, seconds(window), seconds(slide), {
              filter: (_key, { count }) => count > 0,
            }),
          );
          const whole = await run((totals) =>
            totals.reduceByKeyAndWindow(total, seconds(window), seconds(slide)),
          );
          const expected = naive(input, window, slide);
          expect(incremental).toEqual(expected);
          expect(whole).toEqual(expected);
        },
      ),
      { numRuns: 120 },
    );
  });

  function naive(
    input: readonly (readonly [string, number][] | null)[],
    window: number,
    slide: number,
  ): unknown {
    const batches = input.map((_, index) => {
      const t = index + 1;
      if (t % slide !== 0) return null;
      const totals = new Map<string, Total>();
      for (const [key, value] of input.slice(Math.max(0, t - window), t).flatMap((b) => b ?? [])) {
        totals.set(key, total(totals.get(key) ?? { sum: 0, count: 0 }, { sum: value, count: 1 }));
      }
      return [...totals];
    });
    return sorted(batches);
  }

  test("drops a key whose total the filter refuses, also when records of it have just come", async () => {
    const input: [string, number][][] = [[["a", 1]], [["a", 2]], [["a", -2]]];
    const build = (stream: DStream<[string, number]>) =>
      stream.reduceByKeyAndWindow(add, subtract, seconds(2), seconds(1), {
        filter: (_key, value) => value !== 0,
      });
    expect(await perBatch(input, build)).toEqual([[["a", 1]], [["a", 3]], []]);
  });

  test.each([
    ["f", () => fail(), subtract],
    ["the inverse function", add, () => fail()],
  ])("names operator, batch and partition when %s throws", async (_name, f, inverse) => {
    const build = (stream: DStream<[string, number]>) =>
      stream.reduceByKeyAndWindow(f, inverse, seconds(1), seconds(1)).uid("sums");
    const error = await caught(perBatch([ones("a"), ones("aa")], build));
    expect(error.cause).toMatchObject({
      code: "user_function_failed",
      details: { batchTimeMs: 2000, partition: 0 },
    });
  });

  function fail(): never {
    throw new Error("no luck");
  }
});
