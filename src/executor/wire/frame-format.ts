/**
 * Owns: how a frame looks between two processes: its kinds, its header, its bounds.
 * Does not own: cutting received bytes into frames (frame-reader.ts), what a payload holds (message-format.ts).
 *
 * A frame is a length (u32, of all that follows), a kind (u8), the number of a call (u32) and a payload; numbers are
 * little-endian. It never reaches a disk, and both ends run the same release: there is no version in it.
 */
import { Buffer } from "node:buffer";

export const frameKind = {
  /** Asks for one answer. Payload: a call. */
  request: 1,
  /** Asks for items. Payload: a call. */
  stream: 2,
  /** Awaits nothing; its number is 0. Payload: a call. */
  notification: 3,
  /** Ends a request. Payload: a value. */
  answer: 4,
  /** Ends a request or a stream. Payload: an error. */
  failure: 5,
  /** Payload: a value. */
  item: 6,
  /** Ends a stream. */
  end: 7,
  /** Allows as many more bytes of items. Payload: u32. */
  credit: 8,
  /** Whoever asked gave up; an answer, a failure or an end still comes. */
  cancellation: 9,
} as const;

export type FrameKind = (typeof frameKind)[keyof typeof frameKind];

export interface Frame {
  readonly kind: FrameKind;
  readonly call: number;
  readonly payload: Uint8Array;
}

/** Bytes of kind and number, which the length counts. */
const prefixBytes = 5;

/** Bytes of length, kind and number. */
export const headerBytes: number = 4 + prefixBytes;

/** The greatest payload: what is larger goes as a stream of items. */
export const payloadBytesMax: number = 64 * 1024 * 1024;

/** The highest number of a call; they begin again at 1. */
export const callNumberMax = 0xffff_ffff;

const kinds: ReadonlySet<number> = new Set(Object.values(frameKind));

export function frameHeader(kind: FrameKind, call: number, payloadBytes: number): Buffer {
  const header = Buffer.allocUnsafe(headerBytes);
  header.writeUInt32LE(prefixBytes + payloadBytes, 0);
  header.writeUInt8(kind, 4);
  header.writeUInt32LE(call, 5);
  return header;
}

/** What a header says; undefined where no frame begins so. */
export function readHeader(
  header: Buffer,
): { readonly kind: FrameKind; readonly call: number; readonly payloadBytes: number } | undefined {
  const length = header.readUInt32LE(0);
  const kind = header.readUInt8(4);
  if (length < prefixBytes || !isKind(kind)) return undefined;
  return { kind, call: header.readUInt32LE(5), payloadBytes: length - prefixBytes };
}

function isKind(kind: number): kind is FrameKind {
  return kinds.has(kind);
}
