/**
 * Owns: the streams of one context: its inputs, outputs and stateful operators, the time grid, and what a batch time
 * makes of them: jobs.
 * Does not own: when batches are made and jobs run (src/scheduler).
 */
import { invariant, StreamError } from "../../base/index.ts";
import type { ApplicationIdentity } from "../output/index.ts";
import type { DatasetEnvironment, StageBarrier } from "../rdd/index.ts";
import { isMultipleOf } from "../time.ts";
import { describeStreams, type GraphDescription, lineageOf } from "./graph-description.ts";
import type { Forgotten, GraphState, GraphWatcher } from "./graph-mirroring.ts";
import type { GraphMirror } from "./mirror.ts";
import {
  defaultPin,
  type PartitionFacts,
  type PartitionPins,
  PinnedBatches,
  partitionFactsIn,
  pinsOf,
} from "./partition-pins.ts";
import { type StatePlaces, statesInMemory } from "./state-backend.ts";
import type {
  BatchGap,
  InputInfo,
  InputStream,
  OutputStream,
  StatefulStream,
  StateSpreading,
  StreamHost,
  StreamJob,
  StreamLineage,
  StreamScope,
} from "./stream.ts";
import { numberTwins } from "./stream-ids.ts";

/** What one batch has to do. */
export interface BatchPlan {
  readonly timeMs: number;
  readonly inputs: readonly InputInfo[];
  /** Its jobs, in the order of definition. */
  readonly jobs: readonly StreamJob[];
  /** The states that must stand at its time when it is done, whatever its outputs asked for. */
  readonly stateUpdates: readonly StageBarrier[];
}

/** What giving up a batch came to, by the uids of streams. */
export interface GivenUp {
  /** The stateful operators whose states have the data of the batch all the same. */
  readonly keptBy: readonly string[];
  /** The streams that go on without its data. */
  readonly leftOutOf: readonly string[];
}

/** How the output operations of a batch ended, by uid. */
export interface BatchOutputs {
  readonly succeeded: ReadonlySet<string>;
  readonly failed: ReadonlySet<string>;
}

/** In an executor, which is given partitions. */
const hostedStates: StateSpreading = {
  elsewhere: () => {
    throw new StreamError("invariant_violated", { claim: "the driver spreads states" });
  },
};

/** The stream graph of one context. */
export class StreamGraph implements StreamScope {
  readonly environment: DatasetEnvironment;
  readonly batchIntervalMs: number;
  readonly statePlaces: StatePlaces;
  readonly mirror: GraphMirror | undefined;
  readonly #inputs: InputStream[] = [];
  readonly #outputs: OutputStream[] = [];
  readonly #stateful: StatefulStream[] = [];
  readonly #uids = new Set<string>([defaultPin]);
  #spreading: StateSpreading | undefined;
  readonly #gaps: BatchGap[] = [];
  readonly #pinned = new PinnedBatches();
  /** What each stream is called in the description of the graph. */
  #names: ReadonlyMap<StreamLineage, string> = new Map();
  #byName: ReadonlyMap<string, StreamLineage> = new Map();
  #inUse: ReadonlySet<StreamLineage> = new Set();
  readonly #watchers: GraphWatcher[] = [];
  #zeroTimeMs: number | undefined;
  #lastTimeMs = Number.NEGATIVE_INFINITY;
  #isClosed = false;
  #host: StreamHost | undefined;
  #application: ApplicationIdentity | undefined;
  #rememberMs = 0;

  constructor(
    environment: DatasetEnvironment,
    batchIntervalMs: number,
    statePlaces: StatePlaces = statesInMemory,
    mirror?: GraphMirror,
  ) {
    this.environment = environment;
    this.batchIntervalMs = batchIntervalMs;
    this.statePlaces = statePlaces;
    this.mirror = mirror;
  }

