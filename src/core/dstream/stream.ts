/** Owns: how operators, the graph and the scheduler see each other; interfaces only. */

import type { AvroSchema } from "../../codec/index.ts";
import type {
  HostedState,
  StateElsewhere,
  StateSnapshot,
  StoredSnapshot,
} from "../../state/index.ts";
import type { ApplicationIdentity } from "../output/index.ts";
import type {
  Dataset,
  DatasetEnvironment,
  DatasetShape,
  Lineage,
  PartitionBody,
  StageBarrier,
} from "../rdd/index.ts";
import type { Duration } from "../time.ts";
import type { Describable } from "./graph-description.ts";
import type { GraphMirror, InputFacts, StateFacts, StateTaskFacts } from "./mirror.ts";
import type { PartitionFacts, PartitionPins } from "./partition-pins.ts";
import type { StatePlaces } from "./state-backend.ts";

/** A stream, as seen by those who do not care for its records. */
export interface StreamLineage extends Describable {
  readonly kind: string;
  readonly parents: readonly StreamLineage[];
  readonly scope: StreamScope;
  readonly slideMs: number;
  /** How far back its datasets may be asked for. */
  readonly rememberMs: number;
  /** Of one whose datasets are in partitions of its own. */
  readonly partitionFacts: PartitionFacts | undefined;
  at(timeMs: number): Promise<Dataset<unknown> | undefined>;
  /** The dataset with that place among those that were made of a batch time; undefined where it is not here. */
  madeAt(timeMs: number, index: number): Lineage | undefined;
  /** What other processes have to know of its dataset. */
  shapeAt(timeMs: number): Promise<DatasetShape | undefined>;
  askToRemember(ms: number): void;
  forget(beforeMs: number): Promise<void>;
  /** Whether its dataset of a time that was given up is without the data of that time: it comes from a state or a window. */
  readonly leavesOut: boolean;
  /** Leaves the data of that time out of what is made of several times; for a batch that was given up. */
  leaveOut(timeMs: number): void;
  /** The times that it leaves out. */
  readonly leftOutMs: readonly number[];
  /** The times whose datasets that of a time was made of, where it is made of several. */
  partsAt(timeMs: number): readonly number[];
}

/** What an input made of a batch time: for listeners and the status page. */
export interface InputInfo {
  readonly streamId: number;
  readonly name: string;
  readonly recordCount: number;
  readonly metadata: Readonly<Record<string, unknown>>;
}

/** A stream at the edge of the graph, which data comes in by. */
export interface InputStream extends StreamLineage {
  readonly streamId: number;
  readonly name: string;
  start(): Promise<void>;
  stop(): Promise<void>;
  /** How the data of a batch comes again after a restart. */
  readonly replay: "pinned" | "source" | "none";
  /** Whether it goes on after a restart. */
  readonly isResumable: boolean;
  /** Chooses what the batch of that time is made of, once; undefined where there is nothing to choose. */
  allocateAt(timeMs: number): Promise<unknown>;
  /** Takes over what an earlier life of the driver chose for a batch; after `start`. */
  adopt(timeMs: number, pin: unknown): void;
  /** What other processes need to make its dataset; undefined where it has no records. */
  factsAt(timeMs: number): Promise<InputFacts | undefined>;
  /** Has no records in the batches of an earlier life up to that time that it does not adopt. */
  leaveOutOf(timeMs: number): void;
  /** What the input has to know after a restart of the batches up to `untilMs`; undefined where it needs nothing. */
  snapshot(untilMs: number): unknown;
  /** Goes on from such a snapshot; before `start`. */
  restore(state: unknown): void;
  /** Makes the dataset of that time, so that a listener hears of its input before the batch runs. */
  at(timeMs: number): Promise<Dataset<unknown> | undefined>;
  infoAt(timeMs: number): InputInfo;
  /** Tells listeners of trouble that it lives on with, here or in an executor. */
  reportError(message: string, error: unknown): void;
}

/** One output operation at one batch time. */
export interface StreamJob {
  readonly timeMs: number;
  /** The place of the output operation in the order of definition, from 0. */
  readonly outputId: number;
  readonly uid: string;
  /** What the output is, in a few words. */
  readonly name: string;
  /** Where in the program it was declared. */
  readonly description: string;
  run(): Promise<void>;
}

/** An output operation. */
export interface OutputStream extends Describable {
  readonly parents: readonly StreamLineage[];
  jobAt(timeMs: number): Promise<StreamJob | undefined>;
  /** What it does with a partition, in an executor. */
  workOn(dataset: Dataset<unknown>, given: unknown): PartitionBody<unknown, unknown>;
  /** Lets go of what it keeps about batches before that time, which will never run again; it never throws. */
  forget(beforeMs: number): void;
  /** Lets go of all that it keeps elsewhere, for an application that has no later life. */
  forgetAll(): Promise<void>;
}

