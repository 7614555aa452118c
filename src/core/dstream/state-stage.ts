/**
 * Owns: the stage that brings a keyed state from one version to the next, and the dataset that reads a version.
 * Invariants: I1 the tasks of version t run on the version before it, never on an older one: a stage waits for all earlier
 * ones, for as long as they are not visible. I2 a failed task leaves the state as it was.
 */

import { OrderedQueue } from "../../base/index.ts";
import type { KeyedState, StateScan, StateUpdate } from "../../state/index.ts";
import type { Partitioner } from "../rdd/index.ts";
import {
  breathe,
  type Dependency,
  type Flow,
  type Lineage,
  mustBreathe,
  narrow,
  type OperatorSite,
  type Push,
  pushArray,
  RDDNode,
  type StageBarrier,
} from "../rdd/index.ts";

/** What brings a state from one version to the next. */
export interface StateWork<K, S> {
  /** The datasets that it takes. */
  inputs(): readonly Lineage[];
  /** Fills the update of one partition. */
  updatePartition(update: StateUpdate<K, S>, flow: Flow): void | Promise<void>;
}

/** The work that leaves a state as it is. */
export const noStateWork: StateWork<unknown, unknown> = {
  inputs: () => [],
  updatePartition: () => {},
};

/** A state whose partitions are in other processes. */
export interface Elsewhere {
  /** The partition has an update of that version that is complete. See `VersionedState.completed`. */
  completed(partition: number, versionMs: number): void | Promise<void>;
}

type VersionStage = StageBarrier & { readonly versionMs: number; readonly madeAtMs: number };

/** The stages of one state that are not complete, in the order of their versions. */
export class StagesToCome {
  readonly #stages = new OrderedQueue<VersionStage>(({ versionMs }) => versionMs);

  add(stage: VersionStage): void {
    this.#stages.add(stage);
  }

  /** The one whose turn it is. */
  get next(): VersionStage | undefined {
    while (this.#stages.first?.isComplete() === true) this.#stages.removeFirst();
    return this.#stages.first;
  }
}

/** The update of a keyed state for one batch time. */
export class StateStage<K, S> implements StageBarrier {
  readonly purpose = "state";
  readonly site: OperatorSite;
  readonly versionMs: number;
  /** The time of the batch that made it: the one after, for the state that it begins with. */
  readonly madeAtMs: number;
  readonly taskCount: number;
  readonly #state: KeyedState<K, S>;
  readonly #elsewhere: Elsewhere | undefined;
  readonly #toCome: StagesToCome;
  #work: StateWork<K, S>;
  #workInstead: StateWork<K, S>;
  #isGivenUp = false;

  /** `workInstead` is done when the batch is given up. */
  constructor(options: {
    state: KeyedState<K, S>;
    /** Where its tasks run in other processes. */
    elsewhere?: Elsewhere | undefined;
    site: OperatorSite;
    versionMs: number;
    madeAtMs: number;
    taskCount: number;
    toCome: StagesToCome;
    work: StateWork<K, S>;
    workInstead: StateWork<K, S>;
  }) {
    this.site = options.site;
    this.versionMs = options.versionMs;
    this.madeAtMs = options.madeAtMs;
    this.taskCount = options.taskCount;
    this.#state = options.state;
    this.#elsewhere = options.elsewhere;
    this.#toCome = options.toCome;
    options.toCome.add(this);
    this.#work = options.work;
    this.#workInstead = options.workInstead;
  }

