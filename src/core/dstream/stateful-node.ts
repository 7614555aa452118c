/**
 * Owns: what the stateful operators share: one keyed state, a stage per batch time, and that no time is left out.
 * Invariants: I1 stages are made for each time of the slide in order; a time whose stage could not be made is made up for
 * before the next, so that its data are never passed over.
 */

import { StreamError } from "../../base/index.ts";

import type { AvroSchema } from "../../codec/index.ts";
import {
  checkStateVersion,
  migratesFrom,
  type StateCodec,
  type StateSnapshot,
  type StateVersion,
  type StoredSnapshot,
  schemaOf,
  stateCodecId,
  VersionedState,
  type VersionedStateOptions,
} from "../../state/index.ts";
import {
  KeyGroupPartitioner,
  type OperatorSite,
  type Partitioner,
  partitionerOf,
  type RDDNode,
  RegroupedNode,
  refusePromise,
  userError,
} from "../rdd/index.ts";
import { isMultipleOf, nextOnGrid } from "../time.ts";
import type { StreamFacts } from "./graph-description.ts";
import { DStreamNode, type OperatorTraits } from "./node.ts";
import { checkStateBackend, levelOptionsOf, type StateBackend } from "./state-backend.ts";

import { noStateWork, StateNode, StateStage, type StateWork } from "./state-stage.ts";
import type { StatefulStream, StreamLineage, StreamScope } from "./stream.ts";

const snapshotIntervalMsMin = 10_000;

/** What a program says about where a state is, and of what form its values are, so that a later one can take them over. */
export interface StateForm<K, S> extends StateVersion<K, S> {
  /** As the context says where it is left out. */
  readonly backend?: StateBackend | undefined;
  /** How values are written; the default codec where it is left out. */
  readonly codec?: StateCodec<S> | undefined;
}

/** A stream with a keyed state of which each batch time makes a version. */
export abstract class StatefulNode<K, S, T> extends DStreamNode<T> implements StatefulStream {
  protected readonly state: VersionedState<K, S>;
  protected readonly partitioner: Partitioner;
  readonly #form: StateForm<K, S>;
  readonly #layout: Readonly<Record<string, unknown>>;
  readonly #stages = new Map<number, StateStage<K, S>>();
  #latest: StateStage<K, S> | undefined;
  #reachedMs: number | undefined;
  #snapshotIntervalMs: number | undefined;
  /** The version that an earlier life of the application left. */
  #restoredMs: number | undefined;
  /** The time with which the state begins, where that is not the zero time. */
  #beginsAfterMs: number | undefined;

  constructor(
    scope: StreamScope,
    kind: string,
    parents: readonly StreamLineage[],
    options: OperatorTraits & {
      partitioner: Partitioner;
      state?: Omit<VersionedStateOptions<S>, "partitions" | "codec" | "level">;
      form?: StateForm<K, S> | undefined;
      /** What the state depends on, so that it is lost when that changes. */
      layout?: Readonly<Record<string, unknown>>;
    },
  ) {
    super(scope, kind, parents, { ...options, shuffle: { partitioning: options.partitioner } });
    this.partitioner = options.partitioner;
    this.#form = options.form ?? {};
    this.#layout = options.layout ?? {};
    checkStateVersion(this.stateVersion);
    const { directory } = scope.statePlaces;
    const { backend = scope.statePlaces.backend } = this.#form;
    checkStateBackend("backend", backend);
    this.state = new VersionedState<K, S>({
      ...options.state,
      codec: this.#form.codec,
      level: levelOptionsOf({ directory, backend }, () => this.uid),
      partitions: options.partitioner.partitionCount,
    });
    scope.addStateful(this);
  }

  override snapshotEvery(intervalMs: number): void {
    this.scope.assertBuilding("checkpoint");
    if (!isMultipleOf(intervalMs, this.slideMs)) {
      const { slideMs } = this;
      throw new StreamError("checkpoint_off_grid", { intervalMs, slideMs });
    }
    this.#snapshotIntervalMs = intervalMs;
  }

  /** By default the first multiple of the slide that is not below 10 s, as in the guide. */
  get snapshotIntervalMs(): number {
    const { slideMs } = this;
    return this.#snapshotIntervalMs ?? slideMs * Math.ceil(snapshotIntervalMsMin / slideMs);
  }

