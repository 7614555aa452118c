import { Buffer } from "node:buffer";
import { describe, expect, test } from "vitest";
import { encodeEvent } from "../../../src/recovery/journal-codec.ts";
import type { JournalBound, JournalEvent } from "../../../src/recovery/journal-events.ts";
import { readJournal } from "../../../src/recovery/journal-reading.ts";
import { ManualClock } from "../../../src/testing/index.ts";
import { journalNames, openLogWriter } from "../../../src/wal/index.ts";
import { MemoryMedium } from "../wal/memory-medium.ts";

const completed = (batchTimeMs: number): JournalEvent => ({
  kind: "batch_completed",
  batchTimeMs,
  leftOutOf: [],
});

const opened = (epoch: number, sealed: readonly JournalBound[]): JournalEvent => ({
  kind: "epoch_opened",
  epoch,
  applicationName: "a",
  atMs: 0,
  sealed,
});

/** Appends these groups of events and dies. */
async function write(
  medium: MemoryMedium,
  groups: readonly (readonly JournalEvent[])[],
  { epoch, segment, sequence }: { epoch: number; segment: number; sequence: number },
): Promise<void> {
  const log = openLogWriter({
    store: medium,
    clock: new ManualClock(),
    kind: "journal",
    epoch,
    directory: "journal",
    mirrorDirectory: "journal-mirror",
    segmentName: (each) => journalNames.nameOf({ segment: each, epoch }),
    firstSegment: segment,
    firstSequence: sequence,
  });
  for (const group of groups) {
    await Promise.all(group.map((event) => log.append(encodeEvent(event))));
  }
  await log.destroy();
}

/** Changes both copies of a segment. */
function change(medium: MemoryMedium, name: string, edit: (bytes: Buffer) => Buffer): void {
  for (const directory of ["journal", "journal-mirror"]) {
    const file = `${directory}/${name}`;
    medium.files.set(file, edit(Buffer.from(medium.files.get(file) ?? Buffer.alloc(0))));
  }
}

const first = journalNames.nameOf({ segment: 0, epoch: 1 });

/** The second of three events that were appended at once, and of which nobody heard that they are durable, is torn. */
async function torn(): Promise<MemoryMedium> {
  const medium = new MemoryMedium();
  const group = [completed(1), completed(2), completed(3)];
  await write(medium, [[opened(1, [])], group], { epoch: 1, segment: 0, sequence: 0 });
  change(medium, first, (bytes) => {
    const at = bytes.lastIndexOf(
      Buffer.from("batch_completed"),
      bytes.lastIndexOf("batch_completed") - 1,
    );
    return bytes.fill(0, at, at + 4);
  });
  return medium;
}

describe("a journal that is read back", () => {
  test("has no event from behind what a crash tore: its number is given again", async () => {
    const { end, events, facts } = await readJournal(await torn());
    expect(events).toEqual([
      { sequence: 0, event: opened(1, []) },
      { sequence: 1, event: completed(1) },
    ]);
    expect(facts).toMatchObject({ hasTornTail: true, isDamaged: false });
    expect(end).toMatchObject({
      nextSegment: 1,
      nextSequence: 2,
      sealed: [{ epoch: 1, segment: 0 }],
    });
  });

  test("is sealed for every driver that died, also for those that died before they could seal it", async () => {
    const medium = await torn();
    change(medium, journalNames.nameOf({ segment: 1, epoch: 2 }), () => Buffer.alloc(30));
    const { end, facts } = await readJournal(medium);
    expect(facts).toMatchObject({ hasTornTail: true, isDamaged: false });
    expect(end).toMatchObject({
      nextSegment: 2,
      nextSequence: 2,
      sealed: [
        { epoch: 1, segment: 0 },
        { epoch: 2, segment: 1, length: 0 },
      ],
    });
    const groups = [[opened(3, end.sealed), completed(4)]];
    await write(medium, groups, { epoch: 3, segment: 2, sequence: 2 });
    const again = await readJournal(medium);
    expect(again.events.map(({ event }) => event)).toEqual([
      opened(1, []),
      completed(1),
      opened(3, end.sealed),
      completed(4),
    ]);
    expect(again.facts).toMatchObject({ isDamaged: false, hasTornTail: false, hasGap: false });
  });

  test("is damaged where an event is lost that had been durable, and where a segment is", async () => {
    const medium = new MemoryMedium();
    const groups = [[opened(1, [])], [completed(1)], [completed(2)]];
    await write(medium, groups, { epoch: 1, segment: 0, sequence: 0 });
    change(medium, first, (bytes) =>
      bytes.fill(0, bytes.indexOf("batch_completed"), bytes.indexOf("batch_completed") + 4),
    );
    expect((await readJournal(medium)).facts).toMatchObject({
      isDamaged: true,
      hasTornTail: false,
    });
    await write(medium, [[completed(3)]], { epoch: 2, segment: 2, sequence: 9 });
    expect((await readJournal(medium)).facts).toMatchObject({ hasGap: true });
  });
});
