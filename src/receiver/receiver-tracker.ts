/**
 * Owns: all receivers of a context and what they received, from the first start until the last
 * block is forgotten.
 * Does not own: when batches are made and complete (the scheduler tells), one receiver's life
 * (receiver-supervisor.ts).
 *
 * Invariants: I1 allocation and cleaning go on after the receivers have stopped, so that a graceful
 * stop can drain. I2 what ends with this life (`forget`, `close`) is not journaled: a restart finds
 * all that was known.
 */
import { type Clock, Deadline, StreamError } from "../base/index.ts";
import { type BlockStore, Pacer } from "../core/index.ts";
import type { AllocationPins, BlockRecord, BlocksLost } from "./block-events.ts";
import { BlockLedger, type CleanedBatch } from "./block-ledger.ts";
import { BlockReader, type ReceivedBlock } from "./block-reader.ts";
import { BlockWriter } from "./block-writer.ts";
import { RateLimiter } from "./rate-limiter.ts";
import type { Receiver } from "./receiver.ts";
import { type ReceiverDurability, volatileDurability } from "./receiver-durability.ts";
import type { ReceiverEvents, ReceiverInfo } from "./receiver-info.ts";
import {
  type ReceiverOptions,
  type ReceiverSettings,
  receiverSettings,
} from "./receiver-options.ts";
import { ReceiverSupervisor } from "./receiver-supervisor.ts";
import type { TrackerState } from "./tracker-state.ts";
import { UnprocessedBlocks } from "./unprocessed-blocks.ts";
import { UnprocessedBound } from "./unprocessed-bound.ts";

export interface ReceiverTrackerOptions {
  readonly clock: Clock;
  /** Where received blocks are kept. */
  readonly blocks: BlockStore;
  readonly events: ReceiverEvents;
  readonly options?: ReceiverOptions | undefined;
  /** What outlives the process (default: nothing); it may also be given by `makeDurable`. */
  readonly durability?: ReceiverDurability | undefined;
}

/** A receiver and the stream that it feeds. */
export interface ReceiverRegistration {
  /** The number of the stream, for listeners and rates. */
  readonly streamId: number;
  /** The name of the stream in all lives. */
  readonly streamUid: string;
  readonly name: string;
  readonly receiver: Receiver<unknown>;
}

/** What an earlier life of the driver has left. */
export interface RestoredBlocks {
  readonly state: TrackerState;
  /** The batches that are allocated and not completed. */
  readonly unfinishedMs: readonly number[];
  /** Whether anything may be computed of a batch again (default: of the unfinished ones). */
  readonly isNeeded?: ((batchTimeMs: number) => boolean) | undefined;
}

interface Registered extends ReceiverRegistration {
  readonly supervisor: ReceiverSupervisor;
  readonly limiter: RateLimiter;
}

const neverAborted: AbortSignal = new AbortController().signal;

/** Runs the receivers of a context, and gives what they received to batches. */
export class ReceiverTracker {
  readonly #clock: Clock;
  readonly #blocks: BlockStore;
  readonly #events: ReceiverEvents;
  readonly #settings: ReceiverSettings;
  readonly #bound: UnprocessedBound;
  readonly #unprocessed: UnprocessedBlocks;
  /** By stream id. */
  readonly #registered = new Map<number, Registered>();
  #durability: ReceiverDurability;
  #ledger: BlockLedger;
  #reader: BlockReader;
  #releasedBeforeMs = Number.NEGATIVE_INFINITY;
  #phase: "initialized" | "started" | "stopped" = "initialized";
  #stopping: Promise<void> | undefined;

  /** Throws `argument_invalid`. */
  constructor({ blocks, clock, durability, events, options = {} }: ReceiverTrackerOptions) {
    this.#clock = clock;
    this.#blocks = blocks;
    this.#events = events;
    this.#settings = receiverSettings(options);
    this.#durability = durability ?? volatileDurability;
    this.#ledger = new BlockLedger(this.#durability);
    this.#reader = this.#newReader();
    const { unprocessedBytesMax, unprocessedRecordsMax } = this.#settings;
    this.#bound = new UnprocessedBound(unprocessedRecordsMax, unprocessedBytesMax);
    this.#unprocessed = new UnprocessedBlocks(this.#bound);
  }

  /** Says what outlives the process, before the first receiver is registered. Throws `receivers_started`. */
  makeDurable(durability: ReceiverDurability): void {
    this.#assertFresh();
    this.#durability = durability;
    this.#ledger = new BlockLedger(durability);
    this.#reader = this.#newReader();
  }

