/** Owns: what `filter` leaves of the type of the records. */
import { expectTypeOf, test } from "vitest";
import type { DStream, RDD } from "../../src/index.ts";
import { counts, lines, mixed, mixedSet } from "./given.ts";

test("filter keeps the type of the records", () => {
  expectTypeOf(lines.filter((line) => line !== "")).toEqualTypeOf<DStream<string>>();
  expectTypeOf(counts.filter(([word, n]) => n > word.length)).toEqualTypeOf<
    DStream<[string, number]>
  >();
  expectTypeOf(lines.filter(Boolean)).toEqualTypeOf<DStream<string>>();
});

test("filter narrows by a type predicate, said or inferred", () => {
  expectTypeOf(
    mixed.filter((record): record is string => typeof record === "string"),
  ).toEqualTypeOf<DStream<string>>();
  expectTypeOf(mixedSet.filter((record) => typeof record === "number")).toEqualTypeOf<
    RDD<number>
  >();
  const numbersOrNone = lines.map((line) => (line === "" ? null : line.length));
  expectTypeOf(numbersOrNone.filter((n) => n !== null)).toEqualTypeOf<DStream<number>>();
});

test("filter refuses a predicate that answers with something else than a boolean", () => {
  // @ts-expect-error: a length is no answer
  lines.filter((line) => line.length);
  // @ts-expect-error: a length is no answer
  mixedSet.filter((record) => String(record).length);
});
