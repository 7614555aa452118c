/**
 * Owns: what the tasks of batches gave to accumulators, each task once: it counts in memory at once, and is told to the
 * progress of its batch with what it belongs to.
 * Does not own: accumulators (src/executor), the journal that keeps it (src/recovery).
 *
 * Invariant: I1 a task that an earlier life of the driver counted is not counted again, whatever runs it once more: an output
 * that is still to be done, or a state or window that is made again.
 */
import { decodeValue, encodeValue } from "../codec/index.ts";
import type { Accumulating, CountedStage } from "../core/index.ts";
import type { BatchProgress, Counted } from "./batch-progress.ts";

type Given = Iterable<readonly [Accumulating, unknown]>;

type CountProgress = Pick<BatchProgress, "isBatchCounted" | "isTaskCounted" | "keepsCounts">;

interface Open {
  readonly accumulators: { name: string; value: unknown }[];
  readonly tasks: string[];
}

export class BatchCounts {
  readonly #progress: CountProgress;
  readonly #open = new Map<number, Open>();
  /** Tasks that this life counted, by batch: a shuffle that lost its buckets runs them again. */
  readonly #done = new Map<number, Set<string>>();
  /** Stages of one operator of one batch are told apart by the order in which they run first. */
  readonly #stages = new WeakMap<CountedStage, string>();
  readonly #stageCounts = new Map<number, Map<string, number>>();

  constructor(progress: CountProgress) {
    this.#progress = progress;
  }

  /** Counts a task of a stage. The stage may be of an earlier batch than the one that needs it. */
  stageTask(neededByMs: number, stage: CountedStage, partition: number, given: Given): void {
    const batchTimeMs = stage.site.batchTimeMs ?? neededByMs;
    this.#count(batchTimeMs, `${this.#nameOf(batchTimeMs, stage)} ${partition}`, given);
  }

  /** Counts what was given while a batch was made. */
  making(batchTimeMs: number, given: Given): void {
    this.#count(batchTimeMs, "making", given);
  }

  /** Counts the tasks of an output, or whatever else runs once by itself. */
  output(batchTimeMs: number, given: Given): void {
    this.#add(batchTimeMs, undefined, given);
  }

  /** What was counted since it was asked for last; undefined where that is nothing. */
  take(batchTimeMs: number): Counted | undefined {
    const open = this.#open.get(batchTimeMs);
    this.#open.delete(batchTimeMs);
    return open;
  }

  /** Nothing of batches up to that time runs any more. */
  forget(untilMs: number): void {
    for (const byBatch of [this.#done, this.#stageCounts]) {
      for (const timeMs of byBatch.keys()) {
        // Batches come in order, all but a few, which go with those before them: what is owed is not gone through.
        if (timeMs > untilMs) break;
        byBatch.delete(timeMs);
      }
    }
  }

  #count(batchTimeMs: number, task: string, given: Given): void {
    const done = this.#done.get(batchTimeMs) ?? new Set();
    if (done.has(task) || this.#progress.isBatchCounted(batchTimeMs)) return;
    if (this.#progress.isTaskCounted(batchTimeMs, task)) return;
    this.#done.set(batchTimeMs, done.add(task));
    this.#add(batchTimeMs, task, given);
  }

  #add(batchTimeMs: number, task: string | undefined, given: Given): void {
    for (const [accumulator, partial] of given) {
      const { name } = accumulator;
      if (name !== undefined && this.#progress.keepsCounts) {
        const open = this.#openOf(batchTimeMs);
        open.accumulators.push({ name, value: ownCopy(partial) });
        if (task !== undefined && open.tasks.at(-1) !== task) open.tasks.push(task);
      }
      accumulator.merge(partial);
    }
  }

  #openOf(batchTimeMs: number): Open {
    const open = this.#open.get(batchTimeMs) ?? { accumulators: [], tasks: [] };
    this.#open.set(batchTimeMs, open);
    return open;
  }

  #nameOf(batchTimeMs: number, stage: CountedStage): string {
    const known = this.#stages.get(stage);
    if (known !== undefined) return known;
    const kind = `${stage.site.uid} ${stage.purpose}`;
    const ofBatch = this.#stageCounts.get(batchTimeMs) ?? new Map<string, number>();
    const number = ofBatch.get(kind) ?? 0;
    this.#stageCounts.set(batchTimeMs, ofBatch.set(kind, number + 1));
    const name = `${kind} ${number}`;
    this.#stages.set(stage, name);
    return name;
  }
}

/** What is merged may be changed in place; what a journal cannot keep is refused here, where its author can be told. */
function ownCopy(value: unknown): unknown {
  return typeof value === "number" ? value : decodeValue(encodeValue(value));
}
