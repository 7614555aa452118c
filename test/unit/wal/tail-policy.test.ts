import { Buffer } from "node:buffer";
import { describe, expect, test } from "vitest";
import { type Random, StreamError, seededRandom } from "../../../src/base/index.ts";
import {
  journalNames,
  judgeLog,
  judgeTail,
  type LogPlanOptions,
  listLog,
  planLog,
  repairSegment,
  type SegmentReport,
  type TailVerdict,
  type Vouched,
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
  spoil,
} from "./log-fixture.ts";
import { MemoryMedium } from "./memory-medium.ts";

/** What recovery does: read up to the end, and judge the last segment that has anything, or the first. */
async function judged(
  medium: MemoryMedium,
  { vouched, ...options }: Parameters<typeof readJournal>[1] & { vouched?: Vouched } = {},
): Promise<{ verdict: TailVerdict | undefined; content: Awaited<ReturnType<typeof readJournal>> }> {
  const content = await readJournal(medium, options);
  const last = content.reports.at(-1);
  return { verdict: last === undefined ? undefined : judgeTail(last, vouched), content };
}

const groups = [["a", "b"], ["c", "d", "e"], ["f"]];

async function openMedium(mirrorDirectory?: string): Promise<MemoryMedium> {
  const medium = new MemoryMedium();
  const log = journalWriter(medium, { mirrorDirectory });
  for (const group of groups) await appendAll(log, group);
  await log.destroy();
  return medium;
}

async function frameOf(medium: MemoryMedium, sequence: number) {
  const { frames } = await contentOf(medium, journalFile(1));
  const frame = frames[sequence - 1];
  if (frame === undefined) throw new Error(`no frame ${sequence}`);
  return frame.address;
}

describe("the end of a log", () => {
  test("that was sealed is sealed", async () => {
    const medium = new MemoryMedium();
    const log = journalWriter(medium);
    await log.append(bytesOf("a"));
    await log.close();
    expect((await judged(medium)).verdict).toEqual({ kind: "sealed", name: "sealed_whole" });
  });

  test("that is open and whole ends behind its last frame", async () => {
    const medium = await openMedium();
    const { verdict } = await judged(medium);
    expect(verdict).toEqual({
      kind: "cut",
      name: "open_whole",
      bound: { segment: 1, length: medium.file(journalFile(1)).length },
      nextSequence: 7,
    });
  });

  test.each<[string, (bytes: Buffer, last: number) => Buffer]>([
    ["a prefix", (bytes) => bytes.subarray(0, bytes.length - 1)],
    ["the beginning of a header", (bytes, last) => bytes.subarray(0, last + 9)],
    ["zeros", (bytes, last) => bytes.fill(0, last + 7)],
    ["garbage", (bytes, last) => bytes.fill(0xa5, last)],
    [
      "more garbage than was written",
      (bytes) => Buffer.concat([bytes.subarray(0, -1), Buffer.alloc(5000, 0xa5)]),
    ],
  ])("that is torn is cut behind the last whole frame: %s (fault 4)", async (_, tear) => {
    const medium = await openMedium();
    const { offset } = await frameOf(medium, 6);
    medium.files.set(journalFile(1), tear(Buffer.from(medium.file(journalFile(1))), offset));
    const { verdict } = await judged(medium);
    expect(verdict).toEqual({
      kind: "cut",
      name: "open_torn",
      bound: { segment: 1, length: offset },
      nextSequence: 6,
    });
  });

  test("that is torn within a group keeps the frames before the tear, and drops those behind it", async () => {
    const medium = await openMedium();
    const last = await frameOf(medium, 6);
    medium.files.set(journalFile(1), medium.file(journalFile(1)).subarray(0, last.offset));
    const { offset } = await frameOf(medium, 4);
    spoil(medium, journalFile(1), offset + 1);
    const { content, verdict } = await judged(medium);
    expect(payloadsOf(content.frames)).toEqual(["a", "b", "c", "e"]);
    expect(verdict).toMatchObject({
      name: "open_torn",
      bound: { length: offset },
      nextSequence: 4,
    });
  });

  test("behind which a later group follows was durable: that is damage, not a tear (fault 7)", async () => {
    for (const sequence of [1, 2, 3, 4, 5]) {
      const medium = await openMedium();
      spoil(medium, journalFile(1), (await frameOf(medium, sequence)).offset + 36);
      const { verdict } = await judged(medium);
      expect(verdict).toMatchObject({
        kind: "damaged",
        name: "durable_lost",
        because: [{ file: journalFile(1), lost: { from: sequence, until: sequence + 1 } }],
      });
    }
  });

  test("that another record vouches for is damage when it is gone (fault 7)", async () => {
    const medium = await openMedium();
    const { length, offset } = await frameOf(medium, 6);
    spoil(medium, journalFile(1), offset + 36);
    const byLength = await judged(medium, { vouched: { length: offset + length } });
    expect(byLength.verdict).toMatchObject({ kind: "damaged", name: "vouched_lost" });
    const bySequence = await judged(medium, { vouched: { until: 7 } });
    expect(bySequence.verdict).toMatchObject({ kind: "damaged", name: "vouched_lost" });
    const before = await judged(medium, { vouched: { length: offset, until: 6 } });
    expect(before.verdict).toMatchObject({ kind: "cut", name: "open_torn" });
  });

  test("that the medium cannot read is damage, unless the other copy tells it", async () => {
    const medium = await openMedium("journal-mirror");
    const fails = new Set([journalFile(1)]);
    medium.before = (operation, name) => {
      if (operation === "read" && fails.has(name)) throw new StreamError("store_read_failed", {});
    };
    expect((await judged(medium, { place: mirroredPlace })).verdict).toMatchObject({
      name: "open_torn",
      nextSequence: 7,
    });
    fails.add(mirrorFile(1));
    expect((await judged(medium, { place: mirroredPlace })).verdict).toMatchObject({
      kind: "damaged",
      name: "copies_unreadable",
    });
  });

  test("of a newer version is damage, whatever was written into it", async () => {
    const medium = await openMedium();
    const { crc32 } = await import("node:zlib");
    const bytes = medium.file(journalFile(1));
    bytes.writeUInt32LE(9, 8);
    bytes.writeUInt32LE(crc32(bytes.subarray(0, 12)), 12);
    expect((await judged(medium)).verdict).toMatchObject({ name: "copies_unreadable" });
  });

  test("that was sealed and has lost a frame is broken", async () => {
    const medium = new MemoryMedium();
    const log = journalWriter(medium);
    await appendAll(log, ["a", "b"]);
    await log.close();
    spoil(medium, journalFile(1), (await frameOf(medium, 2)).offset + 36);
    expect((await judged(medium)).verdict).toMatchObject({
      kind: "damaged",
      name: "sealed_broken",
    });
  });
});

