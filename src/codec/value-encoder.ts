/**
 * Owns: writing plain data as Avro binary of `valueSchema`.
 * Does not own: the schema (value-schema.ts), primitives (byte-writer.ts), whole blocks
 * (block-encoder.ts).
 *
 * I1. The bytes are exactly Avro binary of `valueSchema`; equal steps of building a value give
 *     equal bytes.
 */

import { bigIntBytes } from "./bigint-bytes.ts";
import { binaryBytes, binaryKindOf } from "./binary-value.ts";
import { ByteWriter } from "./byte-writer.ts";
import { plainKindOf } from "./plain-kind.ts";
import { valueUnsupported } from "./value-refusal.ts";
import { binaryKinds, longMax, valueBranch, valueDepthMax } from "./value-schema.ts";

/** A union's branch number stands before the value as a `long`: zigzag, one byte. */
const tag = (branch: number): number => branch << 1;

const nullTag = tag(valueBranch.null);
const undefinedTag = tag(valueBranch.undefined);
const booleanTag = tag(valueBranch.boolean);
const longTag = tag(valueBranch.long);
const doubleTag = tag(valueBranch.double);
const stringTag = tag(valueBranch.string);
const bytesTag = tag(valueBranch.bytes);
const arrayTag = tag(valueBranch.array);
const objectTag = tag(valueBranch.object);
const bigintTag = tag(valueBranch.bigint);
const dateTag = tag(valueBranch.date);
const mapTag = tag(valueBranch.map);
const setTag = tag(valueBranch.set);
const binaryTag = tag(valueBranch.binary);
const utf16Tag = tag(valueBranch.utf16);
const propertiesTag = tag(valueBranch.objectOfProperties);

/** Thrown inside and never seen: the path to the fault is found afterwards. */
const refused = new Error("not plain data");

/**
 * Any plain data value as Avro binary of `valueSchema`. Throws `value_unsupported` with the path to
 * what is not plain data (`$.a[3].b`), and `value_too_large` beyond 1 GiB.
 */
export function encodeValue(value: unknown): Uint8Array {
  return refusingUnsupported(value, () =>
    ByteWriter.collect((writer) => writeValue(writer, value)),
  );
}

/** Runs `encode`, and names the part of `value` at fault where `writeValue` refused one. */
export function refusingUnsupported<T>(value: unknown, encode: () => T): T {
  try {
    return encode();
  } catch (thrown) {
    throw thrown === refused ? valueUnsupported(value) : thrown;
  }
}

/** Writes one value; to be called inside `refusingUnsupported`. */
export function writeValue(writer: ByteWriter, value: unknown): void {
  writeAt(writer, value, 0);
}

function writeAt(writer: ByteWriter, value: unknown, depth: number): void {
  switch (typeof value) {
    case "string":
      return writeString(writer, value);
    case "number":
      return writeNumber(writer, value);
    case "object":
      return value === null ? writer.byte(nullTag) : writeComposite(writer, value, depth);
    case "boolean":
      writer.byte(booleanTag);
      return writer.byte(value ? 1 : 0);
    case "undefined":
      return writer.byte(undefinedTag);
    case "bigint":
      writer.byte(bigintTag);
      return writer.bytes(bigIntBytes(value));
    default:
      throw refused;
  }
}

function writeNumber(writer: ByteWriter, value: number): void {
  if (Number.isInteger(value) && Math.abs(value) <= longMax && !Object.is(value, -0)) {
    writer.byte(longTag);
    writer.long(value);
  } else {
    writer.byte(doubleTag);
    writer.double(value);
  }
}

function writeString(writer: ByteWriter, text: string): void {
  const start = writer.position;
  writer.byte(stringTag);
  if (writer.string(text)) return;
  writer.rewind(start);
  writer.byte(utf16Tag);
  writer.long(text.length * 2);
  writer.utf16(text);
}

function writeComposite(writer: ByteWriter, value: object, depth: number): void {
  if (depth === valueDepthMax) throw refused;
  switch (plainKindOf(value)) {
    case "array":
      writer.byte(arrayTag);
      return writeItems(writer, value as readonly unknown[], depth);
    case "object":
      return writeObject(writer, value as PlainObject, depth);
    case "date":
      writer.byte(dateTag);
      return writer.double((value as Date).getTime());
    case "map":
      writer.byte(mapTag);
      return writeEntries(writer, [...(value as ReadonlyMap<unknown, unknown>)], depth);
    case "set":
      writer.byte(setTag);
      return writeItems(writer, [...(value as ReadonlySet<unknown>)], depth);
    case "bytes":
    case "view":
    case "buffer":
      return writeBinary(writer, value as ArrayBuffer | ArrayBufferView);
    default:
      throw refused;
  }
}

function writeBinary(writer: ByteWriter, binary: ArrayBuffer | ArrayBufferView): void {
  const kind = binaryKindOf(binary);
  if (kind === undefined) {
    writer.byte(bytesTag);
  } else {
    writer.byte(binaryTag);
    writer.long(binaryKinds.indexOf(kind));
  }
  writer.bytes(binaryBytes(binary, kind));
}

/** Avro writes arrays and maps in blocks; here always one block, and the empty one that ends it. */
function writeItems(writer: ByteWriter, items: readonly unknown[], depth: number): void {
  const count = items.length;
  if (count > 0) writer.long(count);
  for (let index = 0; index < count; index += 1) writeAt(writer, items[index], depth + 1);
  writer.byte(0);
}

function writeEntries(
  writer: ByteWriter,
  entries: readonly (readonly [unknown, unknown])[],
  depth: number,
): void {
  if (entries.length > 0) writer.long(entries.length);
  for (const [key, value] of entries) {
    writeAt(writer, key, depth + 1);
    writeAt(writer, value, depth + 1);
  }
  writer.byte(0);
}

type PlainObject = Readonly<Record<string, unknown>>;

function writeObject(writer: ByteWriter, object: PlainObject, depth: number): void {
  const names = Object.keys(object);
  const start = writer.position;
  writer.byte(objectTag);
  if (names.length > 0) writer.long(names.length);
  for (const name of names) {
    if (!writer.string(name)) {
      writer.rewind(start);
      return writeObjectOfProperties(writer, object, depth);
    }
    writeAt(writer, object[name], depth + 1);
  }
  writer.byte(0);
}

/**
 * The names of an Avro map are UTF-8: an object with a lone surrogate in a name needs another
 * branch.
 */
function writeObjectOfProperties(writer: ByteWriter, object: PlainObject, depth: number): void {
  writer.byte(propertiesTag);
  writeEntries(writer, Object.entries(object), depth);
}
