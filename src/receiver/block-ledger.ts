/**
 * Owns: the way of every block event: decided, journaled, then taken into memory.
 * Does not own: the decisions and the memory (block-tracker.ts), the journal behind its port.
 *
 * Invariants: I1 memory never holds what the journal did not take: a failed append changes nothing,
 * and blocks that were to be allocated stay unallocated. I2 memory takes events in the order in
 * which they went to the journal. I3 there is one decision about batches under way at a time, so
 * that no block is given to two of them.
 */
import { StreamError } from "../base/index.ts";
import type { BlockEvent, ReceivedBlock } from "./block-events.ts";
import { ReceivedBlockTracker } from "./block-tracker.ts";

/**
 * Takes block events in the order of the calls; resolves when an event is kept as safely as the
 * journal keeps it.
 */
export interface BlockJournal {
  append(event: BlockEvent): Promise<void>;
}

/** The journal of a context without durability: nothing outlives the process. */
export const volatileJournal: BlockJournal = { append: () => Promise.resolve() };

/** A batch whose allocation is forgotten. */
export interface CleanedBatch {
  readonly batchTimeMs: number;
  readonly blocks: readonly ReceivedBlock[];
}

/** What the ledger tells of the driver's knowledge. */
export type BlockKnowledge = Pick<
  ReceivedBlockTracker,
  "blocksOf" | "blocksOfBatch" | "hasUnallocatedBlocks" | "positions"
>;

/** The driver's block events, journaled before they count. */
export class BlockLedger {
  readonly #journal: BlockJournal;
  readonly #tracker = new ReceivedBlockTracker();
  #committed: Promise<void> = Promise.resolve();
  #batchDecided: Promise<void> = Promise.resolve();

  constructor(journal: BlockJournal = volatileJournal) {
    this.#journal = journal;
  }

  get known(): BlockKnowledge {
    return this.#tracker;
  }

  /** Numbers a start of a receiver. */
  async startReceiver(streamId: number): Promise<number> {
    const event = this.#tracker.nextReceiverStart(streamId);
    await this.#commit(event);
    return event.receiverStart;
  }

  /**
   * Makes a block known; it may be acknowledged then. Throws `receiver_superseded`, or what the
   * journal throws.
   */
  async register(block: ReceivedBlock): Promise<void> {
    const { id, receiverStart, streamId } = block;
    const current = this.#tracker.receiverStart(streamId);
    if (receiverStart !== current) {
      throw new StreamError("receiver_superseded", { block: id, receiverStart, current });
    }
    await this.#commit({ kind: "block_added", block });
  }

  /**
   * Gives all unallocated blocks to a batch; false when the batch keeps what it has: its time is
   * not a new one.
   */
  allocate(batchTimeMs: number): Promise<boolean> {
    return this.#decideAlone(async () => {
      const event = this.#tracker.allocate(batchTimeMs);
      if (event === undefined) return false;
      await this.#commit(event);
      return true;
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
    const appended = this.#journal.append(event);
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
