import { Buffer } from "node:buffer";
import { describe, expect, test } from "vitest";
import { StreamError } from "../../../src/base/index.ts";
import {
  damageError,
  fenceLog,
  journalNames,
  listLog,
  planLog,
  readBeginnings,
} from "../../../src/wal/index.ts";
import {
  appendAll,
  bytesOf,
  contentOf,
  journalFile,
  journalPlace,
  journalWriter,
  mirroredPlace,
  mirrorFile,
  payloadsOf,
  readJournal,
  readPlan,
  spoil,
} from "./log-fixture.ts";
import { MemoryMedium } from "./memory-medium.ts";

const texts = ["a", "b", "c", "d", "e", "f"];

/** Three segments of two frames, a group each; the last is open unless told otherwise. */
async function mirrored({ closes = false } = {}): Promise<MemoryMedium> {
  const medium = new MemoryMedium();
  const log = journalWriter(medium, { mirrorDirectory: "journal-mirror" });
  for (let from = 0; from < texts.length; from += 2) {
    if (from > 0) await log.roll();
    await appendAll(log, texts.slice(from, from + 2));
  }
  await (closes ? log.close() : log.destroy());
  return medium;
}

async function single(options: { closes?: boolean } = {}): Promise<MemoryMedium> {
  const medium = await mirrored(options);
  for (const segment of [1, 2, 3]) medium.files.delete(mirrorFile(segment));
  return medium;
}

/** Where the n-th frame of a segment begins. */
async function offsetOf(medium: MemoryMedium, file: string, index: number): Promise<number> {
  return (await contentOf(medium, file)).frames[index]?.address.offset ?? -1;
}

describe("a log that is as it was written", () => {
  test("gives the frames of all segments, each once, and says that every copy is whole", async () => {
    const content = await readJournal(await mirrored({ closes: true }), { place: mirroredPlace });
    expect(payloadsOf(content.frames)).toEqual(texts);
    expect(content.frames.map(({ segment }) => segment)).toEqual([1, 1, 2, 2, 3, 3]);
    expect(content).toMatchObject({ damage: [], losses: [] });
    expect(content.reports).toHaveLength(3);
    for (const report of content.reports) {
      expect(report).toMatchObject({ sealed: "footer", damage: [] });
      expect(report.copies.map(({ isWhole, side }) => [side, isWhole])).toEqual([
        ["primary", true],
        ["mirror", true],
      ]);
    }
  });

  test("may have an open segment at its end", async () => {
    const medium = await single();
    const { damage, losses, reports } = await readJournal(medium);
    expect({ damage, losses }).toEqual({ damage: [], losses: [] });
    expect(reports.map(({ sealed }) => sealed)).toEqual(["footer", "footer", "open"]);
    expect(reports[2]).toMatchObject({
      wholeLength: medium.file(journalFile(3)).length,
      wholeUntil: 7,
      durableBelow: 5,
    });
  });

  test("goes on in later epochs, each behind the bound of the one before", async () => {
    const medium = await single();
    const { reports } = await readJournal(medium);
    const length = reports[2]?.wholeLength ?? 0;
    const second = journalWriter(medium, {
      epoch: 2,
      firstSegment: 4,
      firstSequence: 7,
      segmentName: (segment) => journalNames.nameOf({ segment, epoch: 2 }),
    });
    await appendAll(second, ["epoch 2 opened", "g"]);
    await second.close();
    // The superseded driver writes on, into its segment and into a next one.
    medium.files.set(
      journalFile(3),
      Buffer.concat([medium.file(journalFile(3)), Buffer.alloc(99, 7)]),
    );
    medium.files.set(journalFile(4), medium.file(journalFile(1)));
    const unbounded = planLog(await listLog(medium, journalPlace));
    const beginnings = await readBeginnings(medium, unbounded, { kind: "journal" });
    expect(payloadsOf(beginnings)).toEqual(["a", "epoch 2 opened"]);
    const bounds = new Map([[1, { segment: 3, length }]]);
    const content = await readJournal(medium, { bounds });
    expect(payloadsOf(content.frames)).toEqual([...texts, "epoch 2 opened", "g"]);
    expect(content).toMatchObject({ damage: [], losses: [] });
    expect(content.reports.map(({ sealed }) => sealed)).toEqual([
      "footer",
      "footer",
      "bound",
      "footer",
    ]);
    expect(content.plan.leftovers).toEqual([journalFile(4)]);
  });

  test("may hold a fence in the place of a segment, which the fenced writer finds taken", async () => {
    const medium = new MemoryMedium({ appends: false });
    const log = journalWriter(medium);
    await log.append(bytesOf("a"));
    const header = {
      kind: "journal",
      segment: 2,
      epoch: 1,
      firstSequence: 2,
      opening: bytesOf("fenced by 2"),
    } as const;
    expect(await fenceLog(medium, journalFile(2), header)).toBe("created");
    expect(await fenceLog(medium, journalFile(2), header)).toBe("taken");
    await expect(log.append(bytesOf("b"))).rejects.toMatchObject({ code: "log_taken" });
    const content = await readJournal(medium);
    expect(payloadsOf(content.frames)).toEqual(["a"]);
    expect(content).toMatchObject({ damage: [], losses: [] });
    expect(content.reports[1]).toMatchObject({ sealed: "footer", wholeUntil: 2 });
  });

  test("is decoded as its store says; what cannot be is an error with file and offset", async () => {
    const medium = await single();
    const plan = planLog(await listLog(medium, journalPlace));
    const upper = (bytes: Uint8Array) => bytesOf(Buffer.from(bytes).toString().toUpperCase());
    const { frames } = await readPlan(medium, plan, { decode: upper });
    expect(payloadsOf(frames)).toEqual(["A", "B", "C", "D", "E", "F"]);
    const decode = () => Promise.reject(new Error("no such key"));
    await expect(readPlan(medium, plan, { decode })).rejects.toMatchObject({
      code: "log_damaged",
      cause: new Error("no such key"),
      details: { file: journalFile(1), offset: expect.any(Number) },
    });
  });
});

