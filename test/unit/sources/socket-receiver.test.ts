import { Buffer } from "node:buffer";
import type { Socket } from "node:net";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type Decoder, socketStream, socketTextStream } from "../../../src/sources/index.ts";
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

test("lines become records of the batches in which they come", async () => {
  await fixture.start(socketTextStream(host, server.port));
  const socket = await server.connection(0);
  socket.write("one\ntwo\nth");
  expect(await fixture.batchesUntil(2)).toEqual(["one", "two"]);
  socket.write("ree\n");
  expect(await fixture.batchesUntil(1)).toEqual(["three"]);
  expect(fixture.errors).toEqual([]);
});

test("a server that closes amid a line ends the line there, and is connected to again after the delay", async () => {
  await fixture.start(socketTextStream(host, server.port));
  (await server.connection(0)).end("whole\ncut o");
  await until(() => fixture.ends.length === 1);
  expect(fixture.ends[0]).toBe(`the connection to ${host}:${server.port} was closed`);
  await fixture.clock.advance(1999);
  await settle();
  expect(fixture.starts).toBe(1);
  await fixture.clock.advance(1);
  (await server.connection(1)).write("ff\n");
  expect(await fixture.batchesUntil(3)).toEqual(["whole", "cut o", "ff"]);
});

test("a connection that is reset amid a line drops what there is of it", async () => {
  await fixture.start(socketTextStream(host, server.port));
  const socket = await server.connection(0);
  socket.write("whole\ncut o");
  expect(await fixture.batchesUntil(1)).toEqual(["whole"]);
  socket.resetAndDestroy();
  await until(() => fixture.ends.length === 1);
  await fixture.clock.advance(2000);
  (await server.connection(1)).write("next\n");
  expect(await fixture.batchesUntil(1)).toEqual(["next"]);
});

test("a refused connection is tried again after each delay until the server is up", async () => {
  const { port } = server;
  await server.close();
  await fixture.start(socketTextStream(host, port));
  await until(() => fixture.ends.length === 1);
  await fixture.clock.advance(2000);
  await until(() => fixture.ends.length === 2);
  expect(fixture.ends[1]).toBe(`the connection to ${host}:${port} failed`);
  expect(fixture.told.at(-1)?.info.lastError).toContain("ECONNREFUSED");
  server = await TestServer.listen(port);
  await fixture.clock.advance(2000);
  (await server.connection(0)).write("up\n");
  expect(await fixture.batchesUntil(1)).toEqual(["up"]);
  expect(fixture.starts).toBe(3);
});

test("invalid UTF-8 and an oversized line are reported for the stream, which goes on", async () => {
  await fixture.start(socketTextStream(host, server.port, { lineBytesMax: 10 }));
  const socket = await server.connection(0);
  socket.write(
    Buffer.concat([
      Buffer.from("before\nb"),
      Buffer.from([0xff]),
      Buffer.from("d\nbetween\nfar too long a line\nafter\n"),
    ]),
  );
  expect(await fixture.batchesUntil(3)).toEqual(["before", "between", "after"]);
  expect(fixture.errors).toEqual([
    expect.stringContaining("[utf8_invalid]"),
    expect.stringContaining("[line_too_long]"),
  ]);
  const told = fixture.told.filter(({ what }) => what === "error");
  expect(told.map(({ info }) => info.streamId)).toEqual([streamId, streamId]);
  expect(fixture.starts).toBe(1);
});

test("a decoder of one's own belongs to one connection, and one that throws costs the connection", async () => {
  class Digits implements Decoder<number> {
    *decode(chunk: Uint8Array): Generator<number> {
      for (const byte of chunk) {
        if (byte === 0x21) throw new Error("no way on from here");
        yield byte - 0x30;
      }
    }
    *end(): Generator<number> {
      yield -1;
    }
  }
  await fixture.start(socketStream(host, server.port, () => new Digits()));
  (await server.connection(0)).write("12!34");
  await until(() => fixture.ends.length === 1);
  expect(fixture.told.at(-1)?.info.lastError).toContain("no way on from here");
  await fixture.clock.advance(2000);
  (await server.connection(1)).end("5");
  expect(await fixture.batchesUntil(4)).toEqual([1, 2, 5, -1]);
});

