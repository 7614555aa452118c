/** Stateful operators over LevelDB do what they do over memory; batches are at 1000, 2000, ... ms. */
import { existsSync, readdirSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import {
  type DStream,
  type State,
  type StateBackend,
  StateSpec,
  type StreamError,
  type StreamingContextOptions,
  seconds,
} from "../../../../src/index.ts";
import { VersionedState } from "../../../../src/state/index.ts";
import { DrivenContext } from "../../context/driven-context.ts";
import { ones } from "./per-batch.ts";

type Pairs = DStream<[string, number]>;
type Build = (pairs: Pairs, ssc: DrivenContext["ssc"]) => DStream<unknown>;

const batches = [ones("ab"), ones("ac"), ones("a"), ones("bbd"), [], ones("ad"), ones("b"), []];

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "millrace-state-"));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

async function run(build: Build, options: Partial<StreamingContextOptions> = {}) {
  await using engine = new DrivenContext({ defaultParallelism: 2, ...options });
  const result = engine.collect(build(engine.input(batches), engine.ssc));
  await engine.ssc.start();
  await engine.batches(batches.length);
  const sorted = [...result].map(([timeMs, records]) => [timeMs, records.map(String).sort()]);
  return sorted;
}

const count = (values: readonly number[], state: number | undefined) =>
  (state ?? 0) + values.length > 2 ? undefined : (state ?? 0) + values.length;

const sessions = StateSpec.function(
  (key: string, _value: number | undefined, state: State<number>, timeMs: number) => {
    if (state.isTimingOut()) return `${key} gone at ${timeMs}`;
    if (state.getOption() === 3) state.remove();
    else state.update((state.getOption() ?? 0) + 1);
    return `${key} ${state.getOption()}`;
  },
);

const add = (a: number, b: number) => a + b;
const subtract = (a: number, b: number) => a - b;

const builds: Readonly<Record<string, Build>> = {
  updateStateByKey: (pairs, ssc) =>
    pairs.updateStateByKey<string, number, number>(count, {
      initialState: ssc.data.parallelize<[string, number]>([["x", 1]]),
    }),
  updateStateByPartition: (pairs) =>
    pairs.updateStateByPartition<string, number, number>((entries) =>
      [...entries].map(([key, values, state]) => [key, (state ?? 0) + values.length]),
    ),
  "updateStateByKey with states that may be changed": (pairs) =>
    pairs.updateStateByKey<string, number, { n: number }>(
      (values, state = { n: 0 }) => {
        state.n += values.length;
        return state;
      },
      { mutable: (state) => ({ ...state }) },
    ),
  mapWithState: (pairs, ssc) =>
    pairs.mapWithState(
      sessions.timeout(seconds(2)).initialState(ssc.data.parallelize<[string, number]>([["x", 1]])),
    ),
  stateSnapshots: (pairs) => pairs.mapWithState(sessions).stateSnapshots(),
  "an incremental window": (pairs) =>
    pairs.reduceByKeyAndWindow(add, subtract, seconds(3), seconds(1)),
  "a window over a state": (pairs) =>
    pairs.updateStateByKey<string, number, number>(count).window(seconds(3), seconds(1)),
};

describe.each(Object.entries(builds))("%s", (_, build) => {
  test("gives the same over LevelDB as over memory", async () => {
    const expected = await run(build);
    const options = { stateBackend: "leveldb", stateDirectory: directory } as const;
    expect(await run(build, options)).toEqual(expected);
  });
});

describe("a state in LevelDB", () => {
  const build: Build = (pairs) =>
    pairs.updateStateByKey<string, number, number>(count, { backend: "leveldb" }).uid("a/../b.*");

  test("has a directory named by its uid while the context lives, and leaves nothing", async () => {
    let names: string[] = [];
    const watched: Build = (pairs, ssc) =>
      build(pairs, ssc).transform((dataset) => {
        names = readdirSync(directory);
        return dataset;
      });
    await run(watched, { stateDirectory: directory });
    expect(names).toEqual(["state-a%2F%2e%2e%2Fb%2e%2a"]);
    expect(existsSync(join(directory, "state-a%2F%2e%2e%2Fb%2e%2a"))).toBe(false);
  });

  test("may be that of one operator, or all but that of one", async () => {
    const expected = await run(build, { stateDirectory: directory });
    const all = { stateBackend: "leveldb", stateDirectory: directory } as const;
    let names: string[] = ["unread"];
    const inMemory: Build = (pairs) =>
      pairs
        .updateStateByKey<string, number, number>(count, { backend: "memory" })
        .transform((dataset) => {
          names = readdirSync(directory);
          return dataset;
        });
    expect(await run(inMemory, all)).toEqual(expected);
    expect(names).toEqual([]);
  });

  test("begins empty, whatever an earlier life left", async () => {
    const expected = await run(build, { stateDirectory: directory });
    expect(await run(build, { stateDirectory: directory })).toEqual(expected);
  });

  test("is not shared with anybody: the one who comes later fails, and says where", async () => {
    const path = join(directory, "state-a%2F%2e%2e%2Fb%2e%2a");
    const other = new VersionedState({ partitions: 1, level: { directory: () => path } });
    await other.open();
    const options = { stateDirectory: directory, onFailure: "stop", attempts: 1 } as const;
    await using engine = new DrivenContext(options);
    engine.collect(build(engine.input(batches), engine.ssc));
    await engine.ssc.start();
    await engine.batches(1);
    const failure = await engine.ssc.awaitTermination().catch((error: unknown) => error);
    const codes: unknown[] = [];
    for (let error = failure as StreamError | undefined; error !== undefined; ) {
      codes.push(error.code, error.details?.["directory"]);
      error = error.cause as StreamError | undefined;
      if (codes.length > 8) break;
    }
    expect(codes).toContain("state_directory_in_use");
    expect(codes).toContain(path);
    await other.close();
  });

  test("needs a directory", () => {
    const of = (options: Partial<StreamingContextOptions>) => () => {
      const engine = new DrivenContext(options);
      build(engine.input(batches), engine.ssc);
    };
    expect(of({})).toThrow(/stateDirectory/);
    expect(() => new DrivenContext({ stateBackend: "leveldb" })).toThrow(/stateDirectory/);
    expect(of({ stateDirectory: directory })).not.toThrow();
  });

  test("is refused under another name", () => {
    const stateBackend = "rocksdb" as StateBackend;
    expect(() => new DrivenContext({ stateBackend })).toThrow(/"memory" or "leveldb"/);
    const engine = new DrivenContext();
    expect(() =>
      engine
        .input(batches)
        .updateStateByKey<string, number, number>(count, { backend: stateBackend }),
    ).toThrow(/"memory" or "leveldb"/);
  });
});
