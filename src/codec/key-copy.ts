/**
 * Owns: the copy of a composite key that a map keeps, which no caller can change by accident.
 * Does not own: the map (key-map.ts).
 */
import { Buffer } from "node:buffer";
import { plainKindOf } from "./plain-kind.ts";

/**
 * A deep copy of a key whose arrays and objects are frozen, or the key itself where it is frozen
 * all through already. Dates and bytes are copied, but cannot be frozen. The key must be one that
 * `encodeKey` accepts.
 */
export function copyKey<K>(key: K): K {
  return (isFrozenThrough(key) ? key : copy(key)) as K;
}

function isFrozenThrough(key: unknown): boolean {
  if (typeof key !== "object" || key === null) return true;
  if (!Object.isFrozen(key)) return false;
  const kind = plainKindOf(key);
  return (kind === "array" || kind === "object") && Object.values(key).every(isFrozenThrough);
}

function copy(key: unknown): unknown {
  if (typeof key !== "object" || key === null) return key;
  switch (plainKindOf(key)) {
    case "array":
      return Object.freeze(Array.from(key as readonly unknown[], copy));
    case "date":
      return new Date((key as Date).getTime());
    case "bytes":
      return Buffer.isBuffer(key) ? Buffer.from(key) : new Uint8Array(key as Uint8Array);
    default:
      return Object.freeze(
        Object.fromEntries(Object.entries(key).map(([name, value]) => [name, copy(value)])),
      );
  }
}
