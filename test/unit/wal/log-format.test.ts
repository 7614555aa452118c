import { Buffer } from "node:buffer";
import { readdirSync, readFileSync } from "node:fs";
import { crc32 } from "node:zlib";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  decodeFooter,
  decodeFrameHeader,
  decodeSegmentHeader,
  encodeFooter,
  encodeSegmentHeader,
  segmentHeaderByteCount,
  writeFrameHeader,
} from "../../../src/wal/log-format.ts";
import {
  appendAll,
  bytesOf,
  contentOf,
  journalFile,
  journalWriter,
  mirroredPlace,
  payloadsOf,
  readJournal,
  textsOf,
} from "./log-fixture.ts";
import { MemoryMedium } from "./memory-medium.ts";

const page = readFileSync(new URL("../../../docs/format/log.md", import.meta.url), "utf8");

/** The bytes of the example of the page. */
function exampleBytes(): Buffer {
  const lines = [...page.matchAll(/^ {4}[0-9a-f]{4} {2}((?:[0-9a-f]{2} ?)+)$/gm)];
  return Buffer.from(lines.map(([, hex = ""]) => hex.replaceAll(" ", "")).join(""), "hex");
}

describe("the format of logs", () => {
  test("is what the example of its page says, byte for byte", async () => {
    const medium = new MemoryMedium();
    const log = journalWriter(medium, {
      epoch: 3,
      firstSegment: 7,
      firstSequence: 1000,
      opening: () => bytesOf("ckpt"),
    });
    await appendAll(log, ["hello", ""]);
    await log.append(Uint8Array.of(1, 2, 3));
    await log.close();
    expect(medium.file(journalFile(7)).toString("hex")).toBe(exampleBytes().toString("hex"));
    const medium2 = new MemoryMedium();
    medium2.files.set("example", exampleBytes());
    const { damage, end, frames } = await contentOf(medium2, "example");
    expect(damage).toEqual([]);
    expect(textsOf(frames)).toEqual(["hello", "", "\u0001\u0002\u0003"]);
    expect(frames.map(({ address }) => address.offset)).toEqual([0x38, 0x61, 0x85]);
    expect(end).toMatchObject({ footer: { nextSequence: 1003 }, header: { segment: 7, epoch: 3 } });
  });

  const whole = fc.maxSafeNat();

  test("gives back every header and footer, with numbers up to 2^53 - 1", () => {
    fc.assert(
      fc.property(
        fc.record({
          kind: fc.constantFrom("blocks", "journal"),
          segment: whole,
          epoch: whole,
          firstSequence: whole,
          opening: fc.uint8Array({ maxLength: 100 }),
        }),
        fc.maxSafeNat().map((offset) => Math.max(0, offset - 1)),
        fc.record({
          payloadByteCount: fc.nat(2 ** 28),
          payloadChecksum: fc.nat(2 ** 32 - 1),
          unsyncedBefore: fc.nat(1000),
          epoch: whole,
          sequence: fc.integer({ min: 1000, max: Number.MAX_SAFE_INTEGER }),
        }),
        fc.record({
          frameCount: whole,
          nextSequence: whole,
          hash: fc.uint8Array({ minLength: 32, maxLength: 32 }),
        }),
        (header, offset, frame, footer) => {
          const bytes = encodeSegmentHeader(header);
          expect(segmentHeaderByteCount(bytes)).toBe(bytes.length);
          expect(decodeSegmentHeader(bytes)).toEqual(header);
          const frameBytes = Buffer.alloc(40);
          writeFrameHeader(frameBytes, 4, offset, frame);
          expect(decodeFrameHeader(frameBytes.subarray(4), offset)).toEqual(frame);
          expect(decodeFrameHeader(frameBytes.subarray(4), offset + 1)).toBeUndefined();
          const footerBytes = encodeFooter(offset, footer);
          expect(decodeFooter(footerBytes, offset)).toEqual(footer);
          expect(decodeFooter(footerBytes, offset + 1)).toBeUndefined();
        },
      ),
    );
  });

  test("has no header whose numbers are beyond what it allows, even where the checksum is right", () => {
    const good = {
      payloadByteCount: 1,
      payloadChecksum: 1,
      unsyncedBefore: 0,
      epoch: 1,
      sequence: 1,
    };
    const withFrame = (change: (bytes: Buffer) => void) => {
      const bytes = Buffer.alloc(36);
      writeFrameHeader(bytes, 0, 5, good);
      change(bytes);
      bytes.writeUInt32LE(
        crc32(Buffer.concat([Buffer.from([5, 0, 0, 0, 0, 0, 0, 0]), bytes.subarray(0, 32)])),
        32,
      );
      return decodeFrameHeader(bytes, 5);
    };
    expect(withFrame(() => {})).toEqual(good);
    expect(withFrame((bytes) => bytes.writeUInt32LE(2 ** 28 + 1, 4))).toBeUndefined();
    expect(withFrame((bytes) => bytes.writeUInt32LE(2, 12))).toBeUndefined();
    expect(withFrame((bytes) => bytes.fill(0xff, 16, 24))).toBeUndefined();
    expect(withFrame((bytes) => bytes.fill(0xff, 24, 32))).toBeUndefined();
    const header = encodeSegmentHeader({
      kind: "journal",
      segment: 1,
      epoch: 1,
      firstSequence: 1,
      opening: bytesOf(""),
    });
    for (const [offset, value] of [
      [16, 9],
      [28, 2 ** 31],
      [36, 2 ** 31],
      [44, 2 ** 31],
    ] as const) {
      const bytes = Buffer.from(header);
      bytes.writeUInt32LE(value, offset);
      bytes.writeUInt32LE(crc32(bytes.subarray(0, 48)), 48);
      expect(decodeSegmentHeader(bytes)).toBeUndefined();
    }
    header.writeUInt32LE(2 ** 16 + 1, 20);
    expect(segmentHeaderByteCount(header)).toBeUndefined();
  });
});

