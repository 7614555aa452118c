/**
 * Owns: reading one version of one partition in LevelDB for a snapshot: all of it, or what changed.
 * Does not own: which of the two (snapshot-chain.ts); that the version is held (versioned-state.ts).
 */
import { keyGroupOf } from "../codec/index.ts";
import type { LevelChanges } from "./level-changes.ts";
import type { LevelPair } from "./level-database.ts";
import type { LevelParts, LevelReader, LevelVersion } from "./level-reader.ts";
import { keyOf, type LevelRange, type LevelRecord, recordOf } from "./level-records.ts";
import type { PartitionSnapshot, StateEntry } from "./state-partition.ts";

export interface LevelSnapshotParts<K, S> extends LevelParts<S> {
  readonly version: number;
  /** Undefined: all of it. */
  readonly baseVersion: number | undefined;
  readonly reader: LevelReader<K, S>;
  readonly versionOf: () => LevelVersion;
  readonly changes: LevelChanges;
  readonly hasTimeout: boolean;
}

export class LevelSnapshot<K, S> implements PartitionSnapshot<K, S> {
  readonly #parts: LevelSnapshotParts<K, S>;

  constructor(parts: LevelSnapshotParts<K, S>) {
    this.#parts = parts;
  }

  slices(keysMax: number): AsyncIterable<readonly StateEntry<K, S>[]> {
    const { baseVersion, changes, keys } = this.#parts;
    if (baseVersion === undefined) {
      return this.#pass(keys.allData, keysMax, ([key, bytes]) =>
        this.#entryOf(keys.textOfData(key), recordOf(bytes)),
      );
    }
    return this.#pass(changes.after(baseVersion), keysMax, (pair) => this.#changed(pair));
  }

  confirm(): void {
    this.#parts.changes.forgetCounts(this.#parts.version);
  }

  release(): void {}

  async *#pass(
    range: LevelRange,
    countMax: number,
    entryOf: (pair: LevelPair) => StateEntry<K, S>,
  ): AsyncGenerator<readonly StateEntry<K, S>[], void, undefined> {
    const { database, versionOf } = this.#parts;
    for (let after: string | undefined; ; ) {
      const pairs = await database.chunk(range, { after, countMax, view: versionOf().view });
      if (pairs.length === 0) return;
      after = pairs.at(-1)?.[0];
      yield pairs.map(entryOf);
    }
  }

  #changed([changeKey, keyBytes]: LevelPair): StateEntry<K, S> {
    const { changes, reader } = this.#parts;
    const { text } = changes.partsOf(changeKey);
    const record = reader.record(text);
    if (record !== undefined) return this.#entryOf(text, record);
    const key = keyOf(text, keyBytes) as K;
    return { group: keyGroupOf(key), key, value: undefined, usedAtMs: undefined };
  }

  #entryOf(text: string, { keyBytes, valueBytes, usedAt }: LevelRecord): StateEntry<K, S> {
    const { valueOf, hasTimeout } = this.#parts;
    const key = keyOf(text, keyBytes) as K;
    const usedAtMs = hasTimeout ? usedAt : undefined;
    return { group: keyGroupOf(key), key, value: valueOf(valueBytes), usedAtMs };
  }
}
