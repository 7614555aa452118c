import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  checkpointName,
  parseDurableName,
  safeName,
  stateSnapshotName,
} from "../../../src/checkpoint/index.ts";
import { blockName, epochName, journalName } from "./log-names.ts";

describe("a durable name", () => {
  test("tells what it stands for", () => {
    const names = {
      "epoch/0000000007": { kind: "epoch", epoch: 7 },
      "journal/0000000003-0000000001": { kind: "journal", segment: 3 },
      "journal-mirror/0000000003-0000000001": { kind: "journal", segment: 3 },
      "journal/0000000003-0000000001.repaired-0001": { kind: "journal", segment: 3 },
      "blocks/0000000007-driver-0000000012": {
        kind: "blocks",
        log: "blocks/0000000007-driver",
        segment: 12,
        epoch: 7,
      },
      "blocks/0000000007-a-1-0000000012": {
        kind: "blocks",
        log: "blocks/0000000007-a-1",
        segment: 12,
        epoch: 7,
      },
      "checkpoints/001700000005000-0000000007-000001": {
        kind: "checkpoint",
        timeMs: 1_700_000_005_000,
        epoch: 7,
        number: 1,
      },
      "state/counts/001700000005000-0000000007": {
        kind: "state",
        versionMs: 1_700_000_005_000,
        epoch: 7,
      },
      "lock/LOCK": { kind: "lock" },
      "checkpoints/5-7-1": { kind: "unknown" },
      "notes.txt": { kind: "unknown" },
    };
    for (const [name, meaning] of Object.entries(names)) {
      expect(parseDurableName(name)).toEqual(meaning);
    }
    // As whoever writes them names them.
    expect(epochName(7)).toBe("epoch/0000000007");
    expect(journalName(3)).toBe("journal/0000000003-0000000001");
    expect(blockName(12, 7)).toBe("blocks/0000000007-driver-0000000012");
    expect(
      stateSnapshotName({ operatorUid: "counts", versionMs: 1_700_000_005_000, epoch: 7 }),
    ).toBe("state/counts/001700000005000-0000000007");
  });

  test("sorts by its numbers", () => {
    const numbers = fc.record({
      timeMs: fc.nat({ max: 10 ** 9 }),
      epoch: fc.nat({ max: 1000 }),
      number: fc.nat({ max: 999_999 }),
    });
    fc.assert(
      fc.property(numbers, numbers, (a, b) => {
        const byNumber = a.timeMs - b.timeMs || a.epoch - b.epoch || a.number - b.number;
        const [left, right] = [checkpointName(a), checkpointName(b)];
        expect(left < right ? -1 : left > right ? 1 : 0).toBe(Math.sign(byNumber));
        expect(parseDurableName(left)).toEqual({ kind: "checkpoint", ...a });
      }),
    );
  });

  test("has room for more than a million checkpoints of an epoch, and refuses a number it has no room for", () => {
    const name = checkpointName({ timeMs: 1, epoch: 1, number: 1_234_567 });
    expect(parseDurableName(name)).toMatchObject({ kind: "checkpoint", number: 1_234_567 });
    for (const timeMs of [-1, 0.5, 10 ** 15, Number.NaN]) {
      expect(() => checkpointName({ timeMs, epoch: 1, number: 1 })).toThrow(
        expect.objectContaining({ code: "invariant_violated" }),
      );
    }
  });
});

describe("a safe name", () => {
  test("keeps what a store allows, and writes the rest in hexadecimal digits", () => {
    expect(safeName("updateStateByKey-1c9f8d2a")).toBe("updateStateByKey-1c9f8d2a");
    expect(safeName("a/b c")).toBe("a=2fb=20c");
    expect(safeName("..")).toBe("=2e.");
    expect(safeName("a=2f")).toBe("a=3d2f");
    expect(safeName("h\u00e9")).toBe("h=c3=a9");
    expect(safeName("")).toMatch(/^==[0-9a-f]{32}$/);
    expect(safeName("\ud800")).not.toBe(safeName("\ud801"));
  });

  test("is another one for another text, however long, and one part of a name", () => {
    const long = fc.tuple(fc.constantFrom("", "x".repeat(100), "/".repeat(60)), fc.string());
    const text = long.map(([prefix, rest]) => prefix + rest);
    fc.assert(
      fc.property(text, text, (a, b) => {
        expect(safeName(a) === safeName(b)).toBe(a === b);
        expect(safeName(a)).toMatch(/^[A-Za-z0-9_=-][A-Za-z0-9._=-]{0,110}$/);
        const name = stateSnapshotName({ operatorUid: a, versionMs: 1, epoch: 2 });
        expect(parseDurableName(name)).toEqual({ kind: "state", versionMs: 1, epoch: 2 });
      }),
    );
  });
});
