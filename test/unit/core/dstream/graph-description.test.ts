/** What a stream graph tells of itself, and the ids in it: what a checkpoint keeps and the next start compares. */
import { describe, expect, test } from "vitest";
import type { GraphDescription, StreamDescription } from "../../../../src/core/index.ts";
import { StreamGraph } from "../../../../src/core/index.ts";
import { type DStream, StateSpec, type StreamingContext, seconds } from "../../../../src/index.ts";
import { DrivenContext } from "../../context/driven-context.ts";

const add = (a: number, b: number): number => a + b;
const subtract = (a: number, b: number): number => a - b;
const count = (values: readonly number[], state: number | undefined): number =>
  values.length + (state ?? 0);

function graphOf(stream: DStream<unknown>): StreamGraph {
  const { scope } = stream.node;
  if (scope instanceof StreamGraph) return scope;
  throw new Error("a context has a graph");
}

/** The description of what `build` makes of a queue of numbers. */
function described(
  build: (numbers: DStream<number>, ssc: StreamingContext) => void,
  options: { defaultParallelism?: number } = {},
): GraphDescription {
  const { ssc } = new DrivenContext(options);
  const numbers = ssc.queueStream<number>([]);
  build(numbers, ssc);
  return graphOf(numbers).describe();
}

const pairsOf = (numbers: DStream<number>): DStream<[number, number]> =>
  numbers.map((n): [number, number] => [n % 2, n]);

const counted = (numbers: DStream<number>): DStream<[number, number]> =>
  pairsOf(numbers).updateStateByKey<number, number, number>(count);

const uids = ({ streams }: GraphDescription): string[] => streams.map(({ uid }) => uid);

function only(graph: GraphDescription, kind: string): StreamDescription {
  const [found, ...others] = graph.streams.filter((stream) => stream.kind === kind);
  if (found === undefined || others.length > 0) throw new Error(`no single ${kind}`);
  return found;
}

