/** mapWithState: what its function sees and may do, its time-outs and its snapshots; a batch is a second. */
import { describe, expect, test } from "vitest";
import {
  type DStream,
  HashPartitioner,
  type MapWithStateDStream,
  type State,
  StateSpec,
  type StreamError,
  type StreamingContext,
  seconds,
} from "../../../../src/index.ts";
import type { TestBatch } from "../../../../src/testing/index.ts";
import { caught, cuts, ones, perBatch, sorted } from "./per-batch.ts";

type Pairs = DStream<[string, number]>;
type Spec<M> = StateSpec<string, number, number, M>;

/** Runs a spec; `snapshots` gives the keys with their state instead of what the function returned. */
function mapped<M>(
  input: readonly TestBatch<[string, number]>[],
  spec: Spec<M> | ((ssc: StreamingContext) => Spec<M>),
  options: Parameters<typeof perBatch>[2] = {},
): Promise<(unknown[] | null)[]> {
  return perBatch(input, (stream, ssc) => stream.mapWithState(specOf(spec, ssc)), options);
}

function snapshots<M>(
  input: readonly TestBatch<[string, number]>[],
  spec: Spec<M> | ((ssc: StreamingContext) => Spec<M>),
  options: Parameters<typeof perBatch>[2] = {},
): Promise<(readonly [string, number][] | null)[]> {
  const build = (stream: Pairs, ssc: StreamingContext) =>
    stream.mapWithState(specOf(spec, ssc)).stateSnapshots();
  return perBatch(input, build, options).then(sorted) as never;
}

function specOf<M>(spec: Spec<M> | ((ssc: StreamingContext) => Spec<M>), ssc: StreamingContext) {
  return typeof spec === "function" ? spec(ssc) : spec;
}

/** Counts the records of each key and tells the count. */
const counting: Spec<string> = StateSpec.function(
  (key: string, _value: number | undefined, state: State<number>) => {
    if (state.isTimingOut()) return `${key} gone at ${state.get()}`;
    const count = (state.getOption() ?? 0) + 1;
    state.update(count);
    return key + count;
  },
);

describe.each(cuts)("over %s", (_, cut) => {
  test("the function is called for each record, with the state that the record before left", async () => {
    const input = [ones("a"), ones("ba"), ones("aa"), [], ones("b")];
    expect(sorted(await mapped(input, counting, cut))).toEqual([
      ["a1"],
      ["a2", "b1"],
      ["a3", "a4"],
      [],
      ["b2"],
    ]);
  });

  test("snapshots have all keys, whether or not they had data", async () => {
    const input = [ones("a"), ones("bb"), [], null];
    const both = [
      ["a", 1],
      ["b", 2],
    ];
    expect(await snapshots(input, counting, cut)).toEqual([[["a", 1]], both, both, both]);
  });

  test("a missing dataset is an empty one", async () => {
    expect(await mapped([null, ones("a"), null], counting, cut)).toEqual([[], ["a1"], []]);
  });

  test("undefined emits nothing", async () => {
    const odd: Spec<number | undefined> = StateSpec.function((_key: string, value) =>
      value !== undefined && value % 2 === 1 ? value : undefined,
    );
    const input: [string, number][][] = [
      [
        ["a", 1],
        ["a", 2],
        ["b", 3],
      ],
    ];
    expect(sorted(await mapped(input, odd, cut))).toEqual([[1, 3]]);
  });

  test("the initial state is there before the first record", async () => {
    const initial = (ssc: StreamingContext) =>
      counting.initialState(
        ssc.data.parallelize<[string, number]>([
          ["a", 5],
          ["c", 7],
        ]),
      );
    const input = [ones("ab"), ones("a")];
    expect(sorted(await mapped(input, initial, cut))).toEqual([["a6", "b1"], ["a7"]]);
    expect(await snapshots(input, initial, cut)).toEqual([
      [
        ["a", 6],
        ["b", 1],
        ["c", 7],
      ],
      [
        ["a", 7],
        ["b", 1],
        ["c", 7],
      ],
    ]);
  });

  test("a key goes in the batch in which its time-out falls due, and is shown once more", async () => {
    const spec = counting.timeout(seconds(2));
    const input = [ones("ab"), ones("b"), [], [], [], []];
    expect(sorted(await mapped(input, spec, cut))).toEqual([
      ["a1", "b1"],
      ["b2"],
      [],
      ["a gone at 1"],
      ["b gone at 2"],
      [],
    ]);
    expect(await snapshots(input, spec, cut)).toEqual([
      [
        ["a", 1],
        ["b", 1],
      ],
      [
        ["a", 1],
        ["b", 2],
      ],
      [
        ["a", 1],
        ["b", 2],
      ],
      [["b", 2]],
      [],
      [],
    ]);
  });

  test("a key that has data in the batch in which it is due does not go", async () => {
    const input = [ones("a"), [], [], ones("a"), [], [], []];
    expect(await mapped(input, counting.timeout(seconds(2)), cut)).toEqual([
      ["a1"],
      [],
      [],
      ["a2"],
      [],
      [],
      ["a gone at 2"],
    ]);
  });

  test("a look at the state is a use of it", async () => {
    const looking: Spec<string> = StateSpec.function(
      (key: string, _value: number | undefined, state: State<number>) => {
        if (state.isTimingOut()) return `${key} gone`;
        if (!state.exists()) state.update(1);
        return `${key}${state.get()}`;
      },
    );
    const input = [ones("a"), ones("a"), [], [], []];
    expect(await mapped(input, looking.timeout(seconds(2)), cut)).toEqual([
      ["a1"],
      ["a1"],
      [],
      [],
      ["a gone"],
    ]);
  });

  test("the initial state counts as used in the first batch", async () => {
    const spec = (ssc: StreamingContext) =>
      counting.initialState(ssc.data.parallelize<[string, number]>([["a", 5]])).timeout(seconds(2));
    expect(await mapped([[], [], [], [], []], spec, cut)).toEqual([
      [],
      [],
      [],
      ["a gone at 5"],
      [],
    ]);
  });

  test("a key that timed out begins anew when it comes back", async () => {
    const input = [ones("a"), [], [], ones("a"), []];
    expect(await mapped(input, counting.timeout(seconds(1)), cut)).toEqual([
      ["a1"],
      [],
      ["a gone at 1"],
      ["a1"],
      [],
    ]);
  });

  test("snapshots without the mapped stream move on as well", async () => {
    expect(await snapshots([ones("a"), [], [], []], counting.timeout(seconds(1)), cut)).toEqual([
      [["a", 1]],
      [["a", 1]],
      [],
      [],
    ]);
  });
});

