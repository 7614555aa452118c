import { describe, expect, test } from "vitest";
import { inPieces } from "../../../src/store/byte-pieces.ts";

const content = Uint8Array.from({ length: 23 }, (_, index) => index);

/** One buffer used again for each chunk, as a file reader does. */
async function* chunks(chunkBytes: number): AsyncGenerator<Uint8Array> {
  const buffer = new Uint8Array(chunkBytes);
  for (let at = 0; at < content.length; at += chunkBytes) {
    const chunk = content.subarray(at, at + chunkBytes);
    buffer.set(chunk);
    yield buffer.subarray(0, chunk.length);
  }
}

async function gather(pieces: AsyncIterable<Uint8Array>): Promise<Uint8Array[]> {
  const all: Uint8Array[] = [];
  for await (const piece of pieces) all.push(piece);
  return all;
}

describe.each([1, 5, 22, 23, 24])("pieces of %i bytes", (pieceBytes) => {
  test.each([1, 4, 5, 23])(
    "out of chunks of %i bytes hold them all, and all but the last are full",
    async (chunkBytes) => {
      const pieces = await gather(inPieces(chunks(chunkBytes), pieceBytes));
      expect(Buffer.concat(pieces)).toEqual(Buffer.from(content));
      expect(
        pieces
          .map(({ length }) => length)
          .slice(0, -1)
          .every((length) => length === pieceBytes),
      ).toBe(true);
      expect(pieces.at(-1)?.length).toBeGreaterThan(0);
    },
  );

  test("out of bytes at once are the same", async () => {
    const pieces = await gather(inPieces(content, pieceBytes));
    expect(pieces).toEqual(await gather(inPieces(chunks(7), pieceBytes)));
  });
});

test("no bytes have no piece", async () => {
  expect(await gather(inPieces(new Uint8Array(), 4))).toEqual([]);
  async function* nothing(): AsyncGenerator<Uint8Array> {
    yield new Uint8Array();
  }
  expect(await gather(inPieces(nothing(), 4))).toEqual([]);
});

test("whoever stops early stops the source", async () => {
  let isClosed = false;
  async function* source(): AsyncGenerator<Uint8Array> {
    try {
      for (;;) yield content;
    } finally {
      isClosed = true;
    }
  }
  for await (const _ of inPieces(source(), 4)) break;
  expect(isClosed).toBe(true);
});
