/** The graph of streams: ids, slices, output operations, and what cannot be combined. Batches are at 1000, 2000, ... ms. */
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import {
  type DStream,
  milliseconds,
  type RDD,
  type StreamError,
  StreamingContext,
  seconds,
} from "../../../../src/index.ts";
import { caught, DrivenContext, ListInput } from "../../context/driven-context.ts";

const add = (a: number, b: number): number => a + b;

function codeOf(declare: () => unknown): string {
  try {
    declare();
  } catch (error) {
    return (error as StreamError).code;
  }
  return "none";
}

describe("the id of an operator", () => {
  test("is that which was given, once", () => {
    const { ssc } = new DrivenContext();
    const stream = ssc.queueStream<number>([]).uid("numbers");
    expect(stream.id).toBe("numbers");
    expect(codeOf(() => stream.uid("other"))).toBe("uid_fixed");
    expect(codeOf(() => stream.map(String).uid("numbers"))).toBe("uid_taken");
    expect(codeOf(() => stream.foreachRDD(() => {}).uid("numbers"))).toBe("uid_taken");
  });

  test("hashes kind, parameters and parents, so that the same program has the same ids", () => {
    const ids = (window: number) => {
      const { ssc } = new DrivenContext();
      const pairs = ssc.queueStream<number>([]).map((n): [number, number] => [n, 1]);
      const state = pairs.updateStateByKey<number, number, number>((values) => values.length);
      return [pairs, state, pairs.reduceByKeyAndWindow(add, seconds(window), seconds(1))].map(
        ({ id }) => id,
      );
    };
    expect(ids(2)).toEqual(ids(2));
    expect(new Set(ids(2)).size).toBe(3);
    expect(ids(3).slice(0, 2)).toEqual(ids(2).slice(0, 2));
    expect(ids(3)[2]).not.toBe(ids(2)[2]);
  });

  test("follows a given id of a parent", () => {
    const { ssc } = new DrivenContext();
    const [left, right] = [ssc.queueStream<number>([]), ssc.queueStream<number>([])];
    expect(left.map(String).id).toBe(right.map(String).id);
    left.uid("left");
    expect(left.map(String).id).not.toBe(right.map(String).id);
  });
});

describe("streams of different", () => {
  const contexts = () => [new DrivenContext(), new DrivenContext()] as const;
  type Numbers = DStream<number>;
  type Combine = (left: Numbers, right: Numbers, ssc: StreamingContext) => unknown;
  const pairs = (stream: Numbers) => stream.map((n): [number, number] => [n, n]);
  const combinations: Record<string, Combine> = {
    union: (left, right) => left.union(right),
    "union of the context": (left, right, ssc) => ssc.union([left, right]),
    transformWith: (left, right) => left.transformWith(right, (dataset) => dataset),
    "transform of the context": (left, right, ssc) =>
      ssc.transform([left, right], () => ssc.data.emptyRDD()),
    join: (left, right) => pairs(left).join(pairs(right)),
    cogroup: (left, right) => pairs(left).cogroup(pairs(right)),
  };

  test.each(Object.entries(combinations))("contexts are not combined by %s", (_name, combine) => {
    const [one, other] = contexts();
    const refused = () =>
      combine(one.ssc.queueStream<number>([]), other.ssc.queueStream<number>([]), one.ssc);
    expect(codeOf(refused)).toBe("contexts_differ");
  });

  test.each(Object.entries(combinations))("slides are not combined by %s", (_name, combine) => {
    const { ssc } = new DrivenContext();
    const stream = ssc.queueStream<number>([]);
    const refused = () => combine(stream, stream.window(seconds(2), seconds(2)), ssc);
    expect(codeOf(refused)).toBe("slides_differ");
  });
});

test("there is no union and no transform of no stream", () => {
  const { ssc } = new DrivenContext();
  expect(codeOf(() => ssc.union([]))).toBe("streams_missing");
  expect(codeOf(() => ssc.transform([], () => ssc.data.emptyRDD()))).toBe("streams_missing");
});