describe("a log with one copy", () => {
  test("tells the frames that a damaged byte costs, and gives all others (fault 6)", async () => {
    const medium = await single();
    spoil(medium, journalFile(1), (await offsetOf(medium, journalFile(1), 0)) + 40 - 4);
    const { damage, frames, losses, reports } = await readJournal(medium);
    expect(payloadsOf(frames)).toEqual(["b", "c", "d", "e", "f"]);
    expect(damage).toMatchObject([{ kind: "frame_damaged", file: journalFile(1) }]);
    expect(losses).toEqual([{ segment: 1, lost: { from: 1, until: 2 }, because: damage }]);
    expect(reports[0]).toMatchObject({ sealed: "broken", copies: [{ isWhole: false }] });
    const [first] = damage;
    if (first === undefined) throw new Error("no damage");
    expect(damageError(first).message).toContain(`file=\`${journalFile(1)}\` offset=\``);
    expect(damageError(first)).toMatchObject({
      code: "log_damaged",
      kind: "data",
      details: { frames: "1" },
    });
  });

  test("tells a missing segment, between others and at its end (fault 9)", async () => {
    const medium = await single();
    medium.files.delete(journalFile(2));
    const middle = await readJournal(medium);
    expect(payloadsOf(middle.frames)).toEqual(["a", "b", "e", "f"]);
    expect(middle.losses).toMatchObject([
      { lost: { from: 3, until: 5 }, because: [{ kind: "segment_missing", file: journalFile(2) }] },
    ]);
    medium.files.delete(journalFile(3));
    const end = await readJournal(medium, { lastSegment: 3 });
    expect(end.losses).toMatchObject([
      { segment: 2, lost: { from: 3, until: undefined }, because: [{ file: journalFile(2) }] },
    ]);
    medium.files.delete(journalFile(1));
    expect((await readJournal(medium, { lastSegment: 3 })).losses).toMatchObject([
      { segment: 3, lost: undefined },
    ]);
  });

  test("tells a missing first segment when it is said where the log begins", async () => {
    const medium = await single();
    medium.files.delete(journalFile(1));
    const { losses } = await readJournal(medium, { fromSegment: 1 });
    expect(losses).toMatchObject([{ lost: undefined, because: [{ file: journalFile(1) }] }]);
  });

  test("tells a segment that lost its footer, or all of its end, by what follows", async () => {
    const medium = await single();
    const whole = medium.file(journalFile(1));
    medium.files.set(journalFile(1), whole.subarray(0, whole.length - 56));
    const unsealed = await readJournal(medium);
    expect(payloadsOf(unsealed.frames)).toEqual(texts);
    expect(unsealed.damage).toMatchObject([{ kind: "segment_unsealed", file: journalFile(1) }]);
    medium.files.set(journalFile(1), whole.subarray(0, await offsetOf(medium, journalFile(1), 1)));
    expect((await readJournal(medium)).losses).toMatchObject([{ lost: { from: 2, until: 3 } }]);
  });

  test("tells that it does not reach the length at which it was sealed", async () => {
    const medium = await single();
    const bytes = medium.file(journalFile(3));
    const bounds = new Map([[1, { segment: 3, length: bytes.length }]]);
    for (let cut = 0; cut < bytes.length; cut += 1) {
      medium.files.set(journalFile(3), bytes.subarray(0, cut));
      const { losses, reports } = await readJournal(medium, { bounds });
      expect(losses, `cut ${cut}`).toMatchObject([{ lost: { until: undefined } }]);
      expect(reports[2]?.sealed).toBe("broken");
    }
  });

  test("reports a file that the medium cannot read, and goes on with the others", async () => {
    const medium = await single();
    medium.before = (operation, name) => {
      if (operation !== "read" || name !== journalFile(2)) return;
      throw new StreamError("store_read_failed", { name });
    };
    const { damage, frames, losses } = await readJournal(medium);
    expect(payloadsOf(frames)).toEqual(["a", "b", "e", "f"]);
    expect(damage).toMatchObject([{ kind: "segment_unreadable", file: journalFile(2) }]);
    expect(losses).toMatchObject([{ lost: { from: 3, until: 5 } }]);
  });

  test("rejects where the store is away, which says nothing about the log", async () => {
    const medium = await single();
    medium.before = () => {
      throw new StreamError("store_unreachable", {});
    };
    await expect(readJournal(medium)).rejects.toMatchObject({ code: "store_unreachable" });
  });
});

