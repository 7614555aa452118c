/**
 * Owns: bigints as the fewest bytes of two's complement, high byte first, as Java's BigInteger and
 * Avro's decimals are.
 * Does not own: where they stand (value-encoder.ts, value-decoder.ts).
 */
import { Buffer } from "node:buffer";

/** At least one byte; time grows with the size of the number, not with its square. */
export function bigIntBytes(value: bigint): Uint8Array {
  const magnitude = (value < 0n ? ~value : value).toString(16);
  const signBitFits = magnitude.length % 2 === 1 || magnitude < "8";
  const byteCount = Math.ceil(magnitude.length / 2) + (signBitFits ? 0 : 1);
  const hex = BigInt.asUintN(byteCount * 8, value)
    .toString(16)
    .padStart(byteCount * 2, "0");
  return Buffer.from(hex, "hex");
}

/** The bigint of one or more bytes. */
export function bigIntOf(bytes: Uint8Array): bigint {
  const hex = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("hex");
  return BigInt.asIntN(bytes.length * 8, BigInt(`0x${hex}`));
}