describe("a log with several open segments at its end", () => {
  const second = {
    epoch: 2,
    firstSegment: 2,
    segmentName: (segment: number) => nameOf(segment, 2),
  };
  const nameOf = (segment: number, epoch: number) => journalNames.nameOf({ segment, epoch });

  async function tornWithin(): Promise<MemoryMedium> {
    const medium = await openMedium();
    const last = await frameOf(medium, 6);
    medium.files.set(journalFile(1), medium.file(journalFile(1)).subarray(0, last.offset));
    spoil(medium, journalFile(1), (await frameOf(medium, 4)).offset + 1);
    return medium;
  }

  test("is sealed at all of them, and goes on with the number that was torn off first", async () => {
    const medium = await tornWithin();
    const { offset } = (await contentOf(medium, journalFile(1))).damage[0] ?? {};
    medium.files.set(`journal/${nameOf(2, 2)}`, Buffer.alloc(20, 0xa5));
    medium.files.set(`journal/${nameOf(3, 3)}`, Buffer.alloc(0));
    const { plan, reports } = await readJournal(medium);
    expect(judgeLog(plan, reports)).toEqual({
      kind: "goes_on",
      bounds: [
        { epoch: 1, segment: 1, length: offset },
        { epoch: 2, segment: 2, length: 0 },
        { epoch: 3, segment: 3, length: 0 },
      ],
      nextSegment: 4,
      nextSequence: 4,
      isTorn: true,
    });
    expect(judgeLog(plan, reports, 5)).toMatchObject({ kind: "damaged", name: "vouched_lost" });
  });

  test("is damaged where one of them has frames: its first would have sealed what is before it", async () => {
    for (const closes of [true, false]) {
      const medium = await tornWithin();
      const log = journalWriter(medium, { ...second, firstSequence: 4 });
      await log.append(bytesOf("x"));
      await (closes ? log.close() : log.destroy());
      const { plan, reports } = await readJournal(medium);
      expect(judgeLog(plan, reports)).toMatchObject({ name: "open_between", segment: 2 });
    }
  });

  test("is damaged where a segment is missing, or is damaged by itself", async () => {
    const medium = new MemoryMedium();
    const log = journalWriter(medium);
    for (const text of ["a", "b", "c"]) {
      await log.append(bytesOf(text));
      await log.roll();
    }
    const whole = await readJournal(medium);
    expect(judgeLog(whole.plan, whole.reports)).toEqual({
      kind: "goes_on",
      bounds: [],
      nextSegment: 4,
      nextSequence: 4,
      isTorn: false,
    });
    medium.files.delete(journalFile(2));
    const gap = await readJournal(medium);
    expect(judgeLog(gap.plan, gap.reports)).toMatchObject({ kind: "damaged", segment: 3 });
    const end = await readJournal(medium, { fromSegment: 3, lastSegment: 4 });
    expect(judgeLog(end.plan, end.reports)).toMatchObject({ name: "segment_gap", segment: 4 });
    const none = await readJournal(new MemoryMedium());
    expect(judgeLog(none.plan, none.reports)).toMatchObject({
      kind: "goes_on",
      nextSegment: undefined,
      nextSequence: undefined,
    });
  });
});

