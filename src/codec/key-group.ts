/**
 * Owns: the key group of a key, the unit in which keyed state is handed out (docs/format/keys.md).
 * Does not own: the hash (key-hash.ts); which partition owns which groups (src/core).
 */
import { hashKey } from "./key-hash.ts";

/**
 * Keys hash to this number of groups, whatever the number of partitions; part of the format of
 * state.
 */
export const keyGroupCount = 128;

/** The group of a key, 0 to 127. Throws `key_unsupported` as `hashKey` does. */
export function keyGroupOf(key: unknown): number {
  return hashKey(key) % keyGroupCount;
}
