/**
 * Owns: a pass over the entries of one version in slices, between which later versions may be
 * applied.
 * Does not own: undo records and tombstones (versioned-map.ts).
 *
 * I1. A pass goes over the live iterators of the base: a native Map iterator meets each key once,
 *     in spite of keys that are added or deleted meanwhile, and a key of this version cannot leave
 *     the base (versioned-map.ts I2).
 * I2. What is added after this version is met and found absent in the undo records.
 * I3. Nothing is applied within a slice. No slice allocates anything per key, but where many versions
 *     came: a key is looked up a few times, however long the pass takes (undo-records.ts I2).
 * I4. It ends, however fast keys are added: those of its version come first, so it looks at no more
 *     keys than there were at its begin.
 */
import { type Absent, absent, type Changes, type VersionedMap } from "./versioned-map.ts";

type Visit<K, E> = (key: K, entry: E) => void;
/** In order: the first that knows a key says what it held. */
type Undo<K, E> = readonly Changes<K, E>[];
type Composites<K, E> = NonNullable<Changes<K, E>["composites"]>;

export class VersionScan<K, E> {
  readonly #map: VersionedMap<K, E>;
  readonly #version: number;
  readonly #primitives: Lockstep<K, E>;
  #composites: ReturnType<Composites<K, E>["values"]> | undefined;
  /** So many keys are still to be looked at. */
  readonly #left: { primitives: number; composites: number };

  constructor(map: VersionedMap<K, E>, version: number) {
    this.#map = map;
    this.#version = version;
    const { primitives } = map.base;
    this.#primitives = { keys: primitives.keys(), entries: primitives.values() };
    this.#left = { primitives: primitives.size, composites: map.base.composites?.size ?? 0 };
  }

  /** See `StateScan.next`. */
  next(keysMax: number, visit: Visit<K, E>): boolean {
    const undo = this.#map.undoTo(this.#version);
    const left = this.#left;
    const primitivesMax = Math.min(keysMax, left.primitives);
    const primitives = visitPrimitives(this.#primitives, primitivesMax, undo, visit);
    left.primitives = primitives < primitivesMax ? 0 : left.primitives - primitives;
    if (left.primitives > 0) return true;
    const compositesMax = Math.min(keysMax - primitives, left.composites);
    this.#composites ??= this.#map.base.composites?.values();
    const composites = visitComposites(this.#composites, compositesMax, undo, visit);
    left.composites = composites < compositesMax ? 0 : left.composites - composites;
    return left.composites > 0;
  }
}

/**
 * Two iterators over the same map, always advanced together: V8 allocates two objects per step of
 * an iterator over pairs, and none per step of these.
 */
interface Lockstep<K, E> {
  readonly keys: MapIterator<K>;
  readonly entries: MapIterator<E | Absent>;
}

/**
 * Looks at up to `keysMax` keys, and tells at how many. A Map iterator survives the `break` of its
 * loop.
 */
function visitPrimitives<K, E>(
  { keys, entries }: Lockstep<K, E>,
  keysMax: number,
  undo: Undo<K, E>,
  visit: Visit<K, E>,
): number {
  let count = 0;
  if (keysMax === 0) return count;
  for (const key of keys) {
    const newest = entries.next().value;
    const entry = undo.length === 0 ? newest : olderEntry(key, newest, undo);
    if (entry !== absent && entry !== undefined) visit(key, entry);
    count += 1;
    if (count === keysMax) break;
  }
  return count;
}

function visitComposites<K, E>(
  entries: ReturnType<Composites<K, E>["values"]> | undefined,
  keysMax: number,
  undo: Undo<K, E>,
  visit: Visit<K, E>,
): number {
  let count = 0;
  if (entries === undefined || keysMax === 0) return count;
  for (const { key, value: newest } of entries) {
    const entry = undo.length === 0 ? newest : olderEntry(key, newest, undo);
    if (entry !== absent && entry !== undefined) visit(key, entry);
    count += 1;
    if (count === keysMax) break;
  }
  return count;
}

function olderEntry<K, E>(
  key: K,
  newest: E | Absent | undefined,
  undo: Undo<K, E>,
): E | Absent | undefined {
  for (const replaced of undo) {
    const before = replaced.get(key);
    if (before !== undefined) return before;
  }
  return newest;
}
