/**
 * Owns: the work of executors, as the driver sees it: the tasks of stages and actions whose datasets they have as well, and
 * reading what they compute.
 * Does not own: when a stage or a job runs (job-runner.ts), which executor is free (task-slots.ts), what executors ask of the
 * driver (mirror-service.ts).
 *
 * I1. What goes through the driver is what it asked for: never what one stage hands to the next. I2. Whatever an executor
 * takes with it when it is lost is made again, and nothing else.
 */
import { AsyncLocalStorage } from "node:async_hooks";
import { type Clock, invariant, type StreamError } from "../../base/index.ts";
import { decodeValue } from "../../codec/index.ts";
import {
  type Accumulating,
  currentJob,
  type Dataset,
  type DatasetAddress,
  type Elsewhere,
  type Flow,
  type Lineage,
  type OperatorSite,
  type PartitionAction,
  type Push,
  pushArray,
  type SharedStage,
  Shuffle,
  type StageAddress,
  type StageBarrier,
  StateStage,
  type StreamGraph,
  stageAt,
} from "../../core/index.ts";
import type { AccumulatorRegistry } from "../accumulator-registry.ts";
import { computedBody } from "../body-reads.ts";
import type { DriverBodyWarnings } from "../driver-body-warnings.ts";
import type { Executors } from "../executors.ts";
import type { RemoteTasks, RemoteWork, TaskResult } from "../remote-tasks.ts";
import { KeptPlaces } from "./kept-places.ts";
import { keptBy, readsOf } from "./known-stages.ts";
import { recordsOf } from "./record-chunks.ts";
import { StateTasks } from "./state-tasks.ts";
import type { RecordItem, TaskReply, TaskRequest, TaskTarget } from "./task-messages.ts";
import { isTriedAgain, TaskScheduler } from "./task-scheduler.ts";
import { TaskSlots } from "./task-slots.ts";

export interface ExecutorTasksOptions {
  readonly executors: Executors;
  readonly graph: StreamGraph;
  readonly accumulators: AccumulatorRegistry;
  readonly clock: Clock;
  /** Completes the stages before a dataset or a stage. */
  readonly completeBefore: (target: Lineage | StageBarrier) => Promise<void>;
  /** Hears how much comes to the driver for the functions of bodies. */
  readonly warnings?: Pick<DriverBodyWarnings, "moved"> | undefined;
  /** How many tasks an executor runs at once (default 1). */
  readonly tasksPerExecutor?: number | undefined;
}

const neverAborted: AbortSignal = new AbortController().signal;

/** Tries of reading a partition whose executors die. */
const readTriesMax = 8;

/** Set while the driver reads on behalf of an executor, whose task waits: what is missing then is for that task to recover. */
const onBehalf = new AsyncLocalStorage<true>();

/** Runs `work` on behalf of a task of an executor. */
export function readingOnBehalf<R>(work: () => R): R {
  return onBehalf.run(true, work);
}

/** Lets executors run what they can. */
export class ExecutorTasks implements RemoteTasks, Elsewhere {
  readonly #options: ExecutorTasksOptions;
  readonly #slots: TaskSlots;
  readonly #scheduler: TaskScheduler;
  readonly #kept = new KeptPlaces();
  /** The tasks of states that executors have. */
  readonly states: StateTasks;

  constructor(options: ExecutorTasksOptions) {
    this.#options = options;
    const { executors, tasksPerExecutor = 1 } = options;
    this.#slots = new TaskSlots(tasksPerExecutor, () => executors.living.map(({ id }) => id));
    this.#scheduler = new TaskScheduler(this.#slots);
    executors.onJoined(({ id }) => {
      // It comes before whatever else is asked of it.
      executors.notify(id, "graph.start", options.graph.mirroredState);
      this.#slots.changed();
    });
    executors.onLost(() => this.#slots.changed());
    const { completeBefore, graph } = options;
    this.states = new StateTasks({
      executors,
      graph,
      slots: this.#slots,
      completeBefore,
      requestOf,
      noteMissing: (missing) => this.#noteMissing(missing),
    });
    executors.onFailed((error) => this.#slots.fail(error));
  }

  runStage(
    stage: StageBarrier,
    tasks: readonly number[],
    work: RemoteWork & {
      readonly done: (task: number, accumulated: ReadonlyMap<Accumulating, unknown>) => void;
    },
  ): Promise<void> | undefined {
    const { address } = stage;
    if (stage instanceof StateStage && stage.isElsewhere) {
      return this.#runStates(stage, tasks, work);
    }
    if (address === undefined || stage.purpose === "state") return undefined;
    return this.#runStage(stage, address, tasks, work);
  }

  async #runStates(
    stage: StateStage<unknown, unknown>,
    tasks: readonly number[],
    work: Parameters<RemoteTasks["runStage"]>[2],
  ): Promise<void> {
    await this.#all(tasks, async (task, signal) => {
      const reply = await this.states.runTask(stage, task, work, signal);
      work.done(task, this.#decoded(reply));
    });
  }

