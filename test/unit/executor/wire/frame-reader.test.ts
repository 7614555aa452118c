import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  type Frame,
  frameHeader,
  frameKind,
  headerBytes,
} from "../../../../src/executor/wire/frame-format.ts";
import { FrameReader } from "../../../../src/executor/wire/frame-reader.ts";

const frames = fc.array(
  fc.record({
    kind: fc.constantFrom(...Object.values(frameKind)),
    call: fc.nat({ max: 0xffff_ffff }),
    payload: fc.uint8Array({ maxLength: 300 }),
  }),
  { maxLength: 12 },
);
const sizes = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 8 });

function bytesOf(list: readonly Frame[]): Buffer {
  return Buffer.concat(
    list.flatMap(({ kind, call, payload }) => [frameHeader(kind, call, payload.length), payload]),
  );
}

function* cut(bytes: Buffer, parts: readonly number[]): Generator<Buffer> {
  let start = 0;
  for (let turn = 0; start < bytes.length; turn += 1) {
    const size = parts[turn % parts.length] ?? 1;
    yield bytes.subarray(start, start + size);
    start += size;
  }
}

function readAll(bytes: Buffer, parts: readonly number[], limit = 300): Frame[] {
  const reader = new FrameReader(() => limit);
  const read = [...cut(bytes, parts)].flatMap((chunk) => [...reader.read(chunk)]);
  reader.end();
  return read.map((frame) => ({ ...frame, payload: new Uint8Array(frame.payload) }));
}

describe("FrameReader", () => {
  test("gives the frames that were sent, wherever the connection cuts them", () => {
    fc.assert(
      fc.property(frames, sizes, (list, parts) => {
        expect(readAll(bytesOf(list), parts)).toEqual(list);
      }),
    );
  });

  test("tells of an end within a frame, wherever it comes", () => {
    const bytes = bytesOf([{ kind: frameKind.item, call: 7, payload: new Uint8Array(20) }]);
    for (let length = 1; length < bytes.length; length += 1) {
      expect(() => readAll(bytes.subarray(0, length), [9]), `${length} bytes`).toThrow(
        expect.objectContaining({ code: "channel_damaged" }),
      );
    }
  });

  test("ends any bytes with frames or with channel_damaged", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), sizes, (bytes, parts) => {
        try {
          readAll(Buffer.from(bytes), parts);
        } catch (error) {
          expect(error).toMatchObject({ code: "channel_damaged" });
        }
      }),
    );
  });

  test("refuses a length above the limit with its header alone, and reads nothing after it", () => {
    const reader = new FrameReader(() => 100);
    const header = frameHeader(frameKind.answer, 1, 101);
    expect(() => [...reader.read(header)]).toThrow(
      expect.objectContaining({
        code: "channel_damaged",
        details: expect.objectContaining({ payloadBytes: 101, limit: 100 }),
      }),
    );
    const good = bytesOf([{ kind: frameKind.end, call: 1, payload: new Uint8Array() }]);
    expect([...reader.read(good)]).toEqual([]);
  });

  test("allocates nothing for a length that was merely announced", () => {
    const reader = new FrameReader(() => 2 ** 31);
    const before = process.memoryUsage().arrayBuffers;
    const readers = Array.from({ length: 50 }, () => {
      const other = new FrameReader(() => 2 ** 31);
      return [...other.read(frameHeader(frameKind.answer, 1, 2 ** 30))];
    });
    expect([...reader.read(frameHeader(frameKind.answer, 1, 2 ** 30))]).toEqual([]);
    expect(readers.flat()).toEqual([]);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(2 ** 20);
  });

  test("hands out a frame that lies within one chunk without a copy", () => {
    const chunk = bytesOf([{ kind: frameKind.item, call: 1, payload: Uint8Array.of(1, 2, 3) }]);
    const [frame] = [...new FrameReader(() => 100).read(chunk)];
    expect(frame?.payload.buffer).toBe(chunk.buffer);
    expect(frame?.payload.byteOffset).toBe(chunk.byteOffset + headerBytes);
  });

  test("gives what came behind a frame as the rest", () => {
    const first = bytesOf([{ kind: frameKind.answer, call: 1, payload: Uint8Array.of(1) }]);
    const reader = new FrameReader(() => 100);
    const { value } = reader.read(Buffer.concat([first, Buffer.from("more")])).next();
    expect(value?.call).toBe(1);
    expect(reader.rest().toString()).toBe("more");
  });
});
