/**
 * Owns: all receivers of a context, from their registration to their end; the door to what they
 * received.
 * Does not own: what becomes of it (received-blocks.ts), when batches are made and complete (the
 * scheduler tells), one receiver's life (receiver-supervisor.ts).
 *
 * Invariant: I1 allocation and cleaning go on after the receivers have stopped, so that a graceful
 * stop can drain.
 */
import { type Clock, Deadline, invariant, StreamError } from "../base/index.ts";
import type { BlockStore } from "../core/index.ts";
import type { AllocationPins, BlocksLost } from "./block-events.ts";
import type { BlockKnowledge } from "./block-ledger.ts";
import type { ReceivedBlock, StreamReading } from "./block-reader.ts";
import { HostedReceivers, type ReceiverExecutors } from "./hosted-receivers.ts";
import { RateLimiter } from "./rate-limiter.ts";
import { ReceivedBlocks, type RestoredBlocks } from "./received-blocks.ts";
import type { Receiver } from "./receiver.ts";
import { type ReceiverDurability, volatileDurability } from "./receiver-durability.ts";
import type { ReceiverEvents, ReceiverInfo } from "./receiver-info.ts";
import {
  type ReceiverOptions,
  type ReceiverSettings,
  receiverSettings,
} from "./receiver-options.ts";
import type { ReceiverRunner } from "./receiver-runner.ts";
import { ReceiverSupervisor } from "./receiver-supervisor.ts";
import type { TrackerState } from "./tracker-state.ts";
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

interface Registered extends ReceiverRegistration {
  readonly runner: ReceiverRunner;
}

/** How many receivers an executor hosts at most, where nothing else is said; see receiver-placement.ts. */
const hostedMax = 4;

/** Runs the receivers of a context, and gives what they received to batches. */
export class ReceiverTracker {
  readonly #clock: Clock;
  readonly #blocks: BlockStore;
  readonly #events: ReceiverEvents;
  readonly #settings: ReceiverSettings;
  readonly #bound: UnprocessedBound;
  /** By stream id. */
  readonly #registered = new Map<number, Registered>();
  #durability: ReceiverDurability;
  #received: ReceivedBlocks;
  /** Where executors host the receivers. */
  #hosted: HostedReceivers | undefined;
  #phase: "initialized" | "started" | "stopped" = "initialized";
  #stopping: Promise<void> | undefined;

  /** Throws `argument_invalid`. */
  constructor({ blocks, clock, durability, events, options = {} }: ReceiverTrackerOptions) {
    this.#clock = clock;
    this.#blocks = blocks;
    this.#events = events;
    this.#settings = receiverSettings(options);
    const { unprocessedBytesMax, unprocessedRecordsMax } = this.#settings;
    this.#bound = new UnprocessedBound(unprocessedRecordsMax, unprocessedBytesMax);
    this.#durability = durability ?? volatileDurability;
    this.#received = this.#newReceived();
  }

  /**
   * Says what outlives the process, before `restore` and before the first receiver is registered.
   * Throws `receivers_started`.
   */
  makeDurable(durability: ReceiverDurability): void {
    this.#assertUnused();
    this.#durability = durability;
    this.#received = this.#newReceived();
  }

