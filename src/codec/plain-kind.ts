/**
 * Owns: telling which kind of plain data an object is, across realms, and naming what is not plain
 * data.
 * Does not own: which kinds are keys (key-encoding.ts) or values (value-encoder.ts).
 */
import { Buffer } from "node:buffer";
import { types } from "node:util";

/**
 * `none` is everything that is not plain data: instances of classes, errors, promises, iterators
 * and so on.
 */
export type PlainKind =
  | "array"
  | "object"
  | "date"
  | "bytes"
  | "view"
  | "buffer"
  | "map"
  | "set"
  | "none";

/**
 * The kind of an object: `bytes` is Uint8Array or Buffer, `view` another typed array or a DataView,
 * `buffer` an ArrayBuffer. An instance of a subclass is `none`, because its class would be lost.
 */
export function plainKindOf(value: object): PlainKind {
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype === Object.prototype || prototype === null) return "object";
  if (prototype === Array.prototype && Array.isArray(value)) return "array";
  if (Buffer.isBuffer(value)) return "bytes";
  return kindByBrand(value, ancestorsOf(value));
}

/**
 * Brands and the length of the prototype chain are the same in every realm (test runners and REPLs
 * run code in realms of their own), where `instanceof` is not; a subclass lengthens the chain by
 * one.
 */
function kindByBrand(value: object, ancestors: readonly object[]): PlainKind {
  if (ArrayBuffer.isView(value)) return viewKind(value, ancestors.length);
  const root = ancestors.at(-1);
  if (ancestors.length === 1) {
    return root !== undefined && Object.hasOwn(root, "isPrototypeOf") ? "object" : "none";
  }
  if (ancestors.length !== 2) return "none";
  if (Array.isArray(value)) return "array";
  if (types.isDate(value)) return "date";
  if (types.isMap(value)) return "map";
  if (types.isSet(value)) return "set";
  return types.isArrayBuffer(value) ? "buffer" : "none";
}

function viewKind(value: ArrayBufferView, ancestorCount: number): PlainKind {
  if (ancestorCount !== (types.isTypedArray(value) ? 3 : 2)) return "none";
  return types.isUint8Array(value) ? "bytes" : "view";
}

function ancestorsOf(value: object): object[] {
  const ancestors: object[] = [];
  for (
    let ancestor: object | null = Object.getPrototypeOf(value);
    ancestor !== null;
    ancestor = Object.getPrototypeOf(ancestor)
  ) {
    ancestors.push(ancestor);
  }
  return ancestors;
}

/** The name of a value's type for a message: its `typeof`, or the name of its class. */
export function typeNameOf(value: unknown): string {
  if (typeof value !== "object" || value === null) return value === null ? "null" : typeof value;
  if (types.isDate(value) && Number.isNaN(value.getTime())) return "invalid Date";
  const constructor: unknown = Reflect.get(value, "constructor");
  return typeof constructor === "function" && constructor.name !== "" ? constructor.name : "object";
}
