/**
 * Owns: the layout of a log's segment, version 1, as docs/format/log.md has it: segment header, frame header, footer.
 * Does not own: what order they come in (segment-encoder.ts), what is wrong with a file (segment-reader.ts).
 *
 * A segment is a header, frames, and a footer once it is sealed. All numbers are unsigned and little-endian.
 *
 * I1. Each part can be verified by itself, before its length is used: nothing is allocated or skipped for a length that its
 *     header's checksum does not vouch for.
 * I2. The checksum of a frame header and of a footer covers the offset at which it stands, so that a frame which lies
 *     within a payload, or was written to a wrong place, is none; behind damage a reader finds the next true frame by
 *     its marker.
 */
import { Buffer } from "node:buffer";
import { crc32 } from "node:zlib";

/** 89 "MRLOG" CR LF: no text begins like it, and a transfer that changes line ends breaks it. */
export const segmentMagic: Buffer = Buffer.from("894d524c4f470d0a", "hex");
export const frameMarker: Buffer = Buffer.from("f74d5246", "hex");
export const footerMarker: Buffer = Buffer.from("f74d5245", "hex");

/** The version that is written, and the newest that is read. */
export const logFormatVersion = 1;

/** Magic, version and their checksum: these bytes keep their meaning in all versions to come. */
export const preambleBytes = 16;
/** A segment header without its opening bytes and its checksum. */
export const segmentHeaderFixedBytes = 48;
export const checksumBytes = 4;
export const frameHeaderBytes = 36;
export const footerBytes = 56;
export const hashBytes = 32;

export const openingBytesMax: number = 2 ** 16;
/** The longest payload, as it is stored. */
export const payloadBytesMax: number = 2 ** 28;

/** What a log is for; it is written as a number. */
export type LogKind = "blocks" | "journal";

const kindNumbers = { blocks: 1, journal: 2 } as const;
const kinds: ReadonlyMap<number, LogKind> = new Map([
  [kindNumbers.blocks, "blocks"],
  [kindNumbers.journal, "journal"],
]);

/** What a segment says about itself. */
export interface SegmentHeader {
  readonly kind: LogKind;
  /** Segments of a log are numbered without gaps. */
  readonly segment: number;
  /** The driver's life that wrote it. */
  readonly epoch: number;
  /** The sequence number of its first frame, if it has one. */
  readonly firstSequence: number;
  /** What the owner of the log wants to find first, at most 64 KiB. */
  readonly opening: Uint8Array;
}

/** What is written before a payload. */
export interface FrameHeader {
  readonly payloadByteCount: number;
  /** CRC-32 of the payload as it is stored. */
  readonly payloadChecksum: number;
  /**
   * How many frames before this one were not known to be durable when it was written: all frames before those were. It
   * tells a tail that was torn by a crash from damage to what had been durable.
   */
  readonly unsyncedBefore: number;
  readonly epoch: number;
  readonly sequence: number;
}

/** What is written when a segment is complete and durable. */
export interface SegmentFooter {
  readonly frameCount: number;
  /** One more than the sequence number of the last frame. */
  readonly nextSequence: number;
  /** SHA-256 over the segment header and all frame headers, in their order. */
  readonly hash: Uint8Array;
}

/** CRC-32 (that of zlib and PNG). */
export function checksumOf(bytes: Uint8Array): number {
  return crc32(bytes);
}

/** The bytes of a segment header. */
export function encodeSegmentHeader(header: SegmentHeader): Buffer {
  const { opening } = header;
  const bytes = Buffer.alloc(segmentHeaderFixedBytes + opening.length + checksumBytes);
  segmentMagic.copy(bytes);
  bytes.writeUInt32LE(logFormatVersion, 8);
  bytes.writeUInt32LE(crc32(bytes.subarray(0, 12)), 12);
  bytes.writeUInt32LE(kindNumbers[header.kind], 16);
  bytes.writeUInt32LE(opening.length, 20);
  writeWhole(bytes, header.segment, 24);
  writeWhole(bytes, header.epoch, 32);
  writeWhole(bytes, header.firstSequence, 40);
  bytes.set(opening, segmentHeaderFixedBytes);
  const checked = bytes.length - checksumBytes;
  bytes.writeUInt32LE(crc32(bytes.subarray(0, checked)), checked);
  return bytes;
}

/** What the first 16 bytes of a file say: a version, that the file is none of ours, or that they are damaged. */
export type Preamble =
  | { readonly kind: "version"; readonly version: number }
  | { readonly kind: "foreign" }
  | { readonly kind: "damaged" };

/** Reads the part of a segment header that all versions have; needs its 16 bytes. */
export function decodePreamble(bytes: Buffer): Preamble {
  const version = bytes.readUInt32LE(8);
  const checksum = bytes.readUInt32LE(12);
  const hasMagic = bytes.subarray(0, 8).equals(segmentMagic);
  if (hasMagic && crc32(bytes.subarray(0, 12)) === checksum) return { kind: "version", version };
  if (hasMagic) return { kind: "damaged" };
  // Where version and checksum fit the magic that should stand there, it is only the magic that suffered.
  const mended = Buffer.concat([segmentMagic, bytes.subarray(8, 12)]);
  if (crc32(mended) === checksum || bytes.every((byte) => byte === 0)) return { kind: "damaged" };
  return { kind: "foreign" };
}

