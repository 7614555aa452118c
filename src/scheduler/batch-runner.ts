/**
 * Owns: one batch from its tick to its end: what it is given, its jobs with their retries, its states, and what becomes
 * of it when it fails.
 * Does not own: when batches are due (batch-timer.ts), cleaning after them (batch-scheduler.ts).
 * Invariants: I1 batches are made one after the other, in order. I2 jobs start in order of batch and definition. I3 at the
 * end of a batch that succeeded every state that has a version of its time has made it.
 */
import { type Clock, type Logger, StreamError } from "../base/index.ts";
import {
  type BatchPlan,
  type Dataset,
  inJob,
  type JobScope,
  RDD,
  type RDDNode,
  type StreamGraph,
  type StreamJob,
} from "../core/index.ts";
import { BatchCounts } from "./batch-counts.ts";
import { failureOfBatch } from "./batch-failure.ts";
import type { BatchProgress, Counted, LeftBatch } from "./batch-progress.ts";
import { BatchRecord } from "./batch-record.ts";
import {
  type BatchFailure,
  decideFailure,
  isSuperseded,
  type OnFailure,
} from "./failure-policy.ts";
import { JobQueue } from "./job-queue.ts";
import type { ListenerBus } from "./listener-bus.ts";

/** What a batch came to. */
export interface BatchOutcome {
  readonly record: BatchRecord;
  /** Stateful operators that went on without the data of the batch, by uid. */
  readonly leftOutOf: readonly string[];
  /** Why it failed; undefined also where the dead-letter function took it over. */
  readonly failure: BatchGivenUp | undefined;
}

/** A batch that failed for good and that nobody took over. */
export interface BatchGivenUp {
  readonly error: StreamError;
  /** Whether the context has to stop. */
  readonly isFatal: boolean;
}

/** What batches need to run. */
export interface BatchRunnerOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly graph: StreamGraph;
  readonly listeners: ListenerBus;
  /** Gives a batch what was received; called again after a failure. */
  readonly allocate: (timeMs: number) => Promise<void>;
  readonly progress: BatchProgress;
  readonly onFailure: OnFailure;
  readonly attemptsMax: number;
  readonly concurrentJobs: number;
  readonly signal: AbortSignal;
}

/** Runs batches. */
export class BatchRunner {
  readonly #options: BatchRunnerOptions;
  readonly #queue: JobQueue;
  readonly #makers = new JobQueue(1);
  readonly #counts: BatchCounts;

  constructor(options: BatchRunnerOptions) {
    this.#options = options;
    this.#queue = new JobQueue(options.concurrentJobs);
    this.#counts = new BatchCounts(options.progress);
  }

