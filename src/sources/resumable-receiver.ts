/**
 * Owns: the receiver of a source that knows the position of each record and can be read again from any: what was
 * registered is not read twice, and what was not is read again.
 * Does not own: gathering records into blocks (block-gatherer.ts), the registered positions (src/receiver).
 *
 * Invariants: I1 a block holds consecutive positions, one for each record, and blocks follow each other without a gap;
 * this is checked for what the source yields. I2 `acknowledge` hears of a position when all records before it are as safe as the context
 * makes them.
 */
import { type Clock, messageOf, StreamError, systemClock } from "../base/index.ts";
import type { StorageLevelName } from "../core/index.ts";
import { Receiver } from "../receiver/index.ts";
import { positiveCount } from "./arguments.ts";
import { BlockGatherer } from "./block-gatherer.ts";
import { type AnyIterable, checkIterable, paced, readEach } from "./read-each.ts";
import { type OnEnd, tellEnd } from "./source-receiver.ts";

/** A record and where it stands in its source. */
export interface PositionedRecord<T> {
  /** A whole number, one more than that of the record before. */
  readonly position: number;
  readonly record: T;
}

/** What can be read from any position on, as often as needed. */
export interface ResumableSource<T> {
  /** The name of what the positions count in (default "0"). */
  readonly partition?: string | undefined;
  /** Where to begin as long as nothing of the partition is registered (default 0). */
  readonly from?: number | undefined;
  /**
   * Opens it so that the record at `from` comes next. Records before it are left out; as long as nothing is registered,
   * the first record may also stand behind it. `signal` aborts when the reading ends early.
   */
  open(
    from: number,
    signal: AbortSignal,
  ): AnyIterable<PositionedRecord<T>> | Promise<AnyIterable<PositionedRecord<T>>>;
  /**
   * Hears that all records before this position are safe and will not be asked for again: with the receiver log whatever
   * happens, without it as long as the process lives.
   */
  acknowledge?(until: number): void | Promise<void>;
}

export interface ResumableOptions {
  /** Where the blocks are kept (default MEMORY_AND_DISK). */
  readonly storageLevel?: StorageLevelName | undefined;
  /** How long a record waits at most before its block is stored (default 200). */
  readonly blockIntervalMs?: number | undefined;
  /** The records of a block at most (default 10,000). */
  readonly blockRecordsMax?: number | undefined;
  /** Cuts the blocks (default: the machine's clock). */
  readonly clock?: Clock | undefined;
  /** Called when the source has ended by itself and all its records are stored. */
  readonly onEnd?: OnEnd | undefined;
}

/**
 * Stores the records of a resumable source in blocks with their positions. When the source ends, the receiver stays
 * started and quiet.
 */
export class ResumableReceiver<T> extends Receiver<T> {
  readonly #source: ResumableSource<T>;
  readonly #partition: string;
  readonly #clock: Clock;
  readonly #blockIntervalMs: number;
  readonly #blockRecordsMax: number;
  readonly #onEnd: OnEnd | undefined;
  #gatherer: BlockGatherer<T> | undefined;

  /** Throws `argument_invalid`, `storage_level_unknown`. */
  constructor(source: ResumableSource<T>, options: ResumableOptions = {}) {
    super(options);
    checkSource(source);
    this.#source = source;
    this.#partition = source.partition ?? "0";
    this.#clock = options.clock ?? systemClock;
    this.#onEnd = options.onEnd;
    this.#blockIntervalMs = positiveCount("blockIntervalMs", options.blockIntervalMs ?? 200);
    this.#blockRecordsMax = positiveCount("blockRecordsMax", options.blockRecordsMax ?? 10_000);
  }

  override async onStart(): Promise<void> {
    const { signal } = this;
    const gatherer = this.#newGatherer(signal);
    this.#gatherer = gatherer;
    try {
      await this.#read(gatherer, signal);
      if (signal.aborted) return;
      await gatherer.finish();
      tellEnd(this.#onEnd, (error) => this.reportError("onEnd failed", error));
    } catch (error) {
      if (!signal.aborted) this.restart(`the source failed: ${messageOf(error)}`, { error });
    }
  }

  /** Stores what was read, so that a stop which has time for it leaves nothing behind. */
  override async onStop(): Promise<void> {
    await this.#gatherer?.finish();
  }

  async #read(gatherer: BlockGatherer<T>, signal: AbortSignal): Promise<void> {
    const registered = this.positions.get(this.#partition);
    const source = await this.#source.open(registered ?? this.#source.from ?? 0, signal);
    checkIterable("open", source);
    const clock = this.#clock;
    let expected = registered;
    const take = ({ position, record }: PositionedRecord<T>) => {
      if (this.#isBefore(position, expected)) return undefined;
      expected = position + 1;
      return gatherer.add(record, position);
    };
    const closeFailed = (error: unknown) =>
      this.reportError("the source could not be closed", error);
    const options = { clock, signal, closeFailed };
    await readEach(source, paced(take, options), options);
  }

  /** Whether the position is left out; throws `position_invalid`, `position_gap`. */
  #isBefore(position: number, expected: number | undefined): boolean {
    const partition = this.#partition;
    if (!Number.isSafeInteger(position)) {
      throw new StreamError("position_invalid", { partition, position });
    }
    if (expected === undefined || position === expected) return false;
    if (position < expected) return true;
    throw new StreamError("position_gap", { partition, position, expected });
  }

  #newGatherer(signal: AbortSignal): BlockGatherer<T> {
    const partition = this.#partition;
    return new BlockGatherer({
      clock: this.#clock,
      intervalMs: this.#blockIntervalMs,
      recordsMax: this.#blockRecordsMax,
      store: async (records, from) => {
        const until = from + records.length;
        await this.storeMany(records, { position: { partition, from, until } });
        await this.#source.acknowledge?.(until);
      },
      failed: (error) => this.#storeFailed(error, signal),
    });
  }

  /** What was not stored is read again after the restart, or when the program starts again. */
  #storeFailed(error: unknown, signal: AbortSignal): void {
    const message = `a block could not be stored: ${messageOf(error)}`;
    if (!signal.aborted) this.restart(message, { error });
    else if (!(error instanceof StreamError && error.kind === "closed")) {
      this.reportError(message, error);
    }
  }
}

function checkSource(source: ResumableSource<unknown>): void {
  if (typeof source.open !== "function") {
    const expected = "a function that opens the source";
    throw new StreamError("argument_invalid", { argument: "open", expected });
  }
  const { from } = source;
  if (from !== undefined && !Number.isSafeInteger(from)) {
    const expected = "a whole number";
    throw new StreamError("argument_invalid", { argument: "from", value: from, expected });
  }
}

/** A receiver of a source that can be read again from any position. Throws `argument_invalid`, `storage_level_unknown`. */
export function fromResumable<T>(
  source: ResumableSource<T>,
  options: ResumableOptions = {},
): ResumableReceiver<T> {
  return new ResumableReceiver(source, options);
}
