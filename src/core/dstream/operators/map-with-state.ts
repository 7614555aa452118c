/**
 * Owns: `mapWithState`: a function over each record and the state of its key; keys without data cost nothing, and keys
 * that were not used for the time-out are shown to the function once more in the batch in which that falls due.
 */
import { StreamError } from "../../../base/index.ts";
import type { StateUpdate } from "../../../state/index.ts";
import {
  type Flow,
  type Partitioner,
  type Push,
  partitionedBy,
  pushArray,
  RDDNode,
  refusePromise,
  userError,
} from "../../rdd/index.ts";
import { DStreamNode, type Making } from "../node.ts";
import { type State, StateHandle } from "../state-handle.ts";
import { pushSlices, type ReadElsewhere, type StateStage, scanAll } from "../state-stage.ts";
import { StatefulNode } from "../stateful-node.ts";
import { checkInitial, protectionOf, type StateOptions } from "./update-state-by-key.ts";

/**
 * Called for each record, and with no value for a key that times out. What it returns goes into the mapped stream;
 * undefined emits nothing. The batch time is in ms since the epoch.
 */
export type MappingFunction<K, V, S, M> = (
  key: K,
  value: V | undefined,
  state: State<S>,
  timeMs: number,
) => M;

/** What one task mapped: its partition, or, where the batch has to have other ones, a part for each of these. */
type Mapped<T> = readonly (readonly T[])[];

/** The mapped records of one batch, made by the tasks that bring the state forward. */
class MappedNode<T> extends RDDNode<T> {
  readonly #mapped: readonly (Mapped<T> | undefined)[];
  readonly #other: Partitioner | undefined;
  readonly #readElsewhere: ReadElsewhere<T> | undefined;
  readonly #taskCount: number;

  /** `other` tells the partitions where they are not those of the state. */
  constructor(
    environment: RDDNode<never>["environment"],
    stage: StateStage<never, never> | StateStage<unknown, unknown>,
    mapped: readonly (Mapped<T> | undefined)[],
    other: Partitioner | undefined,
    readElsewhere: ReadElsewhere<T> | undefined,
  ) {
    super(environment, "mapWithState", [{ kind: "stage", barrier: stage }]);
    this.#mapped = mapped;
    this.#other = other;
    this.#readElsewhere = readElsewhere;
    this.#taskCount = stage.taskCount;
  }

  get partitionCount(): number {
    return this.#other?.partitionCount ?? this.#taskCount;
  }

  protected async compute(partition: number, flow: Flow, push: Push<T>): Promise<void> {
    if (this.#other === undefined) return this.#pushPart(partition, 0, flow, push);
    for (let task = 0; task < this.#taskCount && !flow.stopped; task++) {
      await this.#pushPart(task, partition, flow, push);
    }
  }

  #pushPart(task: number, part: number, flow: Flow, push: Push<T>): Promise<void> {
    const slices = this.#readElsewhere?.(task, part);
    if (slices !== undefined) return pushSlices(slices, flow, push);
    return pushArray(this.partOf(task, part), flow, push);
  }

  /** What one task mapped for a partition. Throws `state_output_gone` in an executor that has the state and did not run it. */
  partOf(task: number, part: number): readonly T[] {
    const mapped = this.#mapped[task];
    if (mapped !== undefined || this.#readElsewhere === undefined) return mapped?.[part] ?? [];
    const { batchTimeMs: timeMs, uid: operator } = this.site;
    throw new StreamError("state_output_gone", { operator, timeMs, task });
  }
}

/** The stream of what the function returned. */
export class MapWithStateNode<K, V, S, M> extends StatefulNode<K, S, M> {
  readonly #parent: DStreamNode<[K, V]>;
  readonly #f: MappingFunction<K, V, S, M | undefined>;
  #initial: RDDNode<[K, S]> | undefined;

  constructor(
    parent: DStreamNode<[K, V]>,
    f: MappingFunction<K, V, S, M | undefined>,
    options: StateOptions<K, S> & { readonly timeoutMs?: number | undefined },
  ) {
    super(parent.scope, "mapWithState", [parent], {
      partitioner: options.partitioner,
      state: { ...protectionOf(options), timeoutMs: options.timeoutMs },
      form: options.form,
      parameters: [options.timeoutMs ?? null],
      functions: [f],
    });
    this.#parent = parent;
    this.#f = f;
    checkInitial(parent.scope, options.initialState);
    this.#initial =
      options.initialState && partitionedBy(options.initialState, options.partitioner);
  }

