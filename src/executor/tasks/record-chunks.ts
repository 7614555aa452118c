/**
 * Owns: records on their way between processes: gathered while they are pushed, encoded some at a time.
 * Does not own: the encoding of a block (src/codec), the stream that they travel in (../wire).
 */
import { decodeBlock, encodeBlock } from "../../codec/index.ts";
import { type OperatorSite, type TaskContext, userError } from "../../core/index.ts";
import type { RecordItem } from "./task-messages.ts";

/** Records that travel together. */
const chunkRecordsMax = 2048;

/** Encodes records as they come. */
export class RecordChunks {
  readonly #site: OperatorSite;
  readonly #task: TaskContext;
  readonly #chunks: Uint8Array[] = [];
  #records: unknown[] = [];

  /** The operator is named where a record cannot travel. */
  constructor(site: OperatorSite, task: TaskContext) {
    this.#site = site;
    this.#task = task;
  }

  /** Throws `value_unsupported`. */
  add(record: unknown): void {
    this.#records.push(record);
    if (this.#records.length === chunkRecordsMax) this.#encode();
  }

  /** All that was added. */
  *finish(): Generator<RecordItem> {
    if (this.#records.length > 0) this.#encode();
    for (const records of this.#chunks) yield { records };
  }

  #encode(): void {
    const records = this.#records;
    this.#records = [];
    this.#chunks.push(encodedAs(this.#site, this.#task, () => encodeBlock(records)));
  }
}

/** What `encode` gives; what it throws is given its place. */
export function encodedAs<R>(site: OperatorSite, task: TaskContext, encode: () => R): R {
  try {
    return encode();
  } catch (error) {
    throw userError(site, task, error);
  }
}

/** The records of an item. */
export function recordsOf(records: Uint8Array): readonly unknown[] {
  return decodeBlock(records);
}
