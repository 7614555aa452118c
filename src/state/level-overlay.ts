/**
 * Owns: the changes of one update of a partition in LevelDB: in memory, and where they become too
 * many, in the database, out of the sight of all others.
 * Does not own: what becomes of them (level-partition.ts).
 *
 * I1. A change has a place: that of the first change since the key was last deleted. Keys that are new
 *     come into the state in this order, wherever their changes lie, and whatever was deleted before.
 */
import { Buffer } from "node:buffer";
import { decodeValue, encodeKey, encodeValue, KeyMap } from "../codec/index.ts";
import type { LevelDatabase } from "./level-database.ts";
import { AttemptKeys, keyBytesOf, keyOf } from "./level-records.ts";
import { type Absent, absent } from "./versioned-map.ts";

/** In place of a value: the key was used, and has the value that it had. */
export const used: unique symbol = Symbol("used");
export type LevelChange<S> = S | Absent | typeof used;

/** A change with its value as bytes. */
export type EncodedChange = Uint8Array | Absent | typeof used;

/** A change to write, each key once. */
export interface LevelKeyChange<K> {
  readonly key: K;
  readonly change: EncodedChange;
  /** Less than `placeCount`; primitive keys stand before composite ones, as in memory. */
  readonly place: number;
}

/** A change and its place among those of keys of its kind. */
interface Placed<C> {
  readonly change: C;
  readonly place: number;
}

/** Values as bytes. */
export interface ValueCodec<S> {
  encode(value: S): Uint8Array;
  decode(bytes: Uint8Array): S;
}

/** Any plain data, as it is. */
export function defaultValueCodec<S>(): ValueCodec<S> {
  return { encode: encodeValue, decode: (bytes) => decodeValue(bytes) as S };
}

/** So many changes stay in memory before they move to the database. */
const changesInMemoryMax = 20_000;
const writtenAtOnce = 1000;

const kinds = { absent: 0, used: 1, value: 2 } as const;

export class LevelOverlay<K, S> {
  readonly #database: LevelDatabase;
  readonly #codec: ValueCodec<S>;
  readonly #keys: AttemptKeys;
  readonly #inMemoryMax: number;
  #recent = new KeyMap<K, Placed<LevelChange<S>>>();
  /** On its way into the database. */
  #moving: KeyMap<K, Placed<LevelChange<S>>> | undefined;
  #encoded = new KeyMap<K, Placed<EncodedChange>>();
  #primitiveCount = 0;
  #compositeCount = 0;
  #isSpilled = false;

  constructor(
    database: LevelDatabase,
    codec: ValueCodec<S>,
    attempt: number,
    inMemoryMax: number = changesInMemoryMax,
  ) {
    this.#database = database;
    this.#codec = codec;
    this.#keys = new AttemptKeys(attempt);
    this.#inMemoryMax = inMemoryMax;
  }

  get isEmpty(): boolean {
    return !this.#isSpilled && this.#recent.size === 0 && this.#encoded.size === 0;
  }

  /** How many places there are; final once the changes are encoded. */
  get placeCount(): number {
    return this.#primitiveCount + this.#compositeCount;
  }

  get(key: K): LevelChange<S> | undefined {
    const placed = this.#inMemory(key);
    if (placed !== undefined) return placed.change;
    const encoded = this.#spilled(key)?.change;
    if (encoded === undefined || encoded === absent || encoded === used) return encoded;
    return this.#codec.decode(encoded);
  }

  set(key: K, change: LevelChange<S>): void {
    const before = this.#inMemory(key) ?? this.#spilled(key);
    const isAnew = before === undefined || before.change === absent;
    this.#recent.set(key, { change, place: isAnew ? this.#nextPlace(key) : before.place });
  }