test("where no decoder can be made, the connection is closed and tried again", async () => {
  const noDecoder = () => {
    throw new Error("no decoder today");
  };
  await fixture.start(socketStream(host, server.port, noDecoder));
  await until(() => fixture.ends.length === 1);
  expect(fixture.told.at(-1)?.info.lastError).toContain("no decoder today");
  for (let round = 0; round < 50; round += 1) await settle();
  expect(server.connections.filter(({ destroyed }) => !destroyed)).toEqual([]);
  await fixture.clock.advance(2000);
  await until(() => fixture.ends.length === 2);
});

test("a fast sender waits for batches that are not completed, and loses nothing", async () => {
  const recordCount = 6000;
  const unprocessedRecordsMax = 500;
  await fixture.start(socketTextStream(host, server.port), { unprocessedRecordsMax });
  const socket = await server.connection(0);
  const sending = send(socket, recordCount);
  await until(() => fixture.tracker.unprocessedRecords === unprocessedRecordsMax);
  // As long as no batch completes, the sender gets rid of what the sockets' buffers hold and of no more.
  const written = await settledCount(() => sending.written);
  expect(written).toBeLessThan(recordCount);
  expect(socket.writableNeedDrain).toBe(true);
  expect(fixture.tracker.unprocessedRecords).toBe(unprocessedRecordsMax);

  const records: unknown[] = [];
  await until(async () => {
    expect(fixture.tracker.unprocessedRecords).toBeLessThanOrEqual(unprocessedRecordsMax);
    for (const record of await fixture.batch()) records.push(String(record).slice(0, 5));
    return records.length >= recordCount;
  });
  expect(records).toEqual(Array.from({ length: recordCount }, (_, index) => nameOf(index)));
});

test("stopping closes the connection", async () => {
  await fixture.start(socketTextStream(host, server.port));
  const socket = await server.connection(0);
  await fixture.stop();
  await until(() => socket.destroyed);
  expect(fixture.errors).toEqual([]);
});

test("a host or a port that cannot be is refused at the call", () => {
  for (const port of [0, -1, 65_536, 1.5, Number.NaN]) {
    expect(() => socketTextStream(host, port)).toThrow(/argument_invalid/);
  }
  expect(() => socketTextStream("", 9999)).toThrow(/argument_invalid/);
  expect(() => socketTextStream(host, 9999, { lineBytesMax: 0 })).toThrow(/argument_invalid/);
  expect(() => socketTextStream(host, 9999, { storageLevel: "SOMEWHERE" as "NONE" })).toThrow(
    /storage_level_unknown/,
  );
});

const nameOf = (index: number) => String(index).padStart(5, "0");
const padding = "x".repeat(10_000);

/** Sends lines of 10 kB as fast as they are taken. */
function send(socket: Socket, lineCount: number): { written: number } {
  const sending = { written: 0 };
  const go = () => {
    while (sending.written < lineCount) {
      const line = `${nameOf(sending.written)}${padding}\n`;
      sending.written += 1;
      if (!socket.write(line)) {
        socket.once("drain", go);
        return;
      }
    }
  };
  go();
  return sending;
}

/** The count when it has not changed for many turns of the event loop. */
async function settledCount(count: () => number): Promise<number> {
  let last = count();
  for (let unchanged = 0; unchanged < 200; unchanged += 1) {
    await settle();
    if (count() !== last) unchanged = 0;
    last = count();
  }
  return last;
}

test.each<[string, () => Decoder<string>]>([
  [
    "on its bytes",
    () => ({
      decode: () => {
        throw new Error("no such message");
      },
      end: () => [],
    }),
  ],
  [
    "while its records are read",
    () => ({
      *decode() {
        yield "first";
        throw new Error("no such message");
      },
      end: () => [],
    }),
  ],
  [
    "when it is made",
    () => {
      throw new Error("no such message");
    },
  ],
])(
  "a decoder that throws %s is told as what it is, and not as a failed connection",
  async (_name, decoder) => {
    await fixture.start(socketStream(host, server.port, decoder));
    void server.connection(0).then((socket) => socket.write("bytes"));
    await until(() => fixture.ends.length === 1);
    expect(fixture.ends[0]).toBe(
      `the connection to ${host}:${server.port} was given up: the decoder of a source threw: no such message`,
    );
  },
);
