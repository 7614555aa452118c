/**
 * Owns: what the driver knows, as a pure fold over the events of the journal: received blocks, batches and how far they
 * are, state snapshots, the newest checkpoint.
 * Does not own: the order "journal first, then memory" (journal.ts), what is decided upon it.
 *
 * Invariants: I1 the same events in the same order give the same knowledge, whether they come from the journal of an
 * earlier life or are made in this one. I2 it holds no more than its batches: what is cleaned leaves nothing behind.
 */
import type { CheckpointRef, StateSnapshotRef } from "../checkpoint/index.ts";
import { ReceivedBlockTracker, type TrackerState } from "../receiver/index.ts";
import { type AccumulatorState, AccumulatorTotals } from "./accumulator-totals.ts";
import type { JournalEvent } from "./journal-events.ts";

/** How far a batch is. */
export interface BatchProgressState {
  readonly batchTimeMs: number;
  readonly outputsDone: readonly string[];
  /** Undefined while it is pending. */
  readonly completed: { readonly leftOutOf: readonly string[] } | undefined;
}

/** What a checkpoint keeps of the knowledge. */
export interface KnowledgeState {
  readonly blocks: TrackerState;
  readonly progress: readonly BatchProgressState[];
  readonly snapshots: readonly StateSnapshotRef[];
  readonly checkpoint: CheckpointRef | undefined;
  readonly accumulators: AccumulatorState;
}

interface Progress {
  readonly outputsDone: Set<string>;
  completed: { readonly leftOutOf: readonly string[] } | undefined;
}

export class DriverKnowledge {
  readonly #blocks: ReceivedBlockTracker;
  readonly accumulators: AccumulatorTotals;
  readonly #progress = new Map<number, Progress>();
  #snapshots: readonly StateSnapshotRef[];
  #checkpoint: CheckpointRef | undefined;
  #isStopped = false;

  /** Knows what the state says, or nothing. */
  constructor(state?: KnowledgeState) {
    this.#blocks = new ReceivedBlockTracker(state?.blocks);
    for (const { batchTimeMs, completed, outputsDone } of state?.progress ?? []) {
      this.#progress.set(batchTimeMs, { outputsDone: new Set(outputsDone), completed });
    }
    this.accumulators = new AccumulatorTotals(state?.accumulators);
    this.#snapshots = state?.snapshots ?? [];
    this.#checkpoint = state?.checkpoint;
  }

  /** Takes one event into memory. */
  apply(event: JournalEvent): void {
    switch (event.kind) {
      case "epoch_opened":
        this.#isStopped = false;
        return;
      case "driver_stopped":
        this.#isStopped = true;
        return;
      case "output_done":
        this.#of(event.batchTimeMs).outputsDone.add(event.outputUid);
        this.accumulators.apply(event);
        return;
      case "batch_completed":
        this.#of(event.batchTimeMs).completed = { leftOutOf: event.leftOutOf };
        this.accumulators.apply(event);
        this.accumulators.batchEnded(event.batchTimeMs);
        return;
      case "snapshot_written":
        this.#snapshots = [...this.#snapshots, event.snapshot];
        return;
      case "checkpoint_written":
        this.#checkpoint = event.checkpoint;
        return;
      case "batches_cleaned":
        for (const batchTimeMs of event.batchTimesMs) {
          this.#progress.delete(batchTimeMs);
          this.accumulators.batchEnded(batchTimeMs);
        }
        this.#blocks.apply(event);
        return;
      case "batch_allocated":
        this.#of(event.batchTimeMs);
        this.#blocks.apply(event);
        return;
      default:
        this.#blocks.apply(event);
    }
  }

  /** All of it, as plain data that does not change any more. */
  snapshot(): KnowledgeState {
    return {
      blocks: this.#blocks.snapshot(),
      progress: this.progress,
      snapshots: this.#snapshots,
      checkpoint: this.#checkpoint,
      accumulators: this.accumulators.snapshot(),
    };
  }

  get blocks(): Pick<ReceivedBlockTracker, "snapshot" | "lastAllocatedTimeMs"> {
    return this.#blocks;
  }

  /** The batches that are not cleaned, by time. */
  get progress(): readonly BatchProgressState[] {
    return [...this.#progress]
      .map(([batchTimeMs, { completed, outputsDone }]) => ({
        batchTimeMs,
        outputsDone: [...outputsDone],
        completed,
      }))
      .sort((a, b) => a.batchTimeMs - b.batchTimeMs);
  }

  isOutputDone(batchTimeMs: number, outputUid: string): boolean {
    return this.#progress.get(batchTimeMs)?.outputsDone.has(outputUid) ?? false;
  }

  /** Of all operators, in the order in which they were written. */
  get snapshots(): readonly StateSnapshotRef[] {
    return this.#snapshots;
  }

  get checkpoint(): CheckpointRef | undefined {
    return this.#checkpoint;
  }

  /** Whether the driver has stopped by itself, with nothing left to do. */
  get isStopped(): boolean {
    return this.#isStopped;
  }

  /** Leaves out the snapshots that no recovery would read any more. */
  dropSnapshots(isNeeded: (snapshot: StateSnapshotRef) => boolean): void {
    this.#snapshots = this.#snapshots.filter(isNeeded);
  }

  #of(batchTimeMs: number): Progress {
    let progress = this.#progress.get(batchTimeMs);
    if (progress === undefined) {
      progress = { outputsDone: new Set(), completed: undefined };
      this.#progress.set(batchTimeMs, progress);
    }
    return progress;
  }
}
