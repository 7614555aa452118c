/**
 * Owns: the stage that brings a keyed state from one version to the next, and the dataset that reads a version.
 * Invariants: I1 the tasks of version t run on the version before it, never on an older one: the stage depends on that of
 * the version before, for as long as that is not visible. I2 a failed task leaves the state as it was.
 */

import type { StateScan, StateUpdate, VersionedState } from "../../state/index.ts";
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

/** The update of a keyed state for one batch time. */
export class StateStage<K, S> implements StageBarrier {
  readonly purpose = "state";
  readonly site: OperatorSite;
  readonly versionMs: number;
  readonly taskCount: number;
  readonly #state: VersionedState<K, S>;
  #previous: StateStage<K, S> | undefined;
  #work: StateWork<K, S>;
  #workInstead: StateWork<K, S>;

  /** `workInstead` is done when the batch is given up. */
  constructor(options: {
    state: VersionedState<K, S>;
    site: OperatorSite;
    versionMs: number;
    taskCount: number;
    previous: StateStage<K, S> | undefined;
    work: StateWork<K, S>;
    workInstead: StateWork<K, S>;
  }) {
    this.site = options.site;
    this.versionMs = options.versionMs;
    this.taskCount = options.taskCount;
    this.#state = options.state;
    this.#previous = options.previous;
    this.#work = options.work;
    this.#workInstead = options.workInstead;
  }

  get dependencies(): readonly Dependency[] {
    const inputs = narrow(...this.#work.inputs());
    if (this.#previous === undefined || this.#previous.isComplete()) return inputs;
    return [{ kind: "stage", barrier: this.#previous }, ...inputs];
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

  /** Does what is to be done without the data of the batch; what was done so far counts no more. */
  giveUp(): void {
    if (this.isComplete()) return;
    this.#work = this.#workInstead;
    this.#state.restart(this.versionMs);
  }

  /** Lets go of what the version was made from, so that lineage does not grow with history. */
  finish(): void {
    this.#previous = undefined;
    this.#work = noStateWork;
    this.#workInstead = noStateWork;
  }
}

/** The pairs of one version of a keyed state. */
export class StateNode<K, S> extends RDDNode<[K, S]> {
  readonly #state: VersionedState<K, S>;
  readonly #stage: StateStage<K, S>;

  constructor(
    environment: RDDNode<never>["environment"],
    kind: string,
    state: VersionedState<K, S>,
    stage: StateStage<K, S>,
    partitioner: Partitioner,
  ) {
    super(environment, kind, [{ kind: "stage", barrier: stage }], partitioner);
    this.#state = state;
    this.#stage = stage;
  }

  get partitionCount(): number {
    return this.#stage.taskCount;
  }

  protected async compute(partition: number, flow: Flow, push: Push<[K, S]>): Promise<void> {
    const reader = this.#state.read(partition, this.#stage.versionMs);
    await scanAll(reader.scan(), flow, (key, value) => push([key, value]));
  }
}

/** Visits what a scan has, in slices. */
export async function scanAll<K, S>(
  scan: StateScan<K, S>,
  flow: Flow,
  visit: (key: K, value: S) => void,
): Promise<void> {
  for (let goesOn = true; goesOn && !flow.stopped; ) {
    const more = scan.next(flow.pacer.chunkRecords, visit);
    // A backend in memory answers at once, and is not waited for.
    goesOn = typeof more === "boolean" ? more : await more;
    if (mustBreathe(flow)) await breathe(flow);
  }
}
