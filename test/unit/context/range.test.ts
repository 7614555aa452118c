import fc from "fast-check";
import { expect, test } from "vitest";
import { DataContext } from "../../../src/index.ts";

test("a range makes no number before it is asked for", async () => {
  const range = new DataContext().range(0, 2 ** 40);
  expect(await range.take(3)).toEqual([0, 1, 2]);
  expect(await range.flatMap((n) => [n, n]).take(3)).toEqual([0, 0, 1]);
});

test("a range has the numbers that a loop has, in slices of about the same size", () =>
  fc.assert(
    fc.asyncProperty(
      fc.integer({ min: -1000, max: 1000 }),
      fc.integer({ min: -1000, max: 1000 }),
      fc.integer({ min: -7, max: 7 }).filter((step) => step !== 0),
      fc.integer({ min: 1, max: 5 }),
      async (start, end, step, partitionCount) => {
        const expected: number[] = [];
        for (let n = start; step > 0 ? n < end : n > end; n += step) expected.push(n);
        const range = new DataContext().range(start, end, step, partitionCount);
        expect(await range.collect()).toEqual(expected);
        const sizes = (await range.glom().collect()).map(({ length }) => length);
        expect(sizes).toHaveLength(partitionCount);
        expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
      },
    ),
    { numRuns: 50 },
  ));
