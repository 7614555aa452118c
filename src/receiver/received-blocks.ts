/**
 * Owns: what receivers of a context have received, from its registration until it is forgotten: what of it each batch
 * has, how it is read, how long it is in memory, and the room that it holds.
 * Does not own: the receivers (receiver-tracker.ts), when batches are made and complete (the scheduler tells), what a
 * restart needs (the caller of `clean` tells).
 *
 * Invariant: I1 what ends with this life (`forget`, `close`) is not journaled: a restart finds all that was known.
 */
import type { Clock } from "../base/index.ts";
import { type BlockStore, Pacer } from "../core/index.ts";
import type { AllocationPins, BlockRecord, BlocksLost } from "./block-events.ts";
import { BlockLedger, type CleanedBatch } from "./block-ledger.ts";
import { BlockReader, type ReceivedBlock, type StreamReading } from "./block-reader.ts";
import { BlockWriter, type BlockWriterOptions } from "./block-writer.ts";
import { type ReceiverDurability, volatileDurability } from "./receiver-durability.ts";
import type { TrackerState } from "./tracker-state.ts";
import { UnprocessedBlocks } from "./unprocessed-blocks.ts";
import type { UnprocessedBound } from "./unprocessed-bound.ts";

/** What an earlier life of the driver has left. */
export interface RestoredBlocks {
  readonly state: TrackerState;
  /** The batches that are allocated and not completed. */
  readonly unfinishedMs: readonly number[];
  /** Whether anything may be computed of a batch again (default: of the unfinished ones). */
  readonly isNeeded?: ((batchTimeMs: number) => boolean) | undefined;
}

/** What executors have of the received blocks. */
export interface Elsewhere {
  read(blockId: string): Promise<Uint8Array | undefined>;
  placeOf(blockId: string): string | undefined;
  remove(blockIds: readonly string[]): void;
}

export interface ReceivedBlocksOptions {
  readonly clock: Clock;
  readonly blocks: BlockStore;
  readonly bound: UnprocessedBound;
  readonly durability: ReceiverDurability;
  /** Undefined for a stream that is not in the program. */
  readonly readingOf: (streamUid: string) => StreamReading | undefined;
  /** The blocks that executors have. */
  readonly elsewhere?: Elsewhere | undefined;
  readonly removeFailed: (streamUid: string, error: unknown) => void;
}

const neverAborted: AbortSignal = new AbortController().signal;

/** The received blocks of a context. */
export class ReceivedBlocks {
  readonly #options: ReceivedBlocksOptions;
  readonly #ledger: BlockLedger;
  readonly #reader: BlockReader;
  readonly #unprocessed: UnprocessedBlocks;
  #releasedBeforeMs = Number.NEGATIVE_INFINITY;

  /** Goes on from what was known before. */
  constructor(options: ReceivedBlocksOptions, state?: TrackerState) {
    const { blocks, bound, durability, readingOf } = options;
    this.#options = options;
    this.#ledger = new BlockLedger(durability, state);
    const pacer = () => this.#pacer();
    const log = durability.log ?? durability.earlierLog;
    const { elsewhere: others } = options;
    const elsewhere = others && ((id: string) => others.read(id));
    this.#reader = new BlockReader({ blocks, log, pacer, readingOf, elsewhere });
    this.#unprocessed = new UnprocessedBlocks(bound);
  }

  get ledger(): BlockLedger {
    return this.#ledger;
  }

  /** Writes the blocks of a stream. */
  writerOf(
    stream: Pick<BlockWriterOptions, "streamUid" | "level" | "storeTimeoutMs" | "decode">,
  ): BlockWriter {
    const { blocks, clock, durability } = this.#options;
    const ledger = this.#ledger;
    return new BlockWriter({
      ...stream,
      blocks,
      clock,
      durability,
      ledger,
      pacer: () => this.#pacer(),
    });
  }

  /** Settles what an earlier life has left: gives up what no log holds, and takes room for the rest. */
  async settle({
    unfinishedMs,
    isNeeded = (timeMs) => unfinishedMs.includes(timeMs),
  }: Omit<RestoredBlocks, "state">): Promise<BlocksLost | undefined> {
    const lost = await this.#ledger.lose(isNeeded);
    const { known } = this.#ledger;
    this.#unprocessed.restored(known.unallocatedBlocks());
    for (const batchTimeMs of unfinishedMs) {
      const blocks = known.blocksOfBatch(batchTimeMs);
      this.#unprocessed.restored(blocks);
      this.#unprocessed.allocated(batchTimeMs, blocks);
    }
    return lost;
  }

  async allocate(batchTimeMs: number, pins?: AllocationPins): Promise<void> {
    const isNew = await this.#ledger.allocate(batchTimeMs, pins);
    if (!isNew) return;
    this.#unprocessed.allocated(batchTimeMs, this.#ledger.known.blocksOfBatch(batchTimeMs));
  }

  blocksOf(streamUid: string, batchTimeMs: number): readonly ReceivedBlock[] {
    const records = this.#ledger.known.blocksOf(streamUid, batchTimeMs);
    return records.map((record) => this.#reader.handle(record, batchTimeMs));
  }

  batchCompleted(batchTimeMs: number): void {
    this.#unprocessed.completed(batchTimeMs);
  }

  async forget(beforeMs: number): Promise<void> {
    if (this.#options.durability === volatileDurability) return this.clean(beforeMs);
    const { known } = this.#ledger;
    const released = known.batchTimesWithin(this.#releasedBeforeMs, beforeMs);
    await this.#release(
      beforeMs,
      released.map((batchTimeMs) => ({ batchTimeMs, blocks: known.blocksOfBatch(batchTimeMs) })),
    );
  }

  async clean(beforeMs: number): Promise<void> {
    await this.#release(beforeMs, await this.#ledger.cleanup(beforeMs));
  }

  async close(): Promise<void> {
    const { known } = this.#ledger;
    const blocks = known.batchTimesMs.flatMap((timeMs) => known.blocksOfBatch(timeMs));
    this.#reader.release(Number.POSITIVE_INFINITY);
    await this.#removeAll([...blocks, ...known.unallocatedBlocks()]);
  }

  async #release(beforeMs: number, batches: readonly CleanedBatch[]): Promise<void> {
    this.#releasedBeforeMs = Math.max(this.#releasedBeforeMs, beforeMs);
    this.#reader.release(beforeMs);
    for (const { batchTimeMs } of batches) this.batchCompleted(batchTimeMs);
    await this.#removeAll(batches.flatMap(({ blocks }) => blocks));
  }

  async #removeAll(records: readonly BlockRecord[]): Promise<void> {
    const { blocks, elsewhere, removeFailed } = this.#options;
    elsewhere?.remove(records.map(({ id }) => id));
    const removing = records.map(({ id, streamUid }) =>
      // The block is dropped from memory all the same; the store removes what is left when it
      // closes.
      blocks.remove(id).catch((error: unknown) => removeFailed(streamUid, error)),
    );
    await Promise.all(removing);
  }

  #pacer(): Pacer {
    return new Pacer(this.#options.clock, neverAborted);
  }
}
