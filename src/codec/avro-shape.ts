/**
 * Owns: records of a fixed form as Avro binary: a schema, a writer and a reader that are built together, so that none of
 * them can drift from the others.
 * Does not own: plain data inside such records (value-encoder.ts, value-decoder.ts), records of schemas that users give
 * (avro-records.ts), files (avro-container-*.ts).
 *
 * I1. However bad the bytes are, reading ends, in time and memory bounded by their number.
 */
import type { Buffer } from "node:buffer";
import { StreamError } from "../base/index.ts";
import type { ByteReader } from "./byte-reader.ts";
import type { ByteWriter } from "./byte-writer.ts";
import { readValue } from "./value-decoder.ts";
import { refusingUnsupported, writeValue } from "./value-encoder.ts";
import { type AvroSchema, valueSchema } from "./value-schema.ts";

/** How values of one type are written, read and described. */
export interface AvroShape<T> {
  /** The schema; a named type is spelled out where it stands first (`named` remembers), and only named behind that. */
  schema(named: Set<string>): AvroSchema;
  /** Throws `value_schema_mismatch` for a value that is not of the type, `value_unsupported` for what is not plain data. */
  write(writer: ByteWriter, value: T): void;
  /** Throws `value_undecodable`. */
  read(reader: ByteReader): T;
}

/** The schema of a shape, complete in itself. */
export function schemaOfShape<T>(shape: AvroShape<T>): AvroSchema {
  return shape.schema(new Set());
}

function mismatch(expected: string, value: unknown): StreamError {
  return new StreamError("value_schema_mismatch", { expected, value });
}

/** A whole number that a JavaScript number holds exactly. */
export const longShape: AvroShape<number> = {
  schema: () => "long",
  write(writer, value) {
    if (!Number.isSafeInteger(value)) throw mismatch("a whole number", value);
    writer.long(value);
  },
  read: (reader) => reader.long(),
};

/** Text without lone surrogates. */
export const stringShape: AvroShape<string> = {
  schema: () => "string",
  write(writer, value) {
    if (typeof value !== "string" || !writer.string(value)) throw mismatch("a text", value);
  },
  read: (reader) => reader.string(),
};

export const booleanShape: AvroShape<boolean> = {
  schema: () => "boolean",
  write: (writer, value) => writer.byte(value ? 1 : 0),
  read(reader) {
    const byte = reader.byte();
    if (byte > 1) throw reader.fault("a boolean is neither 0 nor 1");
    return byte === 1;
  },
};

/** Bytes; what is read is a view, not a copy. */
export const bytesShape: AvroShape<Uint8Array> = {
  schema: () => "bytes",
  write: (writer, value) => writer.bytes(value),
  read: (reader): Buffer => reader.bytes(),
};

/** Any plain data, by the default codec. */
export const plainShape: AvroShape<unknown> = {
  schema: (named) => spelledOnce(named, valueName, () => valueSchema),
  write: (writer, value) => refusingUnsupported(value, () => writeValue(writer, value)),
  read: readValue,
};

const valueName = "millrace.Value";

function spelledOnce(named: Set<string>, name: string, define: () => AvroSchema): AvroSchema {
  if (named.has(name)) return name;
  named.add(name);
  return define();
}

/** One of several words. */
export function enumShape<const T extends string>(
  name: string,
  symbols: readonly T[],
): AvroShape<T> {
  return {
    schema: (named) => spelledOnce(named, name, () => ({ type: "enum", name, symbols })),
    write(writer, value) {
      const index = symbols.indexOf(value);
      if (index === -1) throw mismatch(`one of ${symbols.join(", ")}`, value);
      writer.long(index);
    },
    read(reader) {
      const symbol = symbols[reader.long()];
      if (symbol === undefined) throw reader.fault("there is no such symbol of the enum");
      return symbol;
    },
  };
}

/** A value, or undefined: written as Avro's null. */
export function optionalShape<T>(shape: AvroShape<T>): AvroShape<T | undefined> {
  return eitherShape(undefined, shape);
}

/** A value, or null. */
export function nullableShape<T>(shape: AvroShape<T>): AvroShape<T | null> {
  return eitherShape(null, shape);
}

