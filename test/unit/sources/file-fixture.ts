/** Owns: a directory whose files have the times of a manual clock, and a file stream that looks at it batch by batch. */
import { mkdir, mkdtemp, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { DatasetEnvironment, InputDStream, InputHost, RDD } from "../../../src/core/index.ts";
import { JobRunner } from "../../../src/executor/index.ts";
import { datasetFiles } from "../../../src/sinks/index.ts";
import { ManualClock } from "../../../src/testing/manual-clock.ts";
import { MemoryBlocks } from "../receiver/memory-blocks.ts";

export const batchIntervalMs = 1000;
/** A time that no file has by itself. */
export const startMs = 1_000_000_000;

export interface Report {
  readonly message: string;
  readonly error: unknown;
}

export class FileFixture {
  readonly clock = new ManualClock(startMs);
  readonly reports: Report[] = [];
  readonly inputs = new Map<number, Readonly<Record<string, unknown>>>();
  readonly environment: DatasetEnvironment;
  readonly directory: string;

  static async make(): Promise<FileFixture> {
    return new FileFixture(await mkdtemp(join(tmpdir(), "millrace-sources-")));
  }

  private constructor(directory: string) {
    this.directory = directory;
    this.environment = environmentOf(this.clock);
  }

  async close(): Promise<void> {
    await rm(this.directory, { recursive: true });
  }

  path(name: string): string {
    return join(this.directory, name);
  }

  /** Writes a file that was modified `agoMs` before now. */
  async write(name: string, contents: string | Uint8Array, agoMs = 0): Promise<string> {
    const path = this.path(name);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, contents);
    await this.touch(name, agoMs);
    return path;
  }

  async touch(name: string, agoMs = 0): Promise<void> {
    const modified = new Date(this.clock.now() - agoMs);
    await utimes(this.path(name), modified, modified);
  }

  async start<T>(
    input: InputDStream<T>,
    different: Partial<InputHost> = {},
  ): Promise<InputDStream<T>> {
    const host: InputHost = {
      streamId: 3,
      streamUid: "input",
      environment: this.environment,
      clock: this.clock,
      batchIntervalMs,
      zeroTimeMs: startMs,
      rememberMs: batchIntervalMs,
      reportInput: (timeMs, recordCount, metadata = {}) => {
        this.inputs.set(timeMs, { recordCount, ...metadata });
      },
      reportError: (message, error) => void this.reports.push({ message, error }),
      ...different,
    };
    await input.start(host);
    return input;
  }

  /** The dataset of the next batch. */
  async next<T>(input: InputDStream<T>): Promise<RDD<T>> {
    await this.clock.advance(batchIntervalMs);
    return this.again(input);
  }

  /** The dataset of this time: of a batch that is tried again. */
  async again<T>(input: InputDStream<T>): Promise<RDD<T>> {
    const timeMs = this.clock.now();
    const dataset = await input.compute(timeMs, await input.allocate?.(timeMs));
    if (dataset === undefined) throw new Error("a file stream has a dataset at each time");
    return dataset;
  }

  /** The records of the next batch. */
  async collect<T>(input: InputDStream<T>): Promise<T[]> {
    return (await this.next(input)).collect();
  }
}

function environmentOf(clock: ManualClock): DatasetEnvironment {
  const runner = new JobRunner(clock);
  let datasets = 0;
  return {
    defaultParallelism: 1,
    clock,
    blocks: new MemoryBlocks(),
    files: datasetFiles,
    nextDatasetId: () => datasets++,
    print: () => {},
    runStages: (stages) => runner.runStages(stages),
    runJob: (dataset, partitions, body) => runner.runJob(dataset, partitions, body),
  };
}
