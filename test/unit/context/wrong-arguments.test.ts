/** Arguments of a wrong type, as programs without types give them: told at the call, by name, and not in every batch. */
import { describe, expect, test } from "vitest";
import {
  DataContext,
  openStore,
  StateSpec,
  StreamingContext,
  type StreamingContextOptions,
  seconds,
} from "../../../src/index.ts";
import { DrivenContext } from "./driven-context.ts";

const add = (left: number, right: number): number => left + right;
const wrong = 5 as never;
const refused = (argument?: string): object =>
  expect.objectContaining({
    code: "argument_invalid",
    ...(argument === undefined ? {} : { details: expect.objectContaining({ argument }) }),
  });

function streams() {
  const { ssc } = new DrivenContext();
  const words = ssc.queueStream([["a"]]);
  return { ssc, words, pairs: words.map((word) => [word, 1]) };
}

const { ssc, words, pairs } = streams();
const records = ssc.data.parallelize([1, 2]);
const keyed = records.keyBy((n) => n);

const operations: Record<string, () => unknown> = {
  map: () => words.map(wrong),
  flatMap: () => words.flatMap(wrong),
  filter: () => words.filter(wrong),
  mapAsync: () => words.mapAsync(wrong),
  mapPartitions: () => words.mapPartitions(wrong),
  mapPartitionsWithIndex: () => words.mapPartitionsWithIndex(wrong),
  mapValues: () => pairs.mapValues(wrong),
  flatMapValues: () => pairs.flatMapValues(wrong),
  reduce: () => words.reduce(wrong),
  reduceByKey: () => pairs.reduceByKey(wrong),
  "combineByKey of nothing": () => pairs.combineByKey(undefined as never),
  "combineByKey without create": () =>
    pairs.combineByKey({ mergeValue: add, mergeCombiners: add } as never),
  transform: () => words.transform(wrong),
  transformWith: () => words.transformWith(words, wrong),
  "transform of many": () => ssc.transform([words], wrong),
  "transform of no streams": () => ssc.transform([wrong], () => wrong),
  union: () => ssc.union(wrong),
  "union of no streams": () => ssc.union([wrong]),
  updateStateByKey: () => pairs.updateStateByKey(wrong),
  updateStateByPartition: () => pairs.updateStateByPartition(wrong),
  "a state that is cloned by no function": () =>
    pairs.updateStateByKey(() => 1, { mutable: wrong }),
  "an initial state that is no dataset": () =>
    pairs.updateStateByKey(() => 1, { initialState: [["a", 1]] as never }),
  mapWithState: () => pairs.mapWithState(wrong),
  "StateSpec.function": () => StateSpec.function(wrong),
  "a window": () => words.reduceByWindow(wrong, seconds(1)),
  "a window by key": () => pairs.reduceByKeyAndWindow(wrong, seconds(1)),
  "an incremental window": () => pairs.reduceByKeyAndWindow(wrong, add, seconds(1)),
  "the filter of a window": () =>
    pairs.reduceByKeyAndWindow(add, add, seconds(1), seconds(1), { filter: wrong }),
  "a partitioner": () => pairs.partitionBy("four" as never),
  "a partitioner without partitions": () =>
    pairs.partitionBy({ partitionOf: () => 0, equals: () => true } as never),
  "the partitioner of a state": () =>
    pairs.updateStateByKey(() => 1, { partitioning: {} as never }),
  foreachRDD: () => words.foreachRDD(wrong),
  foreachPartition: () => words.foreachPartition(wrong),
  saveAsFiles: () => words.saveAsFiles("out", wrong),
  receiverStream: () => ssc.receiverStream({} as never),
  inputStream: () => ssc.inputStream({} as never),
  constantStream: () => ssc.constantStream([1] as never),
  socketStream: () => ssc.socketStream("localhost", 9999, wrong),
  fileStream: () => ssc.fileStream("logs", { parser: wrong }),
  "the filter of a file stream": () => ssc.textFileStream("logs", { filter: wrong }),
  "the end of a source": () => ssc.iterableStream([1], { onEnd: wrong }),
  addStreamingListener: () => ssc.addStreamingListener(wrong),
  "RDD.map": () => records.map(wrong),
  "RDD.mapPartitions": () => records.mapPartitions(wrong),
  "RDD.sortBy": () => records.sortBy(wrong),
  "RDD.groupBy": () => records.groupBy(wrong),
  "RDD.keyBy": () => records.keyBy(wrong),
  "RDD.zipPartitions": () => records.zipPartitions(records, wrong),
  "RDD.foldByKey": () => keyed.foldByKey(0, wrong),
  "RDD.aggregateByKey": () => keyed.aggregateByKey(0, add, wrong),
  uid: () => words.map(String).uid(wrong),
  "an empty uid": () => words.map(String).uid(""),
  "the uid of an output": () => words.foreachRDD(() => {}).uid(wrong),
  "a migration": () => pairs.updateStateByKey(() => 1, { migrate: {} as never }),
  "a migration of a StateSpec": () => StateSpec.function(() => 1).migrate({} as never),
  "DataContext.union": () => ssc.data.union([wrong]),
};