/** What became of bytes that were not synced: kept, cut, or some sectors of them lost; the sectors are small, as the log is. */
function tearing(random: Random): (unsynced: Buffer) => Buffer | undefined {
  const sectorBytes = 16;
  return (unsynced) => {
    const kind = random.nextInt(0, 4);
    if (kind === 0) return undefined;
    if (kind === 1) return unsynced;
    if (kind === 2) return unsynced.subarray(0, random.nextInt(0, unsynced.length));
    for (let at = 0; at < unsynced.length; at += sectorBytes) {
      if (random.nextInt(0, 1) === 0) continue;
      const end = Math.min(at + sectorBytes, unsynced.length);
      unsynced.fill(random.nextInt(0, 1) * random.nextInt(1, 255), at, end);
    }
    return unsynced;
  };
}

describe.each([
  ["one copy", undefined, journalPlace],
  ["two copies", "journal-mirror", mirroredPlace],
] as const)("a crash at any operation of a log with %s", (_, mirrorDirectory, place) => {
  test("leaves a log that is cut behind all that was acknowledged, whatever it tore (faults 4, 18)", async () => {
    let points = 0;
    for (let at = 1; ; at += 1) {
      const medium = new MemoryMedium();
      let operations = 0;
      medium.before = () => {
        operations += 1;
        if (operations >= at) throw new Error("crash");
      };
      const log = journalWriter(medium, { mirrorDirectory, segmentBytesMax: 300 });
      const acknowledged: string[] = [];
      for (const group of [...groups, ["g", "h"], ["i".repeat(50), "j", "k"]]) {
        await appendAll(log, group).then(
          () => acknowledged.push(...group),
          () => {},
        );
      }
      await log.close().catch(() => {});
      for (let seed = 0; seed < 40; seed += 1) {
        const tear = tearing(seededRandom(at, seed));
        const image = medium.crashed(tear);
        const { content, verdict } = await judged(image, { place });
        points += 1;
        const label = `crash ${at}, seed ${seed}`;
        if (acknowledged.length === 0 && verdict === undefined) continue;
        expect(verdict?.kind, `at ${label}`).not.toBe("damaged");
        await expectGoesOn(image, content.reports, acknowledged, { place, label });
      }
      if (operations < at) break;
    }
    expect(points).toBeGreaterThan(500);
  });
});

/** The next epoch seals the log as judged, writes on, and all of it is read again (fault 5). */
async function expectGoesOn(
  image: MemoryMedium,
  reports: readonly SegmentReport[],
  acknowledged: readonly string[],
  { label, ...options }: LogPlanOptions & { place: typeof mirroredPlace; label: string },
): Promise<void> {
  const last = reports.at(-1);
  const verdict = last === undefined ? undefined : judgeTail(last);
  const bounds = verdict?.kind === "cut" ? new Map([[1, verdict.bound]]) : undefined;
  const nextSequence = verdict?.kind === "cut" ? verdict.nextSequence : last?.wholeUntil;
  for (const part of planLog(await listLog(image, options.place), { bounds }).parts) {
    if (!("until" in part)) await repairSegment(image, part, { kind: "journal" });
  }
  const before = await readJournal(image, { ...options, bounds });
  expect(before.damage, `at ${label}`).toEqual([]);
  const kept = payloadsOf(before.frames);
  expect(kept.slice(0, acknowledged.length), `at ${label}`).toEqual(acknowledged);
  expect(before.losses, `at ${label}`).toEqual([]);
  const log = journalWriter(image, {
    epoch: 2,
    firstSegment: (last?.segment ?? 0) + 1,
    firstSequence: nextSequence ?? 1,
    segmentName: (segment) => `${String(segment).padStart(10, "0")}-0000000002`,
    mirrorDirectory: options.place.mirrorDirectory,
  });
  await log.append(bytesOf("opened"));
  await log.destroy();
  const after = await readJournal(image, { ...options, bounds });
  expect(payloadsOf(after.frames), `at ${label}`).toEqual([...kept, "opened"]);
  expect({ ...after, frames: [] }, `at ${label}`).toMatchObject({ damage: [], losses: [] });
}
