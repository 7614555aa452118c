/** Stateful operators that take over the state of an earlier life of the program; batches are at 1000, 2000, ... ms. */
import { describe, expect, test } from "vitest";
import type { StatefulStream } from "../../../../src/core/index.ts";
import {
  type DStream,
  type State,
  type StateSettings,
  StateSpec,
  seconds,
} from "../../../../src/index.ts";
import type { StoredSnapshot } from "../../../../src/state/index.ts";
import { SnapshotStore } from "../../../conformance/snapshot-store.ts";
import { DrivenContext } from "../../context/driven-context.ts";
import { ones } from "./per-batch.ts";

type Pairs = DStream<[string, number]>;
type Build = (pairs: Pairs) => DStream<unknown>;

const batches = [ones("ab"), ones("ac"), ones("a"), ones("b"), [], ones("ad"), ones("b"), []];

/** Runs a program over the batches after `restored`, in that many partitions; takes a snapshot behind the first `stopAfter`. */
async function run(
  build: Build,
  options: { partitions: number; restored?: readonly StoredSnapshot[]; stopAfter?: number },
) {
  await using engine = new DrivenContext({ defaultParallelism: options.partitions });
  const stream = build(engine.input(batches));
  const stateful = stream.node as unknown as StatefulStream;
  const result = engine.collect(stream);
  if (options.restored !== undefined) await stateful.restoreState(options.restored);
  await engine.ssc.start();
  const store = new SnapshotStore();
  const count = options.stopAfter ?? batches.length;
  for (let batch = 0; batch < count; batch += 1) {
    await engine.batches(1);
    const snapshot = stateful.beginSnapshot();
    if (snapshot !== undefined && options.restored === undefined) await store.take(snapshot);
    else snapshot?.release();
  }
  const sorted = [...result].map(([timeMs, records]) => [timeMs, records.map(String).sort()]);
  return { results: new Map(sorted as [number, string[]][]), store, stateful };
}

const counting = (values: readonly number[], state: number | undefined) =>
  values.length === 0 && state === undefined ? undefined : (state ?? 0) + values.length;

const sessions = StateSpec.function(
  (key: string, _value: number | undefined, state: State<number>, timeMs: number) => {
    if (state.isTimingOut()) return `${key} gone at ${timeMs}`;
    state.update((state.getOption() ?? 0) + 1);
    return `${key} ${state.get()}`;
  },
);

const builds: Readonly<Record<string, Build>> = {
  updateStateByKey: (pairs) => pairs.updateStateByKey<string, number, number>(counting),
  updateStateByPartition: (pairs) =>
    pairs.updateStateByPartition<string, number, number>((entries) =>
      [...entries].map(([key, values, state]) => [key, (state ?? 0) + values.length]),
    ),
  mapWithState: (pairs) => pairs.mapWithState(sessions),
  "mapWithState with a time-out": (pairs) => pairs.mapWithState(sessions.timeout(seconds(2))),
};

describe.each(Object.entries(builds))("%s", (_, build) => {
  test.each([1, 3])(
    "goes on from a restored state in %i partitions as if it had never stopped",
    async (n) => {
      const whole = await run(build, { partitions: 2 });
      const first = await run(build, { partitions: 2, stopAfter: 3 });
      const second = await run(build, { partitions: n, restored: first.store.stream() });
      for (let timeMs = 4000; timeMs <= batches.length * 1000; timeMs += 1000) {
        expect(second.results.get(timeMs)).toEqual(whole.results.get(timeMs));
      }
      expect(first.store.chain().length).toBeGreaterThan(0);
    },
  );
});