  /** The dataset of all keys with their state after the batch of that time. */
  async snapshotAt(timeMs: number): Promise<RDDNode<[K, S]> | undefined> {
    await this.at(timeMs);
    const stage = this.updateAt(timeMs);
    if (stage === undefined) return undefined;
    return this.readingAt(timeMs, stage, "stateSnapshots");
  }

  override async mappedAt(timeMs: number, task: number, part: number): Promise<readonly unknown[]> {
    const made = await this.at(timeMs);
    return made instanceof MappedNode
      ? made.partOf(task, part)
      : super.mappedAt(timeMs, task, part);
  }

  protected async computeNext(timeMs: number): Promise<RDDNode<M> | undefined> {
    const given = await this.#parent.at(timeMs);
    const isFirst = !this.hasState;
    if (isFirst && this.#initial !== undefined) this.loadInitial(timeMs, this.#initial);
    const startsFromInitial = isFirst && this.#initial !== undefined;
    // An executor may be asked for the first batch later.
    if (this.scope.mirror === undefined) this.#initial = undefined;
    const input = given && partitionedBy(given, this.partitioner);
    const mapped: (Mapped<M> | undefined)[] = [];
    const other = this.otherPartitionerAt(timeMs);
    const stage = this.nextStage(
      timeMs,
      {
        inputs: () => (input === undefined ? [] : [input]),
        updatePartition: async (update, flow) => {
          // The first batch counts as the last use of what the state began with.
          if (startsFromInitial) await scanAll(update.scan(), flow, (key) => update.touch(key));
          mapped[update.partition] = await this.#update(update, input, other, flow);
        },
      },
      {
        inputs: () => [],
        updatePartition: ({ partition }) => void (mapped[partition] = []),
      },
    );
    const readElsewhere = this.readElsewhere<M>("mapped", timeMs);
    return new MappedNode<M>(this.scope.environment, stage, mapped, other, readElsewhere);
  }

  async #update(
    update: StateUpdate<K, S>,
    input: RDDNode<[K, V]> | undefined,
    other: Partitioner | undefined,
    flow: Flow,
  ): Promise<Mapped<M>> {
    const f = this.#f;
    const site = this.siteAt(update.version);
    const mapped = Array.from({ length: other?.partitionCount ?? 1 }, (): M[] => []);
    const handle = new StateHandle<K, S>(update);
    const call = (key: K, value: V | undefined): void => {
      let result: M | undefined;
      try {
        result = f(key, value, handle, update.version);
        refusePromise(result);
        handle.finish();
      } catch (error) {
        throw userError(site, flow.task, error);
      }
      if (result !== undefined) mapped[other?.partitionOf(key) ?? 0]?.push(result);
    };
    await input?.run(update.partition, flow.nested(), ([key, value]) => {
      handle.begin(key);
      call(key, value);
    });
    const due: K[] = [];
    await scanAll(update.due(), flow, (key) => {
      due.push(key);
    });
    await pushArray(due, flow, (key) => {
      handle.beginTimingOut(key);
      call(key, undefined);
    });
    return mapped;
  }
}

/** `stateSnapshots`: all keys with their state, after each batch. */
export class StateSnapshotsNode<K, S> extends DStreamNode<[K, S]> {
  readonly #snapshotAt: (timeMs: number) => Promise<RDDNode<[K, S]> | undefined>;
  readonly #snapshotEvery: (intervalMs: number) => void;
  readonly #stateMaking: () => Making;

  constructor(
    stream: MapWithStateNode<K, never, S, never> | MapWithStateNode<K, unknown, S, unknown>,
  ) {
    super(stream.scope, "stateSnapshots", [stream]);
    this.#snapshotEvery = (intervalMs) => stream.snapshotEvery(intervalMs);
    this.#snapshotAt = (timeMs) => stream.snapshotAt(timeMs);
    this.#stateMaking = () => stream.making;
  }

  override snapshotEvery(intervalMs: number): void {
    this.#snapshotEvery(intervalMs);
  }

  protected override get making(): Making {
    return this.#stateMaking() === "all" ? "all" : "driver";
  }

  protected compute(timeMs: number): Promise<RDDNode<[K, S]> | undefined> {
    return this.#snapshotAt(timeMs);
  }
}
