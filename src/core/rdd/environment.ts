/** Owns: the port through which datasets reach what runs and keeps them. */
import type { Clock } from "../../base/index.ts";
import type { BlockStore } from "../block-store.ts";
import type { DatasetAddress } from "./address.ts";
import type { DatasetFiles } from "./files.ts";
import type { Flow, Push } from "./flow.ts";
import type { Dataset, StageBarrier } from "./lineage.ts";
import type { PartitionAction } from "./partition-action.ts";

/** One partition, as an action sees it: where it is, and a way to have its records pushed. */
export interface PartitionInput<T> {
  readonly partition: number;
  readonly flow: Flow;
  each(push: Push<T>): Promise<void>;
}

/** What an action does with one partition. */
export type PartitionBody<T, R> = (input: PartitionInput<T>) => R | Promise<R>;

/** The other processes that datasets with an address are computed in. */
export interface Elsewhere {
  /** Pushes the records of a partition that another process computes. */
  read<T>(dataset: Dataset<T>, partition: number, flow: Flow, push: Push<T>): Promise<void>;
  /** Whether a process of that name is there no more, with all that it had. */
  isGone(place: string): boolean;
  /** The kept partitions of the dataset may go. */
  unpersist(address: DatasetAddress): void;
}

/** What datasets are made in: it numbers them, runs their jobs and keeps their blocks. */
export interface DatasetEnvironment {
  readonly defaultParallelism: number;
  readonly clock: Clock;
  readonly blocks: BlockStore;
  readonly files: DatasetFiles;
  nextDatasetId(): number;
  /** Prints for people: what the output operation `print` is for. */
  print(text: string): unknown;
  /** Completes these stages, in order, with what they depend on. */
  runStages(stages: readonly StageBarrier[]): Promise<void>;
  /** Runs `body` over these partitions, after the stages that they depend on; results come in the order of `partitions`. */
  runJob<T, R>(
    dataset: Dataset<T>,
    partitions: readonly number[],
    body: PartitionBody<T, R>,
    /** The same body, as other processes know it; undefined where it is known in this one alone. */
    action?: PartitionAction,
  ): Promise<R[]>;
  /** Where datasets with an address are computed; undefined where that is in this process. */
  readonly elsewhere?: Elsewhere | undefined;
}
