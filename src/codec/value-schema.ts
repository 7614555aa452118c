/**
 * Owns: the format of the default codec's values, as an Avro schema, and the numbers of its
 * branches (docs/format/values.md). Does not own: writing (value-encoder.ts) and reading
 * (value-decoder.ts).
 *
 * I1. Branches and symbols are only ever appended: their numbers stand in every file written so
 *     far.
 */

/** An Avro schema as JSON: a name, a union, or an object with a `type`. */
export type AvroSchema =
  | string
  | readonly AvroSchema[]
  | { readonly type: AvroSchema; readonly [attribute: string]: unknown };

const entries: AvroSchema = {
  type: "array",
  items: {
    type: "record",
    name: "Entry",
    fields: [
      { name: "key", type: "Value" },
      { name: "value", type: "Value" },
    ],
  },
};

/** The kinds of binary data that keep their class; the order is that of the enum's symbols. */
export const binaryKinds = [
  "ArrayBuffer",
  "Buffer",
  "DataView",
  "Int8Array",
  "Uint8ClampedArray",
  "Int16Array",
  "Uint16Array",
  "Int32Array",
  "Uint32Array",
  "Float16Array",
  "Float32Array",
  "Float64Array",
  "BigInt64Array",
  "BigUint64Array",
] as const;

export type BinaryKind = (typeof binaryKinds)[number];

const branches: readonly AvroSchema[] = [
  "null",
  { type: "record", name: "UndefinedValue", fields: [] },
  "boolean",
  "long",
  "double",
  "string",
  "bytes",
  { type: "array", items: "Value" },
  { type: "map", values: "Value" },
  { type: "record", name: "BigIntValue", fields: [{ name: "twosComplement", type: "bytes" }] },
  { type: "record", name: "DateValue", fields: [{ name: "epochMs", type: "double" }] },
  { type: "record", name: "MapValue", fields: [{ name: "entries", type: entries }] },
  {
    type: "record",
    name: "SetValue",
    fields: [{ name: "items", type: { type: "array", items: "Value" } }],
  },
  {
    type: "record",
    name: "BinaryValue",
    fields: [
      { name: "kind", type: { type: "enum", name: "BinaryKind", symbols: binaryKinds } },
      { name: "bytes", type: "bytes" },
    ],
  },
  { type: "record", name: "Utf16Value", fields: [{ name: "units", type: "bytes" }] },
  {
    type: "record",
    name: "ObjectValue",
    fields: [{ name: "properties", type: { type: "array", items: "Entry" } }],
  },
];

/**
 * The Avro schema of any plain data value: a record of one field, so that it can contain itself.
 */
export const valueSchema: AvroSchema = {
  type: "record",
  name: "Value",
  namespace: "millrace",
  fields: [{ name: "value", type: branches }],
};

/** The index of each branch in the union. */
export const valueBranch = {
  null: 0,
  undefined: 1,
  boolean: 2,
  long: 3,
  double: 4,
  string: 5,
  bytes: 6,
  array: 7,
  object: 8,
  bigint: 9,
  date: 10,
  map: 11,
  set: 12,
  binary: 13,
  utf16: 14,
  objectOfProperties: 15,
} as const;

/**
 * Whole numbers up to this magnitude are written as `long`, larger ones as `double`, which is as
 * exact: Avro libraries for JavaScript misread longs beyond it.
 */
export const longMax: number = 2 ** 52;

/** Arrays, objects, maps and sets nested deeper are refused, written or read: both recurse. */
export const valueDepthMax = 1_000;
