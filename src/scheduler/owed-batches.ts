/**
 * Owns: the batches that ended while a state of theirs had yet to come about.
 * Does not own: what is done when it has (batch-scheduler.ts).
 * Invariants: I1 a state comes about in the order of batches, so that only the oldest batch of each is looked at: what one
 * step costs does not grow with what is owed.
 */
import { OrderedQueue } from "../base/index.ts";
import type { BatchEnd } from "./batch-progress.ts";

/** A state, as seen by batches that wait for it. */
export interface OwingState {
  /** Whether the state of that time has yet to come about. */
  owes(timeMs: number): boolean;
}

interface OwedBatch {
  readonly end: BatchEnd;
  /** How many states it waits for. */
  stateCount: number;
}

const newQueue = (): OrderedQueue<OwedBatch> => new OrderedQueue(({ end }) => end.batchTimeMs);

export class OwedBatches {
  readonly #byState = new Map<OwingState, OrderedQueue<OwedBatch>>();

  /** Adds a batch that has ended, with the states that it waits for. */
  add(end: BatchEnd, states: readonly OwingState[]): void {
    const batch = { end, stateCount: states.length };
    for (const state of states) {
      const batches = this.#byState.get(state) ?? newQueue();
      this.#byState.set(state, batches);
      batches.add(batch);
    }
  }

  /** Takes the batches whose states have all come about meanwhile, in order. */
  takeSettled(): readonly BatchEnd[] {
    const settled: BatchEnd[] = [];
    for (const [state, batches] of this.#byState) {
      for (let batch = batches.first; batch !== undefined; batch = batches.first) {
        if (state.owes(batch.end.batchTimeMs)) break;
        batches.removeFirst();
        batch.stateCount -= 1;
        if (batch.stateCount === 0) settled.push(batch.end);
      }
    }
    return settled.sort((a, b) => a.batchTimeMs - b.batchTimeMs);
  }

  /** For each state that is behind, the time of the oldest batch that waits for it. */
  get oldestMs(): ReadonlyMap<OwingState, number> {
    const oldestMs = new Map<OwingState, number>();
    for (const [state, { first }] of this.#byState) {
      if (first !== undefined) oldestMs.set(state, first.end.batchTimeMs);
    }
    return oldestMs;
  }
}
