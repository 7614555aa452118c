/** Owns: the port through which the scheduler makes durable what it has done, and hears what an earlier life did. */

/** What tasks gave to accumulators, and which tasks these were. */
export interface Counted {
  readonly accumulators: readonly { readonly name: string; readonly value: unknown }[];
  readonly tasks: readonly string[];
}

/** How a batch ended, for whoever has to bring its states about once more. */
export interface BatchEnd {
  readonly batchTimeMs: number;
  /** Stateful operators, by uid, that went on without the data of the batch. */
  readonly leftOutOf: readonly string[];
  /** What was counted of it that no output has told. */
  readonly counted?: Counted | undefined;
}

/**
 * Remembers the progress of batches. What rejects ends the context: an output whose end could not be noted may not be
 * followed by another.
 */
export interface BatchProgress {
  /** Whether the output of that batch was done in an earlier life; it is not done again. */
  isOutputDone(batchTimeMs: number, outputUid: string): boolean;
  /** `counted` is of the output, and of what it shares with others. */
  outputDone(batchTimeMs: number, outputUid: string, counted?: Counted): Promise<void>;
  /** Whether all that a batch gives to accumulators was counted by an earlier life. */
  isBatchCounted(batchTimeMs: number): boolean;
  /** Whether what a task of that batch gives to accumulators was counted by an earlier life. */
  isTaskCounted(batchTimeMs: number, task: string): boolean;
  /** Whether it remembers what was counted. */
  readonly keepsCounts: boolean;
  /** Nothing of the batch will be run again, but that its states may be recomputed. */
  batchCompleted(end: BatchEnd): Promise<void>;
}

/** The progress of a context without a journal: nothing outlives the process. */
export const volatileProgress: BatchProgress = {
  isOutputDone: () => false,
  outputDone: () => Promise.resolve(),
  isBatchCounted: () => false,
  isTaskCounted: () => false,
  keepsCounts: false,
  batchCompleted: () => Promise.resolve(),
};

/** A batch that an earlier life left: with outputs to do, or only with states to bring about once more. */
export interface LeftBatch {
  readonly timeMs: number;
  readonly todo: "states" | "outputs";
  /** As in `BatchEnd`. */
  readonly leftOutOf: readonly string[];
}