function eitherShape<T, N extends null | undefined>(
  none: N,
  shape: AvroShape<T>,
): AvroShape<T | N> {
  return {
    schema: (named) => ["null", shape.schema(named)],
    write(writer, value) {
      writer.long(value === none ? 0 : 1);
      if (value !== none) shape.write(writer, value as T);
    },
    read(reader) {
      const branch = reader.long();
      if (branch === 0) return none;
      if (branch === 1) return shape.read(reader);
      throw reader.fault("there is no such branch of the union");
    },
  };
}

/** Any number of items, each of which takes a byte at least. */
export function arrayShape<T>(shape: AvroShape<T>): AvroShape<readonly T[]> {
  return {
    schema: (named) => ({ type: "array", items: shape.schema(named) }),
    write(writer, items) {
      if (items.length > 0) writer.long(items.length);
      for (const item of items) shape.write(writer, item);
      writer.byte(0);
    },
    read(reader) {
      const items: T[] = [];
      for (let count = reader.long(); count !== 0; count = reader.long()) {
        // A negative count is followed by the block's size in bytes.
        if (count < 0) reader.skipLong();
        const itemCount = reader.count(Math.abs(count));
        for (let index = 0; index < itemCount; index += 1) items.push(shape.read(reader));
      }
      return items;
    },
  };
}

/** Values by name, as a plain object; names are text without lone surrogates. */
export function mapShape<T>(shape: AvroShape<T>): AvroShape<Readonly<Record<string, T>>> {
  const entries = arrayShape<readonly [string, T]>({
    schema: () => "null",
    write(writer, [name, value]) {
      stringShape.write(writer, name);
      shape.write(writer, value);
    },
    read: (reader) => [reader.string(), shape.read(reader)],
  });
  return {
    schema: (named) => ({ type: "map", values: shape.schema(named) }),
    write: (writer, map) => entries.write(writer, Object.entries(map)),
    // Defines properties, as `__proto__` is a name like any other.
    read: (reader) => Object.fromEntries(entries.read(reader)),
  };
}

/** A record; a property that is undefined is left out of what is read. */
export function recordShape<T extends object>(
  name: string,
  fields: { readonly [K in keyof Required<T>]: AvroShape<T[K]> },
): AvroShape<T> {
  const entries = Object.entries(fields) as [keyof T & string, AvroShape<unknown>][];
  return {
    schema: (named) =>
      spelledOnce(named, name, () => ({
        type: "record",
        name,
        fields: entries.map(([field, shape]) => ({ name: field, type: shape.schema(named) })),
      })),
    write(writer, record) {
      for (const [field, shape] of entries) shape.write(writer, record[field]);
    },
    read(reader) {
      const record: Partial<Record<keyof T, unknown>> = {};
      for (const [field, shape] of entries) {
        const value = shape.read(reader);
        if (value !== undefined) record[field] = value;
      }
      return record as T;
    },
  };
}

/** One of several records, told apart by `kind`. */
export type Tagged<Contents> = {
  [K in keyof Contents]: { readonly kind: K; readonly value: Contents[K] };
}[keyof Contents];

/** One of several records. The order of the branches is part of the format: new ones come last. */
export function unionShape<Contents extends object>(
  branches: {
    readonly [K in keyof Contents]: AvroShape<Contents[K]>;
  },
): AvroShape<Tagged<Contents>> {
  const kinds = Object.keys(branches) as (keyof Contents)[];
  const shapes = Object.values<AvroShape<unknown>>(branches);
  return {
    schema: (named) => shapes.map((shape) => shape.schema(named)),
    write(writer, { kind, value }) {
      const branch = kinds.indexOf(kind);
      const shape = shapes[branch];
      if (shape === undefined) throw mismatch(`one of ${kinds.join(", ")}`, kind);
      writer.long(branch);
      shape.write(writer, value);
    },
    read(reader) {
      const branch = reader.long();
      const kind = kinds[branch];
      const shape = shapes[branch];
      if (kind === undefined || shape === undefined) {
        throw reader.fault("there is no such branch of the union");
      }
      return { kind, value: shape.read(reader) } as Tagged<Contents>;
    },
  };
}