test.each(Object.entries(operations))("%s is told at the call", (_name, call) => {
  expect(call).toThrow(refused());
});

const actions: Record<string, () => Promise<unknown>> = {
  foreach: () => records.foreach(wrong),
  foreachPartition: () => records.foreachPartition(wrong),
  reduce: () => records.reduce(wrong),
  fold: () => records.fold(0, wrong),
  aggregate: () => records.aggregate(0, add, wrong),
  takeOrdered: () => records.takeOrdered(1, wrong),
  reduceByKeyLocally: () => keyed.reduceByKeyLocally(wrong),
};

test.each(Object.entries(actions))("the action %s rejects without a job", async (_name, run) => {
  await expect(run()).rejects.toEqual(refused());
});

describe("an option that the context could not be cleaned up with", () => {
  test.each(["clock", "signal", "logger", "print", "data"] as const)(
    "is refused when the context is made: %s",
    async (option) => {
      const options = { batchInterval: seconds(1), [option]: {} } as StreamingContextOptions;
      expect(() => new StreamingContext(options)).toThrow(refused(option));
    },
  );

  test.each(["clock", "print"] as const)("is refused by a DataContext: %s", (option) => {
    expect(() => new DataContext({ [option]: {} })).toThrow(refused(option));
  });
});

describe("an option of a start over an earlier life", () => {
  const wrongOptions: Partial<Record<keyof StreamingContextOptions, unknown>> = {
    appName: "",
    downtime: "x",
    downtimeBatchesMax: -1,
    upgrade: "deny",
    allowDropped: "x",
    allowNotResumable: [5],
    receiverLog: "no",
    stopGracefullyOnShutdown: "yes",
  };

  test.each(Object.entries(wrongOptions))(
    "is refused when the context is made: %s",
    (name, value) => {
      const options = { batchInterval: seconds(1), [name]: value } as StreamingContextOptions;
      expect(() => new StreamingContext(options)).toThrow(refused(name));
    },
  );

  test("is refused when it is none at all", () => {
    for (const options of [null, undefined, 5]) {
      expect(() => new StreamingContext(options as never)).toThrow(refused("options"));
    }
  });
});

describe("a checkpoint directory", () => {
  const create = () => new StreamingContext({ batchInterval: seconds(1) });

  test("is refused when it is named: a wrong address, a wrong option, and a second one", () => {
    const context = create();
    for (const address of [undefined, 5, ""]) {
      expect(() => context.checkpoint(address as never)).toThrow(refused("directory"));
    }
    expect(() => context.checkpoint("memory:named", null as never)).toThrow(refused("options"));
    expect(() => context.checkpoint("memory:named", { lock: "flock" as never })).toThrow(
      refused("lock"),
    );
    context.checkpoint("memory:named");
    expect(() => context.checkpoint("memory:other")).toThrow(refused("directory"));
  });

  test("is refused by getOrCreate before anything is made", async () => {
    const made: string[] = [];
    const noted = () => {
      made.push("context");
      return create();
    };
    const open = (address: unknown, options?: unknown) =>
      StreamingContext.getOrCreate(address as string, noted, options as never);
    await expect(open(undefined)).rejects.toEqual(refused("directory"));
    await expect(open(5)).rejects.toEqual(refused("directory"));
    await expect(open("memory:options", null)).rejects.toEqual(refused("options"));
    await expect(open("memory:options", { takeOver: "no" })).rejects.toEqual(refused("takeOver"));
    await expect(open("memory:options", { lock: "flock" })).rejects.toEqual(refused("lock"));
    await expect(open("memory:options", { store: "s3" })).rejects.toEqual(refused("store"));
    expect(made).toEqual([]);
  });

  test("is refused by a function that returns no context", async () => {
    const open = StreamingContext.getOrCreate("memory:returned", (() => {}) as never);
    await expect(open).rejects.toEqual(refused("create"));
  });
});

test("a store is refused with an address or options that are none", async () => {
  await expect(openStore(undefined as never)).rejects.toEqual(refused("address"));
  await expect(openStore("memory:a", null as never)).rejects.toEqual(refused("options"));
  await expect(openStore("memory:a", { compress: "rar" as never })).rejects.toEqual(
    refused("compress"),
  );
  await expect(openStore("memory:a", { encrypt: "text" as never })).rejects.toEqual(
    refused("encrypt"),
  );
  await expect(openStore("memory:a", { encrypt: { keyId: "a" } as never })).rejects.toEqual(
    refused("encrypt.keys"),
  );
});
