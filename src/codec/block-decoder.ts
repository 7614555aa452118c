/**
 * Owns: reading the records of a block.
 * Does not own: single values (value-decoder.ts), the format's numbers (block-format.ts).
 *
 * I1. As for values: whatever the bytes are, reading ends, bounded by a multiple of their number.
 * I2. No string that is handed out keeps the text of a whole run alive.
 */
import {
  blockVersion,
  columnDepthMax,
  columnKind,
  columnsMax,
  runEncoding,
} from "./block-format.ts";
import type { ByteReader } from "./byte-reader.ts";
import { decodeAll, readValue, setProperty } from "./value-decoder.ts";

/** The records of a block; throws `value_undecodable` for bytes that are no block. */
export function decodeBlock(bytes: Uint8Array): unknown[] {
  return decodeAll(bytes, (reader) => {
    const version = reader.byte();
    if (version !== blockVersion) throw reader.fault(`unknown version ${version}`);
    const count = reader.count(reader.varint());
    return count === 0 ? [] : readColumn(reader, count, 0);
  });
}

function readColumn(reader: ByteReader, count: number, depth: number): unknown[] {
  // Every value takes at least one byte, in every kind of column.
  reader.count(count);
  switch (reader.byte()) {
    case columnKind.values:
      return readEach(count, () => readValue(reader));
    case columnKind.strings:
      return readStrings(reader, count);
    case columnKind.doubles:
      return reader.doubles(count);
    case columnKind.int32s:
      return reader.longs(count);
    case columnKind.tuples:
      return readTuples(reader, count, deeper(reader, depth));
    case columnKind.objects:
      return readObjects(reader, count, deeper(reader, depth));
    default:
      throw reader.fault("there is no such kind of column");
  }
}

function deeper(reader: ByteReader, depth: number): number {
  if (depth === columnDepthMax) throw reader.fault("columns are nested too deep");
  return depth + 1;
}

function readEach<T>(count: number, read: (index: number) => T): T[] {
  const values: T[] = [];
  for (let index = 0; index < count; index += 1) values.push(read(index));
  return values;
}

function readStrings(reader: ByteReader, count: number): string[] {
  const texts: string[] = [];
  while (texts.length < count) {
    const runCount = reader.varint();
    if (runCount === 0 || runCount > count - texts.length) {
      throw reader.fault("the runs of strings do not add up");
    }
    readRun(reader, reader.count(runCount), texts);
  }
  return texts;
}

/** V8 makes a substring of this length or more a view that keeps the whole text alive. */
const viewUnitsMin = 13;

/**
 * How much text a string may keep alive: else a key kept in the state for years holds kilobytes of
 * its neighbours.
 */
const keptUnitsMax = 256;

function readRun(reader: ByteReader, count: number, texts: string[]): void {
  const encoding = reader.byte();
  if (encoding > runEncoding.utf16) throw reader.fault("there is no such encoding of text");
  const lengths = reader.varints(count);
  for (let start = 0; start < count; ) {
    const { end, units } = groupFrom(lengths, start);
    const joined = encoding === runEncoding.latin1 ? reader.latin1(units) : reader.utf16(units);
    split(joined, lengths, start, end, texts);
    start = end;
  }
}

/** The strings that are read at once: any number of short ones, or a few of which one is long. */
function groupFrom(lengths: readonly number[], start: number): { end: number; units: number } {
  let units = 0;
  let end = start;
  for (let limited = false; end < lengths.length; end += 1) {
    const length = lengths[end] ?? 0;
    limited ||= length >= viewUnitsMin;
    if (limited && end > start && units + length > keptUnitsMax) break;
    units += length;
  }
  return { end, units };
}

function split(
  joined: string,
  lengths: readonly number[],
  start: number,
  end: number,
  texts: string[],
): void {
  let position = 0;
  for (let index = start; index < end; index += 1) {
    const next = position + (lengths[index] ?? 0);
    texts.push(joined.slice(position, next));
    position = next;
  }
}

function readTuples(reader: ByteReader, count: number, depth: number): unknown[][] {
  const columns = readColumns(reader, readWidth(reader), count, depth);
  const [first, second] = columns;
  if (first !== undefined && second !== undefined && columns.length === 2) {
    return first.map((value, index) => [value, second[index]]);
  }
  return readEach(count, (index) => columns.map((column) => column[index]));
}

function readObjects(reader: ByteReader, count: number, depth: number): object[] {
  const width = readWidth(reader);
  const names = readEach(width, () => reader.name());
  const columns = readColumns(reader, width, count, depth);
  return readEach(count, (index) => {
    const object: Record<string, unknown> = {};
    for (let column = 0; column < width; column += 1) {
      setProperty(object, names[column] ?? "", columns[column]?.[index]);
    }
    return object;
  });
}

function readColumns(reader: ByteReader, width: number, count: number, depth: number): unknown[][] {
  return readEach(width, () => readColumn(reader, count, depth));
}

function readWidth(reader: ByteReader): number {
  const width = reader.varint();
  if (width === 0 || width > columnsMax) throw reader.fault("there is no such width of a row");
  return width;
}
