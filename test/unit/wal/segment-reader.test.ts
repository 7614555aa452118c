import { Buffer } from "node:buffer";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { SegmentFrame } from "../../../src/wal/index.ts";
import {
  encodeSegmentHeader,
  frameHeaderBytes,
  writeFrameHeader,
} from "../../../src/wal/log-format.ts";
import {
  bytesOf,
  contentOf,
  journalFile,
  journalWriter,
  type SegmentContent,
  textsOf,
} from "./log-fixture.ts";
import { MemoryMedium } from "./memory-medium.ts";

const file = journalFile(1);
const expected = { kind: "journal", segment: 1, epoch: 1 } as const;
const texts = ["one", "", "a third, which is a little longer than a header is", "4"];

/** Frames 1 and 2 in one group, 3 and 4 in the next. */
async function sealedMedium(options: { seals?: boolean } = {}): Promise<MemoryMedium> {
  const medium = new MemoryMedium();
  const log = journalWriter(medium, { opening: () => bytesOf("opening") });
  await Promise.all(texts.slice(0, 2).map((text) => log.append(bytesOf(text))));
  await Promise.all(texts.slice(2).map((text) => log.append(bytesOf(text))));
  await (options.seals === false ? log.destroy() : log.close());
  return medium;
}

function changed(medium: MemoryMedium, change: (bytes: Buffer) => Buffer | void): MemoryMedium {
  const copy = new MemoryMedium();
  const bytes = Buffer.from(medium.file(file));
  copy.files.set(file, change(bytes) ?? bytes);
  return copy;
}

/** The frames that are there are those that were written, in their order; it gives the numbers of those that are not. */
function missingFrames({ frames }: SegmentContent): number[] {
  const sequences = frames.map(({ sequence }) => sequence);
  expect(sequences).toEqual(sequences.toSorted((a, b) => a - b));
  expect(textsOf(frames)).toEqual(sequences.map((sequence) => texts[sequence - 1]));
  return [1, 2, 3, 4].filter((sequence) => !sequences.includes(sequence));
}

function lostFrames({ damage }: SegmentContent, nextSequence: number): number[] {
  const lost = damage.flatMap((each) => {
    if (each.lost === undefined) return [];
    const { from, until = nextSequence } = each.lost;
    return Array.from({ length: Math.max(0, until - from) }, (_, index) => from + index);
  });
  return [...new Set(lost)].sort((a, b) => a - b);
}

describe("a segment that is as it was written", () => {
  test("tells its header, its frames and its footer", async () => {
    const medium = await sealedMedium();
    const { damage, end, frames } = await contentOf(medium, file, { expected });
    expect(damage).toEqual([]);
    expect(textsOf(frames)).toEqual(texts);
    expect(frames.map(({ unsyncedBefore }) => unsyncedBefore)).toEqual([0, 1, 0, 1]);
    expect(end).toMatchObject({ wholeLength: medium.file(file).length, wholeUntil: 5 });
    expect(end).toMatchObject({ durableBelow: 5, footer: { frameCount: 4, nextSequence: 5 } });
    expect(Buffer.from(end.header?.opening ?? []).toString()).toBe("opening");
  });

  test("is read up to the length at which it was sealed, and no byte further", async () => {
    const medium = await sealedMedium();
    const { frames } = await contentOf(medium, file);
    const { length, offset } = (frames[1] as SegmentFrame).address;
    const sealedLength = offset + length;
    const cut = changed(medium, (bytes) => bytes.fill(0xff, sealedLength));
    const content = await contentOf(cut, file, { expected, sealedLength });
    expect(content.damage).toEqual([]);
    expect(textsOf(content.frames)).toEqual(["one", ""]);
    expect(content.end).toMatchObject({ isBounded: true, wholeLength: sealedLength });
  });

  test("may hold nothing but what looks like frames of it", async () => {
    const inner = (await sealedMedium()).file(file);
    const medium = new MemoryMedium();
    const log = journalWriter(medium);
    for (const payload of [inner, inner.subarray(20)]) await log.append(payload);
    await log.close();
    const damagedMedium = changed(medium, (bytes) => {
      bytes[60] = (bytes[60] ?? 0) ^ 1;
    });
    const { damage, frames } = await contentOf(damagedMedium, file, { expected });
    expect(frames.map(({ sequence }) => sequence)).toEqual([2]);
    expect(damage).toMatchObject([{ kind: "bytes_damaged", lost: { from: 1, until: 2 } }]);
  });
});

