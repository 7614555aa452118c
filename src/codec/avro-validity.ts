/**
 * Owns: checking bytes against an Avro schema before avsc decodes them. avsc believes every length
 * and count: on damaged bytes it allocates and loops as far as they say, and it replaces bad UTF-8
 * silently.
 * Does not own: decoding (avro-records.ts).
 */
import { Buffer, isUtf8 } from "node:buffer";
import avsc from "avsc";
import type { ByteReader } from "./byte-reader.ts";
import { valueDepthMax } from "./value-schema.ts";

/**
 * Items that take no bytes (null, empty records) are counted too: so many more than there are bytes
 * are read.
 */
const emptyItemsMax = 2 ** 20;

const protoKey = Buffer.from("__proto__");

interface Walk {
  readonly reader: ByteReader;
  depth: number;
  itemsLeft: number;
}

type Check = (walk: Walk) => void;

/**
 * Moves the reader over `count` values of the type; throws `value_undecodable` where the bytes are
 * not such.
 */
export type AvroValidity = (reader: ByteReader, count: number) => void;

/** How to check values of a type. */
export function avroValidityOf(type: avsc.Type): AvroValidity {
  const check = checkOf(type, new Map());
  return (reader, count) => {
    const walk = { reader, depth: 0, itemsLeft: reader.remaining + emptyItemsMax };
    for (let index = 0; index < count; index += 1) check(walk);
  };
}

function checkOf(type: avsc.Type, known: Map<avsc.Type, Check>): Check {
  const present = known.get(type);
  if (present !== undefined) return present;
  // Registered before it is built: a record may contain itself.
  known.set(type, (walk) => built(walk));
  const built = build(type, known);
  return built;
}

function build(type: avsc.Type, known: Map<avsc.Type, Check>): Check {
  const { types } = avsc;
  if (type instanceof types.LogicalType) return checkOf(type.underlyingType, known);
  if (type instanceof types.RecordType) {
    return deeper(type.fields.map((field) => checkOf(field.type, known)));
  }
  if (type instanceof types.ArrayType) return blocksOf(checkOf(type.itemsType, known));
  if (type instanceof types.MapType) {
    const check = checkOf(type.valuesType, known);
    return blocksOf((walk) => {
      checkKey(walk);
      check(walk);
    });
  }
  if (type instanceof types.UnwrappedUnionType || type instanceof types.WrappedUnionType) {
    return unionOf(type.types.map((branch) => checkOf(branch, known)));
  }
  if (type instanceof types.EnumType) return indexBelow(type.symbols.length);
  if (type instanceof types.FixedType) {
    const { size } = type;
    return ({ reader }) => reader.skip(size);
  }
  return checkOfPrimitive(type);
}

function checkOfPrimitive(type: avsc.Type): Check {
  switch (type.typeName) {
    case "null":
      return () => undefined;
    case "boolean":
      return ({ reader }) => {
        if (reader.byte() > 1) throw reader.fault("a boolean is neither 0 nor 1");
      };
    case "int":
      return checkInt;
    case "float":
      return ({ reader }) => reader.skip(4);
    case "double":
      return ({ reader }) => reader.skip(8);
    case "bytes":
      return ({ reader }) => void reader.bytes();
    case "string":
      return checkString;
    default:
      return ({ reader }) => reader.skipLong();
  }
}

function checkInt({ reader }: Walk): void {
  const value = reader.long();
  if (value !== (value | 0)) throw reader.fault("an int is beyond 32 bits");
}

function checkString({ reader }: Walk): void {
  if (!isUtf8(reader.bytes())) throw reader.fault("a string is not valid UTF-8");
}

/** avsc makes plain objects of maps by assignment, which would lose this one key. */
function checkKey({ reader }: Walk): void {
  const key = reader.bytes();
  if (!isUtf8(key)) throw reader.fault("a string is not valid UTF-8");
  if (key.equals(protoKey)) throw reader.fault("a map has the key __proto__");
}

function indexBelow(count: number): Check {
  return ({ reader }) => {
    const index = reader.long();
    if (index < 0 || index >= count) throw reader.fault("there is no such symbol of the enum");
  };
}

function unionOf(branches: readonly Check[]): Check {
  return (walk) => {
    const check = branches[walk.reader.long()];
    if (check === undefined) throw walk.reader.fault("there is no such branch of the union");
    check(walk);
  };
}

function deeper(checks: readonly Check[]): Check {
  return (walk) => {
    if (walk.depth === valueDepthMax) throw walk.reader.fault("nested too deep");
    walk.depth += 1;
    for (const check of checks) check(walk);
    walk.depth -= 1;
  };
}

function blocksOf(check: Check): Check {
  return deeper([
    (walk) => {
      for (let count = countOf(walk); count > 0; count = countOf(walk)) {
        for (let index = 0; index < count; index += 1) check(walk);
      }
    },
  ]);
}

function countOf(walk: Walk): number {
  const long = walk.reader.long();
  // A negative count is followed by the block's size in bytes.
  if (long < 0) walk.reader.skipLong();
  const count = Math.abs(long);
  walk.itemsLeft -= count;
  if (walk.itemsLeft < 0) throw walk.reader.fault("a count goes beyond the end of the bytes");
  return count;
}