  /**
   * Brings the states over a batch of an earlier life whose outputs are done, or were given up. Rejects with
   * `batch_failed`, `batch_unreadable`.
   */
  async bringStates({ leftOutOf, timeMs }: LeftBatch): Promise<void> {
    const { graph } = this.#options;
    const work = async () => {
      graph.passOver(timeMs, new Set(leftOutOf));
      await graph.environment.runStages(await graph.planStates(timeMs));
    };
    const { error } = await this.#attempt(timeMs, "state", work, (given) =>
      this.#counts.making(timeMs, given),
    );
    if (error === undefined) return;
    throw failureOfBatch(timeMs, [], error.thrown);
  }

  /** What was counted of a batch that has ended, and that no output has told. */
  takeCounted(timeMs: number): Counted | undefined {
    return this.#counts.take(timeMs);
  }

  /** Nothing of batches up to that time runs any more. */
  forget(untilMs: number): void {
    this.#counts.forget(untilMs);
  }

  /** Runs the batch of that time to its end; rejects only where its progress cannot be noted. */
  async run(timeMs: number): Promise<BatchOutcome> {
    const { clock, listeners } = this.#options;
    const submissionMs = clock.now();
    // Jobs are put into the queue before the next batch is made, so that they start in order.
    const made = await this.#makers.run(async () => {
      const plan = await this.#plan(timeMs);
      const record = new BatchRecord(timeMs, submissionMs, plan.value ?? this.#unmade(timeMs));
      listeners.post("onBatchSubmitted", record.info());
      const work = plan.value === undefined ? [] : this.#enqueue(plan.value, record);
      return { plan, record, work };
    });
    const { plan, record, work } = made;
    if (plan.error !== undefined) record.failed(plan.error.thrown);
    await Promise.all(work);
    return this.#conclude(record);
  }

  async #plan(timeMs: number): Promise<Attempted<BatchPlan>> {
    const { allocate, graph } = this.#options;
    const work = async () => {
      await allocate(timeMs);
      return graph.plan(timeMs);
    };
    return this.#attempt(timeMs, "batch", work, (given) => this.#counts.making(timeMs, given));
  }

  /** What is known of a batch that could not be made. */
  #unmade(timeMs: number): Pick<BatchPlan, "inputs" | "jobs"> {
    const inputs = this.#options.graph.inputsInUse.map((input) => input.infoAt(timeMs));
    return { inputs, jobs: [] };
  }

  #enqueue(plan: BatchPlan, record: BatchRecord): Promise<void>[] {
    const { progress } = this.#options;
    const work = plan.jobs
      .filter((job) => !progress.isOutputDone(job.timeMs, job.uid))
      .map((job) => this.#queue.run(() => this.#runJob(job, record)));
    // Whatever the outputs asked for: a state moves on with every batch.
    const states = this.#queue.run(() => this.#runStates(plan, record));
    return [...work, states];
  }

  async #runJob(job: StreamJob, record: BatchRecord): Promise<void> {
    this.#started(record);
    const { clock, listeners, progress } = this.#options;
    listeners.post("onOutputOperationStarted", record.outputStarted(job, clock.now()));
    const { attempts, error } = await this.#attempt(job.timeMs, job.uid, () => job.run());
    if (error === undefined) {
      await progress.outputDone(job.timeMs, job.uid, this.#counts.take(job.timeMs));
    }
    const outcome = error === undefined ? { attempts } : { attempts, error: error.thrown };
    listeners.post("onOutputOperationCompleted", record.outputEnded(job, clock.now(), outcome));
  }

  async #runStates(plan: BatchPlan, record: BatchRecord): Promise<void> {
    this.#started(record);
    const waiting = plan.stateUpdates.filter((stage) => !stage.isComplete());
    if (waiting.length === 0) return;
    const { environment } = this.#options.graph;
    const { error } = await this.#attempt(plan.timeMs, "state", () =>
      environment.runStages(waiting),
    );
    // The output that asked for it has failed by the same error already.
    if (error !== undefined && record.failures.length === 0) record.failed(error.thrown);
  }

  #started(record: BatchRecord): void {
    const { clock, listeners } = this.#options;
    if (record.started(clock.now())) listeners.post("onBatchStarted", record.info());
  }

  /** Tries work of a batch as often as allowed. */
  async #attempt<R>(
    timeMs: number,
    uid: string,
    work: () => Promise<R>,
    count?: Count,
  ): Promise<Attempted<R>> {
    const { attemptsMax, onFailure, signal } = this.#options;
    for (let attempt = 0; ; attempt++) {
      try {
        signal.throwIfAborted();
        const value = await this.#asJob({ batchTimeMs: timeMs, uid, attempt }, work, count);
        return { value, attempts: attempt + 1, error: undefined };
      } catch (thrown) {
        const attempts = attempt + 1;
        const decision = decideFailure(onFailure, {
          attempts,
          attemptsMax,
          cancelled: signal.aborted,
          superseded: isSuperseded(thrown),
        });
        if (decision.do !== "retry") return { value: undefined, attempts, error: { thrown } };
      }
    }
  }

  /** What tasks of the work accumulated counts once, when it has succeeded. */
  async #asJob<R>(
    scope: Pick<JobScope, "batchTimeMs" | "uid" | "attempt">,
    work: () => Promise<R>,
    count: Count = (given) => this.#counts.output(scope.batchTimeMs, given),
  ): Promise<R> {
    const job: JobScope = {
      ...scope,
      signal: this.#options.signal,
      accumulated: [],
      isBatchCounted: (batchTimeMs) => this.#options.progress.isBatchCounted(batchTimeMs),
      countStage: (stage, partition, given) =>
        this.#counts.stageTask(scope.batchTimeMs, stage, partition, given),
    };
    const result = await inJob(job, work);
    count(job.accumulated);
    return result;
  }

  async #conclude(record: BatchRecord): Promise<BatchOutcome> {
    const leftOutOf: string[] = [];
    const failure =
      record.failures.length === 0 ? undefined : await this.#giveUp(record, leftOutOf);
    record.ended(this.#options.clock.now());
    return { record, failure, leftOutOf };
  }

  /** Does with a failed batch what the program wants. */
  async #giveUp(record: BatchRecord, leftOutOf: string[]): Promise<BatchGivenUp | undefined> {
    const { attemptsMax, graph, logger, onFailure, signal } = this.#options;
    const outputs = record.failures.map(({ uid }) => uid ?? "batch");
    const error = failureOfBatch(record.timeMs, outputs, record.failures[0]?.error);
    if (signal.aborted) return undefined;
    logger.error(error.message, record.failures[0]?.error);
    const decision = decideFailure(onFailure, {
      attempts: attemptsMax,
      attemptsMax,
      cancelled: false,
      superseded: record.failures.some((each) => isSuperseded(each.error)),
    });
    if (decision.do !== "dead letter") return { error, isFatal: decision.do === "stop" };
    // Before it is handed over: no later batch may make up for it meanwhile.
    const givenUp = graph.giveUp(record.timeMs, record.outputs);
    leftOutOf.push(...givenUp.leftOutOf);
    try {
      // As a job, so that a stop that it asks for does not wait for the batch that waits for it.
      const scope = { batchTimeMs: record.timeMs, uid: "dead letter", attempt: 0 };
      await this.#asJob(scope, async () =>
        decision.deliver(this.#failureOf(record, givenUp.keptBy)),
      );
    } catch (undelivered) {
      // A batch that nobody took over must not be passed over.
      const details = { batchTimeMs: record.timeMs };
      const lost = new StreamError("dead_letter_failed", details, { cause: undelivered });
      return { error: lost, isFatal: true };
    }
    return undefined;
  }

  #failureOf(record: BatchRecord, keptBy: readonly string[]): BatchFailure {
    return {
      batchTime: record.timeMs,
      outputs: record.failures.flatMap(({ uid, error }) =>
        uid === undefined ? [] : [{ uid, error }],
      ),
      error: record.failures[0]?.error,
      inputs: record.inputs,
      keptBy,
      readInputs: () => this.#readInputs(record.timeMs),
    };
  }

  async #readInputs(timeMs: number): Promise<ReadonlyMap<number, readonly unknown[]>> {
    const { graph, logger } = this.#options;
    const records = new Map<number, readonly unknown[]>();
    for (const input of graph.inputsInUse) {
      try {
        const dataset: Dataset<unknown> | undefined = await input.at(timeMs);
        if (dataset === undefined) continue;
        records.set(input.streamId, await new RDD(dataset as RDDNode<unknown>).collect());
      } catch (error) {
        logger.warn(`the ${input.name} cannot be read for a dead letter`, error);
      }
    }
    return records;
  }
}

/** Takes what the tasks of a job gave to accumulators. */
type Count = (given: JobScope["accumulated"]) => void;

interface Attempted<R> {
  readonly value: R | undefined;
  readonly attempts: number;
  readonly error: { readonly thrown: unknown } | undefined;
}
