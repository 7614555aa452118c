/**
 * Owns: records as Avro binary of a schema: the default one and those of a shape by our own encoder, any other by avsc.
 * Does not own: the files they stand in (avro-container-*.ts).
 */
import { Buffer } from "node:buffer";
import avsc from "avsc";
import { invariant, StreamError } from "../base/index.ts";
import { exactLongType } from "./avro-long.ts";
import type { AvroShape } from "./avro-shape.ts";
import { avroValidityOf } from "./avro-validity.ts";
import type { ByteReader } from "./byte-reader.ts";
import type { ByteWriter } from "./byte-writer.ts";
import { decodeAll, readValue } from "./value-decoder.ts";
import { refusingUnsupported, writeValue } from "./value-encoder.ts";
import { type AvroSchema, valueSchema } from "./value-schema.ts";

/** Writes and reads records of one schema. */
export interface AvroRecords {
  /**
   * Throws `value_unsupported` or `value_schema_mismatch` for a record that the schema has no place
   * for.
   */
  write(writer: ByteWriter, record: unknown): void;
  /**
   * Exactly `count` records, to the last byte; throws `value_undecodable` where there are others.
   */
  read(bytes: Uint8Array, count: number): unknown[];
}

const valueRecords: AvroRecords = {
  write: (writer, record) => refusingUnsupported(record, () => writeValue(writer, record)),
  read: (bytes, count) => decodeAll(bytes, (reader) => readEach(reader, count, readValue)),
};

function readEach(
  reader: ByteReader,
  count: number,
  read: (reader: ByteReader) => unknown,
): unknown[] {
  const records: unknown[] = [];
  for (let index = 0; index < count; index += 1) records.push(read(reader));
  return records;
}

/** The records of a shape. */
export function shapedRecords<T>(shape: AvroShape<T>): AvroRecords {
  return {
    write: (writer, record) => shape.write(writer, record as T),
    read: (bytes, count) =>
      decodeAll(bytes, (reader) => readEach(reader, count, (each) => shape.read(each))),
  };
}

/** The same text for two schemas by which the same bytes mean the same: 16 hexadecimal digits. Throws `schema_invalid`. */
export function schemaFingerprint(schema: AvroSchema): string {
  return typeOf(schema).fingerprint("sha256").toString("hex").slice(0, 16);
}

/**
 * Values of a schema that a user gives, as a part of a shape. Where `writerSchema` is given, that is what the bytes are
 * of, and what is read is made of it by the rules of Avro's schema resolution; nothing can be written then. Throws `schema_invalid` for schemas that
 * are none, and for two that cannot be resolved.
 */
export function declaredShape(
  schema: AvroSchema,
  writerSchema: AvroSchema = schema,
): AvroShape<unknown> {
  const type = typeOf(schema);
  const writerType = writerSchema === schema ? type : typeOf(writerSchema);
  const check = avroValidityOf(writerType);
  const resolver = type === writerType ? undefined : resolverOf(type, writerType);
  return {
    schema: () => writerSchema,
    write(writer, value) {
      invariant(type === writerType, "what is read by another schema is not written");
      writer.raw(encodeTyped(type, value));
    },
    read(reader) {
      const start = reader.position;
      check(reader, 1);
      return plain(type.decode(reader.since(start), 0, resolver).value);
    },
  };
}

function resolverOf(type: avsc.Type, writerType: avsc.Type): avsc.Resolver {
  try {
    return type.createResolver(writerType);
  } catch (thrown) {
    throw new StreamError("schema_invalid", {}, { cause: thrown });
  }
}

const valueFingerprint = typeOf(valueSchema).fingerprint("sha256");

/**
 * The records of a schema. A `long` is a number where it is a safe integer, else a bigint; a union
 * whose branches JavaScript cannot tell apart is wrapped, as avsc does it. Throws `schema_invalid`.
 */
export function avroRecordsOf(schema: AvroSchema): AvroRecords {
  const type = typeOf(schema);
  return type.fingerprint("sha256").equals(valueFingerprint) ? valueRecords : typedRecords(type);
}

function typeOf(schema: AvroSchema): avsc.Type {
  try {
    // avsc changes neither the schema nor its parts; its types only do not say so.
    return avsc.Type.forSchema(schema as avsc.Schema, {
      typeHook: (part) => (isLong(part) ? exactLongType : undefined),
    });
  } catch (thrown) {
    throw new StreamError("schema_invalid", {}, { cause: thrown });
  }
}

/** Bare, or as an object that may say which logical type it stands for. */
function isLong(schema: unknown): boolean {
  if (typeof schema !== "object" || schema === null) return schema === "long";
  return "type" in schema && schema.type === "long";
}

function typedRecords(type: avsc.Type): AvroRecords {
  const check = avroValidityOf(type);
  return {
    write(writer, record) {
      writer.raw(encodeTyped(type, record));
    },
    read(bytes, count) {
      decodeAll(bytes, (reader) => check(reader, count));
      return decodeTyped(type, bytes, count);
    },
  };
}

function encodeTyped(type: avsc.Type, record: unknown): Uint8Array {
  try {
    return type.toBuffer(record);
  } catch (thrown) {
    let mismatch: string | undefined;
    type.isValid(record, {
      errorHook: (path) => (mismatch ??= ["$", ...path].join(".")),
    });
    throw new StreamError("value_schema_mismatch", { path: mismatch }, { cause: thrown });
  }
}

function decodeTyped(type: avsc.Type, bytes: Uint8Array, count: number): unknown[] {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const records: unknown[] = [];
  let offset = 0;
  for (let index = 0; index < count; index += 1) {
    const decoded = type.decode(buffer, offset);
    offset = decoded.offset;
    records.push(plain(decoded.value));
  }
  return records;
}

/** avsc makes instances of a class for each schema, which are neither keys nor values. */
function plain(value: unknown): unknown {
  if (typeof value !== "object" || value === null || Buffer.isBuffer(value)) return value;
  if (Array.isArray(value)) return value.map(plain);
  const copy: Record<string, unknown> = {};
  for (const [name, part] of Object.entries(value)) copy[name] = plain(part);
  return copy;
}
