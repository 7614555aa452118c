/** Owns: how datasets and stages depend on each other; interfaces only. */
import type { StorageLevel } from "../storage-level.ts";
import type { DatasetAddress, StageAddress } from "./address.ts";
import type { Flow, Push } from "./flow.ts";
import type { Partitioner } from "./partitioner.ts";
import type { OperatorSite } from "./task.ts";

/** Gives out addresses, in the order in which datasets depend on each other. */
export interface Addressing {
  /** The address of the next dataset; undefined for one that has none. */
  next(dataset: Lineage): DatasetAddress | undefined;
}

/** What a dataset is seen as by those who do not care for its records. */
export interface Lineage {
  readonly id: number;
  readonly kind: string;
  readonly name: string | undefined;
  readonly site: OperatorSite;
  readonly dependencies: readonly Dependency[];
  readonly partitionCount: number;
  readonly partitioner: Partitioner | undefined;
  readonly storageLevel: StorageLevel;
  /** What it is called in every process of the program; undefined where it has no such name. */
  readonly address: DatasetAddress | undefined;
  attributeTo(site: OperatorSite, addressing?: Addressing): void;
}

/** A dependency whose partitions are computed within the task of the dependent. */
export interface NarrowDependency {
  readonly kind: "narrow";
  readonly parent: Lineage;
}

/** A dependency that has to be complete before any task of the dependent starts: the stages are cut here. */
export interface StageDependency {
  readonly kind: "stage";
  readonly barrier: StageBarrier;
}

/** What a dataset is computed from. */
export type Dependency = NarrowDependency | StageDependency;

/** Work that must be complete before its dependents are computed: the map side of a shuffle, or the update of a state. */
export interface StageBarrier {
  /** What the stage is for, for people: "shuffle", "state", "range bounds". */
  readonly purpose: string;
  /** The operator that needs it. */
  readonly site: OperatorSite;
  /** What its tasks compute from. */
  readonly dependencies: readonly Dependency[];
  readonly taskCount: number;
  isComplete(): boolean;
  /** Which tasks have still to run, of 0 to taskCount - 1. */
  missingTasks(): readonly number[];
  runTask(partition: number, flow: Flow): Promise<void>;
  /** Called once after all tasks have succeeded. */
  finish(): void;
  /** A stage that has to be complete before this one can be looked at; what waits behind it is found out afterwards. */
  earlier?(): StageBarrier | undefined;
  /** What it is called in every process of the program; undefined where it has no such name. */
  address?: StageAddress | undefined;
}

/**
 * A stage whose tasks can run in other processes. There, `outcomeOf` tells what a task has come to, and `learn` takes what
 * tasks of the dependents have to know; here, `completedElsewhere` takes the one, and `facts` tells the other. All of it is
 * plain data.
 */
export interface SharedStage extends StageBarrier {
  outcomeOf(task: number): unknown;
  completedElsewhere(task: number, outcome: unknown): void;
  facts(): unknown;
  learn(facts: unknown): void;
}

/** A dataset, as seen by what runs it. */
export interface Dataset<T> extends Lineage {
  /** Pushes the records of a partition. */
  run(partition: number, flow: Flow, push: Push<T>): Promise<void>;
}

/** A narrow dependency on each of these. */
export function narrow(...parents: readonly Lineage[]): readonly NarrowDependency[] {
  return parents.map((parent) => ({ kind: "narrow", parent }));
}
