import { describe, expect, test } from "vitest";
import { type CleaningLimit, cleanLog, listLog } from "../../../src/wal/index.ts";
import {
  bytesOf,
  journalFile,
  journalWriter,
  mirroredPlace,
  mirrorFile,
  payloadsOf,
  readJournal,
  spoil,
} from "./log-fixture.ts";
import { MemoryMedium } from "./memory-medium.ts";

/** Segments 1 to 4 with the frames 1-2, 3, 4 and 5. */
async function fourSegments(): Promise<MemoryMedium> {
  const medium = new MemoryMedium();
  const log = journalWriter(medium, { mirrorDirectory: "journal-mirror" });
  await log.append(bytesOf("1"));
  for (const text of ["2", "3", "4", "5"]) {
    await log.append(bytesOf(text));
    await log.roll();
  }
  await log.close();
  return medium;
}

async function clean(medium: MemoryMedium, limit: CleaningLimit): Promise<string[]> {
  return cleanLog(medium, await listLog(medium, mirroredPlace), limit);
}

function segmentsLeft(medium: MemoryMedium): number[] {
  const left = [1, 2, 3, 4].filter((segment) => medium.files.has(journalFile(segment)));
  expect([1, 2, 3, 4].filter((segment) => medium.files.has(mirrorFile(segment)))).toEqual(left);
  return left;
}

describe("the cleaning of a log", () => {
  test.each<[number, CleaningLimit]>([
    [1, { belowSegment: 1 }],
    [3, { belowSegment: 3 }],
    [4, { belowSegment: 99 }],
    [1, { belowSequence: 1 }],
    [1, { belowSequence: 2 }],
    [2, { belowSequence: 3 }],
    [3, { belowSequence: 4 }],
    [4, { belowSequence: 99 }],
  ])("leaves the segments from %i on: %o", async (first, limit) => {
    const medium = await fourSegments();
    const removed = await clean(medium, limit);
    expect(segmentsLeft(medium)).toEqual([1, 2, 3, 4].filter((segment) => segment >= first));
    expect(removed).toHaveLength(2 * (first - 1));
    const content = await readJournal(medium, { place: mirroredPlace, fromSegment: first });
    expect(content).toMatchObject({ damage: [], losses: [] });
  });

  test("removes repaired copies, and those of superseded drivers, with the others", async () => {
    const medium = await fourSegments();
    medium.files.set(`${journalFile(1)}.repaired-0001`, medium.file(journalFile(1)));
    medium.files.set("journal/0000000002-0000000000", medium.file(journalFile(2)));
    expect(await clean(medium, { belowSegment: 3 })).toHaveLength(6);
    expect(medium.files.size).toBe(4);
  });

  test("that was cut off anywhere leaves nothing missing, and the next one ends it (fault 14)", async () => {
    for (let at = 1; at <= 4; at += 1) {
      const medium = await fourSegments();
      let deletions = 0;
      medium.before = (operation) => {
        if (operation !== "delete") return;
        deletions += 1;
        if (deletions === at) throw new Error("crash");
      };
      await expect(clean(medium, { belowSegment: 3 })).rejects.toThrow("crash");
      const content = await readJournal(medium, { place: mirroredPlace, fromSegment: 3 });
      expect(payloadsOf(content.frames)).toEqual(["4", "5"]);
      expect(content).toMatchObject({ damage: [], losses: [] });
      expect(content.plan.leftovers).toHaveLength(4 - (at - 1));
      const all = await readJournal(medium, { place: mirroredPlace });
      expect(all.losses).toEqual([]);
      await clean(medium, { belowSegment: 3 });
      expect(segmentsLeft(medium)).toEqual([3, 4]);
    }
  });

  test("by sequence goes by whichever copy tells where a segment begins, and keeps what is in doubt", async () => {
    const medium = await fourSegments();
    spoil(medium, journalFile(3), 45);
    await clean(medium, { belowSequence: 4 });
    expect(segmentsLeft(medium)).toEqual([3, 4]);
    const doubtful = await fourSegments();
    for (const file of [journalFile(3), mirrorFile(3)]) spoil(doubtful, file, 45);
    await clean(doubtful, { belowSequence: 4 });
    expect(segmentsLeft(doubtful)).toEqual([2, 3, 4]);
  });

  test("of nothing does nothing", async () => {
    expect(await clean(new MemoryMedium(), { belowSequence: 9 })).toEqual([]);
  });
});