test("an unknown storage level is refused", () => {
  const { ssc } = new DrivenContext();
  const stream = ssc.queueStream<number>([]);
  expect(codeOf(() => stream.persist("MEMORY_MAYBE" as never))).toBe("storage_level_unknown");
});

describe("a bad argument is told at the call", () => {
  const declarations: Record<string, (stream: DStream<[number, number]>) => unknown> = {
    "repartition(0)": (stream) => stream.repartition(0),
    "repartition(1.5)": (stream) => stream.repartition(1.5),
    "mapAsync with a concurrency of 0": (stream) =>
      stream.mapAsync(async (pair) => pair, { concurrency: 0 }),
    "countByValue(0)": (stream) => stream.countByValue(0),
    "partitionBy(-1)": (stream) => stream.partitionBy(-1),
    "reduceByKey in no partitions": (stream) => stream.reduceByKey(add, 0),
    "groupByKey in no partitions": (stream) => stream.groupByKey(0),
    "join in no partitions": (stream) => stream.join(stream, 0),
    "cogroup in no partitions": (stream) => stream.cogroup(stream, 0),
    "an incremental window in no partitions": (stream) =>
      stream.reduceByKeyAndWindow(add, add, seconds(1), undefined, { partitioning: 0 }),
    "a state in no partitions": (stream) =>
      stream.updateStateByKey<number, number, number>(() => 1, { partitioning: 0 }),
    "a state in more partitions than there are key groups": (stream) =>
      stream.updateStateByKey<number, number, number>(() => 1, { partitioning: 129 }),
    "print(-1)": (stream) => stream.print(-1),
  };
  test.each(Object.entries(declarations))("%s", (_name, declare) => {
    const { ssc } = new DrivenContext();
    expect(codeOf(() => declare(ssc.queueStream<[number, number]>([])))).toBe("argument_invalid");
  });
});

describe("slice", () => {
  const numbers = [[1], [2], [3], [4]];

  async function contents(datasets: readonly RDD<number>[]): Promise<number[]> {
    return (await Promise.all(datasets.map((dataset) => dataset.collect()))).flat();
  }

  test("has the datasets of both ends and between", async () => {
    await using engine = new DrivenContext();
    const stream = engine.input(numbers);
    stream.foreachRDD(() => {});
    engine.ssc.remember(seconds(10));
    await engine.ssc.start();
    await engine.batches(4);
    const slice = async (from: number, to: number) => contents(await stream.slice(from, to));
    expect(await slice(0, 1000)).toEqual([1]);
    expect(await slice(1000, 2000)).toEqual([1, 2]);
    expect(await slice(2000, 4000)).toEqual([2, 3, 4]);
    // Ends off the grid are floored to it.
    expect(await slice(1999, 3999)).toEqual([1, 2, 3]);
    expect(await slice(-5000, 1000)).toEqual([1]);
    expect(await slice(4000, 4000)).toEqual([4]);
  });

  test("has a dataset of a stream that no output uses, too", async () => {
    await using engine = new DrivenContext();
    const stream = engine.input(numbers);
    const doubled = stream.map((n) => n * 2);
    stream.foreachRDD(() => {});
    engine.ssc.remember(seconds(10));
    await engine.ssc.start();
    await engine.batches(3);
    expect(await contents(await doubled.slice(1000, 3000))).toEqual([2, 4, 6]);
  });

  test("of a sliding stream stands on its own grid", async () => {
    await using engine = new DrivenContext();
    const sums = engine.input(numbers).reduceByWindow(add, seconds(2), seconds(2));
    sums.foreachRDD(() => {});
    engine.ssc.remember(seconds(10));
    await engine.ssc.start();
    await engine.batches(4);
    expect(await contents(await sums.slice(0, 4000))).toEqual([3, 7]);
    expect(await contents(await sums.slice(2000, 3999))).toEqual([3]);
  });

  test("ends with the last batch, and takes nothing of the input ahead of its time", async () => {
    await using engine = new DrivenContext();
    const input = new ListInput(numbers);
    const stream = engine.ssc.inputStream(input);
    stream.foreachRDD(() => {});
    engine.ssc.remember(seconds(10));
    await engine.ssc.start();
    await engine.batches(2);
    expect(await contents(await stream.slice(2000, 9000))).toEqual([2]);
    expect(await stream.compute(3000)).toBeUndefined();
    expect(input.calls).toEqual(["start", "compute 1000", "compute 2000"]);
    await engine.batches(1);
    expect(await contents(await stream.slice(2000, 9000))).toEqual([2, 3]);
  });

  test("is refused before the start, for a span that ends before it begins, and for what is forgotten", async () => {
    await using engine = new DrivenContext();
    const stream = engine.input(numbers);
    stream.foreachRDD(() => {});
    expect(await caught(stream.slice(0, 1000))).toMatchObject({ code: "slice_invalid" });
    await engine.ssc.start();
    await engine.batches(4);
    for (const [from, to] of [
      [2000, 1000],
      [Number.NaN, 1000],
      [1000, 4000],
    ] as const) {
      expect(await caught(stream.slice(from, to))).toMatchObject({ code: "slice_invalid" });
    }
    expect(await caught(stream.compute(1000))).toMatchObject({ code: "slice_invalid" });
    expect(await contents(await stream.slice(4000, 4000))).toEqual([4]);
  });

  test("of forgotten times of a state does no harm to it", async () => {
    await using engine = new DrivenContext();
    const state = engine
      .input(numbers)
      .map((n): [string, number] => ["a", n])
      .updateStateByKey<string, number, number>((values, sum = 0) => values.reduce(add, sum));
    const result = engine.collect(state);
    await engine.ssc.start();
    await engine.batches(3);
    expect(await caught(state.slice(1000, 1000))).toMatchObject({ code: "slice_invalid" });
    await engine.batches(1);
    expect(result.get(4000)).toEqual([["a", 10]]);
  });
});

