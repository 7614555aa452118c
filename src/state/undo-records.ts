/**
 * Owns: the undo records of one partition, oldest first, and how a key is looked up in many of them.
 * Does not own: what a record says (versioned-map.ts).
 *
 * I1. Records are numbered from 0, for ever. A block of level n is the records of 4^n numbers in a row,
 *     from a multiple of it on, as one: of each key what the oldest of them says. It is made when it is
 *     first asked for, of four blocks of the level below, and stays until its first record goes.
 * I2. So a reader of an old version, a state that waits or a snapshot that takes long, looks into a
 *     number of blocks that grows with the logarithm of the records, and each change is joined once
 *     per level, whoever reads, and however often.
 */
import { KeyMap } from "../codec/index.ts";

/** By key, what to put back to get from a version to an older one. */
export type Replaced<K, B> = KeyMap<K, B>;

/** How to get from `version` back to the version before it. */
export interface UndoRecord<K, B> {
  readonly version: number;
  readonly replaced: Replaced<K, B>;
  readonly sizeBefore: number;
}

/** So many blocks of a level make one of the next. */
const radix = 4;
const none: readonly never[] = [];

export class UndoRecords<K, B> {
  #records: UndoRecord<K, B>[] = [];
  /** The number of the first record that is there. */
  #firstNumber = 0;
  /** By level, from 1; by the number of the first record. */
  readonly #blocks: Map<number, Replaced<K, B>>[] = [];

  add(record: UndoRecord<K, B>): void {
    this.#records.push(record);
  }

  /** The oldest record newer than `version`. */
  oldestAfter(version: number): UndoRecord<K, B> | undefined {
    return this.#records[this.#placeAfter(version)];
  }

  /** What leads back to `version`, to be looked through in order: the first that knows a key is right. */
  backTo(version: number): readonly Replaced<K, B>[] {
    if ((this.#records.at(-1)?.version ?? version) <= version) return none;
    const end = this.#firstNumber + this.#records.length;
    const steps: Replaced<K, B>[] = [];
    for (let number = this.#firstNumber + this.#placeAfter(version); number < end; ) {
      let level = 0;
      let length = 1;
      while (number % (length * radix) === 0 && number + length * radix <= end) {
        length *= radix;
        level += 1;
      }
      steps.push(this.#block(level, number));
      number += length;
    }
    return steps;
  }

  /** Drops the records that only versions older than `oldestVersion` need. Costs what it drops. */
  forget(oldestVersion: number): void {
    const kept = this.#records.findIndex((record) => record.version > oldestVersion);
    const dropped = kept === -1 ? this.#records.length : kept;
    this.#records.splice(0, dropped);
    this.#firstNumber += dropped;
    for (const blocks of this.#blocks) {
      for (const number of blocks.keys()) {
        // They are made in order, all but a few.
        if (number >= this.#firstNumber) break;
        blocks.delete(number);
      }
    }
  }

  #block(level: number, number: number): Replaced<K, B> {
    if (level === 0) {
      return this.#records[number - this.#firstNumber]?.replaced ?? new KeyMap();
    }
    const blocks = (this.#blocks[level - 1] ??= new Map());
    let block = blocks.get(number);
    if (block === undefined) {
      const step = radix ** (level - 1);
      block = new KeyMap();
      for (let part = 0; part < radix; part += 1) {
        addYounger(block, this.#block(level - 1, number + part * step));
      }
      blocks.set(number, block);
    }
    return block;
  }

  #placeAfter(version: number): number {
    let from = 0;
    let until = this.#records.length;
    while (from < until) {
      const middle = (from + until) >> 1;
      if ((this.#records[middle]?.version ?? version) > version) until = middle;
      else from = middle + 1;
    }
    return from;
  }
}

/** Adds what the later record says of keys that those before it do not know. */
function addYounger<K, B>(block: Replaced<K, B>, later: Replaced<K, B>): void {
  later.forEach((before, key) => {
    if (!block.has(key)) block.set(key, before);
  });
}