/** The files of a directory of fixtures, as a medium. */
function fixture(): MemoryMedium {
  const root = new URL("../../fixtures/v1/log/", import.meta.url);
  const medium = new MemoryMedium();
  for (const directory of ["journal", "journal-mirror"]) {
    for (const name of readdirSync(new URL(directory, root))) {
      medium.files.set(`${directory}/${name}`, readFileSync(new URL(`${directory}/${name}`, root)));
    }
  }
  return medium;
}

describe("a log that version 1 wrote", () => {
  test("loads for ever: two epochs, a torn tail, a repaired copy", async () => {
    const bounds = new Map([[1, { segment: 2, length: 103 }]]);
    const content = await readJournal(fixture(), { place: mirroredPlace, bounds });
    expect(payloadsOf(content.frames)).toEqual([
      "first",
      "second",
      "",
      "third",
      "epoch 2 opened",
      "fourth",
    ]);
    expect(content).toMatchObject({ damage: [], losses: [] });
    expect(
      content.frames.map(({ epoch, segment, sequence }) => [sequence, segment, epoch]),
    ).toEqual([
      [1, 1, 1],
      [2, 1, 1],
      [3, 1, 1],
      [4, 2, 1],
      [5, 3, 2],
      [6, 3, 2],
    ]);
    expect(content.reports.map(({ sealed }) => sealed)).toEqual(["footer", "bound", "footer"]);
  });

  test("shows its torn tail where nobody says that it was sealed", async () => {
    const medium = fixture();
    for (const name of medium.files.keys())
      if (name.includes("-0000000002")) medium.files.delete(name);
    const { damage, reports } = await readJournal(medium, { place: mirroredPlace });
    expect(damage).toMatchObject([{ kind: "frame_cut" }, { kind: "frame_cut" }]);
    expect(reports.at(-1)).toMatchObject({ sealed: "open", wholeLength: 103, wholeUntil: 5 });
  });
});
