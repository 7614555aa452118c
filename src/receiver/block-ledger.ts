/**
 * Owns: the way of every block event: decided, journaled, then taken into memory.
 * Does not own: the decisions and the memory (block-tracker.ts), the journal behind its port.
 *
 * Invariants: I1 memory never holds what the journal did not take: a failed append changes nothing,
 * and blocks that were to be allocated stay unallocated. I2 memory takes events in the order in
 * which they went to the journal. I3 there is one decision about batches under way at a time, so
 * that no block is given to two of them. I4 a failed append is told to `fatal`: what the journal
 * holds is unknown then, and only a new process that reads it may go on.
 */
import { StreamError } from "../base/index.ts";
import type { AllocationPins, BlockEvent, BlockRecord, BlocksLost } from "./block-events.ts";
import { ReceivedBlockTracker } from "./block-tracker.ts";
import { type ReceiverDurability, volatileDurability } from "./receiver-durability.ts";
import type { TrackerState } from "./tracker-state.ts";

/** A batch whose allocation is forgotten. */
export interface CleanedBatch {
  readonly batchTimeMs: number;
  readonly blocks: readonly BlockRecord[];
}

/** What the ledger tells of the driver's knowledge. */
export type BlockKnowledge = Omit<
  ReceivedBlockTracker,
  "apply" | "allocate" | "cleanup" | "lose" | "nextReceiverStart"
>;

/** The driver's block events, journaled before they count. */
export class BlockLedger {
  readonly #durability: Pick<ReceiverDurability, "journal" | "fatal">;
  readonly #tracker: ReceivedBlockTracker;
  #committed: Promise<void> = Promise.resolve();
  #batchDecided: Promise<void> = Promise.resolve();

  /** Goes on from what was known before. */
  constructor(
    durability: Pick<ReceiverDurability, "journal" | "fatal"> = volatileDurability,
    state?: TrackerState,
  ) {
    this.#durability = durability;
    this.#tracker = new ReceivedBlockTracker(state);
  }

  get known(): BlockKnowledge {
    return this.#tracker;
  }

  /** Numbers a start of a receiver. */
  async startReceiver(streamUid: string): Promise<number> {
    const event = this.#tracker.nextReceiverStart(streamUid);
    await this.#commit(event);
    return event.receiverStart;
  }

  /**
   * Makes a block known; it may be acknowledged then. Throws `receiver_superseded`, or what the
   * journal throws.
   */
  async register(block: BlockRecord): Promise<void> {
    const { id, receiverStart, streamUid } = block;
    const current = this.#tracker.receiverStart(streamUid);
    if (receiverStart !== current) {
      throw new StreamError("receiver_superseded", { block: id, receiverStart, current });
    }
    await this.#commit({ kind: "block_added", block });
  }

  /**
   * Gives all unallocated blocks, and these pins, to a batch; false when the batch keeps what it
   * has: its time is not a new one.
   */
  allocate(batchTimeMs: number, pins?: AllocationPins): Promise<boolean> {
    return this.#decideAlone(async () => {
      const event = this.#tracker.allocate(batchTimeMs, pins);
      if (event === undefined) return false;
      await this.#commit(event);
      return true;
    });
  }

  /** Gives up the blocks that no log holds; tells what it gave up. */
  lose(isNeeded: (batchTimeMs: number) => boolean): Promise<BlocksLost | undefined> {
    return this.#decideAlone(async () => {
      const event = this.#tracker.lose(isNeeded);
      if (event !== undefined) await this.#commit(event);
      return event;
    });
  }

  /** Forgets the batches before a time and returns them. */
  cleanup(beforeMs: number): Promise<readonly CleanedBatch[]> {
    return this.#decideAlone(async () => {
      const event = this.#tracker.cleanup(beforeMs);
      if (event === undefined) return [];
      const cleaned = event.batchTimesMs.map((batchTimeMs) => ({
        batchTimeMs,
        blocks: this.#tracker.blocksOfBatch(batchTimeMs),
      }));
      await this.#commit(event);
      return cleaned;
    });
  }

  #decideAlone<Result>(decide: () => Promise<Result>): Promise<Result> {
    const decided = this.#batchDecided.then(decide);
    this.#batchDecided = settled(decided);
    return decided;
  }

  async #commit(event: BlockEvent): Promise<void> {
    const { fatal, journal } = this.#durability;
    const appended = journal.append(event);
    appended.catch(fatal);
    const taken = Promise.all([appended, this.#committed]).then(() => this.#tracker.apply(event));
    this.#committed = settled(taken);
    await taken;
  }
}

function settled(work: Promise<unknown>): Promise<void> {
  return work.then(
    () => {},
    () => {},
  );
}
