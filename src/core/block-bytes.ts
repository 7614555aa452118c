/**
 * Owns: the serialized form of a block: encoded runs of records one after another, each behind its length, so that
 * neither writing nor reading a large block keeps the event loop waiting.
 * Does not own: the encoding of a run (src/codec), checksums, where the bytes are kept.
 */
import { Buffer } from "node:buffer";
import { StreamError } from "../base/index.ts";
import { decodeBlock, encodeBlock } from "../codec/index.ts";
import type { Pacer } from "./rdd/index.ts";

const lengthBytes = 4;
const noBytes = new Uint8Array();

/**
 * The records as one Buffer of its own, off the V8 heap, behind the bytes of a header; throws `value_unsupported`.
 */
export async function encodeRecords(
  records: readonly unknown[],
  pacer: Pacer,
  header: Uint8Array = noBytes,
): Promise<Buffer> {
  const runs: Uint8Array[] = [];
  let byteCount = header.length;
  for (let index = 0; index < records.length; ) {
    const until = index + pacer.chunkRecords;
    const run = encodeBlock(records.slice(index, until));
    runs.push(run);
    byteCount += lengthBytes + run.length;
    index = until;
    if (pacer.sliceIsOver()) await pacer.pause();
  }
  return join(header, runs, byteCount);
}

/** The records of such bytes, without the header; throws `value_undecodable`. */
export async function decodeRecords(bytes: Uint8Array, pacer: Pacer): Promise<unknown[]> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const records: unknown[] = [];
  for (let offset = 0; offset < bytes.length; ) {
    const start = offset + lengthBytes;
    if (start > bytes.length) throw cutOff(offset);
    const until = start + view.getUint32(offset, true);
    if (until > bytes.length) throw cutOff(offset);
    for (const record of decodeBlock(bytes.subarray(start, until))) records.push(record);
    offset = until;
    if (pacer.sliceIsOver()) await pacer.pause();
  }
  return records;
}

function cutOff(offset: number): StreamError {
  return new StreamError("value_undecodable", { offset, reason: "a run of records is cut off" });
}

/** A copy of bytes behind those of a header, off the V8 heap and not part of Node's shared pool. */
export function ownedCopy(bytes: Uint8Array, header: Uint8Array = noBytes): Buffer {
  const copy = Buffer.allocUnsafeSlow(header.length + bytes.length);
  copy.set(header);
  copy.set(bytes, header.length);
  return copy;
}

function join(header: Uint8Array, runs: readonly Uint8Array[], byteCount: number): Buffer {
  const joined = Buffer.allocUnsafeSlow(byteCount);
  joined.set(header);
  let offset = header.length;
  for (const run of runs) {
    joined.writeUInt32LE(run.length, offset);
    joined.set(run, offset + lengthBytes);
    offset += lengthBytes + run.length;
  }
  return joined;
}