  override get facts(): StreamFacts {
    const state = {
      version: this.stateVersion,
      codecId: this.stateCodecId,
      partitions: this.partitioner.partitionCount,
      migratesFrom: migratesFrom(this.#form),
      layout: this.#layout,
    };
    return { ...super.facts, state };
  }

  get stateVersion(): number {
    return this.#form.version ?? 1;
  }

  get stateSchema(): AvroSchema | undefined {
    return schemaOf(this.#form.codec);
  }

  get stateCodecId(): string {
    return stateCodecId(this.#form.codec);
  }

  closeState(): Promise<void> {
    return this.state.close();
  }

  beginSnapshot(): StateSnapshot | undefined {
    return this.state.beginSnapshot();
  }

  async restoreState(chain: readonly StoredSnapshot[]): Promise<void> {
    const { version, migrate } = this.#form;
    await this.state.restore({
      operator: this.uid,
      chain,
      partitionOf: (key) => this.partitioner.partitionOf(key),
      version,
      migrate:
        migrate &&
        ((value, fromVersion, key) => {
          const migrated = migrate(value, fromVersion, key);
          refusePromise(migrated);
          return migrated;
        }),
    });
    const { visibleVersion } = this.state;
    if (visibleVersion === undefined) return;
    this.#restoredMs = visibleVersion;
    this.#reachedMs = visibleVersion;
  }

  updateAt(timeMs: number): StateStage<K, S> | undefined {
    return this.#stages.get(timeMs);
  }

  owes(timeMs: number): boolean {
    if (!this.scope.isOnGrid(timeMs, this.slideMs)) return false;
    const stage = this.#stages.get(timeMs);
    return stage === undefined ? timeMs > this.reachedMs : !stage.isComplete();
  }

  get dueMs(): number {
    return this.reachedMs + this.slideMs;
  }

  get hasRestoredState(): boolean {
    return this.#restoredMs !== undefined;
  }

  beginAfter(timeMs: number): void {
    this.#beginsAfterMs = timeMs;
    this.#reachedMs = timeMs;
  }

  giveUp(timeMs: number): void {
    if (!this.owes(timeMs)) return;
    const stage = this.#stages.get(timeMs);
    if (stage === undefined) this.passOver(timeMs);
    else stage.giveUp();
  }

  override get leavesOut(): boolean {
    return true;
  }

  /** The dataset of a time, after those of all earlier times were made. */
  protected abstract computeNext(timeMs: number): Promise<RDDNode<T> | undefined>;

  /** There is none at a time that was passed over, or is forgotten. */
  protected async compute(timeMs: number): Promise<RDDNode<T> | undefined> {
    if (timeMs <= this.reachedMs) return undefined;
    for (
      let missedMs = this.#nextMs(this.reachedMs);
      missedMs < timeMs;
      missedMs = this.#nextMs(missedMs)
    ) {
      await this.at(missedMs);
    }
    const dataset = await this.computeNext(timeMs);
    this.#reachedMs = timeMs;
    return dataset;
  }

  /** The time of the slide after this one that has a batch. */
  #nextMs(timeMs: number): number {
    const { scope, slideMs } = this;
    const nextMs = nextOnGrid(timeMs, slideMs, scope.zeroTimeMs);
    const gap = scope.gapAt(nextMs);
    return gap === undefined ? nextMs : this.#nextMs(gap.beforeMs - 1);
  }

  /** The last time of which the dataset was made or passed over. */
  protected get reachedMs(): number {
    const { zeroTimeMs } = this.scope;
    // What was restored may be older than a grid that has begun anew since.
    return Math.max(this.#reachedMs ?? zeroTimeMs, zeroTimeMs);
  }

  /** Goes on without a batch that was given up before its stage was made. */
  protected passOver(timeMs: number): void {
    this.#reachedMs = Math.max(timeMs, this.reachedMs);
  }

  /** The time with which the state began empty; undefined where that was the zero time. */
  protected get beganAfterMs(): number | undefined {
    return this.#beginsAfterMs;
  }

  /** Whether any version was made, or is being made. */
  protected get hasState(): boolean {
    return this.#latest !== undefined || this.hasRestoredState;
  }

  /** The time of the newest version that was made or is being made; of the zero time before the first one. */
  protected get latestVersionMs(): number {
    const beganMs = this.#beginsAfterMs ?? this.scope.zeroTimeMs;
    return this.#latest?.versionMs ?? this.#restoredMs ?? beganMs;
  }

  /** The stage that makes the version of a time from the one before it; `workInstead` is done when the batch is given up. */
  protected nextStage(
    timeMs: number,
    work: StateWork<K, S>,
    workInstead: StateWork<K, S> = noStateWork,
  ): StateStage<K, S> {
    const site: OperatorSite = this.siteAt(timeMs);
    const stage = new StateStage<K, S>({
      state: this.state,
      site,
      versionMs: timeMs,
      taskCount: this.partitioner.partitionCount,
      previous: this.#latest,
      work,
      workInstead,
    });
    this.#stages.set(timeMs, stage);
    this.#latest = stage;
    return stage;
  }

  /**
   * The partitioner of a batch of an earlier life that was begun with another number of partitions than the state has by
   * now; undefined for any other.
   */
  protected otherPartitionerAt(timeMs: number): Partitioner | undefined {
    const partitioning = this.partitioningAt(timeMs) ?? this.partitioner;
    const partitioner = partitionerOf(partitioning, KeyGroupPartitioner);
    return partitioner.equals(this.partitioner) ? undefined : partitioner;
  }

  /** The pairs of a version as the batch of that time has to have them. */
  protected readingAt(
    timeMs: number,
    stage: StateStage<K, S>,
    kind: string = this.kind,
  ): RDDNode<[K, S]> {
    const { environment } = this.scope;
    const pairs = new StateNode<K, S>(environment, kind, this.state, stage, this.partitioner);
    const other = this.otherPartitionerAt(timeMs);
    return other === undefined ? pairs : new RegroupedNode(pairs, other);
  }

  /** The stage that fills the state before the first batch, under the time before it. */
  protected loadInitial(timeMs: number, initial: RDDNode<[K, S]>): void {
    initial.attributeTo(this.siteAt(timeMs));
    this.nextStage(timeMs - this.slideMs, {
      inputs: () => [initial],
      updatePartition: (update, flow) =>
        initial.run(update.partition, flow, ([key, value]) => {
          if (value === undefined) {
            const undefinedState = new StreamError("initial_state_undefined", { key });
            throw userError(this.siteAt(timeMs), flow.task, undefinedState);
          }
          update.set(key, value);
        }),
    });
  }

  protected override forgetOlder(untilMs: number): void {
    for (const [timeMs, stage] of this.#stages) {
      if (timeMs <= untilMs && stage.isComplete()) this.#stages.delete(timeMs);
    }
    this.state.forget(untilMs + 1);
  }
}
