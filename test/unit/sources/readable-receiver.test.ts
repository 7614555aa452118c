import { Buffer } from "node:buffer";
import { Readable } from "node:stream";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type Decoder, fromReadable } from "../../../src/sources/index.ts";
import { SourceFixture, until } from "./source-fixture.ts";

let fixture: SourceFixture;

beforeEach(() => {
  fixture = new SourceFixture();
});

afterEach(() => fixture.stop());

const text = "first\nsecond ünï 😀\r\nlast";
const lines = ["first", "second ünï 😀", "last"];

/** Cuts into parts of one byte or UTF-16 unit, the worst there is. */
const units = [...Array(text.length).keys()].map((index) => text.charAt(index));
const bytes = [...Buffer.from(text)].map((byte) => Buffer.from([byte]));

test("bytes and text become lines, wherever their chunks are cut", async () => {
  const arrayBuffers = bytes.map((part) => new Uint8Array(part).buffer);
  const cuts: (string | Uint8Array | ArrayBuffer)[][] = [[text], units, bytes, arrayBuffers];
  for (const chunks of [...cuts, [Buffer.from(text)]]) {
    for (const source of [chunks, Readable.from(chunks), ReadableStream.from(chunks)]) {
      fixture = new SourceFixture();
      await fixture.start(fromReadable(source));
      expect(await fixture.batchesUntil(3)).toEqual(lines);
      expect(fixture.errors).toEqual([]);
      await fixture.stop();
    }
  }
});

test("half a character at the end of a text is replaced like any other lone surrogate", async () => {
  await fixture.start(fromReadable(["cut \ud83d"]));
  expect(await fixture.batchesUntil(1)).toEqual(["cut \ufffd"]);
});

test("malformed lines are reported and the others kept", async () => {
  const source = Readable.from([Buffer.from("a\n"), Buffer.from([0xff, 0x0a]), Buffer.from("b\n")]);
  await fixture.start(fromReadable(source, { lineBytesMax: 5 }));
  expect(await fixture.batchesUntil(2)).toEqual(["a", "b"]);
  expect(fixture.errors).toEqual([expect.stringContaining("[utf8_invalid]")]);
});

test("each opening has a decoder of its own", async () => {
  class Lengths implements Decoder<number> {
    #total = 0;
    decode(chunk: Uint8Array): number[] {
      this.#total += chunk.length;
      return [];
    }
    end(): number[] {
      return [this.#total];
    }
  }
  let opened = 0;
  const open = async function* () {
    opened += 1;
    yield "four";
    if (opened === 1) throw new Error("broken off");
    yield "more";
  };
  await fixture.start(fromReadable(() => open(), { decoder: () => new Lengths() }));
  await until(() => fixture.ends.length === 1);
  await fixture.clock.advance(2000);
  expect(await fixture.batchesUntil(1)).toEqual([8]);
});

test("a Readable is read no further than its records may be unprocessed, and then on", async () => {
  let read = 0;
  const source = new Readable({
    highWaterMark: 1000,
    read() {
      read += 1;
      this.push(`${read} ${"x".repeat(990)}\n`);
    },
  });
  await fixture.start(fromReadable(source), { unprocessedRecordsMax: 50 });
  await until(() => fixture.tracker.unprocessedRecords === 50);
  for (let round = 0; round < 20; round += 1) await new Promise((resolve) => setImmediate(resolve));
  expect(read).toBeLessThan(60);
  const numbers = (await fixture.batchesUntil(500)).map((line) =>
    Number.parseInt(String(line), 10),
  );
  expect(numbers.slice(0, 500)).toEqual(Array.from({ length: 500 }, (_, index) => index + 1));
  await fixture.stop();
  expect(source.destroyed).toBe(true);
});

test("a stream of objects is told where to go", async () => {
  const source = Readable.from([{ no: "bytes" }]) as unknown as Iterable<string>;
  await fixture.start(fromReadable(source));
  await until(() => fixture.errors.length === 1);
  expect(fixture.errors).toEqual([expect.stringContaining("use fromIterable")]);
});
