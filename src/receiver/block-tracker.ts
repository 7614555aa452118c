/**
 * Owns: what the driver knows of received blocks, as a fold over block events, and the decisions
 * about the next event.
 * Does not own: the order "event first, then memory" (block-ledger.ts); it does no I/O and knows no
 * time.
 *
 * Invariants: I1 a block is unallocated, or in exactly one batch, or was in one that is cleaned, or
 * is lost. I2 batches are allocated in the order of their times, each once. I3 the positions of a
 * source partition grow without gap or overlap, but where blocks are lost. I4 a snapshot and the
 * events after it give the same knowledge as all events.
 */
import { invariant } from "../base/index.ts";
import type {
  AllocationPins,
  BatchAllocated,
  BatchesCleaned,
  BlockEvent,
  BlockRecord,
  BlocksLost,
  ReceiverStarted,
} from "./block-events.ts";
import { decideLosses } from "./lost-blocks.ts";
import { type BatchState, emptyTrackerState, type TrackerState } from "./tracker-state.ts";

interface StreamBlocks {
  receiverStart: number;
  /** By block id, in the order of registration. */
  readonly unallocated: Map<string, BlockRecord>;
}

/** What an allocation without inputs of its own pins. */
export const noPins: AllocationPins = { inputs: {}, partitions: {} };

/** The driver's knowledge of received blocks. */
export class ReceivedBlockTracker {
  readonly #streams = new Map<string, StreamBlocks>();
  /** By stream and source partition. Whoever asks for those of a stream keeps the map. */
  readonly #positions = new Map<string, Map<string, number>>();
  /** In the order of their times. */
  readonly #batches = new Map<number, BatchState>();
  #lastAllocatedTimeMs: number | undefined;

  /** Knows what the state says, which a tracker told once (default: nothing). */
  constructor(state: TrackerState = emptyTrackerState) {
    for (const { positions, receiverStart, streamUid, unallocated } of state.streams) {
      const blocks = new Map(unallocated.map((block) => [block.id, block]));
      this.#streams.set(streamUid, { receiverStart, unallocated: blocks });
      const known = this.#positionsOf(streamUid);
      for (const { next, partition } of positions) known.set(partition, next);
    }
    for (const batch of state.batches) this.#batches.set(batch.batchTimeMs, batch);
    this.#lastAllocatedTimeMs = state.lastAllocatedTimeMs ?? undefined;
  }

