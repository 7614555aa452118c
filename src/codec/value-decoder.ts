/**
 * Owns: reading plain data from Avro binary of `valueSchema`, whoever wrote it.
 * Does not own: the schema (value-schema.ts), primitives (byte-reader.ts), whole blocks
 * (block-decoder.ts).
 *
 * I1. Whatever the bytes are, reading ends, in time and memory bounded by a multiple of their
 *     number, with a value or with `value_undecodable`.
 */
import { StreamError } from "../base/index.ts";
import { bigIntOf } from "./bigint-bytes.ts";
import { binaryOf } from "./binary-value.ts";
import { ByteReader } from "./byte-reader.ts";
import { binaryKinds, valueBranch, valueDepthMax } from "./value-schema.ts";

/** The value of Avro binary of `valueSchema`; throws `value_undecodable` for any other bytes. */
export function decodeValue(bytes: Uint8Array): unknown {
  return decodeAll(bytes, readValue);
}

/** What `read` makes of all the bytes; anything else that is thrown becomes `value_undecodable`. */
export function decodeAll<T>(bytes: Uint8Array, read: (reader: ByteReader) => T): T {
  const reader = new ByteReader(bytes);
  try {
    const result = read(reader);
    reader.end();
    return result;
  } catch (thrown) {
    throw thrown instanceof StreamError ? thrown : reader.fault("bad contents", thrown);
  }
}

/** Reads one value. */
export function readValue(reader: ByteReader): unknown {
  return readAt(reader, 0);
}

function readAt(reader: ByteReader, depth: number): unknown {
  switch (reader.long()) {
    case valueBranch.string:
      return reader.string();
    case valueBranch.long:
      return reader.long();
    case valueBranch.double:
      return reader.double();
    case valueBranch.null:
      return null;
    case valueBranch.undefined:
      return undefined;
    case valueBranch.boolean:
      return readBoolean(reader);
    case valueBranch.array:
      return readItems(reader, deeper(reader, depth));
    case valueBranch.object:
      return readObject(reader, deeper(reader, depth));
    case valueBranch.map:
      return readMap(reader, deeper(reader, depth));
    case valueBranch.set:
      return new Set(readItems(reader, deeper(reader, depth)));
    case valueBranch.objectOfProperties:
      return readObjectOfProperties(reader, deeper(reader, depth));
    case valueBranch.bytes:
      return new Uint8Array(reader.bytes());
    case valueBranch.bigint:
      return readBigInt(reader);
    case valueBranch.date:
      return new Date(reader.double());
    case valueBranch.binary:
      return readBinary(reader);
    case valueBranch.utf16:
      return readUtf16(reader);
    default:
      throw reader.fault("there is no such branch of the union");
  }
}

function deeper(reader: ByteReader, depth: number): number {
  if (depth === valueDepthMax) throw reader.fault(`nested deeper than ${valueDepthMax} levels`);
  return depth + 1;
}

/**
 * Avro ends arrays and maps with an empty block; a negative count is followed by the block's size
 * in bytes.
 */
function blockCount(reader: ByteReader): number {
  const count = reader.long();
  if (count >= 0) return reader.count(count);
  reader.long();
  return reader.count(-count);
}

function readBoolean(reader: ByteReader): boolean {
  const byte = reader.byte();
  if (byte > 1) throw reader.fault("a boolean is neither 0 nor 1");
  return byte === 1;
}

function readItems(reader: ByteReader, depth: number): unknown[] {
  const items: unknown[] = [];
  for (let count = blockCount(reader); count > 0; count = blockCount(reader)) {
    for (let index = 0; index < count; index += 1) items.push(readAt(reader, depth));
  }
  return items;
}

function readObject(reader: ByteReader, depth: number): object {
  const object: Record<string, unknown> = {};
  for (let count = blockCount(reader); count > 0; count = blockCount(reader)) {
    for (let index = 0; index < count; index += 1) {
      setProperty(object, reader.name(), readAt(reader, depth));
    }
  }
  return object;
}

function readMap(reader: ByteReader, depth: number): Map<unknown, unknown> {
  const map = new Map<unknown, unknown>();
  for (let count = blockCount(reader); count > 0; count = blockCount(reader)) {
    for (let index = 0; index < count; index += 1) {
      const key = readAt(reader, depth);
      map.set(key, readAt(reader, depth));
    }
  }
  return map;
}

function readObjectOfProperties(reader: ByteReader, depth: number): object {
  const object: Record<string, unknown> = {};
  for (const [name, value] of readMap(reader, depth)) {
    if (typeof name !== "string") throw reader.fault("the name of a property is not a string");
    setProperty(object, name, value);
  }
  return object;
}

/**
 * Sets an own property; plain assignment to `__proto__` would change what the object inherits from.
 */
export function setProperty(object: Record<string, unknown>, name: string, value: unknown): void {
  if (name !== "__proto__") object[name] = value;
  else {
    Object.defineProperty(object, name, {
      value,
      writable: true,
      enumerable: true,
      configurable: true,
    });
  }
}

function readBigInt(reader: ByteReader): bigint {
  const bytes = reader.bytes();
  if (bytes.length === 0) throw reader.fault("a bigint has no bytes");
  return bigIntOf(bytes);
}

function readBinary(reader: ByteReader): ArrayBuffer | ArrayBufferView {
  const kind = binaryKinds[reader.long()];
  if (kind === undefined) throw reader.fault("there is no such kind of binary data");
  const binary = binaryOf(kind, reader.bytes());
  if (binary === undefined) throw reader.fault(`the bytes make no ${kind} in this runtime`);
  return binary;
}

function readUtf16(reader: ByteReader): string {
  const byteCount = reader.count(reader.long());
  if (byteCount % 2 === 1) throw reader.fault("a code unit is cut in half");
  return reader.utf16(byteCount / 2);
}
