/** Owns: what is told of batches, as a fold over what a listener hears; and whether the program has become idle. */
import type { StreamingListener } from "../../scheduler/index.ts";
import type { BatchStatus } from "./run-messages.ts";

export class BatchStatuses implements StreamingListener {
  readonly #batchIntervalMs: number;
  readonly #tell: (status: BatchStatus) => void;
  readonly #stateBytes = new Map<string, number>();
  #batches = 0;
  #submitted = 0;
  #idleBatches = 0;

  constructor(batchIntervalMs: number, tell: (status: BatchStatus) => void) {
    this.#batchIntervalMs = batchIntervalMs;
    this.#tell = tell;
  }

  /** How many batches without records came last, one after the other; none while others wait. */
  get idleBatches(): number {
    return this.#submitted > this.#batches ? 0 : this.#idleBatches;
  }

  onBatchSubmitted(): void {
    this.#submitted += 1;
  }

  onBatchCompleted(info: Parameters<NonNullable<StreamingListener["onBatchCompleted"]>>[0]): void {
    this.#batches += 1;
    // A replayed batch may complete without having been submitted here.
    this.#submitted = Math.max(this.#submitted, this.#batches);
    this.#idleBatches = info.numRecords === 0 ? this.#idleBatches + 1 : 0;
    const outputs = [...info.outputOperationInfos.values()];
    const sizes = [...this.#stateBytes.values()];
    this.#tell({
      batchTimeMs: info.batchTime,
      batches: this.#batches,
      records: info.numRecords,
      recordsPerSecond: (info.numRecords * 1000) / this.#batchIntervalMs,
      schedulingDelayMs: info.schedulingDelay ?? 0,
      processingDelayMs: info.processingDelay ?? 0,
      waitingBatches: this.#submitted - this.#batches,
      stateBytes: sizes.length === 0 ? undefined : sizes.reduce((sum, each) => sum + each, 0),
      failure:
        info.failureReason ?? outputs.find(({ failureReason }) => failureReason)?.failureReason,
    });
  }

  /** A whole snapshot takes the place of all before it; one of changes comes on top. */
  onStateSnapshotCompleted({
    baseTime,
    byteCount,
    operatorUid,
  }: Parameters<NonNullable<StreamingListener["onStateSnapshotCompleted"]>>[0]): void {
    const before = baseTime === undefined ? 0 : (this.#stateBytes.get(operatorUid) ?? 0);
    this.#stateBytes.set(operatorUid, before + byteCount);
  }
}