describe("a frame that was made for its place within a payload", () => {
  async function withForged(sequence: number, epoch: number): Promise<MemoryMedium> {
    const medium = new MemoryMedium();
    const log = journalWriter(medium);
    const at = 52 + frameHeaderBytes + 10;
    const payload = Buffer.alloc(200);
    const header = { payloadByteCount: 0, payloadChecksum: 0, unsyncedBefore: 0, epoch, sequence };
    writeFrameHeader(payload, 10, at, header);
    await log.append(payload);
    await log.append(bytesOf("true"));
    await log.close();
    return changed(medium, (bytes) => {
      bytes[56] = (bytes[56] ?? 0) ^ 1;
    });
  }

  test("is not taken behind damage, unless its sequence number and epoch fit there", async () => {
    for (const [sequence, epoch] of [
      [1000, 1],
      [0, 1],
      [1, 2],
    ] as const) {
      const { damage, frames } = await contentOf(await withForged(sequence, epoch), file, {
        expected,
      });
      expect(frames.map((frame) => frame.sequence)).toEqual([2]);
      expect(damage).toMatchObject([{ kind: "bytes_damaged", lost: { from: 1, until: 2 } }]);
    }
  });
});

describe("no change to a segment goes unseen", () => {
  test("a flip of any bit is told, with the frames that it costs, and costs no other", async () => {
    const medium = await sealedMedium();
    const { length } = medium.file(file);
    for (let bit = 0; bit < length * 8; bit += 1) {
      const flipped = changed(medium, (bytes) => {
        bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      });
      const content = await contentOf(flipped, file, {
        expected: { ...expected, firstSequence: 1 },
      });
      expect(content.damage, `bit ${bit}`).not.toEqual([]);
      const missing = missingFrames(content);
      expect(lostFrames(content, 5), `bit ${bit}`).toEqual(missing);
      expect(missing.length).toBeLessThan(2);
      for (const { file: named, offset, why } of content.damage) {
        expect(named).toBe(file);
        expect(offset).toBeLessThanOrEqual(bit >> 3);
        expect(why).not.toBe("");
      }
    }
  });

  test("a cut at any byte leaves the frames before it, and is told unless it falls between frames", async () => {
    const medium = await sealedMedium();
    const { frames: all } = await contentOf(medium, file);
    const ends = all.map(({ address }) => address.offset + address.length);
    const { length } = medium.file(file);
    const headerEnd = (all[0] as SegmentFrame).address.offset;
    for (let cut = 0; cut < length; cut += 1) {
      const content = await contentOf(
        changed(medium, (bytes) => bytes.subarray(0, cut)),
        file,
        { expected: { ...expected, firstSequence: 1 } },
      );
      const whole = ends.filter((end) => end <= cut).length;
      expect(textsOf(content.frames)).toEqual(texts.slice(0, whole));
      expect(content.end.footer).toBeUndefined();
      expect(content.damage.length, `cut ${cut}`).toBe([headerEnd, ...ends].includes(cut) ? 0 : 1);
      expect(content.end).toMatchObject({
        wholeLength: cut < headerEnd ? 0 : Math.max(headerEnd, ...ends.filter((end) => end <= cut)),
        wholeUntil: whole + 1,
      });
    }
  });

  test("a segment that is shorter than it was sealed at says so, wherever it ends", async () => {
    const medium = await sealedMedium();
    const { length: sealedLength } = medium.file(file);
    for (let cut = 0; cut < sealedLength; cut += 1) {
      const short = changed(medium, (bytes) => bytes.subarray(0, cut));
      const content = await contentOf(short, file, { expected, sealedLength });
      expect(content.damage, `cut ${cut}`).not.toEqual([]);
    }
  });

  test("any range of zeros, or of anything else, is told, and what follows it is found again", async () => {
    const medium = await sealedMedium();
    const { length } = medium.file(file);
    await fc.assert(
      fc.asyncProperty(
        fc.nat(length - 1),
        fc.integer({ min: 1, max: 120 }),
        fc.option(fc.uint8Array({ minLength: 120, maxLength: 120 }), { nil: new Uint8Array(120) }),
        async (from, count, filling) => {
          const before = medium.file(file);
          const spoilt = changed(medium, (bytes) => {
            bytes.set(filling.subarray(0, Math.min(count, length - from)), from);
          });
          const content = await contentOf(spoilt, file, {
            expected: { ...expected, firstSequence: 1 },
          });
          const isSame = spoilt.file(file).equals(before);
          expect(content.damage.length > 0).toBe(!isSame);
          expect(lostFrames(content, 5)).toEqual(missingFrames(content));
          const end = from + count;
          const { frames: all } = await contentOf(medium, file);
          for (const { address, sequence } of all) {
            const isTouched = address.offset < end && address.offset + address.length > from;
            if (!isTouched) expect(missingFrames(content)).not.toContain(sequence);
          }
        },
      ),
      { numRuns: 500 },
    );
  });

  test("a frame that was left out, repeated or moved is told", async () => {
    const medium = await sealedMedium();
    const { frames } = await contentOf(medium, file);
    const { length, offset } = (frames[1] as SegmentFrame).address;
    const whole = medium.file(file);
    const frame = whole.subarray(offset, offset + length);
    const images = [
      Buffer.concat([whole.subarray(0, offset), whole.subarray(offset + length)]),
      Buffer.concat([whole.subarray(0, offset), frame, whole.subarray(offset)]),
      Buffer.concat([whole, frame]),
    ];
    for (const image of images) {
      const content = await contentOf(
        changed(medium, () => image),
        file,
        { expected },
      );
      expect(content.damage).not.toEqual([]);
      missingFrames(content);
    }
  });

  test("a segment under the name of another is told, and its frames are not taken", async () => {
    const medium = await sealedMedium();
    for (const other of [{ segment: 2 }, { epoch: 2 }, { kind: "blocks" as const }]) {
      const content = await contentOf(medium, file, { expected: { ...expected, ...other } });
      expect(content.damage).toMatchObject([{ kind: "header_mismatch", offset: 0 }]);
      expect(content.frames).toEqual([]);
    }
  });

  test("a footer that counts other frames than there are is told", async () => {
    const medium = await sealedMedium();
    const other = new MemoryMedium();
    const log = journalWriter(other, { opening: () => bytesOf("opening") });
    await Promise.all(["one", ""].map((text) => log.append(bytesOf(text))));
    await Promise.all(
      ["x".repeat(texts[2]?.length ?? 0), "4"].map((text) => log.append(bytesOf(text))),
    );
    await log.close();
    // The same lengths, another hash: the footer stands at the place where it was made for.
    const mixed = changed(medium, (bytes) => {
      other.file(file).copy(bytes, bytes.length - 56, bytes.length - 56);
    });
    const { damage } = await contentOf(mixed, file, { expected });
    expect(damage).toMatchObject([{ kind: "footer_mismatch" }]);
  });
});

