/**
 * Owns: how values of states and journals are written as JSON, and read from it: plain JSON where that says the same, and
 * an object with one name that begins with `$` for what JSON has no form for.
 * Does not own: the durable encoding (src/codec).
 *
 * I1. What was written is read back as the same value.
 */
import { Buffer } from "node:buffer";
import { messageOf, StreamError } from "../base/index.ts";

/** A value of JSON. */
export type Json =
  | null
  | boolean
  | number
  | string
  | readonly Json[]
  | { readonly [name: string]: Json };

/** Writes a value: nested Map, Set, Date, bigint, bytes, undefined and the numbers that JSON lacks as `$` objects. */
export function toJson(value: unknown): Json {
  switch (typeof value) {
    case "string":
    case "boolean":
      return value;
    case "number":
      return Number.isFinite(value) && !Object.is(value, -0)
        ? value
        : { $number: Object.is(value, -0) ? "-0" : String(value) };
    case "bigint":
      return { $bigint: String(value) };
    case "undefined":
      return { $undefined: true };
    default:
      return value === null ? null : objectToJson(value as object);
  }
}

function objectToJson(value: object): Json {
  if (Array.isArray(value)) return value.map(toJson);
  if (value instanceof Date) return { $date: dateText(value) };
  if (value instanceof Map) return { $map: [...value].map(([k, v]) => [toJson(k), toJson(v)]) };
  if (value instanceof Set) return { $set: [...value].map(toJson) };
  if (value instanceof ArrayBuffer) return binary("ArrayBuffer", new Uint8Array(value));
  if (Buffer.isBuffer(value)) return binary("Buffer", value);
  if (ArrayBuffer.isView(value)) {
    const bytes = new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
    const kind = value.constructor.name;
    return kind === "Uint8Array" ? { $bytes: base64(bytes) } : binary(kind, bytes);
  }
  const properties = Object.entries(value);
  const looksSpecial = properties.some(([name]) => name.startsWith("$") || name === "__proto__");
  if (looksSpecial) return { $object: properties.map(([name, each]) => [name, toJson(each)]) };
  return Object.fromEntries(properties.map(([name, each]) => [name, toJson(each)]));
}

function dateText(date: Date): string {
  return Number.isNaN(date.getTime()) ? "invalid" : date.toISOString();
}

function binary(kind: string, bytes: Uint8Array): Json {
  return { $binary: { kind, base64: base64(bytes) } };
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64");
}

/** Reads what `toJson` wrote. Throws `notation_invalid`. */
export function fromJson(json: Json): unknown {
  if (json === null || typeof json !== "object") return json;
  if (Array.isArray(json)) return json.map(fromJson);
  const properties = Object.entries(json as { readonly [name: string]: Json });
  const [first] = properties;
  if (first !== undefined && properties.length === 1 && first[0].startsWith("$")) {
    return special(first[0], first[1]);
  }
  return Object.fromEntries(properties.map(([name, each]) => [name, fromJson(each)]));
}

function special(name: string, content: Json): unknown {
  try {
    switch (name) {
      case "$bigint":
        return BigInt(content as string);
      case "$number":
        return content === "-0" ? -0 : Number(content);
      case "$undefined":
        return undefined;
      case "$date":
        return new Date(content === "invalid" ? Number.NaN : (content as string));
      case "$map":
        return new Map(pairs(content).map(([k, v]) => [fromJson(k), fromJson(v)]));
      case "$set":
        return new Set((content as readonly Json[]).map(fromJson));
      case "$object":
        return Object.fromEntries(pairs(content).map(([k, v]) => [k as string, fromJson(v)]));
      case "$bytes":
        return bytesOf(content as string);
      case "$binary":
        return binaryOf(content as { readonly kind: string; readonly base64: string });
      default:
        throw new StreamError("notation_invalid", { form: name });
    }
  } catch (error) {
    if (error instanceof StreamError) throw error;
    throw new StreamError("notation_invalid", { form: name, content }, { cause: error });
  }
}

function pairs(content: Json): readonly (readonly [Json, Json])[] {
  return content as unknown as readonly (readonly [Json, Json])[];
}

function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(Buffer.from(text, "base64"));
}

const viewKinds: Readonly<Record<string, new (bytes: ArrayBuffer) => ArrayBufferView>> = {
  DataView,
  Int8Array,
  Uint8ClampedArray,
  Int16Array,
  Uint16Array,
  Int32Array,
  Uint32Array,
  Float32Array,
  Float64Array,
  BigInt64Array,
  BigUint64Array,
};

function binaryOf({ base64: text, kind }: { kind: string; base64: string }): unknown {
  const bytes = bytesOf(text);
  if (kind === "Buffer") return Buffer.from(bytes);
  if (kind === "ArrayBuffer") return bytes.buffer;
  const View = viewKinds[kind] ?? youngerKind(kind);
  if (View === undefined) throw new StreamError("notation_invalid", { form: "$binary", kind });
  return new View(bytes.buffer);
}

type ViewConstructor = (typeof viewKinds)[string];

/** A kind that not every Node has. */
function youngerKind(kind: string): ViewConstructor | undefined {
  const found: unknown = kind === "Float16Array" ? Reflect.get(globalThis, kind) : undefined;
  return typeof found === "function" ? (found as ViewConstructor) : undefined;
}

/** A value as one line of JSON. */
export function valueText(value: unknown): string {
  return JSON.stringify(toJson(value));
}

/** A key for people: a text stands for itself where nothing else could be meant by it. */
export function keyText(key: unknown): string {
  if (typeof key !== "string") return valueText(key);
  const isPlain = key !== "" && !/[\t\n\r]/.test(key) && parsed(key) === undefined;
  return isPlain ? key : JSON.stringify(key);
}

/** The key that a text of the command line means: what it is as JSON, else the text itself. Throws `notation_invalid`. */
export function keyOfText(text: string): unknown {
  const json = parsed(text);
  return json === undefined ? text : fromJson(json);
}

/** The value that a text of the command line means, which has to be JSON. Throws `notation_invalid`. */
export function valueOfText(text: string): unknown {
  try {
    return fromJson(JSON.parse(text) as Json);
  } catch (error) {
    if (error instanceof StreamError) throw error;
    throw new StreamError("notation_invalid", { value: text, reason: messageOf(error) });
  }
}

/** What a text of JSON can begin with: most texts are none, and a parser that throws is slow. */
const jsonBeginning = /^\s*(?:[-\d"{[]|true|false|null)/;

function parsed(text: string): Json | undefined {
  if (!jsonBeginning.test(text)) return undefined;
  try {
    return JSON.parse(text) as Json;
  } catch {
    return undefined;
  }
}