describe("an output operation", () => {
  test("print writes the time of the batch and its first records", async () => {
    const printed: string[] = [];
    await using engine = new DrivenContext({ print: (text) => void printed.push(text) });
    const stream = engine.input<unknown>([[1, 2, 3], [{ a: 1 }], []]);
    stream.print(2);
    await engine.ssc.start();
    await engine.batches(3);
    const rule = "-------------------------------------------";
    expect(printed).toEqual([
      `${rule}\nTime: 1000 ms\n${rule}\n1\n2\n...\n\n`,
      `${rule}\nTime: 2000 ms\n${rule}\n{"a":1}\n\n`,
      `${rule}\nTime: 3000 ms\n${rule}\n\n`,
    ]);
  });

  test("print shows ten records unless it is told another number", async () => {
    const printed: string[] = [];
    await using engine = new DrivenContext({ print: (text) => void printed.push(text) });
    engine.input([Array.from({ length: 11 }, (_, index) => index)]).print();
    await engine.ssc.start();
    await engine.batches(1);
    expect(printed[0]?.split("\n").slice(3)).toEqual([...Array.from("0123456789"), "...", "", ""]);
  });

  test("foreachRDD runs nothing when its body does not ask for anything", async () => {
    await using engine = new DrivenContext();
    let calls = 0;
    const times: number[] = [];
    engine
      .input([[1], [2]])
      .map(() => ++calls)
      .foreachRDD((_dataset, timeMs) => void times.push(timeMs));
    await engine.ssc.start();
    await engine.batches(2);
    expect([times, calls]).toEqual([[1000, 2000], 0]);
  });

  test("has no job where its stream has no dataset", async () => {
    await using engine = new DrivenContext();
    const times: number[] = [];
    engine.input([[1], null, [3]]).foreachRDD((_dataset, timeMs) => void times.push(timeMs));
    await engine.ssc.start();
    await engine.batches(3);
    expect(times).toEqual([1000, 3000]);
  });

  test("foreachPartition has the records of each partition with its number and the batch time", async () => {
    await using engine = new DrivenContext();
    const seen: unknown[] = [];
    engine.input([[1, 2, 3, 4], [5]], 2).foreachPartition(async (records, partition, timeMs) => {
      seen.push([timeMs, partition, [...records]]);
    });
    await engine.ssc.start();
    await engine.batches(2);
    expect(seen).toEqual([
      [1000, 0, [1, 2]],
      [1000, 1, [3, 4]],
      [2000, 0, []],
      [2000, 1, [5]],
    ]);
  });

  test("that saves makes a directory per batch, named by prefix, time and suffix", async () => {
    const directory = await mkdtemp(join(tmpdir(), "millrace-outputs-"));
    try {
      await using engine = new DrivenContext();
      const words = engine.input([["a", "b"], []], 2);
      words.saveAsTextFiles(join(directory, "words"), "txt");
      words.saveAsObjectFiles(join(directory, "words"));
      words.saveAsFiles(join(directory, "own"), {
        extension: ".own",
        write: (records) => [records.join("+")],
      });
      await engine.ssc.start();
      await engine.batches(2);
      expect((await readdir(directory)).sort()).toEqual([
        "own-1000",
        "own-2000",
        "words-1000",
        "words-1000.txt",
        "words-2000",
        "words-2000.txt",
      ]);
      const texts = await Promise.all(
        ["part-00000", "part-00001"].map((part) =>
          readFile(join(directory, "words-1000.txt", part), "utf8").catch(() => "missing"),
        ),
      );
      expect(texts.join("")).toBe("a\nb\n");
    } finally {
      await rm(directory, { recursive: true, force: true });
    }
  });
});