  async #runStage(
    stage: StageBarrier,
    address: StageAddress,
    tasks: readonly number[],
    work: Parameters<RemoteTasks["runStage"]>[2],
  ): Promise<void> {
    const target: TaskTarget = { kind: "stage", stage: address };
    await this.#all(tasks, async (task, signal) => {
      const { executor, reply } = await this.#runTask(stage, target, task, work, signal);
      const accumulated = this.#decoded(reply);
      if (stage instanceof Shuffle) stage.completedAt(task, executor);
      else {
        invariant("completedElsewhere" in stage, "a stage with an address runs elsewhere");
        const outcome = reply.outcome && decodeValue(reply.outcome);
        (stage as SharedStage).completedElsewhere(task, outcome);
      }
      work.done(task, accumulated);
    });
  }

  runJob<R>(
    dataset: Dataset<never> | Dataset<unknown>,
    partitions: readonly number[],
    action: PartitionAction,
    work: RemoteWork,
  ): Promise<readonly TaskResult<R>[]> | undefined {
    const { address } = dataset;
    if (address === undefined) return undefined;
    const target: TaskTarget = { kind: "action", dataset: address, action };
    return this.#all(partitions, async (partition, signal) => {
      if (action.kind === "records") {
        return (await this.#runRecords(dataset, target, partition, work, signal)) as TaskResult<R>;
      }
      const { reply } = await this.#runTask(dataset, target, partition, work, signal);
      const result = (reply.outcome && decodeValue(reply.outcome)) as R;
      return { result, accumulated: this.#decoded(reply) };
    });
  }

  /** Runs one task, on whichever executor succeeds. */
  #runTask(
    of: Lineage | StageBarrier,
    target: TaskTarget,
    partition: number,
    work: RemoteWork,
    signal: AbortSignal,
  ): Promise<{ readonly executor: string; readonly reply: TaskReply }> {
    return this.#schedule({ of, target, partition, work, signal }, async (executor, request) => {
      const { executors } = this.#options;
      const reply = await executors.request(executor, "task.run", request, { signal });
      return { executor, reply: reply as TaskReply };
    });
  }

  #runRecords(
    of: Lineage,
    target: TaskTarget,
    partition: number,
    work: RemoteWork,
    signal: AbortSignal,
  ): Promise<TaskResult<unknown[]>> {
    return this.#schedule({ of, target, partition, work, signal }, async (executor, request) => {
      const { accumulators, executors } = this.#options;
      const items = executors.stream(executor, "task.records", request, { signal });
      const result: unknown[] = [];
      const accumulated = new Map<Accumulating, unknown>();
      for await (const item of items as AsyncIterable<RecordItem>) {
        if ("records" in item) for (const record of recordsOf(item.records)) result.push(record);
        else accumulators.join(accumulated, item.accumulated);
      }
      return { result, accumulated };
    });
  }

  #schedule<R>(
    task: {
      readonly of: Lineage | StageBarrier;
      readonly target: TaskTarget;
      readonly partition: number;
      readonly work: RemoteWork;
      readonly signal: AbortSignal;
    },
    send: (executor: string, request: TaskRequest) => Promise<R>,
  ): Promise<R> {
    const { of, partition, signal, target, work } = task;
    return this.#scheduler.run({
      signal,
      preferred: this.#preferred(of, partition),
      bound: this.#boundBy(of, partition),
      recover: (error) => this.#recover(error, work.again, signal),
      send: async (executor, retry) => {
        const request = requestOf(of, target, partition, { stageId: work.stageId, retry });
        this.#kept.sent(request.kept, partition, executor);
        return send(executor, request);
      },
    });
  }

  /**
   * Reads a partition for something that only the driver does. It takes no place of a task: a task may be waiting for it. What
   * was pushed is not pushed again when an executor dies in the middle: computed again it is the same.
   */
  async read<T>(dataset: Dataset<T>, partition: number, flow: Flow, push: Push<T>): Promise<void> {
    const { address } = dataset;
    invariant(address !== undefined, "what is read elsewhere has an address");
    const action = { kind: "records", limit: undefined } as const;
    const target: TaskTarget = { kind: "action", dataset: address, action };
    const body = this.#bodyThatReads();
    let pushed = 0;
    let avoid: string | undefined;
    for (let retry = 0; ; retry++) {
      const executor = await this.#slots.visit(
        {
          preferred: this.#preferred(dataset, partition),
          bound: this.#boundBy(dataset, partition),
          avoid,
        },
        flow.task.signal,
      );
      try {
        const request = requestOf(dataset, target, partition, { ...flow.task, retry });
        this.#kept.sent(request.kept, partition, executor);
        const skipped = pushed;
        let seen = 0;
        const { signal } = flow.task;
        const items = this.#options.executors.stream(executor, "task.records", request, { signal });
        for await (const item of items as AsyncIterable<RecordItem>) {
          if ("accumulated" in item) {
            this.#options.accumulators.join(flow.task.accumulated, item.accumulated);
            continue;
          }
          if (body !== undefined) this.#options.warnings?.moved(body, item.records.length);
          const records = recordsOf(item.records) as readonly T[];
          const from = Math.min(records.length, Math.max(0, skipped - seen));
          seen += records.length;
          pushed = Math.max(pushed, seen);
          await pushArray(records, flow, push, from);
          if (flow.stopped) return;
        }
        return;
      } catch (error) {
        flow.task.signal.throwIfAborted();
        if (retry + 1 >= readTriesMax || !isTriedAgain(error)) throw error;
        if (error.code === "state_partition_elsewhere") {
          if (onBehalf.getStore() === true) throw error;
          await this.states.arrivalOf(error, flow.task.signal);
        } else if (error.code === "shuffle_output_missing") {
          await this.#noteMissing(error);
          if (onBehalf.getStore() === true) throw error;
          await this.#options.completeBefore(dataset);
        } else avoid = executor;
      }
    }
  }

  /** The operator whose body's functions the records are for; undefined where it is the engine itself. */
  #bodyThatReads(): Pick<OperatorSite, "uid" | "kind"> | undefined {
    const body = computedBody();
    const isBody = body?.kind === "transform" || this.#isOutput(body?.uid);
    return isBody ? body : undefined;
  }

  #isOutput(uid: string | undefined): boolean {
    return uid !== undefined && this.#options.graph.outputNamed(uid) !== undefined;
  }

  isGone(place: string): boolean {
    return !this.#options.executors.living.some(({ id }) => id === place);
  }

  unpersist(address: DatasetAddress): void {
    this.#kept.unpersisted(address);
    this.tellAll("graph.unpersist", address);
  }

  /** Tells all executors. */
  tellAll(method: string, value: unknown): void {
    const { executors } = this.#options;
    for (const { id } of executors.living) executors.notify(id, method, value);
  }

  async #recover(
    error: StreamError,
    again: () => Promise<void>,
    signal: AbortSignal,
  ): Promise<void> {
    if (error.code === "state_partition_elsewhere") return this.states.arrivalOf(error, signal);
    await this.#noteMissing(error);
    await again();
  }

  /** Notes that the outputs of map tasks are not where they were. */
  async #noteMissing({ details }: StreamError): Promise<void> {
    const { index, path, place, stream, tasks, timeMs } = details;
    if (typeof stream !== "string" || typeof place !== "string") return;
    const node = this.#options.graph.streamNamed(stream);
    const dataset = node?.madeAt(timeMs as number, index as number);
    const stage = dataset && stageAt(dataset, path as readonly number[]);
    if (!(stage instanceof Shuffle)) return;
    for (const task of tasks as readonly number[]) stage.lostAt(task, place);
  }

  /** Runs the tasks at once; when one fails the others are cancelled, and waited for. */
  async #all<R>(
    tasks: readonly number[],
    run: (task: number, signal: AbortSignal) => Promise<R>,
  ): Promise<R[]> {
    const failed = new AbortController();
    const signal = AbortSignal.any([currentJob()?.signal ?? neverAborted, failed.signal]);
    const running = tasks.map(async (task) => {
      try {
        return await run(task, signal);
      } catch (error) {
        failed.abort(error);
        throw error;
      }
    });
    const settled = await Promise.allSettled(running);
    const failure = settled.find(({ status }) => status === "rejected");
    if (failure?.status === "rejected")
      throw failed.signal.aborted ? failed.signal.reason : failure.reason;
    return settled.flatMap((each) => (each.status === "fulfilled" ? [each.value] : []));
  }

  /**
   * Where the state is that it is made of; else partitions of the same number go to the same executor, as long as it lives
   * and is free.
   */
  #preferred(
    of: Lineage | StageBarrier,
    partition: number,
  ): (living: readonly string[]) => string | undefined {
    return (living) => this.states.preferredBy(of, partition) ?? living[partition % living.length];
  }

  /** Where what it reads is kept already, as far as tasks were sent there. */
  #boundBy(
    of: Lineage | StageBarrier,
    partition: number,
  ): (living: readonly string[]) => string | undefined {
    const kept = keptBy(of);
    return (living) => this.#kept.of(kept, partition, living);
  }

  #decoded({ accumulated }: TaskReply): Map<Accumulating, unknown> {
    const decoded = new Map<Accumulating, unknown>();
    this.#options.accumulators.join(decoded, accumulated);
    return decoded;
  }
}

function requestOf(
  of: Lineage | StageBarrier,
  target: TaskTarget,
  partition: number,
  { retry, stageId }: { readonly stageId: number; readonly retry: number },
): TaskRequest {
  const job = currentJob();
  return {
    target,
    partition,
    partitionCount: "taskCount" in of ? of.taskCount : of.partitionCount,
    stageId,
    attempt: (job?.attempt ?? 0) + retry,
    batchTimeMs: job?.batchTimeMs ?? of.site.batchTimeMs,
    uid: job?.uid,
    ...readsOf(of),
  };
}
