/**
 * Owns: a small cache from the bytes of property names to their strings. The same few names come in
 * every record, and a string that the engine has seen as a property name is cheaper both to make
 * and to set a property by.
 * Does not own: reading (byte-reader.ts).
 */
import type { Buffer } from "node:buffer";

/** Longer names are not cached. */
export const cachedNameBytesMax = 40;

const slotCount = 1024;
const slots: string[] = Array.from({ length: slotCount }, () => "");

/** The name of exactly these ASCII bytes, where it was cached and not yet replaced by another. */
export function cachedName(bytes: Buffer, start: number, byteCount: number): string | undefined {
  const name = slots[slotOf(bytes, start, byteCount)] ?? "";
  if (name.length !== byteCount) return undefined;
  for (let index = 0; index < byteCount; index += 1) {
    if (name.charCodeAt(index) !== bytes[start + index]) return undefined;
  }
  return name;
}

/** Remembers the name of these bytes; a name that is not plain ASCII is not remembered. */
export function cacheName(bytes: Buffer, start: number, byteCount: number, name: string): void {
  if (name.length === byteCount) slots[slotOf(bytes, start, byteCount)] = name;
}

function slotOf(bytes: Buffer, start: number, byteCount: number): number {
  let hash = byteCount;
  for (let index = start; index < start + byteCount; index += 1) {
    hash = (Math.imul(hash, 31) + (bytes[index] ?? 0)) | 0;
  }
  return (hash ^ (hash >>> 10)) & (slotCount - 1);
}
