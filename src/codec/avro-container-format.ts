/**
 * Owns: the layout of Avro object container files, as the Avro specification has it under "Object
 * Container Files", and what is told about a finished file.
 * Does not own: writing (avro-container-writer.ts) and reading (avro-container-reader.ts).
 *
 * A file is a header (magic, metadata, sync marker) and blocks (record count, byte count, bytes,
 * sync marker). Nothing in it tells where it ends: a file cut between two blocks is a valid shorter
 * file. So count, length and hash are kept outside.
 */
import { Buffer } from "node:buffer";

/** The first four bytes: "Obj" and the version, 1. */
export const containerMagic: Buffer = Buffer.from([0x4f, 0x62, 0x6a, 0x01]);

/** The length of the marker that follows the header and every block, in bytes. */
export const syncMarkerBytes = 16;

/** All names of metadata with this prefix are the specification's. */
export const reservedPrefix = "avro.";
export const schemaName = "avro.schema";
export const compressionName = "avro.codec";

/** How a block's bytes are compressed; `deflate` is raw deflate, without a checksum. */
export type ContainerCompression = "null" | "deflate";

/** The longest record that is written, in bytes. */
export const containerRecordBytesMax: number = 2 ** 27;

/** A block is closed when it holds more than this, in bytes before compression, at the latest. */
export const containerBlockCloseBytesMax: number = 2 ** 26;

/**
 * The longest block that is read, compressed and not, in bytes: more than a writer makes of an
 * almost full block and the longest record, however badly they compress.
 */
export const containerBlockBytesMax: number = 2 ** 28;

/** The longest metadata that is read, the schema included, in bytes. */
export const containerMetadataBytesMax: number = 2 ** 24;

/** The most records in a block that is written; records may take no bytes at all. */
export const containerBlockRecordsMax: number = 2 ** 16;

/** What the writer of a file knows when it is finished; the file itself does not tell it. */
export interface ContainerSummary {
  readonly recordCount: number;
  readonly byteCount: number;
  /** SHA-256 over all bytes of the file, as 64 hexadecimal digits. */
  readonly sha256: string;
}