  get dependencies(): readonly Dependency[] {
    return narrow(...this.#work.inputs());
  }

  earlier(): StageBarrier | undefined {
    const { next } = this.#toCome;
    // One that is complete runs again where a partition of it got lost, whatever later ones are to come.
    return next === undefined || next.versionMs >= this.versionMs ? undefined : next;
  }

  isComplete(): boolean {
    return this.#state.isVisible(this.versionMs);
  }

  missingTasks(): readonly number[] {
    const partitions = Array.from({ length: this.taskCount }, (_, partition) => partition);
    return partitions.filter((partition) => !this.#state.isComplete(partition, this.versionMs));
  }

  async runTask(partition: number, flow: Flow): Promise<void> {
    const work = this.#work;
    const opening = this.#state.open();
    if (opening !== undefined) await opening;
    const update = this.#state.begin(partition, this.versionMs);
    await work.updatePartition(update, flow);
    // Where the batch was given up meanwhile the update is discarded, and the task still missing.
    if (work === this.#work) await this.#state.complete(update);
  }

  /** Whether its tasks run in other processes. */
  get isElsewhere(): boolean {
    return this.#elsewhere !== undefined;
  }

  /** A task has run in another process; resolves when the version is visible, after the last one. */
  async completedElsewhere(partition: number): Promise<void> {
    await this.#elsewhere?.completed(partition, this.versionMs);
  }

  get isGivenUp(): boolean {
    return this.#isGivenUp;
  }

  /** Does what is to be done without the data of the batch; what was done so far counts no more. */
  giveUp(): void {
    if (this.isComplete()) return;
    this.workWithout();
    this.#state.restart(this.versionMs);
  }

  /** From now on its tasks do what is to be done without the data of the batch. */
  workWithout(): void {
    this.#isGivenUp = true;
    this.#work = this.#workInstead;
  }

  /**
   * Lets go of what the version was made from, so that lineage does not grow with history. Where partitions may get lost
   * that stays, until the version is forgotten.
   */
  finish(): void {
    // Where the batch was given up while a task of it ran, there is something left to be done.
    if (!this.isComplete()) return;
    if (this.#elsewhere !== undefined) return;
    this.#work = noStateWork;
    this.#workInstead = noStateWork;
  }
}

/** The pairs of one version of a keyed state. */
export class StateNode<K, S> extends RDDNode<[K, S]> {
  readonly #state: KeyedState<K, S>;
  readonly #stage: StateStage<K, S>;
  readonly #readElsewhere: ReadElsewhere<readonly [K, S]> | undefined;

  constructor(
    environment: RDDNode<never>["environment"],
    kind: string,
    options: {
      readonly state: KeyedState<K, S>;
      readonly stage: StateStage<K, S>;
      readonly partitioner: Partitioner;
      readonly readElsewhere?: ReadElsewhere<readonly [K, S]> | undefined;
    },
  ) {
    const { partitioner, readElsewhere, stage, state } = options;
    super(environment, kind, [{ kind: "stage", barrier: stage }], partitioner);
    this.#state = state;
    this.#stage = stage;
    this.#readElsewhere = readElsewhere;
  }

  get partitionCount(): number {
    return this.#stage.taskCount;
  }

  protected async compute(partition: number, flow: Flow, push: Push<[K, S]>): Promise<void> {
    const slices = this.#readElsewhere?.(partition);
    if (slices !== undefined) return pushSlices(slices, flow, ([key, value]) => push([key, value]));
    const reader = this.#state.read(partition, this.#stage.versionMs);
    const pairs: [K, S][] = [];
    // A scan goes on within a slice whatever becomes of the flow: what it gives is pushed by who looks.
    await scanSlices(reader.scan(), flow, {
      visit: (key, value) => pairs.push([key, value]),
      afterSlice: () => pushArray(pairs.splice(0), flow, push),
    });
  }
}

/** Reads a partition of a batch time that another executor has, or a part of it; undefined for one that is here. */
export type ReadElsewhere<T> = (
  partition: number,
  part?: number,
) => AsyncIterable<readonly T[]> | undefined;

/** Pushes what comes in arrays. */
export async function pushSlices<T>(
  slices: AsyncIterable<readonly T[]>,
  flow: Flow,
  push: Push<T>,
): Promise<void> {
  for await (const slice of slices) {
    await pushArray(slice, flow, push);
    if (flow.stopped) return;
  }
}

/** Visits what a scan has, in slices. */
export function scanAll<K, S>(
  scan: StateScan<K, S>,
  flow: Flow,
  visit: (key: K, value: S) => void,
): Promise<void> {
  return scanSlices(scan, flow, { visit });
}

async function scanSlices<K, S>(
  scan: StateScan<K, S>,
  flow: Flow,
  { afterSlice, visit }: { visit: (key: K, value: S) => unknown; afterSlice?: () => Promise<void> },
): Promise<void> {
  for (let goesOn = true; goesOn && !flow.stopped; ) {
    const more = scan.next(flow.pacer.chunkRecords, visit);
    // A backend in memory answers at once, and is not waited for.
    goesOn = typeof more === "boolean" ? more : await more;
    if (afterSlice !== undefined) await afterSlice();
    if (mustBreathe(flow)) await breathe(flow);
  }
}
