/** Owns: what `updateStateByKey` and `updateStateByPartition` infer when the state alone is annotated. */
import { expectTypeOf, test } from "vitest";
import { type DStream, HashPartitioner } from "../../src/index.ts";
import { countSet, counts } from "./given.ts";

interface Stats {
  readonly times: number;
  readonly recent: readonly number[];
}

test("updateStateByKey infers values, key and time, and gives the states", () => {
  const totals = counts.updateStateByKey((values, state: number | undefined, key, timeMs) => {
    expectTypeOf(values).toEqualTypeOf<readonly number[]>();
    expectTypeOf(key).toEqualTypeOf<string>();
    expectTypeOf(timeMs).toEqualTypeOf<number>();
    return values.reduce((total, n) => total + n, state ?? 0);
  });
  expectTypeOf(totals).toEqualTypeOf<DStream<[string, number]>>();
});

test("undefined removes a key and is no state", () => {
  const some = counts.updateStateByKey((values, state: number | undefined) =>
    values.length === 0 ? undefined : (state ?? 0) + values.length,
  );
  expectTypeOf(some).toEqualTypeOf<DStream<[string, number]>>();
  const same = counts.updateStateByKey((values, state: Set<number> | undefined) => {
    if (values.length === 0) return state;
    return new Set(values);
  });
  expectTypeOf(same).toEqualTypeOf<DStream<[string, Set<number>]>>();
});

test("the annotated type is the type of the state", () => {
  const stats = counts.updateStateByKey((values, state: Stats | undefined) => ({
    times: (state?.times ?? 0) + values.length,
    recent: [...(state?.recent ?? []), ...values].slice(-10),
  }));
  expectTypeOf(stats).toEqualTypeOf<DStream<[string, Stats]>>();
  const lists = counts.updateStateByKey((values, state: number[] | undefined) =>
    [...(state ?? []), ...values].slice(-10),
  );
  expectTypeOf(lists).toEqualTypeOf<DStream<[string, number[]]>>();
  const tuples = counts.updateStateByKey((values, state: [number, number] | undefined) => [
    values.length,
    state?.[0] ?? 0,
  ]);
  expectTypeOf(tuples).toEqualTypeOf<DStream<[string, [number, number]]>>();
  const doors = counts.updateStateByKey((values, state: "open" | "shut" | undefined) =>
    values.length > 0 ? "open" : state,
  );
  expectTypeOf(doors).toEqualTypeOf<DStream<[string, "open" | "shut"]>>();
});

test("a returned state of another type does not compile", () => {
  // @ts-expect-error: a text where a number is the state
  counts.updateStateByKey((_values, state: number | undefined) => `${state}`);
  // @ts-expect-error: a property is missing
  counts.updateStateByKey((_values, _state: Stats | undefined) => ({ times: 1 }));
});

test("the state may be undefined, and the function has to say so", () => {
  // @ts-expect-error: a key without a state has none
  counts.updateStateByKey((_values, state: number) => state + 1);
});

test("the values cannot be changed", () => {
  counts.updateStateByKey((values) => {
    // @ts-expect-error: they are read only
    values.push(1);
    return values.length;
  });
});

test("without an annotation the state is what the initial states are, or what is returned", () => {
  const initial = counts.updateStateByKey((values, state) => (state ?? 0) + values.length, {
    initialState: countSet,
    partitioning: new HashPartitioner(4),
  });
  expectTypeOf(initial).toEqualTypeOf<DStream<[string, number]>>();
  const stateless = counts.updateStateByKey((values) => values.length);
  expectTypeOf(stateless).toEqualTypeOf<DStream<[string, number]>>();
});

test("initial states of another type do not compile", () => {
  // @ts-expect-error: numbers are no stats
  counts.updateStateByKey((_values, state: Stats | undefined) => state, { initialState: countSet });
});

test("updateStateByPartition goes over all keys of a partition", () => {
  type Entry = readonly [string, readonly number[], number | undefined];
  const totals = counts.updateStateByPartition(function* (entries: Iterable<Entry>, timeMs) {
    for (const [key, values, state] of entries) yield [key, (state ?? timeMs) + values.length];
  });
  expectTypeOf(totals).toEqualTypeOf<DStream<[string, number]>>();
  const mapped = counts.updateStateByPartition((entries: Iterable<Entry>) =>
    [...entries].map(([key, values, state]) => [key, state ?? values.length]),
  );
  expectTypeOf(mapped).toEqualTypeOf<DStream<[string, number]>>();
  const told = counts.updateStateByPartition<string, number, Stats>((entries) =>
    [...entries].map(([key, values]) => [key, { times: 1, recent: values }]),
  );
  expectTypeOf(told).toEqualTypeOf<DStream<[string, Stats]>>();
});

test("migrate is given what was stored, which may be anything, and gives a state or none", () => {
  const migrated = counts.updateStateByKey(
    (values, state: Stats | undefined) => ({ times: values.length, recent: state?.recent ?? [] }),
    {
      version: 2,
      migrate: (state, fromVersion, key) => {
        expectTypeOf(state).toEqualTypeOf<unknown>();
        expectTypeOf(fromVersion).toEqualTypeOf<number>();
        expectTypeOf(key).toEqualTypeOf<string>();
        return typeof state === "number" ? { times: state, recent: [] } : undefined;
      },
      backend: "leveldb",
    },
  );
  expectTypeOf(migrated).toEqualTypeOf<DStream<[string, Stats]>>();
  // @ts-expect-error: a text is no state of this program
  counts.updateStateByKey((_values, state: Stats | undefined) => state, { migrate: String });
});

test("a codec is a schema, or writes and reads the states of the stream", () => {
  counts.updateStateByKey((_values, state: number | undefined) => state, { codec: "double" });
  counts.updateStateByKey((_values, state: number | undefined) => state, {
    codec: {
      id: "text",
      encode: (state) => {
        expectTypeOf(state).toEqualTypeOf<number>();
        return new TextEncoder().encode(`${state}`);
      },
      decode: (bytes) => Number(new TextDecoder().decode(bytes)),
    },
  });
  counts.updateStateByKey((_values, state: number | undefined) => state, {
    // @ts-expect-error: a text is no state of this program
    codec: { id: "text", encode: () => new Uint8Array(), decode: (bytes) => `${bytes.length}` },
  });
});
