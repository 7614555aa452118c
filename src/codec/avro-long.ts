/**
 * Owns: Avro's `long` for schemas that users give. The one that avsc comes with reads numbers below
 * -2^52 with the wrong sign, and refuses what is beyond 2^53.
 * Does not own: the longs of the default codec (byte-writer.ts, byte-reader.ts).
 */
import { Buffer } from "node:buffer";
import avsc from "avsc";

const longBits = 64;
const longBytesMax = 10;

/** A number where it is a safe integer, else a bigint; both are taken, if they fit into 64 bits. */
export const exactLongType: avsc.types.LongType = avsc.types.LongType.__with(
  {
    toBuffer: encodeLong,
    fromBuffer: decodeLong,
    fromJSON: (value: string | number) => narrowed(BigInt(value)),
    toJSON: (value: number | bigint) => value.toString(),
    isValid: isLong,
    compare: (a: number | bigint, b: number | bigint) => (a < b ? -1 : a > b ? 1 : 0),
  },
  true,
);

function isLong(value: unknown): boolean {
  if (typeof value === "number") return Number.isSafeInteger(value);
  return typeof value === "bigint" && BigInt.asIntN(longBits, value) === value;
}

function encodeLong(value: number | bigint): Buffer {
  const long = BigInt(value);
  const bytes: number[] = [];
  let rest = BigInt.asUintN(longBits, (long << 1n) ^ (long >> 63n));
  for (; rest > 0x7fn; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | 0x80);
  bytes.push(Number(rest));
  return Buffer.from(bytes);
}

function decodeLong(bytes: Buffer): number | bigint {
  return bytes.length <= 4 ? decodeSmallLong(bytes) : decodeLargeLong(bytes);
}

function decodeSmallLong(bytes: Buffer): number {
  let zigzag = 0;
  for (let index = bytes.length - 1; index >= 0; index -= 1) {
    zigzag = (zigzag << 7) | ((bytes[index] ?? 0) & 0x7f);
  }
  return (zigzag >>> 1) ^ -(zigzag & 1);
}

function decodeLargeLong(bytes: Buffer): number | bigint {
  if (bytes.length > longBytesMax) throw new RangeError("a long has more than ten bytes");
  let zigzag = 0n;
  for (let index = bytes.length - 1; index >= 0; index -= 1) {
    zigzag = (zigzag << 7n) | BigInt((bytes[index] ?? 0) & 0x7f);
  }
  return narrowed(BigInt.asIntN(longBits, (zigzag >> 1n) ^ -(zigzag & 1n)));
}

function narrowed(value: bigint): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}
