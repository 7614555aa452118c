/**
 * Owns: the canonical text of a key, on which equality, hash and order of composite keys rest
 * (docs/format/keys.md).
 * Does not own: the hash (key-hash.ts), the order (key-order.ts), the map (key-map.ts).
 *
 * I1. Two keys have the same text exactly when they are equal by value.
 * I2. The text of a key never changes from one release to the next: it is hashed to place keys in
 *     durable state.
 */
import { Buffer } from "node:buffer";
import { StreamError } from "../base/index.ts";
import { plainKindOf, typeNameOf } from "./plain-kind.ts";

/** Deeper keys are refused, and so is a cyclic one. */
export const keyDepthMax = 64;

/**
 * The canonical text of a key: equal keys have the same text, others never do. Throws
 * `key_unsupported` for anything but undefined, null, booleans, numbers, bigints, strings, valid
 * dates, bytes, arrays and plain objects.
 */
export function encodeKey(key: unknown): string {
  return encodeAt(key, 0);
}

function encodeAt(key: unknown, depth: number): string {
  switch (typeof key) {
    case "string":
      return quote(key);
    case "number":
      return `${key}`;
    case "bigint":
      return `${key}n`;
    case "boolean":
      return key ? "true" : "false";
    case "undefined":
      return "undefined";
    case "object":
      return key === null ? "null" : encodeComposite(key, depth);
    default:
      throw keyUnsupported(key);
  }
}

function encodeComposite(key: object, depth: number): string {
  if (depth === keyDepthMax) throw keyTooDeep();
  switch (plainKindOf(key)) {
    case "array":
      return encodeArray(key as readonly unknown[], depth);
    case "object":
      return encodeObject(key as Readonly<Record<string, unknown>>, depth);
    case "date":
      return `@${keyTimeOf(key as Date)}`;
    case "bytes":
      return `#${hexOf(key as Uint8Array)}`;
    default:
      throw keyUnsupported(key);
  }
}

function encodeArray(items: readonly unknown[], depth: number): string {
  let text = "[";
  for (let index = 0; index < items.length; index += 1) {
    if (index > 0) text += ",";
    text += encodeAt(items[index], depth + 1);
  }
  return `${text}]`;
}

function encodeObject(object: Readonly<Record<string, unknown>>, depth: number): string {
  let text = "{";
  for (const name of Object.keys(object).sort()) {
    if (text.length > 1) text += ",";
    text += `${quote(name)}:${encodeAt(object[name], depth + 1)}`;
  }
  return `${text}}`;
}

const quotedByHandMax = 32;

/** As JSON.stringify does it; short plain strings, the usual parts of keys, are cheaper by hand. */
function quote(text: string): string {
  if (text.length > quotedByHandMax) return JSON.stringify(text);
  for (let index = 0; index < text.length; index += 1) {
    const unit = text.charCodeAt(index);
    if (unit < 0x20 || unit > 0x7e || unit === 0x22 || unit === 0x5c) return JSON.stringify(text);
  }
  return `"${text}"`;
}

function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("hex");
}

/** The time of a date in ms since the epoch; throws `key_unsupported` for an invalid date. */
export function keyTimeOf(date: Date): number {
  const time = date.getTime();
  if (Number.isNaN(time)) throw keyUnsupported(date);
  return time;
}

/** The error for a value that cannot be a key, naming its type. */
export function keyUnsupported(key: unknown): StreamError {
  return new StreamError("key_unsupported", { type: typeNameOf(key) });
}

/** The error for a key that is nested deeper than `keyDepthMax`, as a cyclic one is. */
export function keyTooDeep(): StreamError {
  return new StreamError("key_unsupported", {
    type: `cyclic, or nested deeper than ${keyDepthMax} levels`,
  });
}
