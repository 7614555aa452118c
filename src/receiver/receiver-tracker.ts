/**
 * Owns: all receivers of a context and what they received, from the first start until the last
 * block is forgotten.
 * Does not own: when batches are made and complete (the scheduler tells), one receiver's life
 * (receiver-supervisor.ts).
 *
 * Invariants: I1 a block's share of the bound is given back once: when its batch completes, or is
 * forgotten before. I2 allocation and cleaning go on after the receivers have stopped, so that a
 * graceful stop can drain.
 */
import { type Clock, Deadline, StreamError } from "../base/index.ts";
import type { BlockStore } from "../core/index.ts";
import type { ReceivedBlock } from "./block-events.ts";
import { type BlockJournal, BlockLedger } from "./block-ledger.ts";
import { BlockWriter } from "./block-writer.ts";
import { RateLimiter } from "./rate-limiter.ts";
import type { Receiver } from "./receiver.ts";
import type { ReceiverEvents, ReceiverInfo } from "./receiver-info.ts";
import {
  type ReceiverOptions,
  type ReceiverSettings,
  receiverSettings,
} from "./receiver-options.ts";
import { ReceiverSupervisor } from "./receiver-supervisor.ts";
import { UnprocessedBound } from "./unprocessed-bound.ts";

export interface ReceiverTrackerOptions {
  readonly clock: Clock;
  /** Where received blocks are kept. */
  readonly blocks: BlockStore;
  readonly events: ReceiverEvents;
  readonly options?: ReceiverOptions | undefined;
  /** Takes every block event before it counts (default: nothing outlives the process). */
  readonly journal?: BlockJournal | undefined;
}

interface Registered {
  readonly supervisor: ReceiverSupervisor;
  readonly limiter: RateLimiter;
}

/** The share of the bound that the blocks of a batch hold until it completes. */
interface Share {
  readonly records: number;
  readonly bytes: number;
}

/** Runs the receivers of a context, and gives what they received to batches. */
export class ReceiverTracker {
  readonly #clock: Clock;
  readonly #blocks: BlockStore;
  readonly #events: ReceiverEvents;
  readonly #settings: ReceiverSettings;
  readonly #ledger: BlockLedger;
  readonly #bound: UnprocessedBound;
  readonly #registered = new Map<number, Registered>();
  readonly #openBatches = new Map<number, Share>();
  #phase: "initialized" | "started" | "stopped" = "initialized";
  #stopping: Promise<void> | undefined;

  /** Throws `argument_invalid`. */
  constructor({ blocks, clock, events, journal, options = {} }: ReceiverTrackerOptions) {
    this.#clock = clock;
    this.#blocks = blocks;
    this.#events = events;
    this.#settings = receiverSettings(options);
    this.#ledger = new BlockLedger(journal);
    const { unprocessedBytesMax, unprocessedRecordsMax } = this.#settings;
    this.#bound = new UnprocessedBound(unprocessedRecordsMax, unprocessedBytesMax);
  }

