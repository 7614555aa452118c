/**
 * Owns: what the tests of datasets make their datasets in: the real job runner and the real block store, with files and
 * programs in memory.
 */
import { afterEach } from "vitest";
import { type Clock, systemClock } from "../../../../src/base/index.ts";
import {
  ArrayNode,
  type BlockStore,
  type DatasetEnvironment,
  type DatasetFiles,
  RDD,
  SourceNode,
  type StageBarrier,
  slices,
  stagesBefore,
} from "../../../../src/core/index.ts";
import { LocalBlockStore } from "../../../../src/executor/block-store.ts";
import { JobRunner } from "../../../../src/executor/job-runner.ts";

/** Files by path, and `pipe` as a program that prints each line twice. */
export class MemoryFiles implements DatasetFiles {
  readonly files = new Map<string, string>();
  readonly finished: string[] = [];
  readonly objectWriter = {
    extension: ".avro",
    write: (records: readonly unknown[]) => [JSON.stringify(records)],
  };

  async openDirectory(directory: string): Promise<void> {
    for (const path of this.files.keys()) {
      if (path.startsWith(`${directory}/`)) this.files.delete(path);
    }
  }

  async writePart(
    directory: string,
    name: string,
    chunks: Parameters<DatasetFiles["writePart"]>[2],
  ): Promise<void> {
    let text = "";
    for await (const chunk of await chunks) text += chunk.toString();
    this.files.set(`${directory}/${name}`, text);
  }

  async finishDirectory(directory: string, names: readonly string[]): Promise<void> {
    this.finished.push(`${directory}: ${names.join(" ")}`);
  }

  async *pipe(
    command: string | readonly string[],
    lines: Iterable<string>,
    { env }: { env?: Readonly<Record<string, string>> },
  ): AsyncGenerator<string> {
    for (const line of lines) {
      if (line === "fail") throw new Error(`${String(command)} failed`);
      yield `${String(command)} ${line}${env?.["END"] ?? ""}`;
      yield line;
    }
  }
}

/** Makes datasets, and tells what was run for them. */
export class Datasets {
  readonly environment: DatasetEnvironment;
  readonly files = new MemoryFiles();
  readonly blocks: BlockStore;
  readonly runner: JobRunner;
  readonly #runs: StageBarrier[] = [];

  constructor(
    options: { defaultParallelism?: number; clock?: Clock; memoryBytesMax?: number } = {},
  ) {
    const { clock = systemClock, defaultParallelism = 2, memoryBytesMax } = options;
    this.blocks = new LocalBlockStore({ clock, memoryBytesMax });
    const runner = new JobRunner(clock);
    this.runner = runner;
    let datasets = 0;
    this.environment = {
      clock,
      defaultParallelism,
      blocks: this.blocks,
      files: this.files,
      nextDatasetId: () => datasets++,
      print: () => {},
      runStages: (stages) => runner.runStages(stages),
      runJob: (dataset, partitions, body) => {
        this.#runs.push(...stagesBefore(dataset));
        return runner.runJob(dataset, partitions, body);
      },
    };
  }

  /** The purposes of the stages that jobs had to run since this was last asked. */
  stagesRun(): string[] {
    return this.#runs.splice(0).map(({ purpose }) => purpose);
  }

  of<T>(records: readonly T[], partitionCount = 1): RDD<T> {
    return this.ofParts(slices(records, partitionCount));
  }

  ofParts<T>(partitions: readonly (readonly T[])[]): RDD<T> {
    return new RDD(new ArrayNode(this.environment, "parallelize", partitions));
  }

  /** One partition that reads an iterable anew each time. */
  ofGenerator<T>(make: () => Iterable<T>): RDD<T> {
    return new RDD(
      new SourceNode<T>(this.environment, "generate", [
        async (flow, push) => {
          for (const record of make()) {
            if (flow.stopped) return;
            push(record);
          }
        },
      ]),
    );
  }
}

const open: Datasets[] = [];

/** Datasets whose blocks are removed when the test is over. */
export function datasets(options: ConstructorParameters<typeof Datasets>[0] = {}): Datasets {
  const made = new Datasets(options);
  open.push(made);
  return made;
}

afterEach(async () => {
  await Promise.all(open.splice(0).map(({ blocks }) => blocks.close()));
});

/** The partitions of a dataset, each an array. */
export async function partitionsOf<T>(dataset: RDD<T>): Promise<T[][]> {
  return (await dataset.glom().collect()).map((records) => [...records]);
}
