/** Owns: the port through which datasets reach what runs and keeps them. */
import type { Clock } from "../../base/index.ts";
import type { BlockStore } from "../block-store.ts";
import type { DatasetFiles } from "./files.ts";
import type { Flow, Push } from "./flow.ts";
import type { Dataset, StageBarrier } from "./lineage.ts";

/** One partition, as an action sees it: where it is, and a way to have its records pushed. */
export interface PartitionInput<T> {
  readonly partition: number;
  readonly flow: Flow;
  each(push: Push<T>): Promise<void>;
}

/** What an action does with one partition. */
export type PartitionBody<T, R> = (input: PartitionInput<T>) => R | Promise<R>;

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
  ): Promise<R[]>;
}
