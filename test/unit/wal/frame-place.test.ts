/** Payloads that are bound to their places in a log. */
import { describe, expect, test } from "vitest";
import { logTransform, MemoryStore, transformedStore } from "../../../src/store/index.ts";
import { ManualClock } from "../../../src/testing/index.ts";
import {
  blockLogNames,
  type FrameAddress,
  framePlace,
  listLog,
  openLogWriter,
  planLog,
  readFrame,
  readLog,
} from "../../../src/wal/index.ts";
import {
  checksumOf,
  decodeFrameHeader,
  frameHeaderBytes,
  writeFrameHeader,
} from "../../../src/wal/log-format.ts";
import { encrypted } from "../../support/transform-fixtures.ts";
import { caught } from "../context/driven-context.ts";

const bytesOf = (text: string) => new TextEncoder().encode(text);
const textOf = (bytes: Uint8Array) => Buffer.from(bytes).toString();
const names = blockLogNames("driver");

/** A receiver log in a store that encrypts, with these payloads; `encode` may refuse some. */
async function logOf(payloads: readonly string[], refused: readonly string[] = []) {
  const inner = new MemoryStore();
  const { decode, encode, store } = logTransform(transformedStore(inner, encrypted));
  const log = openLogWriter({
    store,
    clock: new ManualClock(0),
    kind: "blocks",
    directory: "blocks",
    epoch: 3,
    segmentName: (segment) => names.nameOf({ segment, epoch: 3 }),
    firstSegment: 0,
    firstSequence: 0,
    encode: async (payload, place) => {
      if (refused.includes(textOf(payload))) throw new Error("refused");
      return encode(payload, place);
    },
  });
  const appended = await Promise.allSettled(payloads.map((each) => log.append(bytesOf(each))));
  await log.destroy();
  const addresses = appended.flatMap((each) => (each.status === "fulfilled" ? [each.value] : []));
  const read = async () => {
    const plan = planLog(await listLog(store, { directory: "blocks", names }));
    const texts: string[] = [];
    for await (const event of readLog(store, plan, { kind: "blocks", decode })) {
      if (event.kind === "frame") texts.push(textOf(event.payload));
    }
    return texts;
  };
  return { store, inner, decode, addresses, read };
}

/** The file with the payload of one frame in the place of another, and all checksums right. */
function moved(file: Buffer, from: FrameAddress, to: FrameAddress): Buffer {
  const bytes = Buffer.from(file);
  const payload = file.subarray(from.offset + frameHeaderBytes, from.offset + from.length);
  bytes.set(payload, to.offset + frameHeaderBytes);
  const header = decodeFrameHeader(file.subarray(to.offset), to.offset);
  expect(header).toBeDefined();
  if (header !== undefined) {
    const mended = { ...header, payloadChecksum: checksumOf(payload) };
    writeFrameHeader(bytes, to.offset, to.offset, mended);
  }
  return bytes;
}

describe("an encrypted log", () => {
  test("does not give a payload at another place, though all checksums there are right", async () => {
    const { addresses, decode, inner, read, store } = await logOf(["pay 1", "pay 9", "pay 5"]);
    expect(await read()).toEqual(["pay 1", "pay 9", "pay 5"]);
    const [first, second] = addresses;
    if (first === undefined || second === undefined) throw new Error("two frames are there");
    const file = moved(Buffer.from(await inner.read(first.segment)), second, first);
    await inner.delete(first.segment);
    await inner.create(first.segment, file);
    const address = { ...first, checksum: second.checksum };
    for (const error of [
      await caught(readFrame(store, address, { decode })),
      await caught(read()),
    ]) {
      expect(error).toMatchObject({
        code: "log_damaged",
        details: { file: first.segment, offset: first.offset },
        cause: { code: "envelope_damaged" },
      });
    }
  });

  test("binds each payload to the place that it came to, also behind one that could not be encoded", async () => {
    const { addresses, decode, read, store } = await logOf(["a", "bad", "b", "bad", "c"], ["bad"]);
    expect(await read()).toEqual(["a", "b", "c"]);
    const texts = await Promise.all(
      addresses.map(async (address) => textOf(await readFrame(store, address, { decode }))),
    );
    expect(texts).toEqual(["a", "b", "c"]);
  });

  test("calls the places of the two copies of a journal the same, and those of two writers not", () => {
    const frame = { epoch: 3, sequence: 17 };
    const places = [
      framePlace("journal", "journal/0000000001-0000000003", frame),
      framePlace("journal", "journal-mirror/0000000001-0000000003.repaired-0001", frame),
      framePlace("blocks", "blocks/0000000003-driver-0000000001", frame),
      framePlace("blocks", "blocks/0000000003-driver-0000000002", frame),
      framePlace("blocks", "blocks/0000000003-other-0000000001", frame),
    ];
    expect(places).toEqual([
      "journal 3 17",
      "journal 3 17",
      "blocks/0000000003-driver 3 17",
      "blocks/0000000003-driver 3 17",
      "blocks/0000000003-other 3 17",
    ]);
  });
});
