/**
 * Owns: what the payloads of frames hold: values, and calls (a method and a value).
 * Does not own: errors (error-form.ts), frames (frame-format.ts), the encoding of plain data (src/codec).
 *
 * A value is a byte that tells its form, and the value. Bytes travel as they are; anything else in the default codec,
 * which is faster than the serializer of v8 on small messages, and which names the part that cannot travel, where v8
 * makes plain objects of the instances of classes without a word.
 */
import { Buffer } from "node:buffer";
import { StreamError } from "../../base/index.ts";
import { decodeValue, encodeValue } from "../../codec/index.ts";

const form = { undefined: 0, bytes: 1, buffer: 2, value: 3 } as const;

/** A payload in pieces: bytes that the caller handed over are not copied. */
export type Payload = readonly Uint8Array[];

/** What a request, a stream or a notification asks. */
export interface Call {
  readonly method: string;
  readonly value: unknown;
}

const noValue = Buffer.of(form.undefined);
const bytesForm = Buffer.of(form.bytes);
const bufferForm = Buffer.of(form.buffer);
const valueForm = Buffer.of(form.value);
const methodBytesMax = 255;

/**
 * A value as a payload. Bytes at the top are handed over: whoever sends them must not change them any more. Throws
 * `value_unsupported` with the path to what is not plain data.
 */
export function encodeMessage(value: unknown): Payload {
  if (value === undefined) return [noValue];
  if (value instanceof Uint8Array) {
    if (Buffer.isBuffer(value)) return [bufferForm, value];
    if (Object.getPrototypeOf(value) === Uint8Array.prototype) return [bytesForm, value];
  }
  return [valueForm, encodeValue(value)];
}

/** The value of a payload. Throws `channel_damaged` for what is none. */
export function decodeMessage(payload: Uint8Array): unknown {
  const rest = payload.subarray(1);
  switch (payload[0]) {
    case form.undefined:
      return undefined;
    case form.bytes:
      return ownBytes(rest);
    case form.buffer: {
      const bytes = ownBytes(rest);
      return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
    }
    case form.value:
      return damagedUnless("a value cannot be decoded", () => decodeValue(rest));
    default:
      throw new StreamError("channel_damaged", { reason: "a value of no known form" });
  }
}

export function encodeCall(method: string, value: unknown): Payload {
  const name = Buffer.from(method);
  if (name.length > methodBytesMax) {
    throw new StreamError("argument_invalid", {
      argument: "method",
      value: method,
      expected: `a name of at most ${methodBytesMax} bytes`,
    });
  }
  return [Buffer.of(name.length), name, ...encodeMessage(value)];
}

/** The call of a payload. Throws `channel_damaged` for what is none. */
export function decodeCall(payload: Uint8Array): Call {
  const nameBytes = payload[0];
  if (nameBytes === undefined || payload.length < 1 + nameBytes + 1) {
    throw new StreamError("channel_damaged", { reason: "a call without method or value" });
  }
  const method = Buffer.from(payload.subarray(1, 1 + nameBytes)).toString();
  return { method, value: decodeMessage(payload.subarray(1 + nameBytes)) };
}

export function payloadBytesOf(payload: Payload): number {
  let bytes = 0;
  for (const piece of payload) bytes += piece.length;
  return bytes;
}

/**
 * A plain Uint8Array of the bytes. Small parts of a chunk are copied: whoever keeps them would keep all of the chunk.
 */
function ownBytes(bytes: Uint8Array): Uint8Array<ArrayBufferLike> {
  const isMostOfIt = bytes.length * 2 >= bytes.buffer.byteLength;
  return isMostOfIt
    ? new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length)
    : new Uint8Array(bytes);
}

/** Runs `decode`; what it throws is damage. */
export function damagedUnless<T>(reason: string, decode: () => T): T {
  try {
    return decode();
  } catch (error) {
    throw new StreamError("channel_damaged", { reason }, { cause: error });
  }
}