/** How long the whole header is, as far as its first 48 bytes tell, which are not verified yet. */
export function segmentHeaderByteCount(fixed: Buffer): number | undefined {
  const openingByteCount = fixed.readUInt32LE(20);
  if (openingByteCount > openingBytesMax) return undefined;
  return segmentHeaderFixedBytes + openingByteCount + checksumBytes;
}

/** Reads a whole header of version 1; undefined where it is not what was written. */
export function decodeSegmentHeader(bytes: Buffer): SegmentHeader | undefined {
  const checked = bytes.length - checksumBytes;
  if (crc32(bytes.subarray(0, checked)) !== bytes.readUInt32LE(checked)) return undefined;
  const kind = kinds.get(bytes.readUInt32LE(16));
  const segment = readWhole(bytes, 24);
  const epoch = readWhole(bytes, 32);
  const firstSequence = readWhole(bytes, 40);
  if (kind === undefined || segment === undefined) return undefined;
  if (epoch === undefined || firstSequence === undefined) return undefined;
  const opening = Uint8Array.from(bytes.subarray(segmentHeaderFixedBytes, checked));
  return { kind, segment, epoch, firstSequence, opening };
}

/** Writes a frame header at `at` of `bytes`, as it stands at `offset` of its segment. */
export function writeFrameHeader(
  bytes: Buffer,
  at: number,
  offset: number,
  header: FrameHeader,
): void {
  frameMarker.copy(bytes, at);
  bytes.writeUInt32LE(header.payloadByteCount, at + 4);
  bytes.writeUInt32LE(header.payloadChecksum, at + 8);
  bytes.writeUInt32LE(header.unsyncedBefore, at + 12);
  writeWhole(bytes, header.epoch, at + 16);
  writeWhole(bytes, header.sequence, at + 24);
  bytes.writeUInt32LE(checksumAt(offset, bytes.subarray(at, at + 32)), at + 32);
}

/** Reads the frame header that stands at `offset`; undefined where there is none. Needs its 36 bytes. */
export function decodeFrameHeader(bytes: Buffer, offset: number): FrameHeader | undefined {
  if (bytes.compare(frameMarker, 0, 4, 0, 4) !== 0) return undefined;
  // The checksum comes last: bytes that only look like a frame are told by their numbers for less.
  const payloadByteCount = bytes.readUInt32LE(4);
  const unsyncedBefore = bytes.readUInt32LE(12);
  const epoch = readWhole(bytes, 16);
  const sequence = readWhole(bytes, 24);
  if (epoch === undefined || sequence === undefined) return undefined;
  if (payloadByteCount > payloadBytesMax || unsyncedBefore > sequence) return undefined;
  if (checksumAt(offset, bytes.subarray(0, 32)) !== bytes.readUInt32LE(32)) return undefined;
  const payloadChecksum = bytes.readUInt32LE(8);
  return { payloadByteCount, payloadChecksum, unsyncedBefore, epoch, sequence };
}

/** The bytes of a footer that stands at `offset`. */
export function encodeFooter(offset: number, footer: SegmentFooter): Buffer {
  const bytes = Buffer.alloc(footerBytes);
  footerMarker.copy(bytes);
  writeWhole(bytes, footer.frameCount, 4);
  writeWhole(bytes, footer.nextSequence, 12);
  bytes.set(footer.hash, 20);
  bytes.writeUInt32LE(checksumAt(offset, bytes.subarray(0, 52)), 52);
  return bytes;
}

/** Reads the footer that stands at `offset`; undefined where there is none. Needs its 56 bytes. */
export function decodeFooter(bytes: Buffer, offset: number): SegmentFooter | undefined {
  if (bytes.compare(footerMarker, 0, 4, 0, 4) !== 0) return undefined;
  const frameCount = readWhole(bytes, 4);
  const nextSequence = readWhole(bytes, 12);
  if (frameCount === undefined || nextSequence === undefined) return undefined;
  if (checksumAt(offset, bytes.subarray(0, 52)) !== bytes.readUInt32LE(52)) return undefined;
  return { frameCount, nextSequence, hash: Uint8Array.from(bytes.subarray(20, 52)) };
}

const offsetScratch = Buffer.alloc(8);

function checksumAt(offset: number, bytes: Buffer): number {
  writeWhole(offsetScratch, offset, 0);
  return crc32(bytes, crc32(offsetScratch));
}

function writeWhole(bytes: Buffer, value: number, at: number): void {
  bytes.writeUInt32LE(value % 2 ** 32, at);
  bytes.writeUInt32LE(Math.floor(value / 2 ** 32), at + 4);
}

/** Undefined where the eight bytes are no number from 0 to 2^53 - 1. */
function readWhole(bytes: Buffer, at: number): number | undefined {
  const value = bytes.readUInt32LE(at + 4) * 2 ** 32 + bytes.readUInt32LE(at);
  return Number.isSafeInteger(value) ? value : undefined;
}
