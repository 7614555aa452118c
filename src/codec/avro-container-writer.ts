/**
 * Owns: writing Avro object container files, chunk by chunk.
 * Does not own: where the chunks go, and how the summary is kept; the layout
 * (avro-container-format.ts).
 *
 * I1. Equal records, schema and options give equal bytes: nothing is drawn at random.
 * I2. A record that is refused leaves no trace; the records before and after it are whole.
 */
import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { deflateRawSync } from "node:zlib";
import { StreamError } from "../base/index.ts";
import {
  type ContainerCompression,
  type ContainerSummary,
  compressionName,
  containerBlockCloseBytesMax,
  containerBlockRecordsMax,
  containerMagic,
  containerRecordBytesMax,
  reservedPrefix,
  schemaName,
  syncMarkerBytes,
} from "./avro-container-format.ts";
import { type AvroRecords, avroRecordsOf, shapedRecords } from "./avro-records.ts";
import { type AvroShape, schemaOfShape } from "./avro-shape.ts";
import { ByteWriter } from "./byte-writer.ts";
import { type AvroSchema, valueSchema } from "./value-schema.ts";

/** How a container file is written. */
export interface AvroContainerOptions {
  /** The schema of the records; any plain data where it is left out. */
  readonly schema?: AvroSchema;
  /** The form of the records, in place of a schema. */
  readonly shape?: AvroShape<unknown>;
  /** How blocks are compressed; "null", not at all, where it is left out. */
  readonly compression?: ContainerCompression;
  /** More metadata for the header, by names that do not begin with "avro.". */
  readonly metadata?: Readonly<Record<string, string>>;
  /**
   * A block is closed when it holds so many bytes before compression, 1 to 2^26; 65,536 where it is
   * left out.
   */
  readonly blockBytes?: number;
}

/** Takes the chunks of a file in order; a promise holds back the next one. */
export type ChunkSink = (chunk: Uint8Array) => void | Promise<void>;

/**
 * Writes a whole file: hands its chunks to the sink, one at a time, and tells what a reader will
 * verify it by. Throws what the constructor and `add` of `AvroContainerWriter` throw.
 */
export async function writeAvroContainer(
  records: Iterable<unknown> | AsyncIterable<unknown>,
  sink: ChunkSink,
  options: AvroContainerOptions = {},
): Promise<ContainerSummary> {
  const writer = new AvroContainerWriter(options);
  await sink(writer.begin());
  const write = (record: unknown): void | Promise<void> => {
    const chunk = writer.add(record);
    return chunk === undefined ? undefined : sink(chunk);
  };
  // Apart from each other, because waiting costs a turn of the queue for each record.
  if (Symbol.iterator in records) {
    for (const record of records) {
      const written = write(record);
      if (written !== undefined) await written;
    }
  } else {
    for await (const record of records) await write(record);
  }
  const rest = writer.end();
  if (rest !== undefined) await sink(rest);
  return writer.summary();
}

const blockBytesDefault = 2 ** 16;

/**
 * Makes the chunks of one file: `begin`, then `add` for each record, then `end`; each chunk follows
 * the one before it. Throws `schema_invalid` or `argument_invalid` when it is made.
 */
export class AvroContainerWriter {
  readonly #records: AvroRecords;
  readonly #compression: ContainerCompression;
  readonly #blockBytes: number;
  readonly #header: Uint8Array;
  readonly #syncMarker: Uint8Array;
  readonly #hash = createHash("sha256");
  readonly #block = new ByteWriter();
  #blockRecords = 0;
  #recordCount = 0;
  #byteCount = 0;

  constructor(options: AvroContainerOptions = {}) {
    const { shape } = options;
    const schema = shape === undefined ? (options.schema ?? valueSchema) : schemaOfShape(shape);
    this.#records = shape === undefined ? avroRecordsOf(schema) : shapedRecords(shape);
    this.#compression = options.compression ?? "null";
    this.#blockBytes = options.blockBytes ?? blockBytesDefault;
    if (!(this.#blockBytes >= 1 && this.#blockBytes <= containerBlockCloseBytesMax)) {
      throw new StreamError("argument_invalid", { blockBytes: this.#blockBytes });
    }
    const header = headerOf(schema, this.#compression, options.metadata ?? {});
    this.#syncMarker = createHash("sha256").update(header).digest().subarray(0, syncMarkerBytes);
    this.#header = Buffer.concat([header, this.#syncMarker]);
  }

  /** The header of the file. */
  begin(): Uint8Array {
    return this.#counted(this.#header);
  }

  /**
   * A block, where this record filled one. Throws `value_unsupported`, `value_schema_mismatch` or,
   * beyond 128 MiB, `value_too_large`, and can go on without the record.
   */
  add(record: unknown): Uint8Array | undefined {
    const start = this.#block.position;
    try {
      this.#records.write(this.#block, record);
      if (this.#block.position - start > containerRecordBytesMax) {
        throw new StreamError("value_too_large", { bytesMax: containerRecordBytesMax });
      }
    } catch (thrown) {
      this.#block.rewind(start);
      throw thrown;
    }
    this.#blockRecords += 1;
    const full =
      this.#block.position >= this.#blockBytes || this.#blockRecords === containerBlockRecordsMax;
    return full ? this.#closeBlock() : undefined;
  }

  /** The last block, where records are left for it. */
  end(): Uint8Array | undefined {
    return this.#blockRecords > 0 ? this.#closeBlock() : undefined;
  }

  /** What the chunks made so far add up to. */
  summary(): ContainerSummary {
    return {
      recordCount: this.#recordCount,
      byteCount: this.#byteCount,
      sha256: this.#hash.copy().digest("hex"),
    };
  }

  #closeBlock(): Uint8Array {
    const raw = this.#block.toBytes();
    const contents = this.#compression === "deflate" ? deflateRawSync(raw) : raw;
    const prefix = ByteWriter.collect((writer) => {
      writer.long(this.#blockRecords);
      writer.long(contents.length);
    });
    this.#recordCount += this.#blockRecords;
    this.#blockRecords = 0;
    this.#block.rewind(0);
    return this.#counted(Buffer.concat([prefix, contents, this.#syncMarker]));
  }

  #counted(chunk: Uint8Array): Uint8Array {
    this.#hash.update(chunk);
    this.#byteCount += chunk.length;
    return chunk;
  }
}

function headerOf(
  schema: AvroSchema,
  compression: ContainerCompression,
  metadata: Readonly<Record<string, string>>,
): Uint8Array {
  const reserved = Object.keys(metadata).find((name) => name.startsWith(reservedPrefix));
  if (reserved !== undefined) throw new StreamError("argument_invalid", { metadata: reserved });
  const entries = [
    [schemaName, JSON.stringify(schema)],
    [compressionName, compression],
    ...Object.entries(metadata),
  ] as const;
  return ByteWriter.collect((writer) => {
    writer.raw(containerMagic);
    writer.long(entries.length);
    for (const [name, value] of entries) {
      writer.bytes(Buffer.from(name));
      writer.bytes(Buffer.from(value));
    }
    writer.byte(0);
  });
}
