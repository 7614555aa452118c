/**
 * Owns: reading Avro object container files, and noticing where one is not what its writer wrote.
 * Does not own: where the chunks come from; the layout (avro-container-format.ts); decoding
 * (avro-records.ts).
 *
 * I1. Damage is an error with its offset; a file that is cut, changed or prolonged never reads as a
 *     good one, as far as what is expected of it tells (its blocks alone cannot tell that the last
 *     ones are missing).
 */
import { Buffer } from "node:buffer";
import { inflateRawSync } from "node:zlib";
import { StreamError } from "../base/index.ts";
import {
  type ContainerCompression,
  type ContainerSummary,
  compressionName,
  containerBlockBytesMax,
  containerBlockRecordsMax,
  containerMagic,
  containerMetadataBytesMax,
  schemaName,
  syncMarkerBytes,
} from "./avro-container-format.ts";
import { type AvroRecords, avroRecordsOf, shapedRecords } from "./avro-records.ts";
import { type AvroShape, schemaOfShape } from "./avro-shape.ts";
import { ByteReader } from "./byte-reader.ts";
import { ChunkSource } from "./chunk-source.ts";
import type { AvroSchema } from "./value-schema.ts";

/**
 * What a file must turn out to be: what its writer told about it, or `{}` where nothing is known.
 */
export type ContainerExpectation = Partial<ContainerSummary>;

/** What the header of a container file says. */
export interface ContainerHeader {
  readonly schema: AvroSchema;
  /** All metadata of the header, the specification's included. */
  readonly metadata: ReadonlyMap<string, Uint8Array>;
}

/** A container file whose header was read. */
export interface AvroContainer extends ContainerHeader {
  /**
   * The records, an array for each block; to be iterated once. Only an iteration that ended without
   * an error has verified what was expected. Throws `container_damaged`.
   */
  readonly blocks: AsyncIterable<unknown[]>;
}

/**
 * Opens a container file given as chunks of bytes of any size. Throws `container_damaged` with the
 * offset in bytes, or `container_compression_unknown`. Where the records have a fixed form,
 * `shapeOf` tells it by the header, or throws; a file of another schema is damaged.
 */
export async function readAvroContainer(
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  expected: ContainerExpectation,
  shapeOf?: (header: ContainerHeader) => AvroShape<unknown>,
): Promise<AvroContainer> {
  const source = new ChunkSource(chunks);
  try {
    const metadata = await readHeader(source);
    const schema = schemaOf(metadata);
    const records = recordsOf({ schema, metadata }, shapeOf);
    const compression = compressionOf(metadata);
    const syncMarker = await takeExactly(source, syncMarkerBytes);
    const blocks = readBlocks({ source, records, compression, syncMarker, expected });
    return { schema, metadata, blocks };
  } catch (thrown) {
    await source.close();
    throw thrown;
  }
}

function damaged(offset: number, reason: string, cause?: unknown): StreamError {
  const options = cause === undefined ? {} : { cause };
  return new StreamError("container_damaged", { offset, reason }, options);
}

async function takeExactly(source: ChunkSource, byteCount: number): Promise<Buffer> {
  const bytes = await source.peek(byteCount);
  if (bytes.length < byteCount) {
    throw damaged(source.offset + bytes.length, "the file ends too early");
  }
  return source.take(byteCount);
}

const longBytesMax = 10;

async function takeLong(source: ChunkSource): Promise<number> {
  const reader = new ByteReader(await source.peek(longBytesMax));
  try {
    const long = reader.long();
    source.take(reader.position);
    return long;
  } catch (thrown) {
    throw damaged(source.offset, "a length or count makes no sense", thrown);
  }
}

async function takeLength(source: ChunkSource, max: number): Promise<number> {
  const { offset } = source;
  const length = await takeLong(source);
  if (length < 0 || length > max) throw damaged(offset, `a length or count is ${length}`);
  return length;
}

type Metadata = ReadonlyMap<string, Uint8Array>;

async function readHeader(source: ChunkSource): Promise<Metadata> {
  const magic = await takeExactly(source, containerMagic.length);
  if (!magic.equals(containerMagic)) throw damaged(0, "this is no avro container file");
  const metadata = new Map<string, Uint8Array>();
  for (let count = await takeCount(source); count > 0; count = await takeCount(source)) {
    for (let index = 0; index < count; index += 1) {
      const name = await takeMetadata(source);
      metadata.set(name.toString(), new Uint8Array(await takeMetadata(source)));
    }
  }
  return metadata;
}

