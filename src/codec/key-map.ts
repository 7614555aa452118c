/**
 * Owns: the map by value of a key, the hottest structure of the engine.
 * Does not own: when two keys are equal (key-encoding.ts).
 *
 * I1. A string or number key costs one or two typeof checks and the native call, and allocates
 *     nothing.
 * I2. The map of composite keys exists only where a composite key was set.
 */
import { copyKey } from "./key-copy.ts";
import { encodeKey, keyUnsupported } from "./key-encoding.ts";

interface CompositeEntry<K, V> {
  readonly key: K;
  value: V;
}

/**
 * A Map whose keys compare by value. Iteration gives the primitive keys in the order of their first
 * insertion, then the composite keys (arrays, plain objects, dates, bytes) in theirs.
 *
 * A composite key is encoded when it is passed in, and the map keeps a copy of its own: a caller
 * who changes the key afterwards changes nothing here. The copies that iteration hands out are
 * frozen, except dates and bytes, which JavaScript cannot freeze: changing one of those leaves
 * every lookup right, but later iterations show the change. What cannot be a key throws
 * `key_unsupported`.
 */
export class KeyMap<K, V> {
  readonly #primitives = new Map<K, V>();
  #composites: Map<string, CompositeEntry<K, V>> | undefined;

  /** The primitive keys alone, for hot loops; read only. */
  get primitives(): ReadonlyMap<K, V> {
    return this.#primitives;
  }

  /**
   * The composite keys alone, each in an entry, for iteration that stops and goes on; read only.
   */
  get composites(): ReadonlyMap<string, { readonly key: K; readonly value: V }> | undefined {
    return this.#composites;
  }

  get size(): number {
    return this.#primitives.size + (this.#composites?.size ?? 0);
  }

  get(key: K): V | undefined {
    if (typeof key === "string" || typeof key === "number" || isPrimitiveKey(key)) {
      return this.#primitives.get(key);
    }
    const encoded = encodeKey(key);
    return this.#composites?.get(encoded)?.value;
  }

  has(key: K): boolean {
    if (typeof key === "string" || typeof key === "number" || isPrimitiveKey(key)) {
      return this.#primitives.has(key);
    }
    const encoded = encodeKey(key);
    return this.#composites?.has(encoded) ?? false;
  }

  set(key: K, value: V): this {
    if (typeof key === "string" || typeof key === "number" || isPrimitiveKey(key)) {
      this.#primitives.set(key, value);
    } else {
      const encoded = encodeKey(key);
      const entry = this.#composites?.get(encoded);
      if (entry !== undefined) entry.value = value;
      else this.#addComposite(encoded, key, value);
    }
    return this;
  }

  /**
   * Sets what `change` returns for the present value (undefined where there is none); encodes the
   * key only once.
   */
  update(key: K, change: (value: V | undefined) => V): void {
    if (typeof key === "string" || typeof key === "number" || isPrimitiveKey(key)) {
      this.#primitives.set(key, change(this.#primitives.get(key)));
      return;
    }
    const encoded = encodeKey(key);
    const value = change(this.#composites?.get(encoded)?.value);
    const entry = this.#composites?.get(encoded);
    if (entry !== undefined) entry.value = value;
    else this.#addComposite(encoded, key, value);
  }

  /** Sets `value` for each key of `other`; a composite key is neither encoded nor copied again. */
  setAll(other: KeyMap<K, unknown>, value: V): void {
    for (const key of other.#primitives.keys()) this.#primitives.set(key, value);
    if (other.#composites === undefined) return;
    this.#composites ??= new Map();
    for (const [encoded, { key }] of other.#composites) {
      this.#composites.set(encoded, { key, value });
    }
  }

  delete(key: K): boolean {
    if (typeof key === "string" || typeof key === "number" || isPrimitiveKey(key)) {
      return this.#primitives.delete(key);
    }
    const encoded = encodeKey(key);
    return this.#composites?.delete(encoded) ?? false;
  }

  clear(): void {
    this.#primitives.clear();
    this.#composites = undefined;
  }

  forEach(fn: (value: V, key: K) => void): void {
    this.#primitives.forEach(fn);
    this.#composites?.forEach((entry) => fn(entry.value, entry.key));
  }

  *keys(): Generator<K, void, undefined> {
    yield* this.#primitives.keys();
    if (this.#composites === undefined) return;
    for (const entry of this.#composites.values()) yield entry.key;
  }

  *values(): Generator<V, void, undefined> {
    yield* this.#primitives.values();
    if (this.#composites === undefined) return;
    for (const entry of this.#composites.values()) yield entry.value;
  }

  *entries(): Generator<[K, V], void, undefined> {
    yield* this.#primitives.entries();
    if (this.#composites === undefined) return;
    for (const entry of this.#composites.values()) yield [entry.key, entry.value];
  }

  [Symbol.iterator](): Generator<[K, V], void, undefined> {
    return this.entries();
  }

  #addComposite(encoded: string, key: K, value: V): void {
    this.#composites ??= new Map();
    this.#composites.set(encoded, { key: copyKey(key), value });
  }
}

function isPrimitiveKey(key: unknown): boolean {
  switch (typeof key) {
    case "object":
      return key === null;
    case "function":
    case "symbol":
      throw keyUnsupported(key);
    default:
      return true;
  }
}