describe("where a body runs", () => {
  const placed = (on: "driver" | "executors" | undefined) =>
    described((numbers, ssc) => {
      const options = on === undefined ? {} : { on };
      const one = numbers.transform((dataset) => dataset, options);
      const two = one.transformWith(numbers, (dataset) => dataset, options);
      ssc.transform([one, two], ([dataset]) => dataset, options).foreachRDD(() => {}, options);
    });

  test("is told of each body that does not run on the driver", () => {
    const places = placed("executors").streams.map(({ kind, runsOn }) => `${kind} ${runsOn}`);
    expect(places.filter((place) => place === "transform executors")).toHaveLength(3);
    expect(places).toContain("foreachRDD executors");
    expect(placed(undefined).streams.filter(({ runsOn }) => runsOn !== undefined)).toEqual([]);
    expect(placed("driver")).toEqual(placed(undefined));
  });

  test("is no part of what an operator is called, nor of its code", () => {
    const withoutPlace = ({ streams }: GraphDescription) =>
      streams.map(({ runsOn: _, ...facts }) => facts);
    expect(withoutPlace(placed("executors"))).toEqual(withoutPlace(placed("driver")));
  });

  test("is refused where there is no such place", () => {
    expect(() => placed("worker" as "driver")).toThrow(/on=`|argument=`on`/);
  });
});

describe("the description of a graph", () => {
  test("has each input, operator and output in use once, behind what it is made of", () => {
    const graph = described((numbers, ssc) => {
      ssc.queueStream<string>([]).map((text) => text.length);
      counted(ssc.queueStream<number>([]).filter((n) => n > 0));
      const state = counted(numbers);
      state.union(state.mapValues((n) => n + 1)).print();
      state.foreachRDD(() => {});
    });
    expect(graph.streams.map(({ role, kind }) => `${role} ${kind}`)).toEqual([
      "input queue",
      "operator map",
      "operator updateStateByKey",
      "operator mapValues",
      "operator union",
      "output print",
      "output foreachRDD",
    ]);
    const seen = new Set<string>();
    for (const { uid, parents } of graph.streams) {
      expect([...seen]).toEqual(expect.arrayContaining([...parents]));
      seen.add(uid);
    }
    expect(seen.size).toBe(graph.streams.length);
  });

  test("is the same for the same program, and is plain data", () => {
    const build = (numbers: DStream<number>): void => void counted(numbers).print();
    expect(described(build)).toEqual(described(build));
    expect(JSON.parse(JSON.stringify(described(build)))).toEqual(described(build));
  });

  test("tells of a state its version, codec, partitions, and what it depends on", () => {
    const graph = described(
      (numbers) => {
        counted(numbers).print();
        pairsOf(numbers)
          .reduceByKeyAndWindow(add, subtract, seconds(4), seconds(2))
          .foreachRDD(() => {});
      },
      { defaultParallelism: 3 },
    );
    expect(only(graph, "updateStateByKey").state).toEqual({
      version: 1,
      codecId: "value",
      partitions: 3,
      migratesFrom: [],
      layout: {},
    });
    expect(only(graph, "reduceByKeyAndWindow")).toMatchObject({
      slideMs: 2000,
      spanMs: 6000,
      parameters: [4000, 2000],
      state: { layout: { windowMs: 4000, slideMs: 2000 } },
    });
    const stateful = graph.streams.filter(({ state }) => state !== undefined);
    expect(stateful.map(({ kind }) => kind)).toEqual(["updateStateByKey", "reduceByKeyAndWindow"]);
  });

  test("tells how far back an operator looks", () => {
    const graph = described((numbers) => {
      numbers.window(seconds(3), seconds(1)).map(String).print();
    });
    expect(only(graph, "window")).toMatchObject({ slideMs: 1000, spanMs: 3000 });
    expect(only(graph, "map")).toMatchObject({ slideMs: 1000, spanMs: 1000 });
  });

  test("tells whether functions changed, without another id", () => {
    const one = described((numbers) => void numbers.map((n) => n + 1).print());
    const two = described((numbers) => void numbers.map((n) => n + 2).print());
    expect(uids(two)).toEqual(uids(one));
    expect(only(two, "map").codeHash).not.toBe(only(one, "map").codeHash);
    expect(only(one, "map").codeHash).toMatch(/^[0-9a-f]{16}$/);
    expect(only(two, "print").codeHash).toBeUndefined();
    // What something is made of shows in its signature, however far away.
    expect(only(two, "print").signature).not.toBe(only(one, "print").signature);
  });

  const builds: Record<string, (numbers: DStream<number>, n: number) => DStream<unknown>> = {
    map: (numbers, n) => numbers.map(n === 1 ? (x) => x : (x) => -x),
    flatMap: (numbers, n) => numbers.flatMap(n === 1 ? (x) => [x] : (x) => [-x]),
    filter: (numbers, n) => numbers.filter(n === 1 ? (x) => x > 1 : (x) => x > 2),
    mapAsync: (numbers, n) => numbers.mapAsync(n === 1 ? async (x) => x : async (x) => -x),
    mapPartitions: (numbers, n) => numbers.mapPartitions(n === 1 ? (x) => x : (x) => [...x]),
    mapPartitionsWithIndex: (numbers, n) =>
      numbers.mapPartitionsWithIndex(n === 1 ? (_, x) => x : (_, x) => [...x]),
    reduce: (numbers, n) => numbers.reduce(n === 1 ? add : subtract),
    reduceByKey: (numbers, n) => pairsOf(numbers).reduceByKey(n === 1 ? add : subtract),
    mapValues: (numbers, n) => pairsOf(numbers).mapValues(n === 1 ? (x) => x : (x) => -x),
    flatMapValues: (numbers, n) =>
      pairsOf(numbers).flatMapValues(n === 1 ? (x) => [x] : (x) => [-x]),
    transform: (numbers, n) => numbers.transform(n === 1 ? (x) => x : (x) => x.map((y) => -y)),
    transformWith: (numbers, n) => numbers.transformWith(numbers, n === 1 ? (x) => x : (_, x) => x),
    updateStateByKey: (numbers, n) =>
      pairsOf(numbers).updateStateByKey<number, number, number>(n === 1 ? count : () => 1),
    updateStateByPartition: (numbers, n) =>
      pairsOf(numbers).updateStateByPartition<number, number, number>(
        n === 1 ? () => [] : () => [[1, 1]],
      ),
    mapWithState: (numbers, n) =>
      pairsOf(numbers).mapWithState<number, number, number, number>(
        StateSpec.function(n === 1 ? () => 1 : () => 2),
      ),
    reduceByKeyAndWindow: (numbers, n) =>
      pairsOf(numbers).reduceByKeyAndWindow(add, n === 1 ? subtract : (a, b) => -b + a, seconds(2)),
  };

  test.each(Object.keys(builds))("sees a change of the function of %s", (kind) => {
    const of = (n: number) =>
      described((numbers) => void builds[kind]?.(numbers, n).foreachRDD(() => {}));
    expect(uids(of(1))).toEqual(uids(of(2)));
    expect(of(1)).toEqual(of(1));
    const changed = of(1).streams.filter(
      ({ codeHash }, index) => codeHash !== of(2).streams[index]?.codeHash,
    );
    expect(changed).toHaveLength(1);
  });

  test("sees a change of what an output does, but not of what is around it", () => {
    const outputs: ((numbers: DStream<number>, n: number) => unknown)[] = [
      (numbers, n) => numbers.foreachRDD(n === 1 ? () => 1 : () => 2),
      (numbers, n) => numbers.foreachPartition(n === 1 ? () => 1 : () => 2),
    ];
    for (const output of outputs) {
      const [one, two] = [1, 2].map((n) =>
        described((numbers) => void output(numbers, n)).streams.at(-1),
      );
      expect(one?.uid).toBe(two?.uid);
      expect(one?.codeHash).not.toBe(two?.codeHash);
    }
  });
});

describe("an id", () => {
  test("is no position: what stands before or beside it changes nothing", () => {
    const plain = described((numbers) => void counted(numbers).print());
    const more = described((numbers, ssc) => {
      ssc.queueStream<string>([]).uid("names").map(String).print();
      numbers.filter((n) => n > 1).print();
      counted(numbers).print();
    });
    expect(uids(more)).toEqual(expect.arrayContaining(uids(plain)));
  });

  test("is the same whatever the number of partitions, by default or by hand", () => {
    const build = (partitions: number | undefined) => (numbers: DStream<number>) => {
      pairsOf(numbers)
        .repartition(partitions ?? 7)
        .reduceByKey(add, partitions)
        .updateStateByKey<number, number, number>(count, { partitioning: partitions })
        .reduceByKeyAndWindow(add, subtract, seconds(2), seconds(1), { partitioning: partitions })
        .print();
    };
    const one = described(build(undefined), { defaultParallelism: 1 });
    const four = described(build(undefined), { defaultParallelism: 4 });
    expect(uids(four)).toEqual(uids(one));
    expect(uids(described(build(5)))).toEqual(uids(one));
    expect(only(four, "updateStateByKey").state?.partitions).toBe(4);
  });

  test("follows kinds, parameters and parents", () => {
    const of = (windowS: number) =>
      described((numbers) => void numbers.window(seconds(windowS)).print());
    expect(only(of(2), "window").uid).not.toBe(only(of(3), "window").uid);
    expect(only(of(2), "print").uid).not.toBe(only(of(3), "print").uid);
    const files = (prefix: string) =>
      described((numbers) => void numbers.saveAsTextFiles(prefix)).streams.at(-1)?.uid;
    expect(files("a")).not.toBe(files("b"));
    expect(files("a")).toBe(files("a"));
  });

  test("that is given shields all that is derived from it", () => {
    const of = (windowS: number) =>
      described((numbers) => {
        counted(numbers.window(seconds(windowS)).uid("recent")).print();
      });
    expect(uids(of(2))).toEqual(uids(of(3)));
    expect(of(2).streams.find(({ uid }) => uid === "recent")).toMatchObject({
      isUidGiven: true,
      lineageUid: "recent",
    });
  });

  test("that is given late holds for what was derived and asked before", () => {
    const { ssc } = new DrivenContext();
    const numbers = ssc.queueStream<number>([]);
    const mapped = numbers.map(String);
    const before = mapped.id;
    numbers.uid("numbers");
    expect(mapped.id).not.toBe(before);
    expect(mapped.id).toBe(mapped.id);
  });
});

describe("twins: streams with the same lineage", () => {
  test("are numbered in the order of definition, those alone, and nothing derived from them changes", () => {
    const one = described((numbers) => void counted(numbers).print());
    const two = described((numbers, ssc) => {
      counted(numbers).print();
      counted(ssc.queueStream<number>([])).print();
    });
    for (const kind of ["queue", "updateStateByKey", "print"]) {
      const { uid } = only(one, kind);
      const twins = two.streams.filter((stream) => stream.kind === kind);
      expect(twins.map((twin) => twin.uid)).toEqual([`${uid}-1`, `${uid}-2`]);
      expect(twins.map((twin) => twin.lineageUid)).toEqual([uid, uid]);
    }
    expect(new Set(uids(two)).size).toBe(two.streams.length);
  });

  test("are known by their ids to whoever runs them", () => {
    const { ssc } = new DrivenContext();
    const numbers = ssc.queueStream<number>([]);
    const [left, right] = [counted(numbers), counted(numbers)];
    left.print();
    right.print();
    expect(left.id).toBe(right.id);
    const graph = graphOf(numbers).describe();
    const states = graph.streams.filter(({ state }) => state !== undefined);
    expect(states.map(({ uid }) => uid)).toEqual([left.id, right.id]);
    expect(left.id).not.toBe(right.id);
    // Operators without a state are told apart in the description alone: nobody looks for them again.
    const maps = graph.streams.filter(({ kind }) => kind === "map");
    expect(maps.map(({ uid }) => uid)).toEqual(
      ["-1", "-2"].map((n) => `${maps[0]?.lineageUid}${n}`),
    );
  });

  test("that make something else show it in their signatures, and in their order", () => {
    const of = (fs: readonly ((n: number) => [number, number])[]) =>
      described((numbers) => {
        for (const f of fs) {
          numbers.map(f).updateStateByKey<number, number, number>(count).print();
        }
      }).streams.filter(({ state }) => state !== undefined);
    const even = (n: number): [number, number] => [n % 2, n];
    const third = (n: number): [number, number] => [n % 3, n];
    const signatures = (fs: readonly ((n: number) => [number, number])[]) =>
      of(fs).map(({ signature }) => signature);
    expect(signatures([even, third])).toEqual(signatures([even, third]));
    expect(signatures([even, third])).not.toEqual(signatures([third, even]));
    expect(of([even, third]).map(({ uid }) => uid)).toEqual(
      of([third, even]).map(({ uid }) => uid),
    );
  });

  test("that nothing depends on are none, but for inputs, which are started all the same", () => {
    const graph = described((numbers, ssc) => {
      ssc.queueStream<number>([]);
      counted(numbers);
      counted(numbers).print();
    });
    expect(only(graph, "updateStateByKey").uid).toBe(only(graph, "updateStateByKey").lineageUid);
    expect(only(graph, "queue").uid).toBe(`${only(graph, "queue").lineageUid}-1`);
  });

  test("cannot have an id that was given to another stream", () => {
    const twins = (): DStream<number> => {
      const numbers = new DrivenContext().ssc.queueStream<number>([]);
      counted(numbers).print();
      counted(numbers).print();
      return numbers;
    };
    const lineageUid = counted(twins()).id;
    const numbers = twins();
    counted(numbers).uid(`${lineageUid}-2`).print();
    expect(() => graphOf(numbers).describe()).toThrow(
      expect.objectContaining({ code: "uid_taken" }),
    );
    const alone = new DrivenContext().ssc.queueStream<number>([]);
    counted(alone).print();
    counted(alone.filter((n) => n > 0))
      .uid(lineageUid)
      .print();
    expect(() => graphOf(alone).describe()).toThrow(expect.objectContaining({ code: "uid_taken" }));
    const others = twins();
    others.map(String).uid(`${lineageUid}-2`).print();
    expect(() => graphOf(others).describe()).toThrow(
      expect.objectContaining({ code: "uid_taken" }),
    );
  });
});