/** A stream with a state that moves on from batch to batch. */
export interface StatefulStream extends StreamLineage {
  readonly snapshotIntervalMs: number;
  /** The version of the form of its values, from 1. */
  readonly stateVersion: number;
  /** How its values are written. */
  readonly stateCodecId: string;
  /** The Avro schema of its values, where one was declared. */
  readonly stateSchema: AvroSchema | undefined;
  /**
   * See `VersionedState.beginSnapshot`. Of a state that executors have there is none of a version whose batch has yet to
   * complete, the last completed one being that of `completedMs`: what its functions returned would get lost with it.
   */
  beginSnapshot(completedMs?: number): StateSnapshot | undefined;
  /** Takes over the state of an earlier life, at the version of the last snapshot of the chain; see `VersionedState.restore`. */
  restoreState(chain: readonly StoredSnapshot[]): Promise<void>;
  /** Begins without a state, and with the batches after that time: for an operator that an earlier program did not have. */
  beginAfter(timeMs: number): void;
  /** Ends the backend of the state. */
  closeState(): Promise<void>;
  at(timeMs: number): Promise<Dataset<unknown> | undefined>;
  /** The work that brings the state to that time; undefined where the stream has none then. */
  updateAt(timeMs: number): StageBarrier | undefined;
  /** What the version of a time was built upon; undefined where none was made, or it is forgotten. */
  factsAt(timeMs: number): StateFacts | undefined;
  /** What a task of the version of that time has to know beside. */
  taskFactsAt(versionMs: number): StateTaskFacts;
  /** Takes that over, in a mirrored graph, before a task of it runs. */
  takeTaskFacts(versionMs: number, facts: StateTaskFacts): void;
  /** Whether executors have its partitions; once the graph has started. */
  readonly isSpread: boolean;
  /** Resolves when no partition of it is on its way to another executor. */
  settled(): Promise<void>;
  /** The partition of a key. */
  partitionOf(key: unknown): number;
  /** See `VersionedState.lost`. */
  lostPartition(partition: number, baseVersionMs: number): readonly number[];
  /** See `VersionedState.noteChangesAnew`. */
  noteChangesAnew(): void;
  /** What its function returned in one task, or a part of it, in an executor that has run it. Throws `state_output_gone`. */
  mappedAt(timeMs: number, task: number, part: number): Promise<readonly unknown[]>;
  /** The partitions that an executor has of it; undefined on the driver. */
  readonly hostedState: HostedState<unknown, unknown> | undefined;
  /** The earliest batch time after which its tasks may have to run again; infinite where that cannot be. */
  readonly recomputedAfterMs: number;
  /** Whether the state of that time has yet to come about, so that what it is made from must be kept. */
  owes(timeMs: number): boolean;
  /** The time of its next version, were there no gap. The next version looks back from there, however late it comes. */
  readonly dueMs: number;
  /** Leaves the data of that time out of a state that has not come about; for a batch that was given up. */
  giveUp(timeMs: number): void;
}

/** What puts the partitions of a state into executors, by the uid of its operator; asked on the driver. */
export interface StateSpreading {
  elsewhere(uidOf: () => string): StateElsewhere;
}

/** Times of the grid, after one and before another, at which the application was down: they have no batch. */
export interface BatchGap {
  readonly afterMs: number;
  readonly beforeMs: number;
}

/** The context that a stream belongs to, as its streams see it. */
export interface StreamHost {
  readonly appName: string;
  readonly batchInterval: Duration;
  /** "INITIALIZED", "ACTIVE" or "STOPPED". */
  readonly state: string;
}

/** The graph, as an operator sees it while it is built and asked. */
export interface StreamScope {
  readonly environment: DatasetEnvironment;
  readonly host: StreamHost;
  readonly batchIntervalMs: number;
  /** The application, once it is known which one this is: before the first batch. */
  readonly application: ApplicationIdentity;
  /** Where the states of operators are that do not say it themselves. */
  readonly statePlaces: StatePlaces;
  /** Set where executors have the partitions of states. */
  readonly spreading: StateSpreading | undefined;
  /** The driver, in a graph that mirrors its graph in an executor. */
  readonly mirror: GraphMirror | undefined;
  /** The time before the first batch; throws `context_not_started` before the start. */
  readonly zeroTimeMs: number;
  readonly isStarted: boolean;
  /** The time of the newest batch that was made or is being made; that before the first batch at the start. */
  readonly lastTimeMs: number;
  /** Throws `graph_fixed` once the graph has started. */
  assertBuilding(operation: string): void;
  /** Throws `uid_taken` when an operator has this uid already. */
  claimUid(uid: string): void;
  /** How many uids were given so far: a derived one holds until the next. */
  readonly uidsGiven: number;
  /** What a stream is called in the description of the graph, once it was described; undefined for one that no output depends on. */
  nameOf(stream: StreamLineage): string | undefined;
  isOnGrid(timeMs: number, slideMs: number): boolean;
  /** The gap that a time is in. Nothing is computed for such a time, and for windows it counts as empty. */
  gapAt(timeMs: number): BatchGap | undefined;
  /** The numbers of partitions that a batch of an earlier life has to keep; undefined for any other. */
  partitionsAt(timeMs: number): PartitionPins | undefined;
  /** The number that this operator has to keep at that time, where there is one; see `PartitionPins`. */
  pinnedPartitions(stream: StreamLineage, timeMs: number): number | undefined;
  addInput(input: InputStream): void;
  /** Takes an output; tells its place in the order of definition. */
  addOutput(output: OutputStream): number;
  addStateful(stream: StatefulStream): void;
  /** Whether a state is made from what this stream makes; once the graph was described. */
  feedsState(stream: StreamLineage): boolean;
  /** The number of the next input stream, from 0. */
  nextStreamId(): number;
}
