/** Owns: that a function which returns a promise does not compile where a value is wanted, and what the compiler says. */
import { expectTypeOf, test } from "vitest";
import type { NotPromise } from "../../src/core/index.ts";
import type { State } from "../../src/index.ts";
import { StateSpec } from "../../src/index.ts";
import { countSet, counts, type Json, lineSet, lines, lookUp, numberSet } from "./given.ts";

/** What the compiler prints of the type that a function which returns R should have returned. */
type HelpFor<R> = NotPromise<R>[keyof NotPromise<R>];

test("map refuses a promise", () => {
  // @ts-expect-error: an async function
  lines.map(async (line) => line.length);
  // @ts-expect-error: an async function
  lineSet.map(async (line) => line.length);
  // @ts-expect-error: a function that returns a promise
  lines.map(lookUp);
  // @ts-expect-error: a promise of a pair
  lines.map(async (line) => [line, 1]);
});

test("map refuses what may be a promise", () => {
  // @ts-expect-error: a number or a promise of one
  lines.map((line) => (line === "" ? 0 : lookUp(line)));
  // @ts-expect-error: a number or a promise of one
  lineSet.map((line) => (line === "" ? 0 : lookUp(line)));
  // @ts-expect-error: something with then
  lines.map((line): PromiseLike<number> => lookUp(line));
});

test("map refuses a pair or an array with a promise in it", () => {
  // @ts-expect-error: a pair of a word and a promise
  lines.map((line) => [line, lookUp(line)]);
  // @ts-expect-error: a pair of a promise and a word
  lineSet.map((line) => [lookUp(line), line]);
  // @ts-expect-error: an array of promises
  lines.map((line) => line.split(" ").map(lookUp));
});

test("filter refuses a promise of a boolean, and flatMap a promise of records", () => {
  // @ts-expect-error: an async predicate
  lines.filter(async (line) => line !== "");
  // @ts-expect-error: an async predicate
  lineSet.filter(async (line) => line !== "");
  // @ts-expect-error: an async function
  lines.flatMap(async (line) => line.split(" "));
  // @ts-expect-error: an async function
  lineSet.flatMap(async (line) => line.split(" "));
});

test("functions of values and keys refuse a promise", () => {
  // @ts-expect-error: an async function
  counts.mapValues(async (n) => n + 1);
  // @ts-expect-error: an async function
  countSet.mapValues(async (n) => n + 1);
  // @ts-expect-error: an async function
  counts.flatMapValues(async (n) => [n]);
  // @ts-expect-error: an async function
  lineSet.keyBy(async (line) => line.length);
  // @ts-expect-error: an async function
  lineSet.sortBy(async (line) => line.length);
  // @ts-expect-error: an async function
  lineSet.groupBy(async (line) => line.length);
});

test("reducing functions refuse a promise", () => {
  // @ts-expect-error: an async function
  counts.reduceByKey(async (left, right) => left + right);
  // @ts-expect-error: an async function
  countSet.reduceByKey(async (left, right) => left + right);
  // @ts-expect-error: an async function
  countSet.foldByKey(0, async (left, right) => left + right);
  // @ts-expect-error: an async function
  void numberSet.reduce(async (left, right) => left + right);
  // @ts-expect-error: an async function
  void numberSet.aggregate(0, async (total, n) => total + n, Math.max);
  // @ts-expect-error: an async function
  countSet.aggregateByKey(0, async (total, n) => total + n, Math.max);
  // @ts-expect-error: an async function
  counts.combineByKey({ create: lookUpNumber, mergeValue: keep, mergeCombiners: keep });
});

test("state functions refuse a promise", () => {
  // @ts-expect-error: an async function
  counts.updateStateByKey(async (values) => values.length);
  // @ts-expect-error: an async function
  counts.updateStateByKey(async (values, state: number | undefined) => state ?? values.length);
  // @ts-expect-error: an async function
  counts.mapWithState(async (word, n, state: State<number>) => [word, state.getOption() ?? n]);
  const spec = StateSpec.function(async (word: string, _n: number | undefined, _s: State<number>) =>
    lookUp(word),
  );
  // @ts-expect-error: an async function
  counts.mapWithState(spec);
});

test("foreach refuses a function that nobody would wait for", () => {
  // @ts-expect-error: an async function
  void lineSet.foreach(async (line) => lookUp(line));
  const seen: string[] = [];
  void lineSet.foreach((line) => seen.push(line));
});

test("the compiler names what to use instead", () => {
  type Help = "use mapAsync for a function that returns a promise";
  expectTypeOf<HelpFor<Promise<number>>>().toEqualTypeOf<Help>();
  expectTypeOf<HelpFor<number | PromiseLike<number>>>().toEqualTypeOf<Help>();
  expectTypeOf<HelpFor<[string, Promise<number>]>>().toEqualTypeOf<Help>();
});

test("what is no promise is refused nothing", () => {
  expectTypeOf<NotPromise<string | [number, Date] | undefined>>().toBeUnknown();
  expectTypeOf<NotPromise<Json>>().toBeUnknown();
  expectTypeOf<NotPromise<unknown>>().toBeUnknown();
  expectTypeOf<NotPromise<never>>().toBeUnknown();
});

declare function lookUpNumber(n: number): Promise<number>;
declare function keep<T>(left: T, right: unknown): T;