describe("a log with a mirror", () => {
  test("loses nothing by any flip in either copy, and says which copy is not whole (fault 8)", async () => {
    for (const file of [journalFile(1), mirrorFile(2), journalFile(3)]) {
      const medium = await mirrored({ closes: true });
      for (let offset = 0; offset < medium.file(file).length; offset += 1) {
        spoil(medium, file, offset);
        const content = await readJournal(medium, { place: mirroredPlace });
        expect(payloadsOf(content.frames), `byte ${offset}`).toEqual(texts);
        expect(content.losses).toEqual([]);
        expect(content.damage.map((each) => each.file)).toContain(file);
        const notWhole = content.reports.flatMap(({ copies }) =>
          copies.filter(({ isWhole }) => !isWhole).map((copy) => copy.file),
        );
        expect(notWhole, `byte ${offset}`).toEqual([file]);
        spoil(medium, file, offset);
      }
    }
  });

  test("takes the first frames from the copy that has them, when the other lost its header as well", async () => {
    const medium = await mirrored({ closes: true });
    const { frames } = await contentOf(medium, journalFile(1));
    medium.file(journalFile(1)).fill(0, 3, (frames[1]?.address.offset ?? 0) + 20);
    const content = await readJournal(medium, { place: mirroredPlace });
    expect(payloadsOf(content.frames)).toEqual(texts);
    expect(content.losses).toEqual([]);
  });

  test("takes each frame from the copy that has it, when both are damaged", async () => {
    const medium = await mirrored({ closes: true });
    spoil(medium, journalFile(1), (await offsetOf(medium, journalFile(1), 0)) + 10);
    spoil(medium, mirrorFile(1), (await offsetOf(medium, mirrorFile(1), 1)) + 10);
    const content = await readJournal(medium, { place: mirroredPlace });
    expect(payloadsOf(content.frames)).toEqual(texts);
    expect(content.frames.slice(0, 2).map(({ address }) => address.segment)).toEqual([
      mirrorFile(1),
      journalFile(1),
    ]);
    expect(content).toMatchObject({ losses: [], reports: [{ sealed: "footer" }, {}, {}] });
  });

  test("loses what both copies have lost, and nothing else", async () => {
    const medium = await mirrored({ closes: true });
    for (const file of [journalFile(1), mirrorFile(1)]) {
      spoil(medium, file, (await offsetOf(medium, file, 1)) + 10);
    }
    const { frames, losses } = await readJournal(medium, { place: mirroredPlace });
    expect(payloadsOf(frames)).toEqual(["a", "c", "d", "e", "f"]);
    expect(losses).toMatchObject([{ lost: { from: 2, until: 3 } }]);
    expect(losses[0]?.because.map(({ file }) => file)).toEqual([journalFile(1), mirrorFile(1)]);
  });

  test("does without a copy that is missing or cannot be read", async () => {
    const medium = await mirrored();
    medium.files.delete(mirrorFile(1));
    medium.before = (operation, name) => {
      if (operation === "read" && name === journalFile(2))
        throw new StreamError("store_read_failed", {});
    };
    const { damage, frames, losses } = await readJournal(medium, { place: mirroredPlace });
    expect(payloadsOf(frames)).toEqual(texts);
    expect(losses).toEqual([]);
    expect(damage).toMatchObject([
      { kind: "segment_missing", file: mirrorFile(1) },
      { kind: "segment_unreadable", file: journalFile(2) },
    ]);
  });

  test("gives neither of two frames that are both right and yet differ", async () => {
    const medium = await mirrored();
    const other = new MemoryMedium();
    const log = journalWriter(other);
    await appendAll(log, ["a", "B"]);
    await log.close();
    medium.files.set(mirrorFile(1), other.file(journalFile(1)));
    const { damage, frames, losses } = await readJournal(medium, { place: mirroredPlace });
    expect(payloadsOf(frames)).toEqual(["a", "c", "d", "e", "f"]);
    expect(damage).toMatchObject([
      { kind: "copies_differ", file: journalFile(1), lost: { from: 2, until: 3 } },
    ]);
    expect(losses).toMatchObject([{ lost: { from: 2, until: 3 }, because: damage }]);
  });
});
