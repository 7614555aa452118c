/**
 * Owns: what the tests of datasets make their datasets in: the real job runner and the real block store, with files and
 * programs in memory.
 */
import { afterEach } from "vitest";
import { type Clock, StreamError, systemClock } from "../../../../src/base/index.ts";
import {
  ArrayNode,
  type BatchOutputIdentity,
  type BlockStore,
  type DatasetEnvironment,
  type DatasetFiles,
  type FileChunks,
  type OutputAttempt,
  RDD,
  type SaveBeginning,
  type SavedPart,
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
  /** The directories that were shown, with the names of their parts and the output that they belong to. */
  readonly shown = new Map<string, { names: string[]; output: BatchOutputIdentity | undefined }>();
  readonly objectWriter = {
    extension: ".avro",
    write: (records: readonly unknown[]) => [JSON.stringify(records)],
  };
  #attempts = 0;

  async beginSave(
    directory: string,
    output: BatchOutputIdentity | undefined,
  ): Promise<SaveBeginning> {
    const shown = this.shown.get(directory);
    if (shown !== undefined) {
      const isSame = output !== undefined && shown.output?.batchTimeMs === output.batchTimeMs;
      if (!isSame) throw new StreamError("output_taken", { directory });
      return { state: "saved", directory };
    }
    const unfinishedDirectory = `attempt-${this.#attempts++}`;
    return { state: "begun", directory, attempt: { directory, unfinishedDirectory, output } };
  }

  async writePart(
    { unfinishedDirectory }: OutputAttempt,
    name: string,
    chunks: FileChunks,
  ): Promise<SavedPart> {
    let text = "";
    for await (const chunk of await chunks) text += chunk.toString();
    this.files.set(`${unfinishedDirectory}/${name}`, text);
    return { name, byteCount: text.length, sha256: "" };
  }

  async publish(attempt: OutputAttempt, parts: readonly SavedPart[]): Promise<void> {
    const { directory, unfinishedDirectory, output } = attempt;
    for (const { name } of parts) {
      this.files.set(
        `${directory}/${name}`,
        this.files.get(`${unfinishedDirectory}/${name}`) ?? "",
      );
    }
    this.shown.set(directory, { names: parts.map(({ name }) => name), output });
    await this.abandon(attempt);
  }

  async abandon({ unfinishedDirectory }: OutputAttempt): Promise<void> {
    for (const path of this.files.keys()) {
      if (path.startsWith(`${unfinishedDirectory}/`)) this.files.delete(path);
    }
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
