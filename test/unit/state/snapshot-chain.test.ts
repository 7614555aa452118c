import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  asksForFull,
  type ChainLink,
  chainWith,
  changedKeyCount,
  nextBase,
} from "../../../src/state/snapshot-chain.ts";

/** Takes snapshots of a state of `stateSize` keys after rounds that changed these keys, and tells what was written. */
function run(stateSize: number, rounds: readonly (readonly number[])[]) {
  let chain: readonly (ChainLink & { readonly keys?: ReadonlySet<number> })[] = [];
  const written: number[] = [];
  const fullAt: number[] = [];
  let longest = 0;
  for (const [versionMs, changed] of rounds.entries()) {
    const tooMany = asksForFull(changedKeyCount(chain, changed.length), stateSize);
    const base = tooMany ? undefined : nextBase(chain, changed.length);
    const taken = chain.filter((link) => base !== undefined && link.versionMs > base);
    const keys = new Set([...taken.flatMap((link) => [...(link.keys ?? [])]), ...changed]);
    const keyCount = base === undefined ? stateSize : keys.size;
    if (base === undefined) fullAt.push(versionMs);
    written.push(keyCount);
    const link = base === undefined ? { versionMs, keyCount } : { versionMs, keyCount, keys };
    chain = chainWith(chain, base, link);
    longest = Math.max(longest, chain.length);
  }
  return { written, fullAt, longest };
}

const range = (from: number, count: number) => Array.from({ length: count }, (_, i) => from + i);

describe("the chain of snapshots", () => {
  test("begins with a full one", () => {
    expect(nextBase([], 0)).toBeUndefined();
  });

  test("takes over those at its end that are not clearly larger than what changed since", () => {
    const chain = [
      { versionMs: 1, keyCount: 1_000_000 },
      { versionMs: 2, keyCount: 9000 },
      { versionMs: 3, keyCount: 2000 },
    ];
    expect(nextBase(chain, 999)).toBe(3);
    expect(nextBase(chain, 1000)).toBe(2);
    expect(nextBase(chain, 2500)).toBe(1);
  });

  test("stays at two snapshots, each of them written once, where the same keys change again and again", () => {
    const { written, fullAt, longest } = run(1_000_000, Array(1000).fill(range(0, 1000)));
    expect(fullAt).toEqual([0]);
    expect(new Set(written.slice(1))).toEqual(new Set([1000]));
    expect(longest).toBe(2);
  });

  test("is as long as a logarithm where other keys change each time, and writes a change a few times", () => {
    const rounds = range(0, 400).map((round) => range(round * 100, 100));
    const { written, fullAt, longest } = run(100_000, rounds);
    expect(fullAt).toEqual([0]);
    expect(longest).toBeLessThanOrEqual(10);
    const deltas = written.slice(1).reduce((sum, count) => sum + count, 0);
    expect(deltas).toBeLessThanOrEqual(7 * 40_000);
  });

  test("is begun anew once half of the keys changed, at no more than twice their cost", () => {
    const rounds = range(0, 600).map((round) => range((round * 100) % 10_000, 100));
    const { fullAt, written } = run(10_000, rounds);
    const full = fullAt.map((at) => written[at] ?? 0).reduce((sum, count) => sum + count, 0);
    expect(fullAt.length).toBeGreaterThan(2);
    expect(full).toBeLessThanOrEqual(10_000 + 2 * 600 * 100);
  });

  test("keeps its length and its cost whatever changes", () => {
    const round = fc
      .tuple(fc.nat({ max: 5000 }), fc.nat({ max: 800 }))
      .map(([from, count]) => range(from, count));
    const property = fc.property(fc.array(round, { maxLength: 100 }), (rounds) => {
      const stateSize = 4096;
      const { written, longest } = run(stateSize, rounds);
      const changed = rounds.reduce((sum, keys) => sum + keys.length, 0);
      expect(longest).toBeLessThanOrEqual(Math.log2(stateSize) + 1);
      const total = written.reduce((sum, count) => sum + count, 0);
      expect(total).toBeLessThanOrEqual(stateSize + changed * (3 + 2 * Math.log2(stateSize)));
    });
    fc.assert(property, { numRuns: 200 });
  });
});
