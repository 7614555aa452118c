/** Owns: that operators of one's own, generic functions over streams and datasets, compile without casts. */
import { expectTypeOf, test } from "vitest";
import type { Aggregator, DStream, RDD, State } from "../../src/index.ts";
import { counts, type Flight, flights, lines } from "./given.ts";

test("a generic function may map, key and count", () => {
  const counted = <T>(stream: DStream<T>): DStream<[T, number]> => stream.map((x) => [x, 1]);
  const mapped = <T, U>(stream: DStream<T>, f: (record: T) => U): DStream<U> => stream.map(f);
  const keyed = <T, K>(stream: DStream<T>, f: (record: T) => K): DStream<[K, T]> =>
    stream.map((record) => [f(record), record]);
  const keyedSet = <T, K>(dataset: RDD<T>, f: (record: T) => K): RDD<[K, T]> => dataset.keyBy(f);
  expectTypeOf(counted(lines)).toEqualTypeOf<DStream<[string, number]>>();
  expectTypeOf(mapped(lines, (line) => line.length)).toEqualTypeOf<DStream<number>>();
  expectTypeOf(keyed(flights, (flight) => flight.origin)).toEqualTypeOf<
    DStream<[string, Flight]>
  >();
  expectTypeOf(keyedSet).toBeFunction();
});

test("a generic function may list, swap and unnest", () => {
  const listed = <T>(stream: DStream<T>): DStream<[T, T[]]> => stream.map((x) => [x, [x]]);
  const swapped = <K, V>(stream: DStream<[K, V]>): DStream<[V, K]> =>
    stream.map(([key, value]) => [value, key]);
  const unnested = <T>(stream: DStream<readonly T[]>): DStream<T> => stream.flatMap((x) => x);
  const present = <T>(stream: DStream<T | undefined>): DStream<T> =>
    stream.filter((record): record is T => record !== undefined);
  expectTypeOf(listed(lines)).toEqualTypeOf<DStream<[string, string[]]>>();
  expectTypeOf(swapped(counts)).toEqualTypeOf<DStream<[number, string]>>();
  expectTypeOf(unnested(lines.glom())).toEqualTypeOf<DStream<string>>();
  expectTypeOf(present(lines)).toEqualTypeOf<DStream<string>>();
});

test("a generic function may reduce, combine and join", () => {
  const reduced = <K, V>(stream: DStream<[K, V]>, f: (a: V, b: V) => V): DStream<[K, V]> =>
    stream.reduceByKey(f);
  const combined = <K, V, C>(stream: DStream<[K, V]>, a: Aggregator<V, C>): DStream<[K, C]> =>
    stream.combineByKey(a);
  const valued = <K, V, W>(stream: DStream<[K, V]>, f: (value: V) => W): DStream<[K, W]> =>
    stream.mapValues(f);
  const joined = <K, V, W>(left: RDD<[K, V]>, right: RDD<[K, W]>): RDD<[K, V | W]> =>
    left.fullOuterJoin(right).flatMapValues(([v, w]) => [v, w].filter((x) => x !== undefined));
  expectTypeOf(reduced(counts, Math.max)).toEqualTypeOf<DStream<[string, number]>>();
  expectTypeOf(valued(counts, String)).toEqualTypeOf<DStream<[string, string]>>();
  expectTypeOf(combined).toBeFunction();
  expectTypeOf(joined).toBeFunction();
});

test("a generic function may keep state", () => {
  const latest = <K, V>(stream: DStream<[K, V]>): DStream<[K, V]> =>
    stream.updateStateByKey((values, state: V | undefined) => values.at(-1) ?? state);
  const folded = <K, V, S>(
    stream: DStream<[K, V]>,
    f: (values: readonly V[], state: S | undefined) => S | undefined,
  ): DStream<[K, S]> => stream.updateStateByKey(f);
  const numbered = <K, V>(stream: DStream<[K, V]>): DStream<[K, number]> =>
    stream.mapWithState((key, _value, state: State<number>) => {
      const next = (state.getOption() ?? 0) + 1;
      state.update(next);
      return [key, next];
    });
  expectTypeOf(latest(counts)).toEqualTypeOf<DStream<[string, number]>>();
  expectTypeOf(folded).toBeFunction();
  expectTypeOf(numbered(counts)).toEqualTypeOf<DStream<[string, number]>>();
});

test("a stream of a narrower type stands for one of a wider type", () => {
  expectTypeOf(lines).toExtend<DStream<string | number>>();
  expectTypeOf(lines).toExtend<DStream<unknown>>();
  expectTypeOf(counts).toExtend<DStream<readonly [string, number]>>();
  expectTypeOf(counts).not.toExtend<DStream<[string, string]>>();
});