  /** The context whose graph this is. */
  get host(): StreamHost {
    invariant(this.#host !== undefined, "a graph belongs to a context");
    return this.#host;
  }

  /** Says whose graph this is, once. */
  belongTo(host: StreamHost): void {
    invariant(this.#host === undefined, "a graph belongs to one context");
    this.#host = host;
  }

  get application(): ApplicationIdentity {
    invariant(this.#application !== undefined, "an application is known before its first batch");
    return this.#application;
  }

  /** Says which application this is, in which of its lives, once. */
  identify(application: ApplicationIdentity): void {
    invariant(this.#application === undefined, "a graph is that of one application");
    this.#application = application;
  }

  get zeroTimeMs(): number {
    if (this.#zeroTimeMs === undefined) throw new StreamError("context_not_started", {});
    return this.#zeroTimeMs;
  }

  get lastTimeMs(): number {
    return this.#lastTimeMs;
  }

  get isStarted(): boolean {
    return this.#zeroTimeMs !== undefined;
  }

  get inputs(): readonly InputStream[] {
    return this.#inputs;
  }

  /** Those that an output depends on, once the graph has started. */
  get inputsInUse(): readonly InputStream[] {
    return this.#inputs.filter((input) => this.#inUse.has(input));
  }

  get outputCount(): number {
    return this.#outputs.length;
  }

  assertBuilding(operation: string): void {
    if (this.isStarted || this.#isClosed) throw new StreamError("graph_fixed", { operation });
  }

  claimUid(uid: string): void {
    if (this.#uids.has(uid)) throw new StreamError("uid_taken", { uid });
    this.#uids.add(uid);
  }

  get uidsGiven(): number {
    return this.#uids.size;
  }

  nextStreamId(): number {
    return this.#inputs.length;
  }

  addInput(input: InputStream): void {
    this.#inputs.push(input);
  }

  addOutput(output: OutputStream): number {
    return this.#outputs.push(output) - 1;
  }

  addStateful(stream: StatefulStream): void {
    this.#stateful.push(stream);
  }

  feedsState(stream: StreamLineage): boolean {
    return this.#statefulInUse().some((stateful) =>
      lineageOf<StreamLineage>(stateful.parents).includes(stream),
    );
  }

  /** Asks every stream to keep the datasets of the last `ms`; throws `remember_fixed` the second time. */
  remember(ms: number): void {
    this.assertBuilding("remember");
    if (this.#rememberMs > 0) {
      throw new StreamError("remember_fixed", { current: this.#rememberMs, asked: ms });
    }
    this.#rememberMs = ms;
  }

  /** How far back an input may be asked for what it received. */
  get inputRememberMs(): number {
    return Math.max(this.batchIntervalMs, ...this.#inputs.map(({ rememberMs }) => rememberMs));
  }

  /** Throws `output_missing` where there is nothing to do. */
  assertComplete(): void {
    if (this.#outputs.length === 0) throw new StreamError("output_missing", {});
  }

  /**
   * All that the outputs depend on, and they themselves, as plain data. Throws `uid_taken` where a uid was given that is
   * derived for another stream. The uids of inputs, stateful operators and outputs are final from here on.
   */
  describe(): GraphDescription {
    const parents = this.#outputs.flatMap((output) => output.parents);
    this.#inUse = new Set(lineageOf<StreamLineage>(parents));
    // An input is started and tracked by its uid, also where no output depends on it.
    numberTwins([...this.#inputs, ...this.#statefulInUse(), ...this.#outputs]);
    const inUse = [...this.#inUse];
    const description = describeStreams([...inUse, ...this.#outputs]);
    const uids = description.streams.map(({ uid }) => uid);
    const named = inUse.map((stream, index) => [stream, uids[index] ?? stream.uid] as const);
    this.#names = new Map(named);
    this.#byName = new Map(named.map(([stream, name]) => [name, stream]));
    return description;
  }

  nameOf(stream: StreamLineage): string | undefined {
    return this.#names.get(stream);
  }

  /** The stream that is called so in the description; undefined where there is none. */
  streamNamed(name: string): StreamLineage | undefined {
    return this.#byName.get(name);
  }

  /** The output of that uid; undefined where there is none. */
  outputNamed(uid: string): OutputStream | undefined {
    return this.#outputs.find((output) => output.uid === uid);
  }

  /** Tells a watcher what becomes of the graph from now on. */
  watch(watcher: GraphWatcher): void {
    this.#watchers.push(watcher);
  }

  /** What a graph that begins to mirror this one now has to know. */
  get mirroredState(): GraphState {
    const leftOut = [...this.#names]
      .map(([stream, name]) => ({ stream: name, timesMs: stream.leftOutMs }))
      .filter(({ timesMs }) => timesMs.length > 0);
    const { application, zeroTimeMs } = this;
    const pinned = this.#pinned.all;
    const areStatesSpread = this.#spreading !== undefined;
    return { application, zeroTimeMs, gaps: [...this.#gaps], leftOut, pinned, areStatesSpread };
  }

  get spreading(): StateSpreading | undefined {
    return this.#spreading;
  }

  /** Lets executors have the partitions of states; before anything asks for a state. */
  spreadStates(spreading: StateSpreading): void {
    this.#spreading = spreading;
  }

  /** Begins to mirror a graph of which that is known. */
  startMirroring(state: GraphState): void {
    const { application, areStatesSpread, gaps, leftOut, pinned, zeroTimeMs } = state;
    if (areStatesSpread) this.spreadStates(hostedStates);
    this.identify(application);
    this.start(zeroTimeMs);
    for (const [timeMs, pins] of pinned) this.adoptPartitions(timeMs, pins);
    for (const gap of gaps) this.addGap(gap);
    for (const { stream, timesMs } of leftOut) {
      for (const timeMs of timesMs) this.leaveOutNamed(timeMs, [stream]);
    }
  }

  /** Leaves the data of a batch out of streams by their names, as the graph that is mirrored has done. */
  leaveOutNamed(timeMs: number, streams: readonly string[]): void {
    for (const name of streams) this.#byName.get(name)?.leaveOut(timeMs);
  }

  /** Fixes the graph and its grid; throws `uid_taken` as `describe`. */
  start(zeroTimeMs: number): void {
    this.assertBuilding("start");
    this.assertComplete();
    for (const output of this.#outputs) {
      for (const parent of output.parents) parent.askToRemember(this.#rememberMs);
    }
    this.describe();
    this.#zeroTimeMs = zeroTimeMs;
    this.#lastTimeMs = zeroTimeMs;
  }

  /** Says up to which time an earlier life of the application made batches; after `start`, before the first batch. */
  resumeAfter(lastTimeMs: number): void {
    this.#lastTimeMs = Math.max(this.#lastTimeMs, lastTimeMs);
  }

  /** Leaves the times after one and before another without batches, as the application was down. */
  addGap(gap: BatchGap): void {
    this.#gaps.push(gap);
    for (const watcher of this.#watchers) watcher.gapAdded(gap);
  }

  gapAt(timeMs: number): BatchGap | undefined {
    return this.#gaps.find(({ afterMs, beforeMs }) => timeMs > afterMs && timeMs < beforeMs);
  }

  /** Into how many partitions the operators put their datasets, by uid, once the graph was described. */
  get partitionFacts(): ReadonlyMap<string, PartitionFacts> {
    return partitionFactsIn(this.#names);
  }

  /** What a batch of this life has to keep, should it be run again by a later one. */
  get partitionPins(): PartitionPins {
    return pinsOf(this.partitionFacts, this.environment.defaultParallelism);
  }

  /** Lets a batch of an earlier life keep its numbers of partitions. */
  adoptPartitions(timeMs: number, pins: PartitionPins): void {
    this.#pinned.adopt(timeMs, pins);
    for (const watcher of this.#watchers) watcher.pinned(timeMs, pins);
  }

  partitionsAt(timeMs: number): PartitionPins | undefined {
    return this.#pinned.at(timeMs);
  }

  pinnedPartitions(stream: StreamLineage, timeMs: number): number | undefined {
    return this.#pinned.at(timeMs)?.[this.#names.get(stream) ?? stream.uid];
  }

  /** Lets nothing be added any more, also where it never started. */
  close(): void {
    this.#isClosed = true;
  }

  isOnGrid(timeMs: number, slideMs: number): boolean {
    const { zeroTimeMs } = this;
    return timeMs > zeroTimeMs && isMultipleOf(timeMs - zeroTimeMs, slideMs);
  }

  /** What the batch of that time has to do; asked again after a failure, it makes anew only what failed. */
  async plan(timeMs: number): Promise<BatchPlan> {
    this.#lastTimeMs = Math.max(this.#lastTimeMs, timeMs);
    const inputs = this.inputsInUse;
    for (const input of inputs) await input.at(timeMs);
    const jobs: StreamJob[] = [];
    for (const output of this.#outputs) {
      const job = await output.jobAt(timeMs);
      if (job !== undefined) jobs.push(job);
    }
    const stateUpdates = await this.planStates(timeMs);
    return { timeMs, inputs: inputs.map((input) => input.infoAt(timeMs)), jobs, stateUpdates };
  }

  /** What brings the states to that time, for a batch whose outputs are done. */
  async planStates(timeMs: number): Promise<readonly StageBarrier[]> {
    const updates: StageBarrier[] = [];
    for (const stream of this.#statefulInUse()) {
      await stream.at(timeMs);
      const update = stream.updateAt(timeMs);
      if (update !== undefined) updates.push(update);
    }
    return updates;
  }

  /**
   * Leaves the data of a batch that was given up out of the states that did not come about, and of the plain windows but
   * for those that were computed with it: all their outputs succeeded.
   */
  giveUp(timeMs: number, outcome: BatchOutputs): GivenUp {
    const stateful = this.#statefulInUse();
    const keptBy = stateful.filter((stream) => stream.updateAt(timeMs)?.isComplete() === true);
    const owing = stateful.filter((stream) => stream.owes(timeMs));
    const succeeded = this.#reachable(({ uid }) => outcome.succeeded.has(uid));
    const failed = this.#reachable(({ uid }) => outcome.failed.has(uid));
    const spoilt = [...this.#inUse].filter(
      (stream) => failed.has(stream) || !succeeded.has(stream),
    );
    const leftOutOf = new Set([...owing, ...spoilt].map(({ uid }) => uid));
    for (const stream of owing) stream.giveUp(timeMs);
    this.#leaveOutOf(spoilt, timeMs);
    return { keptBy: keptBy.map(({ uid }) => uid), leftOutOf: [...leftOutOf] };
  }

  /** Leaves the data of a batch out of the states of these operators; for one that an earlier life gave up. */
  passOver(timeMs: number, uids: ReadonlySet<string>): void {
    for (const stream of this.#statefulInUse()) {
      if (uids.has(stream.uid) && stream.owes(timeMs)) stream.giveUp(timeMs);
    }
  }

  /** Leaves the data of a batch out of those of these streams that look back; for one that an earlier life gave up. */
  leaveOut(timeMs: number, uids: ReadonlySet<string>): void {
    this.#leaveOutOf(
      [...this.#inUse].filter(({ uid }) => uids.has(uid)),
      timeMs,
    );
  }

  #leaveOutOf(streams: readonly StreamLineage[], timeMs: number): void {
    for (const stream of streams) stream.leaveOut(timeMs);
    const names = streams.flatMap((stream) => this.#names.get(stream) ?? []);
    for (const watcher of this.#watchers) watcher.leftOut(timeMs, names);
  }

  /** The streams whose states of that time have yet to come about. */
  statesOwing(timeMs: number): readonly StatefulStream[] {
    return this.#statefulInUse().filter((stream) => stream.owes(timeMs));
  }

  /** Whether a state of that time has yet to come about. */
  owesStates(timeMs: number): boolean {
    return this.statesOwing(timeMs).length > 0;
  }

  /** Ends the backends of all states, whose values are gone then. */
  async closeStates(): Promise<void> {
    await Promise.all(this.#stateful.map((stream) => stream.closeState()));
  }

  /**
   * Drops what no batch after `timeMs` can ask for, but what states need that are behind: that of batches after a time
   * of their own. What no such state is made from goes all the same. Returns the time up to which all was dropped.
   */
  async forget(timeMs: number, behind: ReadonlyMap<unknown, number> = new Map()): Promise<number> {
    const untilMs = new Map<StreamLineage, number>();
    // What a lost partition of a state is made again from is lineage: executors need not keep their data of it.
    const lineageUntilMs = new Map<StreamLineage, number>();
    for (const state of this.#statefulInUse()) {
      // After a gap a state may have to look back further than from the last batch.
      const neededMs = Math.min(timeMs, state.dueMs, behind.get(state) ?? timeMs);
      const lineageMs = Math.min(neededMs, state.recomputedAfterMs);
      for (const stream of lineageOf<StreamLineage>([state])) {
        untilMs.set(stream, Math.min(neededMs, untilMs.get(stream) ?? timeMs));
        lineageUntilMs.set(stream, Math.min(lineageMs, lineageUntilMs.get(stream) ?? timeMs));
      }
    }
    for (const stream of this.#inUse) await stream.forget(lineageUntilMs.get(stream) ?? timeMs);
    this.#tellForgotten(timeMs, untilMs);
    const allUntilMs = Math.min(timeMs, ...untilMs.values());
    const askedFromMs = Math.min(timeMs, ...lineageUntilMs.values()) - this.inputRememberMs;
    const ended = this.#gaps.filter(({ beforeMs }) => beforeMs <= askedFromMs);
    for (const gap of ended) this.#gaps.splice(this.#gaps.indexOf(gap), 1);
    this.#pinned.forget(askedFromMs);
    return allUntilMs;
  }

  #tellForgotten(timeMs: number, untilMs: ReadonlyMap<StreamLineage, number>): void {
    if (this.#watchers.length === 0) return;
    const later = [...untilMs].filter(([, ms]) => ms < timeMs);
    const kept = later.map(([stream, ms]) => [this.#names.get(stream) ?? stream.uid, ms] as const);
    for (const watcher of this.#watchers) watcher.forgotten({ beforeMs: timeMs, kept });
  }

  /** Drops what the graph that is mirrored has dropped. */
  async forgetAs({ beforeMs, kept }: Forgotten): Promise<void> {
    const keptMs = new Map(kept);
    for (const [stream, name] of this.#names) await stream.forget(keptMs.get(name) ?? beforeMs);
    this.#pinned.forget(Math.min(beforeMs, ...keptMs.values()) - this.inputRememberMs);
  }

  /** Tells outputs that no batch before that time will run again, in this life or a later one. */
  forgetOutputs(beforeMs: number): void {
    for (const output of this.#outputs) output.forget(beforeMs);
    for (const watcher of this.#watchers) watcher.outputsForgotten(beforeMs);
  }

  /** Lets outputs forget all about an application, if it has no later life. Rejects with the first that could not. */
  async forgetAllOutputs(): Promise<void> {
    if (this.#application?.epoch !== 0) return;
    await Promise.all(this.#outputs.map((output) => output.forgetAll()));
  }

  /** The stateful operators that an output depends on, once the graph was described. */
  get statefulInUse(): readonly StatefulStream[] {
    return this.#statefulInUse();
  }

  #statefulInUse(): readonly StatefulStream[] {
    return this.#stateful.filter((stream) => this.#inUse.has(stream));
  }

  #reachable(isMeant: (output: OutputStream) => boolean): ReadonlySet<StreamLineage> {
    const seen = new Set<StreamLineage>();
    const visit = (stream: StreamLineage): void => {
      if (seen.has(stream)) return;
      seen.add(stream);
      stream.parents.forEach(visit);
    };
    for (const output of this.#outputs.filter(isMeant)) output.parents.forEach(visit);
    return seen;
  }
}
