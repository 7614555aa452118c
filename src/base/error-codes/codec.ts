/** Owns: the error codes of the codec: keys, values, containers. */
import type { ErrorEntry } from "./error-entry.ts";

export const codecErrors = {
  key_unsupported: {
    kind: "usage",
    message: "a value of this type cannot be a key",
    help: "use a primitive, or an array, plain object, valid Date or Uint8Array made of such",
  },
  value_unsupported: {
    kind: "usage",
    message: "a value holds something that is not plain data",
    help: "map what the path names to plain data (see docs/format/values.md), or set a codec",
  },
  value_too_large: {
    kind: "usage",
    message: "a value is too large to be encoded",
    help: "split it into several records",
  },
  value_undecodable: {
    kind: "data",
    message: "the bytes of a value make no sense",
    help: "find out what changed the bytes since they were written",
  },
  value_schema_mismatch: {
    kind: "usage",
    message: "a record does not fit the avro schema",
    help: "map the records to what the schema says, or change the schema",
  },
  schema_invalid: {
    kind: "usage",
    message: "the avro schema is not valid",
    help: "see the cause, and the avro specification",
  },
  container_damaged: {
    kind: "data",
    message: "an avro container file is not what its writer wrote",
    help: "restore the file, or find out who cut or changed it",
  },
  container_compression_unknown: {
    kind: "data",
    message: "an avro container file is compressed in a way that is not known here",
    help: "write it with the codec null or deflate",
  },
} as const;

codecErrors satisfies Record<string, ErrorEntry>;