  /** To be called now and then between two slices; undefined where there is nothing to do. */
  relieve(): Promise<void> | undefined {
    if (this.#recent.size < this.#inMemoryMax || this.#moving !== undefined) return undefined;
    return this.#spill();
  }

  /**
   * Makes bytes of the values in memory, so that what cannot be written is found before anything is
   * written. Nothing may be set afterwards. Throws `value_unsupported`, and what the codec throws.
   */
  encode(): void {
    const encoded = new KeyMap<K, Placed<EncodedChange>>();
    this.#recent.forEach(({ change, place }, key) =>
      encoded.set(key, { change: this.#encodedOf(change), place }),
    );
    this.#encoded = encoded;
    this.#recent = new KeyMap();
  }

  /** All changes, in chunks, in no promised order. */
  async *chunks(countMax: number): AsyncGenerator<readonly LevelKeyChange<K>[]> {
    if (this.#isSpilled) {
      for (let after: string | undefined; ; ) {
        const pairs = await this.#database.chunk(this.#keys.all, { after, countMax });
        if (pairs.length === 0) break;
        after = pairs.at(-1)?.[0];
        yield pairs
          .map(([databaseKey, bytes]) => {
            const { keyBytes, ...placed } = spilledChangeOf(bytes);
            return [keyOf(this.#keys.textOf(databaseKey), keyBytes) as K, placed] as const;
          })
          .filter(([key]) => !this.#encoded.has(key))
          .map(([key, placed]) => this.#keyChange(key, placed));
      }
    }
    for (const chunk of chunksOf(this.#encoded.entries(), countMax)) {
      yield chunk.map(([key, placed]) => this.#keyChange(key, placed));
    }
  }

  /** Leaves nothing of it in the database. */
  async discard(): Promise<void> {
    this.#recent = new KeyMap();
    this.#encoded = new KeyMap();
    this.#moving = undefined;
    if (this.#isSpilled) await this.#database.clear(this.#keys.all);
  }

  async #spill(): Promise<void> {
    const moving = this.#recent;
    this.#moving = moving;
    this.#recent = new KeyMap();
    this.#isSpilled = true;
    for (const chunk of chunksOf(moving.entries(), writtenAtOnce)) {
      await this.#database.write((batch) => {
        for (const [key, placed] of chunk) {
          batch.put(this.#keys.change(encodeKey(key)), this.#bytesOf(key, placed));
        }
      });
    }
    this.#moving = undefined;
  }

  #inMemory(key: K): Placed<LevelChange<S>> | undefined {
    return this.#recent.get(key) ?? this.#moving?.get(key);
  }

  #spilled(key: K): Placed<EncodedChange> | undefined {
    if (!this.#isSpilled) return undefined;
    const bytes = this.#database.get(this.#keys.change(encodeKey(key)));
    return bytes && spilledChangeOf(bytes);
  }

  #nextPlace(key: K): number {
    if (!isComposite(key)) return this.#primitiveCount++;
    return this.#compositeCount++;
  }

  #keyChange(key: K, { change, place }: Placed<EncodedChange>): LevelKeyChange<K> {
    return { key, change, place: isComposite(key) ? this.#primitiveCount + place : place };
  }

  #encodedOf(change: LevelChange<S>): EncodedChange {
    if (change === absent) return absent;
    return change === used ? used : this.#codec.encode(change);
  }

  #bytesOf(key: K, { change, place }: Placed<LevelChange<S>>): Buffer {
    const keyBytes = keyBytesOf(key);
    const encoded = this.#encodedOf(change);
    const header = Buffer.allocUnsafe(headerBytes);
    header.writeUInt8(kindOf(encoded), 0);
    header.writeUInt32LE(keyBytes.length, 1);
    header.writeDoubleLE(place, 5);
    const isValue = encoded !== absent && encoded !== used;
    return Buffer.concat(isValue ? [header, keyBytes, encoded] : [header, keyBytes]);
  }
}

const headerBytes = 13;

function kindOf(change: EncodedChange): number {
  if (change === absent) return kinds.absent;
  return change === used ? kinds.used : kinds.value;
}

function spilledChangeOf(bytes: Buffer): Placed<EncodedChange> & { keyBytes: Uint8Array } {
  const kind = bytes.readUInt8(0);
  const keyEnd = headerBytes + bytes.readUInt32LE(1);
  const place = bytes.readDoubleLE(5);
  const keyBytes = bytes.subarray(headerBytes, keyEnd);
  if (kind === kinds.absent) return { keyBytes, place, change: absent };
  if (kind === kinds.used) return { keyBytes, place, change: used };
  return { keyBytes, place, change: bytes.subarray(keyEnd) };
}

/** Of those keys that a KeyMap keeps apart, behind the others. */
function isComposite(key: unknown): boolean {
  return typeof key === "object" && key !== null;
}

/** Items in arrays of up to `countMax`. */
export function* chunksOf<T>(items: Iterable<T>, countMax: number): Generator<readonly T[]> {
  let chunk: T[] = [];
  for (const item of items) {
    chunk.push(item);
    if (chunk.length < countMax) continue;
    yield chunk;
    chunk = [];
  }
  if (chunk.length > 0) yield chunk;
}
