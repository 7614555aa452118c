/**
 * Owns: reading received blocks: from the block store where they are, else from the receiver log; and what of them is
 * kept in memory.
 * Does not own: which blocks a batch has (block-tracker.ts), writing them (block-writer.ts).
 *
 * Invariants: I1 a block is read whole and as it was stored, or the error names it, its place, batch and source range.
 * I2 nothing of a batch is kept in memory once it was released.
 */
import { StreamError } from "../base/index.ts";
import { type BlockStore, decodeRecords, type Pacer, type StorageLevel } from "../core/index.ts";
import type { BlockLocation, BlockRecord } from "./block-events.ts";
import { loggedContent } from "./logged-block.ts";
import type { BlockLog } from "./receiver-durability.ts";

/** A received block that can be read. */
export interface ReceivedBlock {
  readonly record: BlockRecord;
  /** The records, in order; they must not be changed. Throws `block_unreadable`, or what the log throws. */
  read(): Promise<readonly unknown[]>;
}

/** How the blocks of a stream are kept and understood. */
export interface StreamReading {
  readonly level: StorageLevel;
  /** Makes records of blocks that came as bytes. */
  readonly decode: (bytes: Uint8Array) => readonly unknown[];
}

export interface BlockReaderOptions {
  readonly blocks: BlockStore;
  readonly log: Pick<BlockLog, "read"> | undefined;
  /** The records of a block as `encodeLogged` writes them, from the executor that has it; undefined where none has. */
  readonly elsewhere?: ((blockId: string) => Promise<Uint8Array | undefined>) | undefined;
  readonly pacer: () => Pacer;
  /** Undefined for a stream that is not in the program. */
  readonly readingOf: (streamUid: string) => StreamReading | undefined;
}

/** Finds the records of blocks. */
export class BlockReader {
  readonly #options: BlockReaderOptions;
  #releasedBeforeMs = Number.NEGATIVE_INFINITY;

  constructor(options: BlockReaderOptions) {
    this.#options = options;
  }

  /** The block of a batch, to be read as often as anybody likes. */
  handle(record: BlockRecord, batchTimeMs: number): ReceivedBlock {
    return { record, read: () => this.#read(record, batchTimeMs) };
  }

  /** Of batches before that time nothing is brought into memory any more. */
  release(beforeMs: number): void {
    this.#releasedBeforeMs = Math.max(this.#releasedBeforeMs, beforeMs);
  }

  async #read(record: BlockRecord, batchTimeMs: number): Promise<readonly unknown[]> {
    const kept = this.#options.blocks.get(record.id);
    const { location } = record;
    try {
      if (kept !== undefined) return await kept.read();
    } catch (error) {
      // A copy in memory or in a temporary file may go at any time; the log has another one.
      const isGone = error instanceof StreamError && error.code === "block_unreadable";
      if (!isGone || location === undefined) throw placed(error, record, batchTimeMs);
    }
    const { log } = this.#options;
    try {
      const brought = kept === undefined && (await this.#options.elsewhere?.(record.id));
      if (brought)
        return await decodeRecords(loggedContent(brought, "records"), this.#options.pacer());
      if (location === undefined || log === undefined) throw lost(record);
      return await this.#readLogged(log, location, record, batchTimeMs);
    } catch (error) {
      throw placed(error, record, batchTimeMs);
    }
  }

  async #readLogged(
    log: Pick<BlockLog, "read">,
    location: BlockLocation,
    record: BlockRecord,
    batchTimeMs: number,
  ): Promise<readonly unknown[]> {
    const reading = this.#options.readingOf(record.streamUid);
    if (reading === undefined) throw lost(record, "its stream is not in the program");
    const content = loggedContent(await log.read(location), record.form);
    const isBytes = record.form === "bytes";
    const records = isBytes
      ? reading.decode(content)
      : await decodeRecords(content, this.#options.pacer());
    await this.#keep({ record, records, content, reading, batchTimeMs });
    return records;
  }

  /** The next output, or a window over many batches, will not have to ask the log again. */
  async #keep(read: {
    readonly record: BlockRecord;
    readonly records: readonly unknown[];
    readonly content: Uint8Array;
    readonly reading: StreamReading;
    readonly batchTimeMs: number;
  }): Promise<void> {
    const { batchTimeMs, content, reading, record, records } = read;
    const { level } = reading;
    if (!level.useMemory || this.#isReleased(batchTimeMs)) return;
    const { blocks } = this.#options;
    const options = { logged: content };
    if (record.form === "bytes")
      await blocks.putBytes(record.id, content, level, reading.decode, options);
    else await blocks.put(record.id, records, level, options);
    if (this.#isReleased(batchTimeMs)) await blocks.remove(record.id);
  }

  #isReleased(batchTimeMs: number): boolean {
    return batchTimeMs < this.#releasedBeforeMs;
  }
}

function lost({ id, location }: BlockRecord, why?: string): StreamError {
  const reason = why ?? (location === undefined ? "no log has it" : "there is no receiver log");
  return new StreamError("block_unreadable", { block: id, reason });
}

/** The error with the place of the block and of its records in batch and source, where it tells of a fault of the block. */
function placed(error: unknown, record: BlockRecord, batchTimeMs: number): unknown {
  const { id, location, position, streamUid } = record;
  const place = {
    block: id,
    stream: streamUid,
    batchTimeMs,
    ...(location === undefined ? {} : { file: location.segment, offset: location.offset }),
    ...(position === undefined ? {} : { source: position }),
  };
  if (!(error instanceof StreamError)) return error;
  const options = error.cause === undefined ? {} : { cause: error.cause };
  return new StreamError(error.code, { ...place, ...error.details }, options);
}
