/**
 * Owns: what the stateful operators share: one keyed state, a stage per batch time, and that no time is left out.
 * Invariants: I1 stages are made for each time of the slide in order; a time whose stage could not be made is made up for
 * before the next, so that its data are never passed over.
 */

import { StreamError } from "../../base/index.ts";

import type { AvroSchema } from "../../codec/index.ts";
import {
  checkStateVersion,
  type HostedState,
  type KeyedState,
  migratesFrom,
  type StateCodec,
  type StateSnapshot,
  type StateVersion,
  type StoredSnapshot,
  schemaOf,
  stateCodecId,
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
import type { GraphMirror, StateFacts, StateTaskFacts } from "./mirror.ts";
import { DStreamNode, type Making, type OperatorTraits } from "./node.ts";
import { checkStateBackend, levelOptionsOf, type StateBackend } from "./state-backend.ts";

import { StateKeeping } from "./state-keeping.ts";
import {
  noStateWork,
  type ReadElsewhere,
  StagesToCome,
  StateNode,
  StateStage,
  type StateWork,
} from "./state-stage.ts";
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
  protected readonly partitioner: Partitioner;
  readonly #form: StateForm<K, S>;
  readonly #layout: Readonly<Record<string, unknown>>;
  readonly #keeping: StateKeeping<K, S>;
  readonly #stages = new Map<number, StateStage<K, S>>();
  readonly #toCome = new StagesToCome();
  #latestMs: number | undefined;
  #reachedMs: number | undefined;
  #snapshotIntervalMs: number | undefined;
  /** The version that an earlier life of the application left. */
  #restoredMs: number | undefined;
  /** The time with which the state begins, where that is not the zero time. */
  #beginsAfterMs: number | undefined;
  /** What each version was built upon, by the time of the batch that made it. */
  readonly #facts = new Map<number, StateFacts>();
  /** In an executor: what the driver says of the version that is being made, one after the other. */
  #mirrored: StateFacts | undefined;
  #mirroring: Promise<void> = Promise.resolve();

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
    this.#keeping = new StateKeeping<K, S>({
      scope,
      form: this.#form,
      options: {
        ...options.state,
        codec: this.#form.codec,
        level: levelOptionsOf({ directory, backend }, () => this.uid),
        partitions: options.partitioner.partitionCount,
      },
      uid: () => this.uid,
      mayBeSpread: () =>
        this.mayBeSpread &&
        backend === "memory" &&
        this.rememberMs <= this.slideMs &&
        !scope.feedsState(this),
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
    return this.#keeping.close();
  }

  beginSnapshot(completedMs: number = Number.POSITIVE_INFINITY): StateSnapshot | undefined {
    const { elsewhere, whole } = this.#keeping;
    const { visibleVersion = completedMs } = whole;
    if (elsewhere !== undefined && visibleVersion > completedMs) return undefined;
    return whole.beginSnapshot();
  }

  async restoreState(chain: readonly StoredSnapshot[]): Promise<void> {
    const { version, migrate } = this.#form;
    const { whole } = this.#keeping;
    await whole.restore({
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
    const { visibleVersion } = whole;
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
    // What is being made looks back from the version that it was built upon.
    const making = this.#toCome.next;
    const sinceMs = making && this.#facts.get(making.madeAtMs)?.sinceMs;
    return Math.min(this.reachedMs, sinceMs ?? this.reachedMs) + this.slideMs;
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

  override get making(): Making {
    return this.#keeping.isSpread ? "all" : "driver of shared";
  }

  override get leavesOut(): boolean {
    return true;
  }

  /** Whether nothing looks back on earlier versions, nor needs more of the state than its snapshots have of each partition. */
  protected get mayBeSpread(): boolean {
    return true;
  }

  get isSpread(): boolean {
    return this.#keeping.isSpread;
  }

  settled(): Promise<void> {
    return this.#keeping.whole.settled();
  }

  partitionOf(key: unknown): number {
    return this.partitioner.partitionOf(key);
  }

  lostPartition(partition: number, baseVersionMs: number): readonly number[] {
    return this.#keeping.whole.lost(partition, baseVersionMs);
  }

  noteChangesAnew(): void {
    this.#keeping.whole.noteChangesAnew();
  }

  mappedAt(timeMs: number, task: number, _part: number): Promise<readonly unknown[]> {
    const gone = new StreamError("state_output_gone", { operator: this.uid, timeMs, task });
    return Promise.reject(gone);
  }

  get hostedState(): HostedState<unknown, unknown> | undefined {
    return this.#keeping.hosted as HostedState<unknown, unknown> | undefined;
  }

  factsAt(timeMs: number): StateFacts | undefined {
    return this.#facts.get(timeMs);
  }

  taskFactsAt(versionMs: number): StateTaskFacts {
    return { isGivenUp: this.#stages.get(versionMs)?.isGivenUp === true };
  }

  takeTaskFacts(versionMs: number, { isGivenUp }: StateTaskFacts): void {
    if (isGivenUp) this.#stages.get(versionMs)?.workWithout();
  }

  get recomputedAfterMs(): number {
    if (this.#keeping.elsewhere === undefined) return Number.POSITIVE_INFINITY;
    const { whole } = this.#keeping;
    return whole.isSettled ? (whole.durableVersion ?? this.#beganMs) : Number.NEGATIVE_INFINITY;
  }

  /** The state, as tasks see it. */
  protected get state(): KeyedState<K, S> {
    return this.#keeping.state;
  }

  /** The dataset of a time, after those of all earlier times were made. */
  protected abstract computeNext(timeMs: number): Promise<RDDNode<T> | undefined>;

  /** There is none at a time that was passed over, or is forgotten. */
  protected async compute(timeMs: number): Promise<RDDNode<T> | undefined> {
    const { mirror } = this.scope;
    if (mirror !== undefined) return this.#computeMirrored(timeMs, mirror);
    if (timeMs <= this.reachedMs) return undefined;
    for (
      let missedMs = this.#nextMs(this.reachedMs);
      missedMs < timeMs;
      missedMs = this.#nextMs(missedMs)
    ) {
      await this.at(missedMs);
    }
    const facts = { sinceMs: this.latestVersionMs, isFirst: !this.hasState };
    const dataset = await this.computeNext(timeMs);
    if (this.#stages.has(timeMs)) this.#facts.set(timeMs, facts);
    this.#reachedMs = timeMs;
    return dataset;
  }

  /** Makes the dataset of a time as the driver made it, in whatever order times are asked for. */
  async #computeMirrored(timeMs: number, mirror: GraphMirror): Promise<RDDNode<T> | undefined> {
    const facts = await mirror.stateAt(this.uid, timeMs);
    if (facts === undefined) return undefined;
    const made = this.#mirroring.then(() => {
      this.#mirrored = facts;
      return this.computeNext(timeMs);
    });
    this.#mirroring = made.then(
      () => {},
      () => {},
    );
    return made;
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
    if (this.#mirrored !== undefined) return !this.#mirrored.isFirst;
    return this.#latestMs !== undefined || this.hasRestoredState;
  }

  /** The time of the newest version that was made or is being made; of the zero time before the first one. */
  protected get latestVersionMs(): number {
    if (this.#mirrored !== undefined) return this.#mirrored.sinceMs;
    return this.#latestMs ?? this.#restoredMs ?? this.#beganMs;
  }

  get #beganMs(): number {
    return this.#beginsAfterMs ?? this.scope.zeroTimeMs;
  }

  /** The pairs of the version that a stage makes. */
  protected pairsOf(stage: StateStage<K, S>, kind: string = this.kind): StateNode<K, S> {
    const { partitioner, state } = this;
    const readElsewhere = this.readElsewhere<readonly [K, S]>("pairs", stage.versionMs);
    return new StateNode(this.scope.environment, kind, {
      state,
      stage,
      partitioner,
      readElsewhere,
    });
  }

  /** How an executor reads what another one has; undefined on the driver. */
  protected readElsewhere<E>(
    what: "pairs" | "mapped",
    timeMs: number,
  ): ReadElsewhere<E> | undefined {
    const { mirror } = this.scope;
    const hosted = this.#keeping.hosted;
    if (mirror === undefined || hosted === undefined) return undefined;
    return (partition, part = 0) => {
      // One that is being brought here is not here before it has the version.
      if ((hosted.versionOf(partition) ?? Number.NEGATIVE_INFINITY) >= timeMs) return undefined;
      const slices = mirror.readState({ uid: this.uid, timeMs, partition, part, what });
      return slices as AsyncIterable<readonly E[]>;
    };
  }

  /** The stage that makes the version of a time from the one before it; `workInstead` is done when the batch is given up. */
  protected nextStage(
    timeMs: number,
    work: StateWork<K, S>,
    workInstead: StateWork<K, S> = noStateWork,
    madeAtMs: number = timeMs,
  ): StateStage<K, S> {
    const site: OperatorSite = this.siteAt(timeMs);
    const stage = new StateStage<K, S>({
      state: this.state,
      madeAtMs,
      elsewhere: this.#keeping.elsewhere,
      site,
      versionMs: timeMs,
      taskCount: this.partitioner.partitionCount,
      // An executor makes stages in any order, and is told when one of them is to run.
      toCome: this.#mirrored === undefined ? this.#toCome : new StagesToCome(),
      work,
      workInstead,
    });
    this.#stages.set(timeMs, stage);
    this.#latestMs = timeMs;
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
    const pairs = this.pairsOf(stage, kind);
    const other = this.otherPartitionerAt(timeMs);
    return other === undefined ? pairs : new RegroupedNode(pairs, other);
  }

  /** The stage that fills the state before the first batch, under the time before it. */
  protected loadInitial(timeMs: number, initial: RDDNode<[K, S]>): void {
    initial.attributeTo(this.siteAt(timeMs));
    const work: StateWork<K, S> = {
      inputs: () => [initial],
      updatePartition: (update, flow) =>
        initial.run(update.partition, flow, ([key, value]) => {
          if (value === undefined) {
            const undefinedState = new StreamError("initial_state_undefined", { key });
            throw userError(this.siteAt(timeMs), flow.task, undefinedState);
          }
          update.set(key, value);
        }),
    };
    this.nextStage(timeMs - this.slideMs, work, noStateWork, timeMs);
  }

  protected override forgetOlder(untilMs: number): void {
    // Both come in order: what is owed is not gone through.
    for (const timeMs of this.#facts.keys()) {
      if (timeMs > untilMs) break;
      this.#facts.delete(timeMs);
    }
    for (const [timeMs, stage] of this.#stages) {
      if (stage.madeAtMs > untilMs) break;
      if (stage.isComplete()) this.#stages.delete(timeMs);
    }
    this.state.forget(untilMs + 1);
  }
}