describe("a file that is no segment of this version", () => {
  test("is foreign when it begins otherwise", async () => {
    const medium = new MemoryMedium();
    medium.files.set(file, Buffer.from("Obj\u0001".repeat(40)));
    const { damage, frames } = await contentOf(medium, file);
    expect(damage).toMatchObject([{ kind: "foreign", offset: 0 }]);
    expect(frames).toEqual([]);
  });

  test("is not foreign when only its first bytes suffered", async () => {
    const medium = await sealedMedium();
    for (const spoil of [
      (bytes: Buffer) => bytes.fill(0, 0, 8),
      (bytes: Buffer) => bytes.fill(0, 0, 60),
    ]) {
      const content = await contentOf(
        changed(medium, (bytes) => void spoil(bytes)),
        file,
        { expected },
      );
      expect(content.damage[0]?.kind).toBe("header_damaged");
      expect(textsOf(content.frames).slice(-3)).toEqual(texts.slice(1));
    }
  });

  test("is newer when its version is, whatever follows", async () => {
    const medium = await sealedMedium();
    const { crc32 } = await import("node:zlib");
    const newer = changed(medium, (bytes) => {
      bytes.writeUInt32LE(2, 8);
      bytes.writeUInt32LE(crc32(bytes.subarray(0, 12)), 12);
      bytes.fill(0x55, 16);
    });
    const { damage, frames } = await contentOf(newer, file);
    expect(damage).toMatchObject([
      { kind: "format_newer", why: expect.stringContaining("version 2") },
    ]);
    expect(frames).toEqual([]);
  });
});

