/**
 * Owns: the seal of a checkpoint file: its last block, which has the hash of all bytes before it. So a file whose hash
 * nobody kept vouches for itself, as far as it is one.
 * Does not own: the other records (checkpoint-format.ts).
 *
 * I1. The seal keeps its form in all versions to come: only so a reader can tell a newer file from a damaged one.
 */
import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";

/**
 * `good`: the bytes are what was written. `broken`: they are not. `none`: this is no checkpoint, or its end is damaged or
 * missing.
 */
export type SealState = "good" | "broken" | "none";

const hashDigits = 64;
/** One record, 67 bytes, branch 9 of the union, a text of 64 bytes. */
const sealStart = Buffer.of(0x02, 0x86, 0x01, 0x12, 0x80, 0x01);
const sealByteCount = sealStart.length + hashDigits + 16;

/** What the seal of a file that begins with these bytes says. */
export function sealOver(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/** Looks at the end of a whole file. */
export function sealStateOf(file: Uint8Array): SealState {
  const start = file.length - sealByteCount;
  if (start < 0) return "none";
  const seal = Buffer.from(file.buffer, file.byteOffset + start, sealByteCount);
  const text = seal.toString("latin1", sealStart.length, sealStart.length + hashDigits);
  const isSeal = seal.subarray(0, sealStart.length).equals(sealStart) && /^[0-9a-f]*$/.test(text);
  if (!isSeal) return "none";
  return text === sealOver(file.subarray(0, start)) ? "good" : "broken";
}
