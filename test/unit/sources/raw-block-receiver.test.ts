import { Buffer } from "node:buffer";
import { afterEach, beforeEach, expect, test } from "vitest";
import { encodeBlock } from "../../../src/codec/index.ts";
import { rawSocketStream } from "../../../src/sources/index.ts";
import { SourceFixture, settle, streamId, TestServer, until } from "./source-fixture.ts";

const host = "127.0.0.1";
let server: TestServer;
let fixture: SourceFixture;

beforeEach(async () => {
  server = await TestServer.listen();
  fixture = new SourceFixture();
});

afterEach(async () => {
  await fixture.stop();
  await server.close();
});

const framed = (...blocks: readonly Uint8Array[]) =>
  Buffer.concat(blocks.flatMap((block) => [lengthOf(block.length), block]));

function lengthOf(length: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(length);
  return bytes;
}

const textBlock = (bytes: Uint8Array) => Buffer.from(bytes).toString().split(" ");

test("each block that comes is one block of the batch, in order, and is decoded when it is read", async () => {
  let decoded = 0;
  const decodeBlock = (bytes: Uint8Array) => {
    decoded += 1;
    return textBlock(bytes);
  };
  await fixture.start(rawSocketStream(host, server.port, { decodeBlock }));
  (await server.connection(0)).write(
    framed(Buffer.from("a b"), Buffer.from("c"), Buffer.from("d e f")),
  );
  await until(() => fixture.blocks.kept.size === 3);
  expect(decoded).toBe(0);
  expect(await fixture.openBatch()).toEqual([["a", "b"], ["c"], ["d", "e", "f"]]);
  expect(decoded).toBe(3);
});

test("without a decoder of one's own, blocks are what the default codec wrote", async () => {
  await fixture.start(rawSocketStream(host, server.port));
  const records = [{ airport: "SEA", delay: -3 }, new Map([["a", 1n]])];
  (await server.connection(0)).write(framed(encodeBlock(records)));
  expect(await fixture.batchesUntil(2)).toEqual(records);
});

test("a length that cannot be is reported and costs the connection; the blocks before it are kept", async () => {
  for (const [round, length] of [0, 101].entries()) {
    fixture = new SourceFixture();
    const options = { decodeBlock: textBlock, blockBytesMax: 100 };
    await fixture.start(rawSocketStream(host, server.port, options));
    const first = await server.connection(2 * round);
    first.write(Buffer.concat([framed(Buffer.from("kept"), Buffer.from("too")), lengthOf(length)]));
    await until(() => fixture.ends.length === 1);
    expect(fixture.errors).toEqual([expect.stringContaining("[block_length_invalid]")]);
    expect(fixture.told.find(({ what }) => what === "error")?.info.streamId).toBe(streamId);
    await fixture.clock.advance(2000);
    (await server.connection(2 * round + 1)).write(framed(Buffer.from("again")));
    expect(await fixture.batchesUntil(3)).toEqual(["kept", "too", "again"]);
    await fixture.stop();
  }
});

test("blocks before a bad length are kept also when they have to wait for room", async () => {
  const options = { decodeBlock: textBlock };
  await fixture.start(rawSocketStream(host, server.port, options), { unprocessedBytesMax: 10 });
  const blocks = ["12345678", "abcdefgh"].map((text) => Buffer.from(text));
  (await server.connection(0)).write(Buffer.concat([framed(...blocks), lengthOf(0)]));
  expect(await fixture.batchesUntil(2)).toEqual(["12345678", "abcdefgh"]);
  await until(() => fixture.ends.length === 1);
});

test("an end of the connection within a block is reported", async () => {
  await fixture.start(rawSocketStream(host, server.port, { decodeBlock: textBlock }));
  (await server.connection(0)).end(
    framed(Buffer.from("whole"), Buffer.from("cut")).subarray(0, -1),
  );
  expect(await fixture.batchesUntil(1)).toEqual(["whole"]);
  await until(() => fixture.ends.length === 1);
  expect(fixture.errors).toEqual([expect.stringContaining("[block_incomplete]")]);
});

test("while a block is being stored, the next one comes in and the sender of more has to wait", async () => {
  const blockBytes = 1_000_000;
  const blockCount = 40;
  let puts = 0;
  let open = () => {};
  const gate = new Promise<void>((resolve) => {
    open = resolve;
  });
  fixture.blocks.gate = () => {
    puts += 1;
    return gate;
  };
  const decodeBlock = (bytes: Uint8Array) => [bytes[0], bytes.length];
  await fixture.start(rawSocketStream(host, server.port, { decodeBlock }));
  const socket = await server.connection(0);
  for (let index = 0; index < blockCount; index += 1) {
    socket.write(framed(Buffer.alloc(blockBytes, index)));
  }
  await until(() => puts === 1);
  for (let round = 0; round < 200; round += 1) await settle();
  expect(puts).toBe(1);
  expect(socket.writableNeedDrain).toBe(true);
  open();
  const received = await fixture.batchesUntil(2 * blockCount);
  expect(received).toEqual(
    Array.from({ length: blockCount }, (_, index) => [index, blockBytes]).flat(),
  );
});

test("a block that cannot be stored costs the connection at once", async () => {
  await fixture.start(rawSocketStream(host, server.port, { decodeBlock: textBlock }));
  fixture.blocks.gate = () => Promise.reject(new Error("the disk is full"));
  (await server.connection(0)).write(framed(Buffer.from("lost")));
  await until(() => fixture.ends.length === 1);
  expect(fixture.told.at(-1)?.info.lastError).toContain("the disk is full");
});

test("a block with bytes that make no sense counts as empty and is reported; a decoder with a fault fails", async () => {
  await fixture.start(rawSocketStream(host, server.port));
  const socket = await server.connection(0);
  socket.write(framed(encodeBlock(["good"]), Buffer.from([0xff, 0xff]), encodeBlock(["too"])));
  await until(() => fixture.blocks.kept.size === 3);
  expect(await fixture.openBatch()).toEqual([["good"], [], ["too"]]);
  expect(fixture.errors).toEqual(["a received block could not be decoded and counts as empty"]);

  const faulty = rawSocketStream(host, server.port, {
    decodeBlock: () => {
      throw new TypeError("no such property");
    },
  });
  expect(() => faulty.decodeBlock(Buffer.from("any"))).toThrow("no such property");
});

test("a limit of blocks that is no whole number above 0 is refused at the call", () => {
  expect(() => rawSocketStream(host, 9999, { blockBytesMax: 0 })).toThrow(/argument_invalid/);
});