async function takeCount(source: ChunkSource): Promise<number> {
  const count = await takeLong(source);
  // A negative count is followed by the length of what is counted.
  if (count < 0) await takeLong(source);
  return Math.abs(count);
}

async function takeMetadata(source: ChunkSource): Promise<Buffer> {
  const byteCount = await takeLength(source, containerMetadataBytesMax - source.offset);
  return takeExactly(source, byteCount);
}

function schemaOf(metadata: Metadata): AvroSchema {
  try {
    return JSON.parse(textOf(metadata, schemaName) ?? "") as AvroSchema;
  } catch (thrown) {
    throw damaged(containerMagic.length, noSchema, thrown);
  }
}

const noSchema = "the header holds no valid schema";

function recordsOf(
  header: ContainerHeader,
  shapeOf: ((header: ContainerHeader) => AvroShape<unknown>) | undefined,
): AvroRecords {
  if (shapeOf !== undefined) {
    const shape = shapeOf(header);
    if (formOf(header.schema) === formOf(schemaOfShape(shape))) return shapedRecords(shape);
    throw damaged(containerMagic.length, "the schema is not that of the format");
  }
  try {
    return avroRecordsOf(header.schema);
  } catch (thrown) {
    throw damaged(containerMagic.length, noSchema, thrown);
  }
}

/** A schema as text, but for the branches of plain data: they grow from release to release. */
function formOf(schema: AvroSchema): string {
  return JSON.stringify(schema, (_, part: unknown) => (isValueSchema(part) ? "Value" : part));
}

function isValueSchema(part: unknown): boolean {
  if (typeof part !== "object" || part === null) return false;
  return (
    "name" in part && part.name === "Value" && "namespace" in part && part.namespace === "millrace"
  );
}

function compressionOf(metadata: Metadata): ContainerCompression {
  const name = textOf(metadata, compressionName) ?? "null";
  if (name === "null" || name === "deflate") return name;
  throw new StreamError("container_compression_unknown", { compression: name });
}

function textOf(metadata: Metadata, name: string): string | undefined {
  const value = metadata.get(name);
  return value === undefined ? undefined : Buffer.from(value).toString();
}

interface BlockReading {
  readonly source: ChunkSource;
  readonly records: AvroRecords;
  readonly compression: ContainerCompression;
  readonly syncMarker: Buffer;
  readonly expected: ContainerExpectation;
}

async function* readBlocks(reading: BlockReading): AsyncGenerator<unknown[], void, undefined> {
  const { source, expected } = reading;
  let recordCount = 0;
  try {
    while ((await source.peek(1)).length > 0) {
      const records = await readBlock(reading);
      recordCount += records.length;
      yield records;
    }
    verify(expected, { recordCount, byteCount: source.offset, sha256: source.sha256() });
  } finally {
    await source.close();
  }
}

async function readBlock(reading: BlockReading): Promise<unknown[]> {
  const { source, records, compression, syncMarker } = reading;
  const { offset } = source;
  const count = await takeLength(source, Number.MAX_SAFE_INTEGER);
  const contents = await takeExactly(source, await takeLength(source, containerBlockBytesMax));
  const markerOffset = source.offset;
  if (!(await takeExactly(source, syncMarkerBytes)).equals(syncMarker)) {
    throw damaged(markerOffset, "a block is not followed by the sync marker");
  }
  try {
    const raw = compression === "deflate" ? inflate(contents) : contents;
    // Records may take no bytes at all, but not more of them than a writer puts into a block.
    if (count > Math.max(raw.length, containerBlockRecordsMax)) {
      throw damaged(offset, `a block of ${raw.length} bytes cannot hold ${count} records`);
    }
    return records.read(raw, count);
  } catch (thrown) {
    const known = thrown instanceof StreamError && thrown.code === "container_damaged";
    throw known ? thrown : damaged(offset, "the contents of a block make no sense", thrown);
  }
}

function inflate(contents: Buffer): Buffer {
  return inflateRawSync(contents, { maxOutputLength: containerBlockBytesMax });
}

function verify(expected: ContainerExpectation, actual: ContainerSummary): void {
  for (const name of ["byteCount", "recordCount", "sha256"] as const) {
    if (expected[name] === undefined || expected[name] === actual[name]) continue;
    throw new StreamError("container_damaged", {
      offset: actual.byteCount,
      reason: `${name} is ${actual[name]}, not ${expected[name]}`,
    });
  }
}
