/**
 * Owns: the changes of one update of a partition in LevelDB: in memory, and where they become too
 * many, in the database, out of the sight of all others.
 * Does not own: what becomes of them (level-partition.ts).
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
  #recent = new KeyMap<K, LevelChange<S>>();
  /** On its way into the database. */
  #moving: KeyMap<K, LevelChange<S>> | undefined;
  #encoded = new KeyMap<K, EncodedChange>();
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

  get(key: K): LevelChange<S> | undefined {
    const change = this.#recent.get(key) ?? this.#moving?.get(key);
    if (change !== undefined || !this.#isSpilled) return change;
    const bytes = this.#database.get(this.#keys.change(encodeKey(key)));
    if (bytes === undefined) return undefined;
    const encoded = encodedChangeOf(bytes).change;
    return encoded === absent || encoded === used ? encoded : this.#codec.decode(encoded);
  }

  set(key: K, change: LevelChange<S>): void {
    this.#recent.set(key, change);
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
    const encoded = new KeyMap<K, EncodedChange>();
    this.#recent.forEach((change, key) => encoded.set(key, this.#encodedOf(change)));
    this.#encoded = encoded;
    this.#recent = new KeyMap();
  }

  /** All changes, in chunks, the last one of a key last. */
  async *chunks(countMax: number): AsyncGenerator<readonly (readonly [K, EncodedChange])[]> {
    if (this.#isSpilled) {
      for (let after: string | undefined; ; ) {
        const pairs = await this.#database.chunk(this.#keys.all, { after, countMax });
        if (pairs.length === 0) break;
        after = pairs.at(-1)?.[0];
        yield pairs.map(([key, bytes]) => {
          const { change, keyBytes } = encodedChangeOf(bytes);
          return [keyOf(this.#keys.textOf(key), keyBytes) as K, change] as const;
        });
      }
    }
    yield* chunksOf(this.#encoded.entries(), countMax);
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
        for (const [key, change] of chunk) {
          batch.put(this.#keys.change(encodeKey(key)), this.#bytesOf(key, change));
        }
      });
    }
    this.#moving = undefined;
  }

  #encodedOf(change: LevelChange<S>): EncodedChange {
    if (change === absent) return absent;
    return change === used ? used : this.#codec.encode(change);
  }

  #bytesOf(key: K, change: LevelChange<S>): Buffer {
    const keyBytes = keyBytesOf(key);
    const encoded = this.#encodedOf(change);
    const header = Buffer.allocUnsafe(headerBytes);
    header.writeUInt8(kindOf(encoded), 0);
    header.writeUInt32LE(keyBytes.length, 1);
    const isValue = encoded !== absent && encoded !== used;
    return Buffer.concat(isValue ? [header, keyBytes, encoded] : [header, keyBytes]);
  }
}

const headerBytes = 5;

function kindOf(change: EncodedChange): number {
  if (change === absent) return kinds.absent;
  return change === used ? kinds.used : kinds.value;
}

function encodedChangeOf(bytes: Buffer): { keyBytes: Uint8Array; change: EncodedChange } {
  const kind = bytes.readUInt8(0);
  const keyEnd = headerBytes + bytes.readUInt32LE(1);
  const keyBytes = bytes.subarray(headerBytes, keyEnd);
  if (kind === kinds.absent) return { keyBytes, change: absent };
  if (kind === kinds.used) return { keyBytes, change: used };
  return { keyBytes, change: bytes.subarray(keyEnd) };
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