  /**
   * Adds the receiver of a stream, before `start`. Throws `receivers_started`, `receiver_attached`.
   */
  register(streamId: number, name: string, receiver: Receiver<unknown>): void {
    if (this.#phase !== "initialized") throw new StreamError("receivers_started", { name });
    const limiter = new RateLimiter(this.#clock, this.#settings.initialRate);
    const writer = new BlockWriter({
      streamId,
      clock: this.#clock,
      blocks: this.#blocks,
      ledger: this.#ledger,
      level: receiver.storageLevel,
      storeTimeoutMs: this.#settings.blockStoreTimeoutMs,
      decode: (bytes) => receiver.decodeBlock(bytes),
    });
    const supervisor = new ReceiverSupervisor({
      streamId,
      name,
      receiver,
      clock: this.#clock,
      events: this.#events,
      ledger: this.#ledger,
      writer,
      limiter,
      bound: this.#bound,
      settings: this.#settings,
    });
    this.#registered.set(streamId, { supervisor, limiter });
  }

  /** Resolves when `onStart` of every receiver has been called. Throws `receivers_started`. */
  async start(): Promise<void> {
    if (this.#phase !== "initialized") throw new StreamError("receivers_started");
    this.#phase = "started";
    await Promise.all(this.#supervisors().map((supervisor) => supervisor.launch()));
  }

  /**
   * Gives all blocks that no batch has to the batch; a time that is not after the last one keeps
   * what it has. Where the journal fails, it rejects and the blocks stay for the next call.
   */
  async allocate(batchTimeMs: number): Promise<void> {
    const isNew = await this.#ledger.allocate(batchTimeMs);
    if (!isNew) return;
    const blocks = this.#ledger.known.blocksOfBatch(batchTimeMs);
    if (blocks.length > 0) this.#openBatches.set(batchTimeMs, shareOf(blocks));
  }

  /**
   * The blocks of a stream in a batch, in the order of their registration; none for a batch
   * without.
   */
  blocksOf(streamId: number, batchTimeMs: number): readonly ReceivedBlock[] {
    return this.#ledger.known.blocksOf(streamId, batchTimeMs);
  }

  /** Whether there are blocks that no batch has. */
  get hasUnallocatedBlocks(): boolean {
    return this.#ledger.known.hasUnallocatedBlocks;
  }

  /** Records of all receivers, received and not yet in a completed batch. */
  get unprocessedRecords(): number {
    return this.#bound.records;
  }

  /**
   * Tells that a batch is done with, also one that was given up: receivers may take as much again.
   */
  batchCompleted(batchTimeMs: number): void {
    const share = this.#openBatches.get(batchTimeMs);
    if (share === undefined) return;
    this.#openBatches.delete(batchTimeMs);
    this.#bound.release(share.records, share.bytes);
  }

  /** Drops the allocations of batches before a time, and their blocks. */
  async forget(beforeMs: number): Promise<void> {
    const cleaned = await this.#ledger.cleanup(beforeMs);
    for (const { batchTimeMs } of cleaned) this.batchCompleted(batchTimeMs);
    const blocks = cleaned.flatMap((batch) => batch.blocks);
    await Promise.all(blocks.map((block) => this.#remove(block)));
  }

  /**
   * Sets the rate of a stream's receiver, at most `maxRate`; what is not above 0 is ignored. Throws
   * `receiver_unknown`.
   */
  updateRate(streamId: number, recordsPerSecond: number): void {
    const { limiter } = this.#find(streamId);
    if (!(recordsPerSecond > 0)) return;
    limiter.setRate(Math.min(recordsPerSecond, this.#settings.maxRate));
  }

  /** All receivers, in the order of their registration. */
  get receivers(): readonly ReceiverInfo[] {
    return this.#supervisors().map((supervisor) => supervisor.info);
  }

  /**
   * Stops every receiver; what they took becomes unallocated blocks. `onStop` has half of the time,
   * the storing of what is left the rest. Throws `receiver_not_stopped` naming those that did not
   * make it.
   */
  stop({ timeoutMs }: { readonly timeoutMs: number }): Promise<void> {
    this.#stopping ??= this.#stopAll(timeoutMs);
    return this.#stopping;
  }

  /** Stops every receiver at once; what they took and is not stored is dropped. */
  destroy(reason: unknown): void {
    this.#phase = "stopped";
    for (const supervisor of this.#supervisors()) supervisor.destroy(reason);
  }

  async #stopAll(timeoutMs: number): Promise<void> {
    this.#phase = "stopped";
    const unstopped = new Set(this.#supervisors());
    const ends = [...unstopped].map(async (supervisor) => {
      if (await supervisor.shutDown(timeoutMs / 2)) unstopped.delete(supervisor);
    });
    const inTime = await new Deadline(this.#clock, timeoutMs).isMetBy(Promise.all(ends));
    if (unstopped.size === 0) return;
    const receivers = [...unstopped].map((supervisor) => supervisor.info.name).join(" ");
    const error = new StreamError("receiver_not_stopped", { receivers, timeoutMs });
    if (!inTime) for (const supervisor of unstopped) supervisor.destroy(error);
    throw error;
  }

  async #remove(block: ReceivedBlock): Promise<void> {
    try {
      await this.#blocks.remove(block.id);
    } catch (error) {
      // The block is dropped from memory all the same; the store removes what is left when it
      // closes.
      this.#find(block.streamId).supervisor.reportError("a block could not be removed", error);
    }
  }

  #supervisors(): ReceiverSupervisor[] {
    return [...this.#registered.values()].map(({ supervisor }) => supervisor);
  }

  #find(streamId: number): Registered {
    const registered = this.#registered.get(streamId);
    if (registered === undefined) throw new StreamError("receiver_unknown", { streamId });
    return registered;
  }
}

function shareOf(blocks: readonly ReceivedBlock[]): Share {
  let records = 0;
  let bytes = 0;
  for (const block of blocks) {
    // Blocks that came as bytes took their room in bytes.
    if (block.byteCount === undefined) records += block.recordCount;
    else bytes += block.byteCount;
  }
  return { records, bytes };
}
