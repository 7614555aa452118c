/** Owns: what is known of one batch while it is worked on, and the records that listeners get of it. */
import { messageOf } from "../base/index.ts";
import type { BatchOutputs, InputInfo, StreamJob } from "../core/index.ts";
import type { BatchInfo, OutputOperationInfo } from "./listener.ts";

interface OutputRecord {
  readonly job: StreamJob;
  startMs?: number;
  endMs?: number;
  attempts: number;
  error?: unknown;
}

/** One batch on its way. */
export class BatchRecord {
  readonly timeMs: number;
  readonly submissionMs: number;
  readonly #inputs: readonly InputInfo[];
  readonly #outputs = new Map<number, OutputRecord>();
  #processingStartMs: number | undefined;
  #processingEndMs: number | undefined;
  #failure: { readonly error: unknown } | undefined;

  constructor(
    timeMs: number,
    submissionMs: number,
    plan: { readonly inputs: readonly InputInfo[]; readonly jobs: readonly StreamJob[] },
  ) {
    this.timeMs = timeMs;
    this.submissionMs = submissionMs;
    this.#inputs = plan.inputs;
    for (const job of plan.jobs) this.#outputs.set(job.outputId, { job, attempts: 0 });
  }

  get inputs(): readonly InputInfo[] {
    return this.#inputs;
  }

  /** Notes that processing began; true the first time. */
  started(nowMs: number): boolean {
    if (this.#processingStartMs !== undefined) return false;
    this.#processingStartMs = nowMs;
    return true;
  }

  ended(nowMs: number): void {
    this.#processingStartMs ??= nowMs;
    this.#processingEndMs = nowMs;
  }

  /** Notes an error outside of the output operations. */
  failed(error: unknown): void {
    this.#failure ??= { error };
  }

  outputStarted(job: StreamJob, nowMs: number): OutputOperationInfo {
    this.#output(job).startMs = nowMs;
    return this.outputInfo(job);
  }

  outputEnded(
    job: StreamJob,
    nowMs: number,
    outcome: { readonly attempts: number; readonly error?: unknown },
  ): OutputOperationInfo {
    Object.assign(this.#output(job), { endMs: nowMs, ...outcome });
    return this.outputInfo(job);
  }

  /** Every error that is final, with the output that it belongs to; the batch's own comes first. */
  get failures(): readonly { readonly uid: string | undefined; readonly error: unknown }[] {
    const own = this.#failure === undefined ? [] : [{ uid: undefined, error: this.#failure.error }];
    const outputs = [...this.#outputs.values()].filter((output) => "error" in output);
    return [...own, ...outputs.map(({ job, error }) => ({ uid: job.uid, error }))];
  }

  /** How the outputs ended; none succeeded in a batch that failed besides, as nothing tells what that spoilt. */
  get outputs(): BatchOutputs {
    const all = [...this.#outputs.values()];
    const uidsOf = (some: readonly OutputRecord[]) => new Set(some.map(({ job }) => job.uid));
    return {
      succeeded: uidsOf(this.#failure === undefined ? all.filter((o) => !("error" in o)) : []),
      failed: uidsOf(all.filter((output) => "error" in output)),
    };
  }

  outputInfo(job: StreamJob): OutputOperationInfo {
    const output = this.#output(job);
    const { startMs, endMs } = output;
    return {
      batchTime: this.timeMs,
      id: job.outputId,
      uid: job.uid,
      name: job.name,
      description: job.description,
      startTime: startMs,
      endTime: endMs,
      duration: startMs === undefined || endMs === undefined ? undefined : endMs - startMs,
      attempts: output.attempts,
      failureReason: "error" in output ? messageOf(output.error) : undefined,
    };
  }

  /** The batch as it stands. */
  info(): BatchInfo {
    const start = this.#processingStartMs;
    const end = this.#processingEndMs;
    const schedulingDelay = start === undefined ? undefined : start - this.submissionMs;
    const processingDelay = start === undefined || end === undefined ? undefined : end - start;
    return {
      batchTime: this.timeMs,
      streamIdToInputInfo: new Map(this.#inputs.map((input) => [input.streamId, input])),
      submissionTime: this.submissionMs,
      processingStartTime: start,
      processingEndTime: end,
      schedulingDelay,
      processingDelay,
      totalDelay:
        schedulingDelay === undefined || processingDelay === undefined
          ? undefined
          : schedulingDelay + processingDelay,
      numRecords: this.#inputs.reduce((sum, input) => sum + input.recordCount, 0),
      outputOperationInfos: new Map(
        [...this.#outputs].map(([id, { job }]) => [id, this.outputInfo(job)]),
      ),
      failureReason: this.#failure === undefined ? undefined : messageOf(this.#failure.error),
    };
  }

  #output(job: StreamJob): OutputRecord {
    const output = this.#outputs.get(job.outputId) ?? { job, attempts: 0 };
    this.#outputs.set(job.outputId, output);
    return output;
  }
}
