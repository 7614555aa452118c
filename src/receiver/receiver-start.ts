/**
 * Owns: what one start of a receiver takes, from its first record until all of it is stored: the
 * block generator, whole blocks, their order by source position, and the refusal of what comes too
 * late.
 * Does not own: when a start begins and ends (receiver-supervisor.ts), how a block is written
 * (block-writer.ts).
 *
 * Invariants: I1 a whole block that was acknowledged is registered. I2 blocks of one source
 * partition are registered in the order of the calls, without gap or overlap. I3 room under the
 * bound is given back for all that was not registered.
 */
import { StreamError } from "../base/index.ts";
import { BlockGenerator, type BlockGeneratorOptions } from "./block-generator.ts";
import type { BlockLabel, BlockWriter } from "./block-writer.ts";
import type { StoreOptions } from "./receiver.ts";
import { checkSourceRange, decidePosition, type SourceRange } from "./source-range.ts";

export interface ReceiverStartOptions extends Omit<BlockGeneratorOptions, "push"> {
  /** The number of this start among those of the receiver, from 1. */
  readonly receiverStart: number;
  readonly writer: Pick<BlockWriter, "write">;
  /** What is registered of each source partition. */
  readonly positions: ReadonlyMap<string, number>;
  readonly decode: (bytes: Uint8Array) => readonly unknown[];
}

/** `closing` takes what need not wait, `closed` nothing. */
type Phase = "open" | "closing" | "closed";

/** A block that came whole, as records or as bytes; `write` leaves out its first `skip` records. */
interface WholeBlock {
  readonly records: number;
  readonly bytes: number;
  readonly options: StoreOptions;
  write(label: BlockLabel, skip: number): Promise<void>;
}

/** The blocks of one source partition, one after another. */
interface Lane {
  /**
   * Where the first one begins: should it fail, the next one must not pass for the begin of the
   * partition.
   */
  readonly from: number;
  /** Settles when the last one is through. */
  last: Promise<void>;
}

/** One start of a receiver. */
export class ReceiverStart {
  readonly #options: ReceiverStartOptions;
  readonly #generator: BlockGenerator;
  readonly #stopping = new AbortController();
  #phase: Phase = "open";
  readonly #underway = new Set<Promise<void>>();
  readonly #refuseRoomWait = new Set<(reason: StreamError) => void>();
  readonly #lanes = new Map<string, Lane>();

  constructor(options: ReceiverStartOptions) {
    this.#options = options;
    const { receiverStart, writer } = options;
    const push = (records: readonly unknown[]) => writer.write({ records }, { receiverStart });
    this.#generator = new BlockGenerator({ ...options, push });
    this.#generator.start();
  }

  /** Aborts when the start begins to end. */
  get signal(): AbortSignal {
    return this.#stopping.signal;
  }

  add(record: unknown): void | Promise<void> {
    return this.#generator.add(record);
  }

