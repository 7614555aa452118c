/**
 * Owns: how a keyed state lies in a LevelDB database: its keys as text, whose order of bytes is the
 * order of passes, and its records. A working copy only, so that the form may change with any release.
 * Does not own: reading and writing them (level-*.ts).
 *
 * Keys: `d` partition key: the newest entry of a key. `t` partition last-use order key: a timer.
 * `c` tracking partition version key: a change, for snapshots. `x` tracking partition key: when a key
 * was deleted. `o` attempt key: a change of an update that takes too much memory.
 */
import { Buffer } from "node:buffer";
import { decodeValue, encodeValue } from "../codec/index.ts";

/** The entry of a key. */
export interface LevelRecord {
  /** The place of the key in the order in which keys came into the partition. */
  readonly order: number;
  /** The version that used it last, in ms. */
  readonly usedAt: number;
  /** The version that changed it last, in ms. */
  readonly changedAt: number;
  /** The key where its text does not tell it, else empty. */
  readonly keyBytes: Uint8Array;
  readonly valueBytes: Uint8Array;
}

/** Keys from `gte` up to, without it, `lt`. */
export interface LevelRange {
  readonly gte: string;
  readonly lt: string;
}

const fixed = (value: number, digits: number): string => value.toString(16).padStart(digits, "0");

/** Whole numbers from -2^52 to 2^52 as text in their order. */
const ordered = (value: number): string => fixed(value + 2 ** 52, 14);
const orderedLength = 14;

const partitionPrefix = (region: string, partition: number): string =>
  `${region}${fixed(partition, 4)}`;

/** All keys with this prefix; the text of a key begins with a character of ASCII. */
function rangeOf(prefix: string): LevelRange {
  return { gte: prefix, lt: `${prefix}\x7f` };
}

/** The regions of one partition. */
export class PartitionKeys {
  readonly #data: string;
  readonly #timers: string;
  readonly #partition: string;

  constructor(partition: number) {
    this.#data = partitionPrefix("d", partition);
    this.#timers = partitionPrefix("t", partition);
    this.#partition = fixed(partition, 4);
  }

  data(text: string): string {
    return this.#data + text;
  }

  get allData(): LevelRange {
    return rangeOf(this.#data);
  }

  textOfData(key: string): string {
    return key.slice(this.#data.length);
  }

  timer(usedAt: number, order: number, text: string): string {
    return this.#timers + ordered(usedAt) + ordered(order) + text;
  }

  /** The timers of last uses before `before`. */
  timersBefore(before: number): LevelRange {
    return { gte: this.#timers, lt: this.#timers + ordered(before) };
  }

  partsOfTimer(key: string): { usedAt: number; order: number; text: string } {
    const start = this.#timers.length;
    const middle = start + orderedLength;
    const end = middle + orderedLength;
    return {
      usedAt: numberOf(key.slice(start, middle)),
      order: numberOf(key.slice(middle, end)),
      text: key.slice(end),
    };
  }

  change(tracking: number, version: number, text: string): string {
    return this.#changes(tracking) + ordered(version) + text;
  }

  /** The changes of versions after `version`. */
  changesAfter(tracking: number, version: number): LevelRange {
    const prefix = this.#changes(tracking);
    return { gte: prefix + ordered(version + 1), lt: `${prefix}\x7f` };
  }

  partsOfChange(tracking: number, key: string): { version: number; text: string } {
    const start = this.#changes(tracking).length;
    const end = start + orderedLength;
    return { version: numberOf(key.slice(start, end)), text: key.slice(end) };
  }

  deletion(tracking: number, text: string): string {
    return this.#deletions(tracking) + text;
  }

  /** All that was noted under a tracking. */
  tracked(tracking: number): readonly LevelRange[] {
    return [rangeOf(this.#changes(tracking)), rangeOf(this.#deletions(tracking))];
  }

  #changes(tracking: number): string {
    return `c${fixed(tracking, 8)}${this.#partition}`;
  }

  #deletions(tracking: number): string {
    return `x${fixed(tracking, 8)}${this.#partition}`;
  }
}

/** The region of an update. */
export class AttemptKeys {
  readonly #prefix: string;

  constructor(attempt: number) {
    this.#prefix = `o${fixed(attempt, 14)}`;
  }

  change(text: string): string {
    return this.#prefix + text;
  }

  get all(): LevelRange {
    return rangeOf(this.#prefix);
  }

  textOf(key: string): string {
    return key.slice(this.#prefix.length);
  }
}

function numberOf(text: string): number {
  return Number.parseInt(text, 16) - 2 ** 52;
}

const noBytes = new Uint8Array(0);

/** What has to be kept of a key beside its text. */
export function keyBytesOf(key: unknown): Uint8Array {
  return typeof key === "string" || typeof key === "number" ? noBytes : encodeValue(key);
}

/** The key of a text, as `encodeKey` makes it, and what is kept beside it. */
export function keyOf(text: string, keyBytes: Uint8Array): unknown {
  if (keyBytes.length > 0) return decodeValue(keyBytes);
  return text.startsWith('"') ? (JSON.parse(text) as unknown) : Number(text);
}

const headerBytes = 28;

export function recordBytes(record: LevelRecord): Buffer {
  const { keyBytes, valueBytes } = record;
  const bytes = Buffer.allocUnsafe(headerBytes + keyBytes.length + valueBytes.length);
  bytes.writeDoubleLE(record.order, 0);
  bytes.writeDoubleLE(record.usedAt, 8);
  bytes.writeDoubleLE(record.changedAt, 16);
  bytes.writeUInt32LE(keyBytes.length, 24);
  bytes.set(keyBytes, headerBytes);
  bytes.set(valueBytes, headerBytes + keyBytes.length);
  return bytes;
}

export function recordOf(bytes: Buffer): LevelRecord {
  const keyEnd = headerBytes + bytes.readUInt32LE(24);
  return {
    order: bytes.readDoubleLE(0),
    usedAt: bytes.readDoubleLE(8),
    changedAt: bytes.readDoubleLE(16),
    keyBytes: bytes.subarray(headerBytes, keyEnd),
    valueBytes: bytes.subarray(keyEnd),
  };
}
