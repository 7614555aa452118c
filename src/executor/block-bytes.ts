/**
 * Owns: the serialized form of a block: encoded runs of records one after another, each behind its length, so that
 * neither writing nor reading a large block keeps the event loop waiting.
 * Does not own: the encoding of a run (src/codec), checksums and files (block-folder.ts).
 */
import { Buffer } from "node:buffer";
import { decodeBlock, encodeBlock } from "../codec/index.ts";
import type { Pacer } from "../core/index.ts";

const lengthBytes = 4;

/** The records as one Buffer of its own, off the V8 heap; throws `value_unsupported`. */
export async function encodeRecords(records: readonly unknown[], pacer: Pacer): Promise<Buffer> {
  const runs: Uint8Array[] = [];
  let byteCount = 0;
  for (let index = 0; index < records.length; ) {
    const until = index + pacer.chunkRecords;
    const run = encodeBlock(records.slice(index, until));
    runs.push(run);
    byteCount += lengthBytes + run.length;
    index = until;
    if (pacer.sliceIsOver()) await pacer.pause();
  }
  return join(runs, byteCount);
}

/** The records of such a Buffer; throws `value_undecodable`. */
export async function decodeRecords(bytes: Buffer, pacer: Pacer): Promise<unknown[]> {
  const records: unknown[] = [];
  for (let offset = 0; offset < bytes.length; ) {
    const start = offset + lengthBytes;
    offset = start + bytes.readUInt32LE(offset);
    for (const record of decodeBlock(bytes.subarray(start, offset))) records.push(record);
    if (pacer.sliceIsOver()) await pacer.pause();
  }
  return records;
}

/** A copy of bytes, off the V8 heap and not part of Node's shared pool. */
export function ownedCopy(bytes: Uint8Array): Buffer {
  const copy = Buffer.allocUnsafeSlow(bytes.length);
  copy.set(bytes);
  return copy;
}

function join(runs: readonly Uint8Array[], byteCount: number): Buffer {
  const joined = Buffer.allocUnsafeSlow(byteCount);
  let offset = 0;
  for (const run of runs) {
    joined.writeUInt32LE(run.length, offset);
    joined.set(run, offset + lengthBytes);
    offset += lengthBytes + run.length;
  }
  return joined;
}