  /**
   * Lets executors host the receivers that are registered from now on, before `restore`; executors may come and go. Throws
   * `receivers_started`.
   */
  hostIn(executors: ReceiverExecutors, receiversPerExecutor: number = hostedMax): void {
    this.#assertUnused();
    this.#hosted = new HostedReceivers({
      executors,
      receiversPerExecutor,
      clock: this.#clock,
      events: this.#events,
      bound: this.#bound,
      ledger: () => this.#received.ledger,
      durability: () => ({
        epoch: this.#durability.epoch,
        isLogged: this.#durability.log !== undefined,
        isJournaled: this.#durability !== volatileDurability,
      }),
    });
    this.#received = this.#newReceived();
  }

  /**
   * Goes on from what an earlier life has left, before the first receiver is registered and the
   * first batch is allocated. Journals and tells which blocks are lost, as no log holds them, and
   * how far positions go back for it. Throws `receivers_started`, and what the journal throws.
   */
  async restore({ state, ...left }: RestoredBlocks): Promise<BlocksLost | undefined> {
    this.#assertUnused();
    this.#received = this.#newReceived(state);
    return this.#received.settle(left);
  }

  /**
   * Adds the receiver of a stream, before `start`. Throws `receivers_started`, `receiver_attached`.
   */
  register(registration: ReceiverRegistration): void {
    const { name, streamId, streamUid } = registration;
    if (this.#phase !== "initialized") throw new StreamError("receivers_started", { name });
    // Blocks go by the uid: of two receivers with the same one, each would feed both streams.
    invariant(this.#feederOf(streamUid) === undefined, "each receiver has a stream of its own");
    this.#registered.set(streamId, { ...registration, runner: this.#runnerOf(registration) });
  }

  #runnerOf({ name, receiver, streamId, streamUid }: ReceiverRegistration): ReceiverRunner {
    const { initialRate } = this.#settings;
    // One that cannot go on after a restart cannot go on in another process either: it has the program's own iterable.
    if (this.#hosted !== undefined && receiver.isResumable) {
      const { preferredLocation } = receiver;
      const recordsPerSecond = initialRate;
      const described = { streamId, streamUid, name, preferredLocation, recordsPerSecond };
      return this.#hosted.add(described);
    }
    return new ReceiverSupervisor({
      streamId,
      streamUid,
      name,
      receiver,
      clock: this.#clock,
      events: this.#events,
      ledger: this.#received.ledger,
      writer: this.#received.writerOf({
        streamUid,
        storeTimeoutMs: this.#settings.blockStoreTimeoutMs,
        ...readingOf(receiver),
      }),
      limiter: new RateLimiter(this.#clock, initialRate),
      bound: this.#bound,
      settings: this.#settings,
    });
  }

  /** Resolves when `onStart` of every receiver has been called. Throws `receivers_started`, `receivers_too_many`. */
  async start(): Promise<void> {
    if (this.#phase !== "initialized") throw new StreamError("receivers_started");
    this.#hosted?.assertRoom();
    this.#phase = "started";
    await Promise.all(this.#runners().map((runner) => runner.launch()));
  }

  /**
   * Gives all blocks that no batch has, and these pins, to the batch, in one event; a time that is
   * not after the last one keeps what it has. Where the journal fails, it rejects and the blocks
   * stay for the next call.
   */
  async allocate(batchTimeMs: number, pins?: AllocationPins): Promise<void> {
    await this.#received.allocate(batchTimeMs, pins);
  }

  /** What a batch was pinned to; undefined when it is not allocated, or is forgotten. */
  pinsOf(batchTimeMs: number): AllocationPins | undefined {
    return this.#known.pinsOf(batchTimeMs);
  }

  /**
   * The blocks of a stream in a batch, in the order of their registration; none for a batch
   * without.
   */
  blocksOf(streamUid: string, batchTimeMs: number): readonly ReceivedBlock[] {
    return this.#received.blocksOf(streamUid, batchTimeMs);
  }

  /** The executor that has the records of a block; undefined where none has, or none hosts receivers. */
  placeOf(blockId: string): string | undefined {
    return this.#hosted?.placeOf(blockId);
  }

  /** The logs of this life that executors write, or wrote, each with the segment of what they may yet tell of. */
  get logsOfExecutors(): readonly { readonly log: string; readonly segment: number }[] {
    return this.#hosted?.logs ?? [];
  }

  /** The settings of all receivers. */
  get settings(): ReceiverSettings {
    return this.#settings;
  }

  /** All that is known of received blocks, for a checkpoint. */
  snapshot(): TrackerState {
    return this.#known.snapshot();
  }

  /** The time of the last batch that was given its blocks; undefined before the first. */
  get lastAllocatedTimeMs(): number | undefined {
    return this.#known.lastAllocatedTimeMs;
  }

  /** Whether there are blocks that no batch has. */
  get hasUnallocatedBlocks(): boolean {
    return this.#known.hasUnallocatedBlocks;
  }

  /** Records of all receivers, received and not yet in a completed batch. */
  get unprocessedRecords(): number {
    return this.#bound.records;
  }

  /**
   * Tells that a batch is done with, also one that was given up: receivers may take as much again.
   */
  batchCompleted(batchTimeMs: number): void {
    this.#received.batchCompleted(batchTimeMs);
  }

  /**
   * Drops the blocks of batches before a time from memory, as nothing in this life asks for them
   * any more. Where nothing outlives the process their allocations go, too.
   */
  async forget(beforeMs: number): Promise<void> {
    await this.#received.forget(beforeMs);
  }

  /**
   * Forgets the allocations of batches before a time, for good: nothing that a restart may need can
   * ask for them. Their blocks go from memory; the segments of the log are the caller's.
   */
  async clean(beforeMs: number): Promise<void> {
    await this.#received.clean(beforeMs);
  }

  /** Drops all blocks from memory; what is durable stays as it is. */
  async close(): Promise<void> {
    await this.#received.close();
  }

  /**
   * Sets the rate of a stream's receiver, at most `maxRate`; what is not above 0 is ignored. Throws
   * `receiver_unknown`.
   */
  updateRate(streamId: number, recordsPerSecond: number): void {
    const { runner } = this.#find(streamId);
    if (!(recordsPerSecond > 0)) return;
    runner.setRate(Math.min(recordsPerSecond, this.#settings.maxRate));
  }

  /** All receivers, in the order of their registration. */
  get receivers(): readonly ReceiverInfo[] {
    return this.#runners().map((runner) => runner.info);
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
    for (const runner of this.#runners()) runner.destroy(reason);
  }

  async #stopAll(timeoutMs: number): Promise<void> {
    this.#phase = "stopped";
    const unstopped = new Set(this.#runners());
    const ends = [...unstopped].map(async (runner) => {
      if (await runner.shutDown(timeoutMs / 2)) unstopped.delete(runner);
    });
    const inTime = await new Deadline(this.#clock, timeoutMs).isMetBy(Promise.all(ends));
    if (unstopped.size === 0) return;
    const receivers = [...unstopped].map((runner) => runner.info.name).join(" ");
    const error = new StreamError("receiver_not_stopped", { receivers, timeoutMs });
    if (!inTime) for (const runner of unstopped) runner.destroy(error);
    throw error;
  }

  #newReceived(state?: TrackerState): ReceivedBlocks {
    const options = {
      clock: this.#clock,
      blocks: this.#blocks,
      bound: this.#bound,
      durability: this.#durability,
      readingOf: (streamUid: string) => {
        const receiver = this.#feederOf(streamUid)?.receiver;
        return receiver && readingOf(receiver);
      },
      elsewhere: this.#hosted,
      removeFailed: (streamUid: string, error: unknown) => {
        const runner = this.#feederOf(streamUid)?.runner;
        runner?.reportError("a block could not be removed", error);
      },
    };
    return new ReceivedBlocks(options, state);
  }

  get #known(): BlockKnowledge {
    return this.#received.ledger.known;
  }

  #feederOf(streamUid: string): Registered | undefined {
    return [...this.#registered.values()].find((one) => one.streamUid === streamUid);
  }

  #assertUnused(): void {
    if (this.#registered.size > 0) throw new StreamError("receivers_started");
  }

  #runners(): ReceiverRunner[] {
    return [...this.#registered.values()].map(({ runner }) => runner);
  }

  #find(streamId: number): Registered {
    const registered = this.#registered.get(streamId);
    if (registered === undefined) throw new StreamError("receiver_unknown", { streamId });
    return registered;
  }
}

function readingOf(receiver: Receiver<unknown>): StreamReading {
  return { level: receiver.storageLevel, decode: (bytes) => receiver.decodeBlock(bytes) };
}
