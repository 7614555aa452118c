import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { describe, expect, test } from "vitest";
import { estimateHeapBytes } from "../../../src/executor/heap-estimate.ts";

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

async function heapAndBinaryBytes(): Promise<number> {
  for (let round = 0; round < 3; round++) {
    collectGarbage();
    await new Promise((resolve) => setImmediate(resolve));
  }
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

describe("estimateHeapBytes", () => {
  const many = <T>(make: (index: number) => T): T[] =>
    Array.from({ length: 50_000 }, (_, i) => make(i));
  const kinds: [string, () => unknown[]][] = [
    ["strings", () => many((index) => `a string with the number ${index}`.repeat(2))],
    ["pairs", () => many((index) => [`key ${index}`, index + 0.5])],
    ["objects", () => many((index) => ({ id: index, name: `name ${index}`, mean: index / 7 }))],
    ["nested", () => many((index) => ({ a: { b: [index, { c: `x${index}` }] }, d: [[index]] }))],
    [
      "maps",
      () =>
        many(
          (index) =>
            new Map([
              [`k${index}`, index],
              ["other", index],
            ]),
        ).slice(0, 20_000),
    ],
    ["sets", () => many((index) => new Set([`k${index}`, index])).slice(0, 20_000)],
    ["binary", () => many((index) => new Uint8Array(200 + (index % 3)))],
    ["few wide arrays", () => [1, 2, 3].map((seed) => many((index) => `${seed} ${index}`))],
  ];

  test.each(kinds)("is within a factor of two of what %s take", async (_, make) => {
    estimateHeapBytes(make());
    const before = await heapAndBinaryBytes();
    const records = make();
    const taken = (await heapAndBinaryBytes()) - before;
    const estimate = estimateHeapBytes(records);
    expect(estimate).toBeGreaterThan(taken / 2);
    expect(estimate).toBeLessThan(taken * 2);
  });

  test("ends for values that hold themselves", () => {
    const cyclic: unknown[] = [];
    cyclic.push(cyclic, { cyclic });
    expect(estimateHeapBytes([cyclic])).toBeGreaterThan(0);
  });

  test("of no records is that of an array", () => {
    expect(estimateHeapBytes([])).toBeLessThan(100);
  });
});