describe("the state of a key", () => {
  type Step = (state: State<number>) => unknown;

  /** Runs one step per batch on the same key; a step that throws fails the batch. */
  function steps(...list: Step[]): Promise<(unknown[] | null)[]> {
    const input = list.map((_, index): [string, number][] => [["a", index]]);
    const spec: Spec<unknown> = StateSpec.function(
      (_key: string, index: number | undefined, state: State<number>) => list[index ?? 0]?.(state),
    );
    return mapped(input, spec);
  }

  test("exists from its update until its removal", async () => {
    const look: Step = (state) => [state.exists(), state.getOption(), state.isTimingOut()];
    const result = await steps(
      look,
      (state) => {
        state.update(1);
        return look(state);
      },
      look,
      (state) => {
        state.remove();
        return look(state);
      },
      look,
    );
    expect(result.map((batch) => batch?.[0])).toEqual([
      [false, undefined, false],
      [true, 1, false],
      [true, 1, false],
      [false, undefined, false],
      [false, undefined, false],
    ]);
  });

  test("may be updated more than once; the last update counts", async () => {
    const result = await steps(
      (state) => {
        state.update(1);
        state.update(2);
      },
      (state) => state.get(),
    );
    expect(result).toEqual([[], [2]]);
  });

  test("may be 0, false, empty or null", async () => {
    const result = await steps(
      (state) => state.update(0),
      (state) => [state.exists(), state.get()],
      (state) => state.update(null as never),
      (state) => [state.exists(), state.get()],
    );
    expect(result).toEqual([[], [[true, 0]], [], [[true, null]]]);
  });

  const refused: Record<string, { step: Step; code: string }> = {
    "get without a state": { step: (state) => state.get(), code: "state_absent" },
    "get after remove": {
      step: (state) => {
        state.update(1);
        state.remove();
        state.get();
      },
      code: "state_absent",
    },
    "update after remove": {
      step: (state) => {
        state.remove();
        state.update(1);
      },
      code: "state_removed",
    },
    "remove twice": {
      step: (state) => {
        state.remove();
        state.remove();
      },
      code: "state_removed",
    },
    "update to undefined": {
      step: (state) => state.update(undefined as never),
      code: "argument_invalid",
    },
  };
  test.each(Object.entries(refused))("refuses %s", async (_name, { step, code }) => {
    const error = await caught(steps(step));
    expect(error.cause).toMatchObject({ code, details: { batchTimeMs: 1000, partition: 0 } });
  });

  test.each<[string, Step]>([
    ["update", (state) => state.update(1)],
    ["remove", (state) => state.remove()],
  ])("refuses %s while the key times out", async (_name, step) => {
    const spec: Spec<void> = StateSpec.function(
      (_key: string, _value: number | undefined, state: State<number>) => {
        if (state.isTimingOut()) step(state);
        else state.update(1);
      },
    );
    const error = await caught(mapped([ones("a"), [], []], spec.timeout(seconds(1))));
    expect(error.cause).toMatchObject({
      code: "state_timing_out",
      kind: "user",
      details: { batchTimeMs: 3000 },
    });
  });

  test("a key that times out comes without a value, with its state", async () => {
    const spec: Spec<unknown> = StateSpec.function(
      (key: string, value: number | undefined, state: State<number>, timeMs: number) => {
        if (state.isTimingOut()) return [key, value, state.exists(), state.get(), timeMs];
        state.update(value ?? 0);
        return undefined;
      },
    );
    expect(await mapped([[["a", 9]], [], []], spec.timeout(seconds(1)))).toEqual([
      [],
      [],
      [["a", undefined, true, 9, 3000]],
    ]);
  });

  test("that was removed and given anew in one batch is used in that batch", async () => {
    const spec: Spec<string | undefined> = StateSpec.function(
      (key: string, value: number | undefined, state: State<number>) => {
        if (state.isTimingOut()) return `${key} gone`;
        if (value === 0) state.remove();
        else state.update(1);
        return undefined;
      },
    );
    const input: [string, number][][] = [
      [["a", 1]],
      [
        ["a", 0],
        ["a", 1],
      ],
      [],
      [],
    ];
    expect(await mapped(input, spec.timeout(seconds(1)))).toEqual([[], [], [], ["a gone"]]);
  });
});

