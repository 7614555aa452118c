/**
 * Owns: what a reader of one version of a partition in LevelDB is given.
 * Does not own: which versions there are (level-partition.ts).
 *
 * I1. A pass opens an iterator per chunk and closes it: one that is left half-way holds nothing.
 */
import type { Buffer } from "node:buffer";
import { encodeKey } from "../codec/index.ts";
import type { LevelDatabase, LevelView } from "./level-database.ts";
import { keyOf, type LevelRecord, type PartitionKeys, recordOf } from "./level-records.ts";
import type { StateReader, StateScan } from "./state-partition.ts";

/** A version as the database shows it. */
export interface LevelVersion {
  readonly view: LevelView;
  readonly size: number;
}

/** The parts of a partition that its readers need. */
export interface LevelParts<S> {
  readonly database: LevelDatabase;
  readonly keys: PartitionKeys;
  /** A value as it is handed to those who may not change it. */
  readonly valueOf: (bytes: Uint8Array) => S;
}

const keysPerChunk = 1000;

export class LevelReader<K, S> implements StateReader<K, S> {
  readonly #parts: LevelParts<S>;
  /** Throws once the version is forgotten. */
  readonly #versionOf: () => LevelVersion;

  constructor(parts: LevelParts<S>, versionOf: () => LevelVersion) {
    this.#parts = parts;
    this.#versionOf = versionOf;
  }

  get size(): number {
    return this.#versionOf().size;
  }

  get(key: K): S | undefined {
    const record = this.record(encodeKey(key));
    return record && this.#parts.valueOf(record.valueBytes);
  }

  has(key: K): boolean {
    return this.record(encodeKey(key)) !== undefined;
  }

  /** The record of a key, by its text. */
  record(text: string): LevelRecord | undefined {
    const { database, keys } = this.#parts;
    const bytes = database.get(keys.data(text), this.#versionOf().view);
    return bytes && recordOf(bytes);
  }

  scan(): StateScan<K, S> {
    return new LevelScan(this.#parts, this.#versionOf);
  }
}

class LevelScan<K, S> implements StateScan<K, S> {
  readonly #parts: LevelParts<S>;
  readonly #versionOf: () => LevelVersion;
  #pairs: readonly (readonly [string, Buffer])[] = [];
  #place = 0;
  #after: string | undefined;
  #isDone = false;

  constructor(parts: LevelParts<S>, versionOf: () => LevelVersion) {
    this.#parts = parts;
    this.#versionOf = versionOf;
  }

  next(keysMax: number, visit: (key: K, value: S) => void): boolean | Promise<boolean> {
    this.#versionOf();
    if (this.#place < this.#pairs.length || this.#isDone) return this.#visit(keysMax, visit);
    return this.#read().then(() => this.#visit(keysMax, visit));
  }

  #visit(keysMax: number, visit: (key: K, value: S) => void): boolean {
    const { keys, valueOf } = this.#parts;
    const end = Math.min(this.#place + keysMax, this.#pairs.length);
    while (this.#place < end) {
      const pair = this.#pairs[this.#place];
      this.#place += 1;
      if (pair === undefined) continue;
      const { keyBytes, valueBytes } = recordOf(pair[1]);
      visit(keyOf(keys.textOfData(pair[0]), keyBytes) as K, valueOf(valueBytes));
    }
    return !this.#isDone;
  }

  async #read(): Promise<void> {
    const { database, keys } = this.#parts;
    const { view } = this.#versionOf();
    const options = { after: this.#after, countMax: keysPerChunk, view };
    this.#pairs = await database.chunk(keys.allData, options);
    this.#place = 0;
    this.#after = this.#pairs.at(-1)?.[0] ?? this.#after;
    this.#isDone = this.#pairs.length === 0;
  }
}
