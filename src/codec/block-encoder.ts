/**
 * Owns: writing the records of a block, in columns where they are alike.
 * Does not own: single values (value-encoder.ts), framing, checksums and compression (the log's
 * matter).
 *
 * I1. Decoding gives the same records as encoding each one by itself would; columns change only the
 *     bytes.
 */
import {
  blockVersion,
  columnDepthMax,
  columnKind,
  columnsMax,
  runEncoding,
} from "./block-format.ts";
import { ByteWriter } from "./byte-writer.ts";
import { refusingUnsupported, writeValue } from "./value-encoder.ts";

/**
 * The records as one block: strings, numbers, and arrays or objects of one shape in columns, all
 * else as values. Throws `value_unsupported` with the path, the record's index first (`$[3].b`),
 * and `value_too_large` beyond 1 GiB.
 */
export function encodeBlock(records: readonly unknown[]): Uint8Array {
  return refusingUnsupported(records, () =>
    ByteWriter.collect((writer) => {
      writer.byte(blockVersion);
      writer.varint(records.length);
      if (records.length > 0) writeColumn(writer, records, 0);
    }),
  );
}

function writeColumn(writer: ByteWriter, values: readonly unknown[], depth: number): void {
  if (areStrings(values)) writeStrings(writer, values);
  else if (areNumbers(values)) writeNumbers(writer, values);
  else if (depth === columnDepthMax || !writeRows(writer, values, depth))
    writeValues(writer, values);
}

function areStrings(values: readonly unknown[]): values is readonly string[] {
  for (let index = 0; index < values.length; index += 1) {
    if (typeof values[index] !== "string") return false;
  }
  return true;
}

function areNumbers(values: readonly unknown[]): values is readonly number[] {
  for (let index = 0; index < values.length; index += 1) {
    if (typeof values[index] !== "number") return false;
  }
  return true;
}

function writeValues(writer: ByteWriter, values: readonly unknown[]): void {
  writer.byte(columnKind.values);
  for (let index = 0; index < values.length; index += 1) writeValue(writer, values[index]);
}

const runUnitsMax = 4096;

/** In runs, so that one character beyond U+00FF does not double the whole block. */
function writeStrings(writer: ByteWriter, texts: readonly string[]): void {
  writer.byte(columnKind.strings);
  let start = 0;
  let units = 0;
  for (let index = 0; index < texts.length; index += 1) {
    const length = texts[index]?.length ?? 0;
    if (units + length > runUnitsMax && index > start) {
      writeRun(writer, texts.slice(start, index));
      start = index;
      units = 0;
    }
    units += length;
  }
  writeRun(writer, texts.slice(start));
}

const beyondLatin1 = /[^\0-\u00ff]/;

function writeRun(writer: ByteWriter, texts: readonly string[]): void {
  const joined = texts.join("");
  const latin1 = !beyondLatin1.test(joined);
  writer.varint(texts.length);
  writer.byte(latin1 ? runEncoding.latin1 : runEncoding.utf16);
  for (const text of texts) writer.varint(text.length);
  if (latin1) writer.latin1(joined);
  else writer.utf16(joined);
}

function writeNumbers(writer: ByteWriter, numbers: readonly number[]): void {
  const small = numbers.every(isInt32);
  writer.byte(small ? columnKind.int32s : columnKind.doubles);
  if (small) for (const value of numbers) writer.long(value);
  else for (const value of numbers) writer.double(value);
}

function isInt32(value: number): boolean {
  return value === (value | 0) && !Object.is(value, -0);
}

/** Says false, having written nothing, where the values are not arrays or objects of one shape. */
function writeRows(writer: ByteWriter, values: readonly unknown[], depth: number): boolean {
  const [first] = values;
  if (isPlainArray(first)) {
    return areTuples(values, first.length) && writeTuples(writer, values, first.length, depth);
  }
  if (!isPlainObject(first)) return false;
  const names = Object.keys(first);
  return areObjects(values, names) && writeObjects(writer, values, names, depth);
}

type Tuple = readonly unknown[];
type PlainObject = Readonly<Record<string, unknown>>;

function isPlainArray(value: unknown): value is Tuple {
  return Array.isArray(value) && Object.getPrototypeOf(value) === Array.prototype;
}

function isPlainObject(value: unknown): value is PlainObject {
  return (
    typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype
  );
}

function areTuples(values: readonly unknown[], width: number): values is readonly Tuple[] {
  if (width === 0 || width > columnsMax) return false;
  return values.every((value) => isPlainArray(value) && value.length === width);
}

function writeTuples(
  writer: ByteWriter,
  tuples: readonly Tuple[],
  width: number,
  depth: number,
): true {
  writer.byte(columnKind.tuples);
  writer.varint(width);
  for (let column = 0; column < width; column += 1) {
    writeColumn(
      writer,
      tuples.map((tuple) => tuple[column]),
      depth + 1,
    );
  }
  return true;
}

/** Of one shape are objects that have the same names in the same order. */
function areObjects(
  values: readonly unknown[],
  names: readonly string[],
): values is readonly PlainObject[] {
  if (names.length === 0 || names.length > columnsMax) return false;
  return values.every((value) => isPlainObject(value) && hasNames(value, names));
}

function hasNames(object: PlainObject, names: readonly string[]): boolean {
  const ownNames = Object.keys(object);
  if (ownNames.length !== names.length) return false;
  for (let index = 0; index < names.length; index += 1) {
    if (ownNames[index] !== names[index]) return false;
  }
  return true;
}

function writeObjects(
  writer: ByteWriter,
  objects: readonly PlainObject[],
  names: readonly string[],
  depth: number,
): boolean {
  const start = writer.position;
  writer.byte(columnKind.objects);
  writer.varint(names.length);
  if (!names.every((name) => writer.string(name))) {
    writer.rewind(start);
    return false;
  }
  for (const name of names) {
    writeColumn(
      writer,
      objects.map((object) => object[name]),
      depth + 1,
    );
  }
  return true;
}