describe("a restored state", () => {
  test("is not filled with the initial state once more", async () => {
    const build: Build = (pairs) =>
      pairs.updateStateByKey<string, number, number>(counting, {
        initialState: initial(pairs),
      });
    const whole = await run(build, { partitions: 1 });
    const first = await run(build, { partitions: 1, stopAfter: 3 });
    const second = await run(build, { partitions: 1, restored: first.store.stream() });
    expect(second.results.get(8000)).toEqual(whole.results.get(8000));
    expect(whole.results.get(8000)).toContain("x,7");
  });

  test("goes through migrate, which may not give a promise", async () => {
    const first = await run(builds["updateStateByKey"]!, { partitions: 1, stopAfter: 3 });
    const migrated: Build = (pairs) =>
      pairs.updateStateByKey<string, number, string>(
        (values, state) => `${state ?? ""}${values.length}`,
        { version: 2, migrate: (state, fromVersion, key) => `${key} ${state} of ${fromVersion}: ` },
      );
    const second = await run(migrated, { partitions: 1, restored: first.store.stream() });
    expect(second.results.get(4000)).toEqual(["a,a 3 of 1: 0", "b,b 1 of 1: 1", "c,c 1 of 1: 0"]);
    const promised: Build = (pairs) =>
      pairs.updateStateByKey<string, number, unknown>((_, state) => state, {
        version: 2,
        migrate: async () => 1,
      });
    await expect(
      run(promised, { partitions: 1, restored: first.store.stream() }),
    ).rejects.toMatchObject({
      code: "state_migration_failed",
      cause: expect.objectContaining({ code: "promise_returned" }),
    });
  });

  test("goes through a codec of its own, whose bytes the snapshots hold", async () => {
    const codec = {
      id: "text",
      encode: (state: number) => Buffer.from(`n${state}`),
      decode: (bytes: Uint8Array) => Number(Buffer.from(bytes).toString().slice(1)),
    };
    const build: Build = (pairs) =>
      pairs.updateStateByKey<string, number, number>(counting, { codec });
    const whole = await run(build, { partitions: 1 });
    const first = await run(build, { partitions: 1, stopAfter: 3 });
    expect(first.stateful.stateCodecId).toBe("custom:text");
    const values = first.store.chain().flatMap(({ entries }) => entries.map(({ value }) => value));
    expect(values).toContainEqual(Buffer.from("n3"));
    const second = await run(build, { partitions: 2, restored: first.store.stream() });
    expect(second.results.get(8000)).toEqual(whole.results.get(8000));
  });

  test("whose codec fails says so, with the key", async () => {
    const thrown = new Error("no");
    const build: Build = (pairs) =>
      pairs.updateStateByKey<string, number, number>(counting, {
        codec: {
          id: "failing",
          encode: () => {
            throw thrown;
          },
          decode: () => 0,
        },
      });
    await expect(run(build, { partitions: 1, stopAfter: 1 })).rejects.toMatchObject({
      code: "state_codec_failed",
      details: { key: "a", step: "encode" },
      cause: thrown,
    });
  });
});

describe("the form of a state", () => {
  const factsOf = (settings: StateSettings<string, number>) => {
    const engine = new DrivenContext();
    const stream = engine
      .input(batches)
      .updateStateByKey<string, number, number>(counting, settings);
    return stream.node.facts.state;
  };

  test("is told by its version, by what can be migrated to it, and by its codec", () => {
    expect(factsOf({})).toMatchObject({ version: 1, migratesFrom: [], codecId: "value" });
    expect(factsOf({ version: 3 })).toMatchObject({ version: 3, migratesFrom: [] });
    expect(factsOf({ version: 3, migrate: () => 1 })).toMatchObject({ migratesFrom: [1, 2] });
    expect(factsOf({ codec: "long" })?.codecId).toMatch(/^avro:/);
    expect(factsOf({ codec: "long" })?.codecId).not.toBe(factsOf({ codec: "double" })?.codecId);
  });

  test("is told by the methods of a spec as well", () => {
    const engine = new DrivenContext();
    const spec = sessions
      .version(2)
      .migrate(() => 1)
      .codec("long");
    const stream = engine.input(batches).mapWithState(spec);
    expect(stream.node.facts.state).toMatchObject({ version: 2, migratesFrom: [1] });
    expect((stream.node as unknown as StatefulStream).stateSchema).toBe("long");
  });

  test("is refused where it is none", () => {
    for (const version of [0, 1.5, -1, 10_001]) {
      expect(() => factsOf({ version })).toThrow(/version/);
    }
    expect(() => factsOf({ codec: "no such type" })).toThrow(/schema/);
  });
});

function initial(pairs: Pairs) {
  const context = pairs.context as unknown as DrivenContext["ssc"];
  return context.data.parallelize<[string, number]>([["x", 7]]);
}