  storeMany(records: readonly unknown[], options: StoreOptions): Promise<void> {
    // The caller may use its array again while the block waits for room.
    const kept = records.slice();
    return this.#store({
      records: kept.length,
      bytes: 0,
      options,
      write: (label, skip) =>
        this.#options.writer.write({ records: skip === 0 ? kept : kept.slice(skip) }, label),
    });
  }

  storeBuffer(bytes: Uint8Array, options: StoreOptions): Promise<void> {
    const byteCount = bytes.byteLength;
    const write = async (label: BlockLabel, skip: number) => {
      const { decode, writer } = this.#options;
      if (skip === 0) return writer.write({ bytes }, { ...label, byteCount });
      const records = decode(bytes);
      if (options.position !== undefined) checkSourceRange(options.position, records.length);
      return writer.write({ records: records.slice(skip) }, { ...label, byteCount });
    };
    return this.#store({ records: 0, bytes: byteCount, options, write });
  }

  /** Aborts the signal, and refuses from now on what waits or would have to. */
  beginToEnd(cause?: unknown): void {
    if (this.#phase !== "open") return;
    this.#phase = "closing";
    const reason = this.#refusal("receiver_stopping", cause);
    this.#stopping.abort(reason);
    this.#generator.refuseWaiting(reason);
    for (const refuse of this.#refuseRoomWait) refuse(reason);
  }

  /** Takes nothing more, and resolves when all that was taken is registered or has failed. */
  async finish(): Promise<void> {
    this.beginToEnd();
    this.#phase = "closed";
    await Promise.all([this.#generator.stop(), Promise.allSettled(this.#underway)]);
  }

  /** Gives up at once all that is not stored. */
  destroy(cause: unknown): void {
    this.beginToEnd(cause);
    this.#phase = "closed";
    this.#generator.destroy();
  }

  #store(block: WholeBlock): Promise<void> {
    const storing = this.#storeInOrder(block).finally(() => this.#underway.delete(storing));
    this.#underway.add(storing);
    return storing;
  }

  async #storeInOrder(block: WholeBlock): Promise<void> {
    if (this.#phase === "closed") throw this.#refusal("receiver_not_running");
    const { bytes, options, records } = block;
    const { position } = options;
    if (position !== undefined) checkSourceRange(position, bytes > 0 ? undefined : records);
    if (records === 0 && bytes === 0 && position === undefined) {
      // A loop that awaits one after another would let nothing else happen.
      return this.#options.clock.yieldToEventLoop();
    }
    const turn = position && this.#takeTurn(position);
    try {
      await this.#takeRoom(records, bytes);
      await turn?.begin;
      await this.#write(block);
    } finally {
      turn?.end();
    }
  }

  /** The place of a block among those of its source partition, as of the call. */
  #takeTurn({ from, partition }: SourceRange): { begin: Promise<void>; end: () => void } {
    const lane = this.#lanes.get(partition) ?? { from, last: Promise.resolve() };
    const begin = lane.last;
    let end = () => {};
    const ended = new Promise<void>((resolve) => {
      end = resolve;
    });
    lane.last = begin.then(() => ended);
    this.#lanes.set(partition, lane);
    return { begin, end };
  }

  async #takeRoom(records: number, bytes: number): Promise<void> {
    const { bound } = this.#options;
    if (bound.tryTake(records, bytes)) return;
    if (this.#phase !== "open") throw this.#refusal("receiver_stopping");
    await new Promise<void>((resolve, reject) => {
      const taken = () => {
        this.#refuseRoomWait.delete(refuse);
        resolve();
      };
      const giveUp = bound.request({ records, bytes, taken });
      const refuse = (reason: StreamError) => {
        this.#refuseRoomWait.delete(refuse);
        giveUp();
        reject(reason);
      };
      this.#refuseRoomWait.add(refuse);
    });
  }

  /** Writes what the registered positions leave of a block that has room and its turn. */
  async #write(block: WholeBlock): Promise<void> {
    const { bound, receiverStart } = this.#options;
    const { bytes, options, records } = block;
    let unusedRecords = records;
    let unusedBytes = bytes;
    try {
      const skip = options.position === undefined ? 0 : this.#coveredRecords(options.position);
      if (skip === "all") return;
      const position = options.position && trimmed(options.position, skip);
      await block.write({ receiverStart, position, metadata: options.metadata }, skip);
      unusedRecords = bytes > 0 ? 0 : skip;
      unusedBytes = 0;
    } finally {
      bound.release(unusedRecords, unusedBytes);
    }
  }

  /** How many records of the range are registered already; throws `position_gap`. */
  #coveredRecords(range: SourceRange): number | "all" {
    const { partition } = range;
    const expected = this.#options.positions.get(partition) ?? this.#lanes.get(partition)?.from;
    const decision = decidePosition(expected, range);
    switch (decision.kind) {
      case "gap":
        throw new StreamError("position_gap", { ...range, expected: decision.expected });
      case "covered":
        return "all";
      case "store":
        return decision.skip;
    }
  }

  #refusal(code: "receiver_not_running" | "receiver_stopping", cause?: unknown): StreamError {
    return new StreamError(code, { receiverStart: this.#options.receiverStart }, { cause });
  }
}

function trimmed(range: SourceRange, skip: number): SourceRange {
  return skip === 0 ? range : { ...range, from: range.from + skip };
}
