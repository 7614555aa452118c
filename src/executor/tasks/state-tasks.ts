/**
 * Owns: the tasks of states whose partitions executors have: each runs where its partition is, and what the driver's graph
 * needs to have the partitions there.
 * Does not own: which executor has which partition (../state), places for tasks (task-slots.ts), what the task does.
 *
 * I1. What a task came to counts only while the executor that ran it has the partition: one that was lost meanwhile has
 * taken it along.
 */
import { invariant, StreamError } from "../../base/index.ts";
import {
  type Lineage,
  type StageBarrier,
  type StatefulStream,
  type StateSpreading,
  StateStage,
  type StreamGraph,
  throwIfCancelled,
} from "../../core/index.ts";
import type { StoredSnapshot } from "../../state/index.ts";
import type { Executors } from "../executors.ts";
import { type StateLink, StateOwners, type StatePlace } from "../state/index.ts";
import type { TaskReply, TaskRequest, TaskTarget } from "./task-messages.ts";
import { isMissing, isTriedAgain } from "./task-scheduler.ts";
import type { TaskSlots } from "./task-slots.ts";

/** Tries of a task whose executors die or whose inputs go. */
const triesMax = 8;
const neverAborted: AbortSignal = new AbortController().signal;

export interface StateTasksOptions {
  readonly executors: Executors;
  readonly graph: StreamGraph;
  readonly slots: TaskSlots;
  readonly completeBefore: (target: Lineage | StageBarrier) => Promise<void>;
  /** What a task of the target is sent. */
  readonly requestOf: (
    stage: StageBarrier,
    target: TaskTarget,
    partition: number,
    identity: { readonly stageId: number; readonly retry: number },
  ) => TaskRequest;
  /** Notes what a task found missing of what it reads. */
  readonly noteMissing: (missing: StreamError) => Promise<void>;
}

/** What a start knows of durable states, and who hears that one cannot be brought back. */
export interface SpreadStates {
  /** The newest durable snapshots that make the state of an operator, oldest first; none where there is none yet. */
  readonly chainOf: (uid: string) => Promise<readonly StoredSnapshot[]>;
  readonly failed: (error: unknown) => void;
}

/** One stage of tasks. */
export interface StateWork {
  readonly stageId: number;
  /** Completes what the stage depends on, where that has got lost. */
  readonly again: () => Promise<void>;
}

/** Runs the tasks of states that are spread. */
export class StateTasks {
  readonly #options: StateTasksOptions;
  #owners: StateOwners | undefined;