describe("hostile bytes", () => {
  const header = encodeSegmentHeader({
    ...expected,
    firstSequence: 1,
    opening: new Uint8Array(0),
  });
  const marker = Buffer.from("f74d5246", "hex");
  const parts = fc.oneof(
    fc.uint8Array({ maxLength: 100 }),
    fc.constant(Uint8Array.from(marker)),
    fc.constant(Uint8Array.from(header)),
    fc.constant(Uint8Array.from(Buffer.from("f74d5245", "hex"))),
    fc.constant(new Uint8Array(40).fill(0xff)),
  );

  test("end every reading, and ask the store for no more than a piece at a time", async () => {
    await fc.assert(
      fc.asyncProperty(fc.boolean(), fc.array(parts, { maxLength: 30 }), async (isOurs, pieces) => {
        const medium = new MemoryMedium();
        medium.files.set(file, Buffer.concat([...(isOurs ? [header] : []), ...pieces]));
        const asked: number[] = [];
        const store = {
          readRange: (name: string, offset: number, byteCount: number) => {
            asked.push(byteCount);
            return medium.readRange(name, offset, byteCount);
          },
        };
        await contentOf(store, file);
        expect(Math.max(...asked)).toBeLessThanOrEqual(2 ** 22);
        expect(asked.length).toBeLessThan(5);
      }),
      { numRuns: 1000 },
    );
  });

  test("full of markers are passed in time that grows with their number", async () => {
    const medium = new MemoryMedium();
    medium.files.set(file, Buffer.concat([header, Buffer.alloc(2 ** 20, marker)]));
    const { damage } = await contentOf(medium, file);
    expect(damage).toMatchObject([{ kind: "bytes_damaged", byteCount: 2 ** 20 }]);
  });

  test("a frame whose length goes beyond the end of the file costs no memory", async () => {
    const medium = new MemoryMedium();
    const log = journalWriter(medium);
    await log.append(Buffer.alloc(2 ** 24));
    await log.destroy();
    const cut = changed(medium, (bytes) =>
      bytes.subarray(0, header.length + frameHeaderBytes + 10),
    );
    let asked = 0;
    const store = {
      readRange: (name: string, offset: number, byteCount: number) => {
        asked = Math.max(asked, byteCount);
        return cut.readRange(name, offset, byteCount);
      },
    };
    const { damage } = await contentOf(store, file);
    expect(damage).toMatchObject([{ kind: "frame_cut", lost: { from: 1, until: undefined } }]);
    expect(asked).toBeLessThanOrEqual(2 ** 22);
  });
});