test("an input that no output uses is not asked for its batches", async () => {
  await using engine = new DrivenContext();
  const unused = new ListInput([[1]]);
  engine.ssc.inputStream(unused).map((n) => n);
  const result = engine.collect(engine.input([[1]]));
  await engine.ssc.start();
  await engine.batches(2);
  await engine.ssc.stop();
  expect(result.get(1000)).toEqual([1]);
  expect(unused.calls.filter((call) => call.startsWith("compute"))).toEqual([]);
});

test("an input that fails after it has reported is asked again without harm", async () => {
  await using engine = new DrivenContext({ attempts: 2 });
  let failures = 1;
  class Flaky extends ListInput<number> {
    override compute(timeMs: number): RDD<number> | undefined {
      this.host.reportInput(timeMs, 5);
      if (failures-- > 0) throw new Error("no luck");
      return undefined;
    }
  }
  engine.ssc.inputStream(new Flaky([])).foreachRDD(() => {});
  const counts = engine.listen((event, info: { numRecords?: number; failureReason?: string }) =>
    event === "onBatchCompleted" ? `${info.numRecords} ${info.failureReason}` : event,
  );
  await engine.ssc.start();
  await engine.batches(1);
  expect(counts).toContain("5 undefined");
});

test("an input may report a batch once, with a count that is not negative", async () => {
  await using engine = new DrivenContext({ attempts: 1 });
  const reported = (...recordCounts: number[]) => {
    class Reporting extends ListInput<number> {
      override compute(timeMs: number): RDD<number> | undefined {
        for (const count of recordCounts) this.host.reportInput(timeMs, count);
        return undefined;
      }
    }
    engine.ssc.inputStream(new Reporting([])).foreachRDD(() => {});
  };
  reported(1, 2);
  const failures = engine.listen((event, info: { failureReason?: string }) =>
    event === "onBatchCompleted" ? String(info.failureReason) : event,
  );
  await engine.ssc.start();
  await engine.batches(1);
  expect(failures.at(-1)).toContain("[input_reported_twice]");

  await using other = new DrivenContext({ attempts: 1 });
  await engine.ssc.stop().catch(() => {});
  class Negative extends ListInput<number> {
    override compute(timeMs: number): RDD<number> | undefined {
      this.host.reportInput(timeMs, -1);
      return undefined;
    }
  }
  other.ssc.inputStream(new Negative([])).foreachRDD(() => {});
  await other.ssc.start();
  await other.batches(1);
  expect(other.log.join()).toContain("an argument is not valid");
});

test("the slide of a stream is that of its parent, and the batch interval of an input", () => {
  const ssc = new StreamingContext({ batchInterval: milliseconds(250) });
  const stream = ssc.queueStream<number>([]);
  expect(stream.slideDuration).toBe(250);
  expect(stream.map(String).slideDuration).toBe(250);
  expect(stream.window(seconds(1), milliseconds(500)).map(String).slideDuration).toBe(500);
});