test("records of a key come in the order of the batch, over all its partitions", async () => {
  const spec: StateSpec<string, number, readonly number[], readonly number[]> = StateSpec.function(
    (_key: string, value: number | undefined, state: State<readonly number[]>) => {
      const seen = [...(state.getOption() ?? []), value ?? 0];
      state.update(seen);
      return seen;
    },
  );
  const input: [string, number][] = [1, 2, 3, 4, 5].map((n) => ["a", n]);
  const result = await perBatch([input], (stream: Pairs) => stream.mapWithState(spec), {
    partitions: 3,
  });
  expect(result[0]?.at(-1)).toEqual([1, 2, 3, 4, 5]);
});

test("a spec without settings may be its function", async () => {
  const build = (stream: Pairs) =>
    stream.mapWithState<string, number, number, number>((_key, value, state) => {
      state.update((state.getOption() ?? 0) + (value ?? 0));
      return state.get();
    });
  expect(await perBatch([ones("a"), ones("aa")], build)).toEqual([[1], [2, 3]]);
});

test("a spec tells the partitions of the state", async () => {
  const parts = (spec: Spec<string>) =>
    perBatch([ones("abc")], (stream: Pairs) => stream.mapWithState(spec).glom().count());
  expect(await parts(counting.numPartitions(4))).toEqual([[4]]);
  expect(await parts(counting.partitioner(new HashPartitioner(3)))).toEqual([[3]]);
});

test("a spec is not changed by the methods that make another of it", async () => {
  counting.timeout(seconds(1));
  expect(await mapped([ones("a"), [], []], counting)).toEqual([["a1"], [], []]);
});

test.each([0, -1000, 0.5, Number.NaN])("a time-out of %s ms is refused", (timeout) => {
  expect(() => counting.timeout(timeout as never)).toThrow(
    expect.objectContaining({ code: "duration_invalid" }) as StreamError,
  );
});

test("a window over the mapped stream has the records of its batches", async () => {
  const build = (stream: Pairs) => stream.mapWithState(counting).window(seconds(2));
  expect(await perBatch([ones("a"), ones("a"), []], build)).toEqual([["a1"], ["a1", "a2"], ["a2"]]);
});

test("a window over the snapshots has each version", async () => {
  const build = (stream: Pairs) => {
    const stateful: MapWithStateDStream<string, number, string> = stream.mapWithState(counting);
    return stateful.stateSnapshots().window(seconds(2));
  };
  expect(await perBatch([ones("a"), ones("a"), []], build)).toEqual([
    [["a", 1]],
    [
      ["a", 1],
      ["a", 2],
    ],
    [
      ["a", 2],
      ["a", 2],
    ],
  ]);
});

test("the mapped stream and the snapshots run the function once per record", async () => {
  let calls = 0;
  const spec: Spec<number> = StateSpec.function(() => ++calls);
  await perBatch([ones("ab"), ones("a")], (stream: Pairs) => {
    const stateful = stream.mapWithState(spec);
    stateful.foreachRDD(async (dataset) => void (await dataset.count()));
    return stateful.stateSnapshots().map(String).union(stateful.map(String));
  });
  expect(calls).toBe(3);
});

test("a function that returns a promise is refused", async () => {
  const spec: Spec<unknown> = StateSpec.function(() => Promise.resolve(1));
  const error = await caught(mapped([ones("a")], spec));
  expect(error.cause).toMatchObject({ code: "promise_returned", details: { batchTimeMs: 1000 } });
});

test("a state and its function may be used by two streams of their own", async () => {
  const result = await perBatch([ones("a"), ones("a")], (stream: Pairs) =>
    stream.mapWithState(counting).union(stream.map((pair) => pair).mapWithState(counting)),
  );
  expect(result).toEqual([
    ["a1", "a1"],
    ["a2", "a2"],
  ]);
});
