import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { UnprocessedBound } from "../../../src/receiver/unprocessed-bound.ts";

describe("UnprocessedBound", () => {
  test("what is larger than the bound is admitted when nothing else is pending", () => {
    const bound = new UnprocessedBound(10, 10);
    expect(bound.tryTake(1, 0)).toBe(true);
    expect(bound.tryTake(100, 0)).toBe(false);
    bound.release(1, 0);
    expect(bound.tryTake(100, 0)).toBe(true);
    expect(bound.tryTake(1, 0)).toBe(false);
  });

  test("records and bytes are bounded each on its own", () => {
    const bound = new UnprocessedBound(10, 100);
    expect(bound.tryTake(10, 0)).toBe(true);
    expect(bound.tryTake(0, 100)).toBe(true);
    expect(bound.tryTake(0, 1)).toBe(false);
    expect(bound.tryTake(1, 0)).toBe(false);
  });

  test("nobody passes those who wait", () => {
    const bound = new UnprocessedBound(10, 10);
    const served: string[] = [];
    bound.tryTake(8, 0);
    bound.request({ records: 5, bytes: 0, taken: () => served.push("large") });
    bound.request({ records: 1, bytes: 0, taken: () => served.push("small") });
    expect(bound.tryTake(1, 0)).toBe(false);
    bound.release(2, 0);
    expect(served).toEqual([]);
    bound.release(1, 0);
    expect(served).toEqual(["large"]);
    bound.release(1, 0);
    expect(served).toEqual(["large", "small"]);
  });

  test("a wait that is given up lets the next one pass", () => {
    const bound = new UnprocessedBound(10, 10);
    const served: string[] = [];
    bound.tryTake(8, 0);
    const giveUp = bound.request({ records: 5, bytes: 0, taken: () => served.push("large") });
    bound.request({ records: 2, bytes: 0, taken: () => served.push("small") });
    giveUp();
    expect(served).toEqual(["small"]);
    giveUp();
    expect(bound.records).toBe(10);
  });

  test("whatever is taken, released and given up: the bound holds, and everybody is served", () => {
    const size = fc.integer({ min: 0, max: 15 });
    const step = fc.oneof(
      fc.record({ kind: fc.constant("request" as const), records: size, bytes: size }),
      fc.record({ kind: fc.constant("release" as const), which: fc.nat() }),
      fc.record({ kind: fc.constant("giveUp" as const), which: fc.nat() }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const bound = new UnprocessedBound(10, 10);
        const held: { records: number; bytes: number }[] = [];
        const waiting: (() => void)[] = [];
        for (const next of steps) {
          if (next.kind === "request") {
            const share = { records: next.records, bytes: next.bytes };
            if (bound.tryTake(share.records, share.bytes)) {
              held.push(share);
              continue;
            }
            const giveUp = bound.request({
              ...share,
              taken: () => {
                waiting.splice(waiting.indexOf(giveUp), 1);
                held.push(share);
              },
            });
            waiting.push(giveUp);
          } else if (next.kind === "release") {
            const [share] = held.splice(next.which % Math.max(1, held.length), 1);
            if (share !== undefined) bound.release(share.records, share.bytes);
          } else if (waiting.length > 0) {
            const [giveUp] = waiting.splice(next.which % waiting.length, 1);
            giveUp?.();
          }
          const records = held.reduce((sum, share) => sum + share.records, 0);
          const bytes = held.reduce((sum, share) => sum + share.bytes, 0);
          expect([bound.records, bound.bytes]).toEqual([records, bytes]);
          const notEmpty = held.filter((share) => share.records + share.bytes > 0);
          if (notEmpty.length > 1) expect(Math.max(records, bytes)).toBeLessThanOrEqual(10);
        }
        while (held.length > 0) {
          const share = held.shift();
          if (share !== undefined) bound.release(share.records, share.bytes);
        }
        expect(waiting).toEqual([]);
        expect([bound.records, bound.bytes]).toEqual([0, 0]);
      }),
    );
  });
});