  /**
   * Goes on from what an earlier life has left, before the first receiver is registered. Journals
   * and tells which blocks are lost, as no log holds them, and how far positions go back for it.
   * Throws `receivers_started`, and what the journal throws.
   */
  async restore({
    state,
    unfinishedMs,
    isNeeded = (timeMs) => unfinishedMs.includes(timeMs),
  }: RestoredBlocks): Promise<BlocksLost | undefined> {
    this.#assertFresh();
    const ledger = new BlockLedger(this.#durability, state);
    this.#ledger = ledger;
    const lost = await ledger.lose(isNeeded);
    this.#unprocessed.restored(ledger.known.unallocatedBlocks());
    for (const batchTimeMs of unfinishedMs) {
      const blocks = ledger.known.blocksOfBatch(batchTimeMs);
      this.#unprocessed.restored(blocks);
      this.#unprocessed.allocated(batchTimeMs, blocks);
    }
    return lost;
  }

  /**
   * Adds the receiver of a stream, before `start`. Throws `receivers_started`, `receiver_attached`.
   */
  register(registration: ReceiverRegistration): void {
    const { name, receiver, streamId, streamUid } = registration;
    if (this.#phase !== "initialized") throw new StreamError("receivers_started", { name });
    const limiter = new RateLimiter(this.#clock, this.#settings.initialRate);
    const writer = new BlockWriter({
      streamUid,
      clock: this.#clock,
      blocks: this.#blocks,
      ledger: this.#ledger,
      durability: this.#durability,
      level: receiver.storageLevel,
      storeTimeoutMs: this.#settings.blockStoreTimeoutMs,
      decode: (bytes) => receiver.decodeBlock(bytes),
      pacer: () => this.#pacer(),
    });
    const supervisor = new ReceiverSupervisor({
      streamId,
      streamUid,
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
    this.#registered.set(streamId, { ...registration, supervisor, limiter });
  }

  /** Resolves when `onStart` of every receiver has been called. Throws `receivers_started`. */
  async start(): Promise<void> {
    if (this.#phase !== "initialized") throw new StreamError("receivers_started");
    this.#phase = "started";
    await Promise.all(this.#supervisors().map((supervisor) => supervisor.launch()));
  }

  /**
   * Gives all blocks that no batch has, and these pins, to the batch, in one event; a time that is
   * not after the last one keeps what it has. Where the journal fails, it rejects and the blocks
   * stay for the next call.
   */
  async allocate(batchTimeMs: number, pins?: AllocationPins): Promise<void> {
    const isNew = await this.#ledger.allocate(batchTimeMs, pins);
    if (!isNew) return;
    this.#unprocessed.allocated(batchTimeMs, this.#ledger.known.blocksOfBatch(batchTimeMs));
  }

  /** What a batch was pinned to; undefined when it is not allocated, or is forgotten. */
  pinsOf(batchTimeMs: number): AllocationPins | undefined {
    return this.#ledger.known.pinsOf(batchTimeMs);
  }

  /**
   * The blocks of a stream in a batch, in the order of their registration; none for a batch
   * without.
   */
  blocksOf(streamUid: string, batchTimeMs: number): readonly ReceivedBlock[] {
    const records = this.#ledger.known.blocksOf(streamUid, batchTimeMs);
    return records.map((record) => this.#reader.handle(record, batchTimeMs));
  }

  /** All that is known of received blocks, for a checkpoint. */
  snapshot(): TrackerState {
    return this.#ledger.known.snapshot();
  }

  /** The time of the last batch that was given its blocks; undefined before the first. */
  get lastAllocatedTimeMs(): number | undefined {
    return this.#ledger.known.lastAllocatedTimeMs;
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
    this.#unprocessed.completed(batchTimeMs);
  }

  /**
   * Drops the blocks of batches before a time from memory, as nothing in this life asks for them
   * any more. Where nothing outlives the process their allocations go, too.
   */
  async forget(beforeMs: number): Promise<void> {
    if (this.#durability === volatileDurability) return this.clean(beforeMs);
    const { known } = this.#ledger;
    const afterMs = this.#releasedBeforeMs;
    const released = known.batchTimesMs.filter((timeMs) => timeMs >= afterMs && timeMs < beforeMs);
    await this.#release(
      beforeMs,
      released.map((batchTimeMs) => ({ batchTimeMs, blocks: known.blocksOfBatch(batchTimeMs) })),
    );
  }

  /**
   * Forgets the allocations of batches before a time, for good: nothing that a restart may need can
   * ask for them. Their blocks go from memory; the segments of the log are the caller's.
   */
  async clean(beforeMs: number): Promise<void> {
    await this.#release(beforeMs, await this.#ledger.cleanup(beforeMs));
  }

  /** Drops all blocks from memory; what is durable stays as it is. */
  async close(): Promise<void> {
    const { known } = this.#ledger;
    const blocks = known.batchTimesMs.flatMap((timeMs) => known.blocksOfBatch(timeMs));
    this.#reader.release(Number.POSITIVE_INFINITY);
    await this.#removeAll([...blocks, ...known.unallocatedBlocks()]);
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

  async #release(beforeMs: number, batches: readonly CleanedBatch[]): Promise<void> {
    this.#releasedBeforeMs = Math.max(this.#releasedBeforeMs, beforeMs);
    this.#reader.release(beforeMs);
    for (const { batchTimeMs } of batches) this.batchCompleted(batchTimeMs);
    await this.#removeAll(batches.flatMap(({ blocks }) => blocks));
  }

  async #removeAll(blocks: readonly BlockRecord[]): Promise<void> {
    await Promise.all(blocks.map((block) => this.#remove(block)));
  }

  async #remove(block: BlockRecord): Promise<void> {
    try {
      await this.#blocks.remove(block.id);
    } catch (error) {
      // The block is dropped from memory all the same; the store removes what is left when it
      // closes.
      const { supervisor } = this.#receiverOf(block.streamUid) ?? {};
      supervisor?.reportError("a block could not be removed", error);
    }
  }

  #newReader(): BlockReader {
    return new BlockReader({
      blocks: this.#blocks,
      log: this.#durability.log,
      pacer: () => this.#pacer(),
      readingOf: (streamUid) => {
        const receiver = this.#receiverOf(streamUid)?.receiver;
        if (receiver === undefined) return undefined;
        return {
          level: receiver.storageLevel,
          decode: (bytes) => receiver.decodeBlock(bytes),
        };
      },
    });
  }

  #pacer(): Pacer {
    return new Pacer(this.#clock, neverAborted);
  }

  #receiverOf(streamUid: string): Registered | undefined {
    return [...this.#registered.values()].find((one) => one.streamUid === streamUid);
  }

  #assertFresh(): void {
    if (this.#registered.size > 0) throw new StreamError("receivers_started");
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
