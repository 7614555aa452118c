/**
 * Owns: typed arrays, DataView, ArrayBuffer and Buffer as their kind and little-endian bytes, and
 * back.
 * Does not own: plain bytes (Uint8Array), which Avro has a type for.
 */
import { Buffer } from "node:buffer";
import { endianness } from "node:os";
import { type BinaryKind, binaryKinds } from "./value-schema.ts";

type ViewConstructor = new (buffer: ArrayBuffer) => ArrayBufferView;

const elementBytes: Readonly<Record<BinaryKind, 1 | 2 | 4 | 8>> = {
  ArrayBuffer: 1,
  Buffer: 1,
  DataView: 1,
  Int8Array: 1,
  Uint8ClampedArray: 1,
  Int16Array: 2,
  Uint16Array: 2,
  Int32Array: 4,
  Uint32Array: 4,
  Float16Array: 2,
  Float32Array: 4,
  Float64Array: 8,
  BigInt64Array: 8,
  BigUint64Array: 8,
};

/** The kind of binary data; undefined for a plain Uint8Array, which needs none. */
export function binaryKindOf(binary: ArrayBuffer | ArrayBufferView): BinaryKind | undefined {
  if (Buffer.isBuffer(binary)) return "Buffer";
  const name: unknown = Reflect.get(binary, Symbol.toStringTag);
  return binaryKinds.find((kind) => kind === name);
}

/** The little-endian bytes of binary data; the data's own memory where that will do. */
export function binaryBytes(
  binary: ArrayBuffer | ArrayBufferView,
  kind: BinaryKind | undefined,
): Uint8Array {
  const bytes = ArrayBuffer.isView(binary)
    ? new Uint8Array(binary.buffer, binary.byteOffset, binary.byteLength)
    : new Uint8Array(binary);
  return kind === undefined ? bytes : swapped(bytes, elementBytes[kind]);
}

/**
 * Binary data from a copy of its bytes; undefined where they are no whole number of elements, or
 * the kind is unknown.
 */
export function binaryOf(
  kind: BinaryKind,
  bytes: Uint8Array,
): ArrayBuffer | ArrayBufferView | undefined {
  if (bytes.length % elementBytes[kind] !== 0) return undefined;
  if (kind === "Buffer") return Buffer.from(bytes);
  const buffer = new Uint8Array(swapped(bytes, elementBytes[kind])).buffer;
  if (kind === "ArrayBuffer") return buffer;
  // Looked up by name: Node 22 has no Float16Array.
  const View: unknown = Reflect.get(globalThis, kind);
  return typeof View === "function" ? new (View as ViewConstructor)(buffer) : undefined;
}

function swapped(bytes: Uint8Array, size: 1 | 2 | 4 | 8): Uint8Array {
  if (size === 1 || endianness() === "LE") return bytes;
  const copy = Buffer.from(bytes);
  return size === 2 ? copy.swap16() : size === 4 ? copy.swap32() : copy.swap64();
}
