import { Buffer } from "node:buffer";
import { describe, expect, test } from "vitest";
import { StreamError } from "../../../src/base/index.ts";
import { type PlannedSegment, repairSegment } from "../../../src/wal/index.ts";
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

const texts = ["a", "b", "c"];
const repaired = (file: string, repair: number) => `${file}.repaired-000${repair}`;

async function mirrored({ closes = true } = {}): Promise<MemoryMedium> {
  const medium = new MemoryMedium();
  const log = journalWriter(medium, {
    mirrorDirectory: "journal-mirror",
    opening: () => bytesOf("opening"),
  });
  await log.append(bytesOf("a"));
  await appendAll(log, texts.slice(1));
  await (closes ? log.close() : log.destroy());
  return medium;
}

async function partOf(medium: MemoryMedium, options = {}): Promise<PlannedSegment> {
  const { plan } = await readJournal(medium, { place: mirroredPlace, ...options });
  const [part] = plan.parts;
  if (part === undefined || "until" in part) throw new Error("no segment");
  return part;
}

async function repair(medium: MemoryMedium, options = {}): Promise<string[]> {
  return repairSegment(medium, await partOf(medium, options), { kind: "journal" });
}

describe("the repair of a segment", () => {
  test("makes, for any flip, a copy that is what was written, and leaves the damaged one as it is (fault 8)", async () => {
    const whole = (await mirrored()).file(journalFile(1));
    for (let offset = 0; offset < whole.length; offset += 1) {
      const medium = await mirrored();
      spoil(medium, journalFile(1), offset);
      const damaged = Buffer.from(medium.file(journalFile(1)));
      expect(await repair(medium)).toEqual([repaired(journalFile(1), 1)]);
      expect(medium.file(repaired(journalFile(1), 1)).equals(whole), `byte ${offset}`).toBe(true);
      expect(medium.file(journalFile(1)).equals(damaged)).toBe(true);
      const content = await readJournal(medium, { place: mirroredPlace });
      expect(content).toMatchObject({ damage: [], losses: [] });
      expect(payloadsOf(content.frames)).toEqual(texts);
      expect(content.reports[0]?.copies.map(({ isWhole }) => isWhole)).toEqual([true, true]);
    }
  });

  test("joins what two damaged copies have, into one on each side", async () => {
    const medium = await mirrored();
    const whole = Buffer.from(medium.file(journalFile(1)));
    const { frames } = await contentOf(medium, journalFile(1));
    spoil(medium, journalFile(1), (frames[0]?.address.offset ?? 0) + 36);
    spoil(medium, mirrorFile(1), (frames[2]?.address.offset ?? 0) + 3);
    const names = [repaired(journalFile(1), 1), repaired(mirrorFile(1), 1)];
    expect(await repair(medium)).toEqual(names);
    for (const name of names) expect(medium.file(name).equals(whole)).toBe(true);
  });

  test("makes a copy where there is none", async () => {
    const medium = await mirrored();
    medium.files.delete(mirrorFile(1));
    expect(await repair(medium)).toEqual([repaired(mirrorFile(1), 1)]);
    expect(await repair(medium)).toEqual([]);
  });

  test("does nothing to what is whole", async () => {
    const medium = await mirrored();
    expect(await repair(medium)).toEqual([]);
    expect(medium.count("create")).toBe(0);
  });

  test("goes up to the length at which a segment is sealed, and no further", async () => {
    const medium = await mirrored({ closes: false });
    const { frames } = await contentOf(medium, journalFile(1));
    const length = frames[2]?.address.offset ?? 0;
    medium.files.set(journalFile(1), medium.file(journalFile(1)).subarray(0, length - 1));
    const options = { bounds: new Map([[1, { segment: 1, length }]]) };
    expect(await repair(medium, options)).toEqual([repaired(journalFile(1), 1)]);
    const name = repaired(journalFile(1), 1);
    expect(medium.file(name).equals(medium.file(mirrorFile(1)).subarray(0, length))).toBe(true);
    const content = await readJournal(medium, { place: mirroredPlace, ...options });
    expect(payloadsOf(content.frames)).toEqual(["a", "b"]);
    expect(content.damage).toEqual([]);
  });

  test("takes the next name when one is taken, and when a repaired copy is damaged itself", async () => {
    const medium = await mirrored();
    spoil(medium, journalFile(1), 100);
    await repair(medium);
    spoil(medium, repaired(journalFile(1), 1), 100);
    expect(await repair(medium)).toEqual([repaired(journalFile(1), 2)]);
    const content = await readJournal(medium, { place: mirroredPlace });
    expect(content).toMatchObject({ damage: [], losses: [] });
  });

  test("still finds a frame in a copy that was repaired once, when nobody else has it", async () => {
    const medium = await mirrored();
    const { frames } = await contentOf(medium, journalFile(1));
    const [first, , third] = frames.map(({ address }) => address.offset + 36);
    spoil(medium, journalFile(1), first ?? 0);
    await repair(medium);
    spoil(medium, repaired(journalFile(1), 1), third ?? 0);
    spoil(medium, mirrorFile(1), third ?? 0);
    expect(await repair(medium)).toEqual([repaired(journalFile(1), 2), repaired(mirrorFile(1), 1)]);
    expect((await readJournal(medium, { place: mirroredPlace })).damage).toEqual([]);
  });

  test("is refused where frames are lost, with the file and the offset, and leaves nothing", async () => {
    const medium = await mirrored();
    const { frames } = await contentOf(medium, journalFile(1));
    const offset = frames[1]?.address.offset ?? 0;
    for (const file of [journalFile(1), mirrorFile(1)]) spoil(medium, file, offset + 36);
    await expect(repair(medium)).rejects.toMatchObject({
      code: "log_damaged",
      details: { file: journalFile(1), offset, frames: "2" },
    });
    expect(medium.files.size).toBe(2);
  });

  test("is refused where no copy has its header, and where nobody sealed it", async () => {
    const medium = await mirrored();
    for (const file of [journalFile(1), mirrorFile(1)]) spoil(medium, file, 20);
    await expect(repair(medium)).rejects.toMatchObject({ code: "log_damaged" });
    const open = await mirrored({ closes: false });
    open.files.delete(mirrorFile(1));
    await expect(repair(open)).rejects.toMatchObject({ code: "log_damaged" });
  });

  test("is not believed before it was read back", async () => {
    const medium = await mirrored();
    spoil(medium, journalFile(1), 100);
    const create = medium.create.bind(medium);
    medium.create = async (name, content) => {
      const creation = await create(name, content);
      spoil(medium, name, 70);
      return creation;
    };
    await expect(repair(medium)).rejects.toMatchObject({
      code: "log_damaged",
      details: { file: repaired(journalFile(1), 1) },
    });
  });

  test("that fails leaves the log as it was", async () => {
    const medium = await mirrored();
    spoil(medium, journalFile(1), 100);
    medium.before = (operation) => {
      if (operation === "create") throw new StreamError("store_full", {});
    };
    await expect(repair(medium)).rejects.toMatchObject({ code: "store_full" });
    expect([...medium.files.keys()]).toEqual([journalFile(1), mirrorFile(1)]);
    const { frames } = await readJournal(medium, { place: journalPlace });
    expect(payloadsOf(frames).length).toBeLessThan(3);
  });
});