  constructor(options: StateTasksOptions) {
    this.#options = options;
    options.executors.onLost((id) => this.#owners?.lost(id));
  }

  /** Begins to spread states; to be told to the graph. */
  spread({ chainOf, failed }: SpreadStates): StateSpreading {
    const owners = new StateOwners({
      executors: portTo(this.#options.executors),
      stateOf: (uid) => {
        const stream = this.#stream(uid);
        return {
          uid,
          chain: () => chainOf(uid),
          partitionOf: (key) => stream.partitionOf(key),
          lost: (partition, baseMs) => stream.lostPartition(partition, baseMs),
          runAgain: (versionMs, partition, executor) =>
            this.#runAgain(stream, versionMs, partition, executor),
          noteChangesAnew: () => stream.noteChangesAnew(),
        };
      },
      failed,
    });
    this.#owners = owners;
    return owners;
  }

  /** The executor that has a partition, once it is there. */
  ownerOf(place: StatePlace): Promise<string> {
    invariant(this.#owners !== undefined, "states are spread before anybody asks for one");
    return this.#owners.ownerOf(place);
  }

  /**
   * The executor that has a partition, for a task of another one that is to read it: it does not wait, as it has a place that
   * bringing the partition back may need. Throws `state_partition_elsewhere` while it is on its way.
   */
  presentOwner({ partition, uid }: StatePlace): string {
    const owner = this.#owners?.presentOwnerOf({ uid, partition });
    if (owner !== undefined) return owner;
    throw new StreamError("state_partition_elsewhere", { operator: uid, partition });
  }

  /** Waits until the partition is there that a task did not find. */
  async arrivalOf({ details }: StreamError, signal: AbortSignal): Promise<void> {
    const { operator: uid, partition } = details;
    if (typeof uid !== "string" || typeof partition !== "number") return;
    await unlessAborted(this.ownerOf({ uid, partition }), signal);
  }

  /** Where a partition of a dataset would rather be computed, as it is made of the partition of that number of a state. */
  preferredBy(target: Lineage | StageBarrier, partition: number): string | undefined {
    if (this.#owners === undefined) return undefined;
    const count = "taskCount" in target ? target.taskCount : target.partitionCount;
    const state = stateBehind(target);
    if (state === undefined || state.taskCount !== count) return undefined;
    return this.#owners.presentOwnerOf({ uid: state.site.uid, partition });
  }

  /** Runs the task for one partition, and tells the stage; resolves with what it came to. */
  async runTask(
    stage: StateStage<unknown, unknown>,
    partition: number,
    work: StateWork,
    signal: AbortSignal,
  ): Promise<TaskReply> {
    const place = { uid: stage.site.uid, partition };
    for (let retry = 0; ; retry++) {
      throwIfCancelled(signal);
      const executor = await unlessAborted(this.ownerOf(place), signal);
      try {
        const reply = await this.#run(stage, partition, { ...work, retry }, executor, signal);
        if (this.#owners?.presentOwnerOf(place) !== executor) continue;
        await unlessAborted(stage.completedElsewhere(partition), signal);
        return reply;
      } catch (error) {
        throwIfCancelled(signal);
        if (retry + 1 >= triesMax || !isTriedAgain(error)) throw error;
        if (isMissing(error)) await this.#recover(error, work.again, signal);
      }
    }
  }

  async #run(
    stage: StateStage<unknown, unknown>,
    partition: number,
    identity: { readonly stageId: number; readonly retry: number },
    executor: string,
    signal: AbortSignal,
  ): Promise<TaskReply> {
    const { slots } = this.#options;
    await slots.take({ preferred: () => executor, bound: () => executor }, signal);
    try {
      return await this.#send(stage, partition, identity, executor, signal);
    } finally {
      slots.release(executor);
    }
  }

  async #send(
    stage: StateStage<unknown, unknown>,
    partition: number,
    identity: { readonly stageId: number; readonly retry: number },
    executor: string,
    signal: AbortSignal,
  ): Promise<TaskReply> {
    const { executors, requestOf } = this.#options;
    const { madeAtMs, site, versionMs } = stage;
    const { uid: stream } = site;
    const facts = this.#stream(stream).taskFactsAt(versionMs);
    const target: TaskTarget = { kind: "state", stream, madeAtMs, versionMs, facts };
    const request = requestOf(stage, target, partition, identity);
    return (await executors.request(executor, "task.run", request, { signal })) as TaskReply;
  }

  /** Runs the task of a version again, for a partition that is brought back: it takes no place, as others wait for it. */
  async #runAgain(
    stream: StatefulStream,
    versionMs: number,
    partition: number,
    executor: string,
  ): Promise<void> {
    const stage = stream.updateAt(versionMs);
    invariant(stage instanceof StateStage, "what a partition is made again from is kept");
    for (let retry = 0; ; retry++) {
      await this.#options.completeBefore(stage);
      try {
        await this.#send(stage, partition, { stageId: 0, retry }, executor, neverAborted);
        return;
      } catch (error) {
        if (!isMissing(error) || retry + 1 >= triesMax) throw error;
        await this.#recover(error, async () => {}, neverAborted);
      }
    }
  }

  async #recover(
    missing: StreamError,
    again: () => Promise<void>,
    signal: AbortSignal,
  ): Promise<void> {
    if (missing.code === "state_partition_elsewhere") return this.arrivalOf(missing, signal);
    await this.#options.noteMissing(missing);
    await again();
  }

  #stream(uid: string): StatefulStream {
    const stream = this.#options.graph.statefulInUse.find((each) => each.uid === uid);
    invariant(stream !== undefined, "the graph has the operator of a state that is spread");
    return stream;
  }
}

/** The executors, as owners of partitions see them. */
function portTo(executors: Executors): ConstructorParameters<typeof StateOwners>[0]["executors"] {
  let waiting: (() => void)[] = [];
  executors.onJoined(() => {
    for (const go of waiting.splice(0)) go();
    waiting = [];
  });
  return {
    get ids() {
      return executors.living.map(({ id }) => id);
    },
    someLive: () =>
      executors.living.length > 0
        ? Promise.resolve()
        : new Promise((resolve) => {
            waiting.push(resolve);
          }),
    linkTo: (executor) =>
      ({
        request: (method, value) => executors.request(executor, method, value),
        stream: (method, value) => executors.stream(executor, method, value),
        notify: (method, value) => executors.notify(executor, method, value),
      }) as StateLink,
  };
}

/** The state that a dataset is made of without a shuffle in between; undefined where it is made of none. */
function stateBehind(target: Lineage | StageBarrier): StateStage<unknown, unknown> | undefined {
  if (target instanceof StateStage) return target;
  for (const dependency of target.dependencies) {
    if (dependency.kind === "stage") {
      if (dependency.barrier instanceof StateStage) return dependency.barrier;
      continue;
    }
    const found = stateBehind(dependency.parent);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Gives up waiting when the job is cancelled; what was waited for goes on. */
async function unlessAborted<R>(waited: Promise<R>, signal: AbortSignal): Promise<R> {
  throwIfCancelled(signal);
  let leave = (): void => {};
  const aborted = new Promise<"aborted">((resolve) => {
    leave = () => resolve("aborted");
    signal.addEventListener("abort", leave, { once: true });
  });
  try {
    const come = await Promise.race([waited.then((value) => ({ value })), aborted]);
    if (come !== "aborted") return come.value;
    throwIfCancelled(signal);
    return await waited;
  } finally {
    signal.removeEventListener("abort", leave);
  }
}
