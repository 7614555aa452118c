import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { FileSelection, rememberWindowMs } from "../../../src/sources/file-selection.ts";

const file = (path: string, modifiedMs: number) => ({ path, modifiedMs, byteCount: 0 });

/** A batch as a stream asks for it. */
function chooseAt(selection: FileSelection, timeMs: number, files: ReturnType<typeof file>[]) {
  selection.forgetOld(timeMs);
  const chosen = selection.choose(timeMs, { files, isComplete: true });
  return chosen.map(({ path }) => path);
}

describe("FileSelection", () => {
  test("takes files modified after the threshold, up to the time of the batch", () => {
    const times = [0, 9_999, 10_000, 10_000.5, 15_000, 20_000, 20_000.5, 30_000];
    const files = times.map((modifiedMs) => file(`at ${modifiedMs}`, modifiedMs));
    const bySince = new FileSelection(10_000, 60_000);
    expect(chooseAt(bySince, 20_000, files)).toEqual(["at 10000.5", "at 15000", "at 20000"]);
    const byWindow = new FileSelection(0, 10_000);
    expect(chooseAt(byWindow, 20_000, files)).toEqual(["at 10000.5", "at 15000", "at 20000"]);
  });

  test("takes a file that changes between batches of what is remembered once", () => {
    const changes = fc.array(fc.record({ path: fc.constantFrom("a", "b"), seen: fc.boolean() }), {
      maxLength: 60,
    });
    fc.assert(
      fc.property(changes, (steps) => {
        const selection = new FileSelection(0, 5000);
        const chosenAt = new Map<string, number>();
        steps.forEach(({ path, seen }, index) => {
          const timeMs = (index + 1) * 1000;
          const chosen = chooseAt(selection, timeMs, seen ? [file(path, timeMs)] : []);
          if (chosen.length === 0) return;
          expect(timeMs - (chosenAt.get(path) ?? -Infinity)).toBeGreaterThan(5000);
          chosenAt.set(path, timeMs);
        });
      }),
    );
  });

  test("a file that does not change is taken once, however long it lies there", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 10_000 }),
        fc.integer({ min: 1, max: 9 }),
        (at, window) => {
          const selection = new FileSelection(0, window * 1000);
          const batches = Array.from({ length: 30 }, (_, index) => (index + 1) * 1000);
          const taken = batches.flatMap((timeMs) => chooseAt(selection, timeMs, [file("f", at)]));
          expect(taken).toEqual(["f"]);
        },
      ),
    );
  });

  test("remembers no more files than the window has", () => {
    const selection = new FileSelection(0, 3000);
    for (let timeMs = 1000; timeMs <= 100_000; timeMs += 1000) {
      chooseAt(selection, timeMs, [file(`f${timeMs}`, timeMs)]);
    }
    const remembered = Array.from({ length: 100 }, (_, index) => `f${(index + 1) * 1000}`);
    expect(remembered.filter((path) => selection.isChosen(path))).toHaveLength(4);
  });
});

test("a selection that never sees all after a restart remembers no more files for it", () => {
  const state = { sinceMs: 0, untilMs: 1000, forgottenMs: 0, chosen: [] };
  const selection = new FileSelection(0, 3000, state);
  for (let timeMs = 2000; timeMs <= 100_000; timeMs += 1000) {
    selection.forgetOld(timeMs);
    selection.choose(timeMs, { files: [file(`f${timeMs}`, timeMs)], isComplete: false });
  }
  const all = Array.from({ length: 100 }, (_, index) => `f${(index + 1) * 1000}`);
  expect(all.filter((path) => selection.isChosen(path))).toHaveLength(4);
});

describe("rememberWindowMs", () => {
  test.each([
    [1000, 60_000, 60_000],
    [7000, 60_000, 63_000],
    [60_000, 60_000, 60_000],
    [100_000, 60_000, 100_000],
  ])("of batches of %d ms and at least %d ms is %d ms", (batchMs, minRememberMs, windowMs) => {
    expect(rememberWindowMs(batchMs, minRememberMs)).toBe(windowMs);
  });
});
