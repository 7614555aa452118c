/**
 * Owns: what the driver knows of received blocks, as a fold over block events, and the decisions
 * about the next event.
 * Does not own: the order "event first, then memory" (block-ledger.ts); it does no I/O and knows no
 * time.
 *
 * Invariants: I1 a block is unallocated, or in exactly one batch, or was in one that is cleaned. I2
 * batches are allocated in the order of their times, each once. I3 the positions of a source
 * partition grow without gap or overlap.
 */
import { invariant } from "../base/index.ts";
import type {
  BatchAllocated,
  BatchesCleaned,
  BlockEvent,
  ReceivedBlock,
  ReceiverStarted,
} from "./block-events.ts";

interface StreamBlocks {
  receiverStart: number;
  /** By block id, in the order of registration. */
  readonly unallocated: Map<string, ReceivedBlock>;
  readonly positions: Map<string, number>;
}

/** The driver's knowledge of received blocks. */
export class ReceivedBlockTracker {
  readonly #streams = new Map<number, StreamBlocks>();
  readonly #batches = new Map<number, ReadonlyMap<number, readonly ReceivedBlock[]>>();
  #lastAllocatedTimeMs: number | undefined;

  /** Takes one event into memory; the same events in the same order give the same knowledge. */
  apply(event: BlockEvent): void {
    switch (event.kind) {
      case "receiver_started":
        this.#stream(event.streamId).receiverStart = event.receiverStart;
        return;
      case "block_added":
        this.#addBlock(event.block);
        return;
      case "batch_allocated":
        this.#allocateBatch(event);
        return;
      case "batches_cleaned":
        for (const batchTimeMs of event.batchTimesMs) this.#batches.delete(batchTimeMs);
    }
  }

  /** The event that starts the receiver of a stream once more. */
  nextReceiverStart(streamId: number): ReceiverStarted {
    const receiverStart = this.receiverStart(streamId) + 1;
    return { kind: "receiver_started", streamId, receiverStart };
  }

  /**
   * The event that gives all unallocated blocks to a batch; none when that time has been allocated
   * or passed.
   */
  allocate(batchTimeMs: number): BatchAllocated | undefined {
    const lastMs = this.#lastAllocatedTimeMs;
    if (lastMs !== undefined && batchTimeMs <= lastMs) return undefined;
    const streams = [...this.#streams]
      .filter(([, stream]) => stream.unallocated.size > 0)
      .map(([streamId, stream]) => ({ streamId, blockIds: [...stream.unallocated.keys()] }));
    return { kind: "batch_allocated", batchTimeMs, streams };
  }

  /** The event that forgets the batches before a time; none when there are none. */
  cleanup(beforeMs: number): BatchesCleaned | undefined {
    const batchTimesMs = [...this.#batches.keys()].filter((timeMs) => timeMs < beforeMs);
    return batchTimesMs.length === 0 ? undefined : { kind: "batches_cleaned", batchTimesMs };
  }

  /** How often the receiver of a stream was started. */
  receiverStart(streamId: number): number {
    return this.#streams.get(streamId)?.receiverStart ?? 0;
  }

  /**
   * The next expected position of each source partition of a stream; the map follows what is
   * registered.
   */
  positions(streamId: number): ReadonlyMap<string, number> {
    return this.#stream(streamId).positions;
  }

  get lastAllocatedTimeMs(): number | undefined {
    return this.#lastAllocatedTimeMs;
  }

  get hasUnallocatedBlocks(): boolean {
    return [...this.#streams.values()].some((stream) => stream.unallocated.size > 0);
  }

  /** In the order of their registration. */
  unallocatedBlocks(streamId: number): readonly ReceivedBlock[] {
    return [...(this.#streams.get(streamId)?.unallocated.values() ?? [])];
  }

  /**
   * The blocks of one stream in a batch; none when the batch has none, is not allocated, or is
   * forgotten.
   */
  blocksOf(streamId: number, batchTimeMs: number): readonly ReceivedBlock[] {
    return this.#batches.get(batchTimeMs)?.get(streamId) ?? [];
  }

  /** The blocks of all streams in a batch. */
  blocksOfBatch(batchTimeMs: number): readonly ReceivedBlock[] {
    return [...(this.#batches.get(batchTimeMs)?.values() ?? [])].flat();
  }

  #stream(streamId: number): StreamBlocks {
    let stream = this.#streams.get(streamId);
    if (stream === undefined) {
      stream = { receiverStart: 0, unallocated: new Map(), positions: new Map() };
      this.#streams.set(streamId, stream);
    }
    return stream;
  }

  #addBlock(block: ReceivedBlock): void {
    const stream = this.#stream(block.streamId);
    invariant(!stream.unallocated.has(block.id), "a block is registered once");
    if (block.position !== undefined) {
      const { partition, from, until } = block.position;
      const expected = stream.positions.get(partition) ?? from;
      invariant(from === expected, "blocks of a source partition are registered in order");
      stream.positions.set(partition, until);
    }
    stream.unallocated.set(block.id, block);
  }

  #allocateBatch({ batchTimeMs, streams }: BatchAllocated): void {
    const lastMs = this.#lastAllocatedTimeMs;
    invariant(lastMs === undefined || batchTimeMs > lastMs, "batches are allocated in order");
    const batch = new Map<number, readonly ReceivedBlock[]>();
    for (const { streamId, blockIds } of streams) {
      const { unallocated } = this.#stream(streamId);
      const blocks = blockIds.map((id) => {
        const block = unallocated.get(id);
        invariant(block !== undefined, "an allocation names unallocated blocks only");
        unallocated.delete(id);
        return block;
      });
      batch.set(streamId, blocks);
    }
    this.#batches.set(batchTimeMs, batch);
    this.#lastAllocatedTimeMs = batchTimeMs;
  }
}
