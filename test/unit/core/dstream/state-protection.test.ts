/** State values are read-only, unless the program asks for clones; a batch is a second. */
import { describe, expect, test } from "vitest";
import {
  type DStream,
  type State,
  type StateSettings,
  StateSpec,
  type StreamError,
  seconds,
} from "../../../../src/index.ts";
import { caught, perBatch } from "./per-batch.ts";

type Pairs<V> = DStream<[string, V]>;

/** Things that a state may be made of, each with a change in place of it. */
const changes: Record<string, { make: () => object; change: (state: never) => void }> = {
  "a property": {
    make: () => ({ n: 1 }),
    change: (state: { n: number }) => {
      state.n = 2;
    },
  },
  "a nested property": {
    make: () => ({ inner: { n: 1 } }),
    change: (state: { inner: { n: number } }) => {
      state.inner.n++;
    },
  },
  "an array": { make: () => [1], change: (state: number[]) => void state.push(2) },
  "an element": { make: () => [1], change: (state: number[]) => void (state[0] = 2) },
  "a Map": { make: () => new Map(), change: (state: Map<number, number>) => void state.set(1, 1) },
  "a Set": { make: () => new Set(), change: (state: Set<number>) => void state.add(1) },
  "a Date": { make: () => new Date(0), change: (state: Date) => void state.setTime(1) },
};

describe.each(Object.entries(changes))("a function that changes %s in place", (_, kind) => {
  const { make } = kind;
  const change = kind.change as (state: object) => void;
  const input: [string, number][][] = [[["a", 1]], [["a", 2]]];
  const caughtAt = {
    code: "user_function_failed",
    kind: "user",
    details: { operator: "kept", batchTimeMs: 2000, partition: 0 },
    cause: { name: "TypeError" },
  };

  test("is caught in updateStateByKey, with operator, batch and partition", async () => {
    const build = (stream: Pairs<number>) =>
      stream
        .updateStateByKey<string, number, object>((_values, state) => {
          if (state !== undefined) change(state);
          return state ?? make();
        })
        .uid("kept");
    const error = await caught(perBatch(input, build));
    expect(error.cause).toMatchObject(caughtAt);
  });

  test("is caught in mapWithState, with operator, batch and partition", async () => {
    const build = (stream: Pairs<number>) =>
      stream
        .mapWithState<string, number, object, void>((_key, _value, state) => {
          if (state.exists()) change(state.get());
          else state.update(make());
        })
        .uid("kept");
    const error = await caught(perBatch(input, build));
    expect(error.cause).toMatchObject(caughtAt);
  });

  test("is caught in updateStateByPartition", async () => {
    const build = (stream: Pairs<number>) =>
      stream
        .updateStateByPartition<string, number, object>(function* (entries) {
          for (const [key, , state] of entries) {
            if (state !== undefined) change(state);
            yield [key, state ?? make()];
          }
        })
        .uid("kept");
    const error = await caught(perBatch(input, build));
    expect(error.cause).toMatchObject(caughtAt);
  });

  test("may do so over clones, and older versions stay as they were", async () => {
    const settings: StateSettings<string, object> = { mutable: structuredClone };
    const build = (stream: Pairs<number>) =>
      stream
        .updateStateByKey<string, number, object>((_values, state) => {
          if (state === undefined) return make();
          change(state);
          return state;
        }, settings)
        .window(seconds(2));
    const changed = make();
    change(changed);
    expect(await perBatch(input, build)).toEqual([
      [["a", make()]],
      [
        ["a", make()],
        ["a", changed],
      ],
    ]);
  });

  test("may do so over the clones of mapWithState without an update", async () => {
    const spec: StateSpec<string, number, object, void> = StateSpec.function(
      (_key: string, _value: number | undefined, state: State<object>) => {
        if (state.exists()) change(state.get());
        else state.update(make());
      },
    );
    const build = (stream: Pairs<number>) =>
      stream.mapWithState(spec.mutable(structuredClone)).stateSnapshots().window(seconds(2));
    const changed = make();
    change(changed);
    expect(await perBatch(input, build)).toEqual([
      [["a", make()]],
      [
        ["a", make()],
        ["a", changed],
      ],
    ]);
  });
});

test("an initial state is protected as well", async () => {
  const build = (stream: Pairs<number>, ssc: Parameters<Parameters<typeof perBatch>[1]>[1]) =>
    stream.updateStateByKey<string, number, number[]>(
      (_values, state = []) => {
        state.push(1);
        return state;
      },
      { initialState: ssc.data.parallelize<[string, number[]]>([["a", []]]) },
    );
  const error = await caught(perBatch([[["a", 1]]], build));
  expect((error.cause as StreamError).cause).toBeInstanceOf(TypeError);
});

test("an unprotected state is left as it is: neither frozen nor cloned", async () => {
  const states: number[][] = [];
  const build = (stream: Pairs<number>) =>
    stream.updateStateByKey<string, number, number[]>(
      (values, state = []) => {
        if (values.length > 0) state.push(...values);
        states.push(state);
        return state;
      },
      { unprotected: true },
    );
  await perBatch([[["a", 1]], [["a", 2]]], build);
  expect(states[0]).toBe(states[1]);
  expect(states[0]).toEqual([1, 2]);
});

test("the same reference returned means unchanged", async () => {
  const seen: unknown[] = [];
  const build = (stream: Pairs<number>) =>
    stream.updateStateByKey<string, number, { n: number }>((_values, state) => {
      seen.push(state);
      return state ?? { n: 1 };
    });
  await perBatch([[["a", 1]], [], []], build);
  expect(seen[0]).toBeUndefined();
  expect(seen[1]).toBe(seen[2]);
});
