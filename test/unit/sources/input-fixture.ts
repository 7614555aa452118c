/** Owns: running an input of its own, batch by batch, as the engine would. */
import { systemClock } from "../../../src/base/index.ts";
import {
  ArrayNode,
  type DatasetEnvironment,
  type InputDStream,
  type InputHost,
  RDD,
} from "../../../src/core/index.ts";
import { JobRunner, LocalBlockStore } from "../../../src/executor/index.ts";

export class InputFixture<T> {
  readonly environment: DatasetEnvironment;
  /** The record counts that were reported, by batch time. */
  readonly reported = new Map<number, number>();
  readonly #input: InputDStream<T>;
  #timeMs = 0;

  constructor(input: InputDStream<T>, environment: DatasetEnvironment = newEnvironment()) {
    this.environment = environment;
    this.#input = input;
  }

  async start(): Promise<void> {
    const host: InputHost = {
      streamId: 0,
      streamUid: "input",
      environment: this.environment,
      clock: systemClock,
      batchIntervalMs: 1000,
      zeroTimeMs: 0,
      rememberMs: 1000,
      reportInput: (timeMs, recordCount) => void this.reported.set(timeMs, recordCount),
      reportError: () => {},
    };
    await this.#input.start(host);
  }

  /** The dataset of the next batch. */
  async dataset(): Promise<RDD<T> | undefined> {
    this.#timeMs += 1000;
    return this.#input.compute(this.#timeMs, undefined);
  }

  /** The records of the next batch, partition by partition. */
  async batch(): Promise<(readonly T[])[] | undefined> {
    return (await this.dataset())?.glom().collect();
  }
}

export function newEnvironment(defaultParallelism = 2): DatasetEnvironment {
  const runner = new JobRunner(systemClock);
  let datasets = 0;
  return {
    defaultParallelism,
    clock: systemClock,
    blocks: new LocalBlockStore({ clock: systemClock }),
    files: {} as DatasetEnvironment["files"],
    nextDatasetId: () => datasets++,
    print: () => {},
    runStages: (stages) => runner.runStages(stages),
    runJob: (dataset, partitions, body) => runner.runJob(dataset, partitions, body),
  };
}

/** A dataset of these partitions. */
export function datasetOf<T>(environment: DatasetEnvironment, ...partitions: T[][]): RDD<T> {
  return new RDD(new ArrayNode(environment, "test", partitions));
}