  /** All that is known, as plain data that does not change any more. */
  snapshot(): TrackerState {
    const streams = [...this.#streams].map(([streamUid, { receiverStart, unallocated }]) => ({
      streamUid,
      receiverStart,
      positions: [...this.#positionsOf(streamUid)].map(([partition, next]) => ({
        partition,
        next,
      })),
      unallocated: [...unallocated.values()],
    }));
    const lastAllocatedTimeMs = this.#lastAllocatedTimeMs ?? null;
    return { streams, batches: [...this.#batches.values()], lastAllocatedTimeMs };
  }

  /** Takes one event into memory; the same events in the same order give the same knowledge. */
  apply(event: BlockEvent): void {
    switch (event.kind) {
      case "receiver_started":
        this.#stream(event.streamUid).receiverStart = event.receiverStart;
        return;
      case "block_added":
        this.#addBlock(event.block);
        return;
      case "batch_allocated":
        this.#allocateBatch(event);
        return;
      case "blocks_lost":
        this.#loseBlocks(event);
        return;
      case "batches_cleaned":
        for (const batchTimeMs of event.batchTimesMs) this.#batches.delete(batchTimeMs);
    }
  }

  /** The event that starts the receiver of a stream once more. */
  nextReceiverStart(streamUid: string): ReceiverStarted {
    const receiverStart = this.receiverStart(streamUid) + 1;
    return { kind: "receiver_started", streamUid, receiverStart };
  }

  /**
   * The event that gives all unallocated blocks to a batch; none when that time has been allocated
   * or passed.
   */
  allocate(batchTimeMs: number, pins: AllocationPins = noPins): BatchAllocated | undefined {
    const lastMs = this.#lastAllocatedTimeMs;
    if (lastMs !== undefined && batchTimeMs <= lastMs) return undefined;
    const streams = [...this.#streams]
      .filter(([, stream]) => stream.unallocated.size > 0)
      .map(([streamUid, stream]) => ({ streamUid, blockIds: [...stream.unallocated.keys()] }));
    const { inputs, partitions } = pins;
    return { kind: "batch_allocated", batchTimeMs, streams, inputs, partitions };
  }

  /** The event that forgets the batches before a time; none when there are none. */
  cleanup(beforeMs: number): BatchesCleaned | undefined {
    const batchTimesMs = this.batchTimesWithin(Number.NEGATIVE_INFINITY, beforeMs);
    return batchTimesMs.length === 0 ? undefined : { kind: "batches_cleaned", batchTimesMs };
  }

  /**
   * The event that gives up the blocks which no log holds; none when there are none. For the begin
   * of a life: those of earlier ones went with their processes. `isNeeded` says of a batch whether
   * anything may still be computed of it.
   */
  lose(isNeeded: (batchTimeMs: number) => boolean): BlocksLost | undefined {
    return decideLosses(this.snapshot(), isNeeded);
  }

  /** How often the receiver of a stream was started, in all lives. */
  receiverStart(streamUid: string): number {
    return this.#streams.get(streamUid)?.receiverStart ?? 0;
  }

  /**
   * The next expected position of each source partition of a stream; the map follows what is
   * registered.
   */
  positions(streamUid: string): ReadonlyMap<string, number> {
    return this.#positionsOf(streamUid);
  }

  get lastAllocatedTimeMs(): number | undefined {
    return this.#lastAllocatedTimeMs;
  }

  get hasUnallocatedBlocks(): boolean {
    for (const stream of this.#streams.values()) if (stream.unallocated.size > 0) return true;
    return false;
  }

  /** Of one stream, or of all, in the order of their registration. */
  unallocatedBlocks(streamUid?: string): readonly BlockRecord[] {
    const streams = streamUid === undefined ? [...this.#streams.keys()] : [streamUid];
    return streams.flatMap((uid) => [...(this.#streams.get(uid)?.unallocated.values() ?? [])]);
  }

  /** Those from one time up to, without it, another; what is behind it is not gone through. */
  batchTimesWithin(fromMs: number, beforeMs: number): readonly number[] {
    const timesMs: number[] = [];
    for (const timeMs of this.#batches.keys()) {
      if (timeMs >= beforeMs) break;
      if (timeMs >= fromMs) timesMs.push(timeMs);
    }
    return timesMs;
  }

  /** The batches that are not cleaned, in the order of their times. */
  get batchTimesMs(): readonly number[] {
    return [...this.#batches.keys()];
  }

  /**
   * The blocks of one stream in a batch; none when the batch has none, is not allocated, or is
   * forgotten.
   */
  blocksOf(streamUid: string, batchTimeMs: number): readonly BlockRecord[] {
    const streams = this.#batches.get(batchTimeMs)?.streams ?? [];
    return streams.find((stream) => stream.streamUid === streamUid)?.blocks ?? [];
  }

  /** The blocks of all streams in a batch. */
  blocksOfBatch(batchTimeMs: number): readonly BlockRecord[] {
    return (this.#batches.get(batchTimeMs)?.streams ?? []).flatMap(({ blocks }) => blocks);
  }

  /** What a batch was pinned to; undefined when it is not allocated, or is forgotten. */
  pinsOf(batchTimeMs: number): AllocationPins | undefined {
    return this.#batches.get(batchTimeMs);
  }

  #stream(streamUid: string): StreamBlocks {
    let stream = this.#streams.get(streamUid);
    if (stream === undefined) {
      stream = { receiverStart: 0, unallocated: new Map() };
      this.#streams.set(streamUid, stream);
    }
    return stream;
  }

  #positionsOf(streamUid: string): Map<string, number> {
    let positions = this.#positions.get(streamUid);
    if (positions === undefined) {
      positions = new Map();
      this.#positions.set(streamUid, positions);
    }
    return positions;
  }

  #addBlock(block: BlockRecord): void {
    const { unallocated } = this.#stream(block.streamUid);
    invariant(!unallocated.has(block.id), "a block is registered once");
    if (block.position !== undefined) {
      const { partition, from, until } = block.position;
      const positions = this.#positionsOf(block.streamUid);
      const expected = positions.get(partition) ?? from;
      invariant(from === expected, "blocks of a source partition are registered in order");
      positions.set(partition, until);
    }
    unallocated.set(block.id, block);
  }

  #allocateBatch({ batchTimeMs, inputs, partitions, streams }: BatchAllocated): void {
    const lastMs = this.#lastAllocatedTimeMs;
    invariant(lastMs === undefined || batchTimeMs > lastMs, "batches are allocated in order");
    const taken = streams.map(({ blockIds, streamUid }) => {
      const { unallocated } = this.#stream(streamUid);
      const blocks = blockIds.map((id) => {
        const block = unallocated.get(id);
        invariant(block !== undefined, "an allocation names unallocated blocks only");
        unallocated.delete(id);
        return block;
      });
      return { streamUid, blocks };
    });
    this.#batches.set(batchTimeMs, { batchTimeMs, inputs, partitions, streams: taken });
    this.#lastAllocatedTimeMs = batchTimeMs;
  }

  #loseBlocks(event: BlocksLost): void {
    const lost = new Set(event.streams.flatMap(({ blockIds }) => blockIds));
    for (const { positions, streamUid } of event.streams) {
      const known = this.#positionsOf(streamUid);
      for (const { next, partition } of positions) known.set(partition, next);
      const { unallocated } = this.#stream(streamUid);
      for (const id of lost) unallocated.delete(id);
    }
    for (const batch of this.#batches.values()) {
      const streams = batch.streams.map(({ blocks, streamUid }) => ({
        streamUid,
        blocks: blocks.filter(({ id }) => !lost.has(id)),
      }));
      this.#batches.set(batch.batchTimeMs, { ...batch, streams });
    }
  }
}
