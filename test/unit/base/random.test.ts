import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { seededRandom } from "../../../src/base/index.ts";

const draws = (count: number, ...seed: (number | string | undefined)[]) => {
  const random = seededRandom(...seed);
  return Array.from({ length: count }, () => random.next());
};

describe("seededRandom", () => {
  test("draws the same for the same parts of a seed, and otherwise for any others", () => {
    expect(draws(5, 1, "a", 2)).toEqual(draws(5, 1, "a", 2));
    const all = [draws(5, 1, "a", 2), draws(5, 1, "a", 3), draws(5, 1, "a2"), draws(5, 1, "a")];
    expect(new Set(all.map(String)).size).toBe(4);
  });

  test("draws numbers from 0 up to 1, evenly", () => {
    const bins = new Array<number>(10).fill(0);
    for (const x of draws(20_000, 42)) {
      expect(x >= 0 && x < 1).toBe(true);
      const bin = Math.floor(x * 10);
      bins[bin] = (bins[bin] ?? 0) + 1;
    }
    for (const count of bins) expect(Math.abs(count - 2000)).toBeLessThan(200);
  });

  test("draws whole numbers from one to another, both included", () =>
    fc.assert(
      fc.property(fc.integer(), fc.integer(), fc.nat({ max: 5 }), (seed, from, width) => {
        const random = seededRandom(seed);
        const drawn = new Set(
          Array.from({ length: 100 }, () => random.nextInt(from, from + width)),
        );
        const expected = Array.from({ length: width + 1 }, (_, index) => from + index);
        expect([...drawn].sort((a, b) => a - b)).toEqual(expected);
      }),
    ));

  test.each([
    [0, 1],
    [1, 2],
    [0, 2],
    [8, 9],
  ])("draws independently for seeds that differ only in the last part, %d and %d", (one, other) => {
    const count = 5000;
    let product = 0;
    for (let seed = 0; seed < count; seed++) {
      const [a = 0] = draws(1, seed, one);
      const [b = 0] = draws(1, seed, other);
      product += (a - 0.5) * (b - 0.5);
    }
    const correlation = (product / count) * 12;
    expect(Math.abs(correlation)).toBeLessThan(4 / Math.sqrt(count));
  });
});
