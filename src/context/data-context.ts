/**
 * Owns: what datasets are made in, and making them: it may be created first, and shared by one StreamingContext after
 * another.
 */
import {
  type Clock,
  instanceArgument,
  invariant,
  objectWithMethods,
  optionalFunction,
  StreamError,
  systemClock,
} from "../base/index.ts";
import {
  type AnyPair,
  ArrayNode,
  type BlockStore,
  checkPartitionCount,
  type DatasetEnvironment,
  type Elsewhere,
  type PairOf,
  type PairValue,
  pinnedParallelism,
  RangeNode,
  RDD,
  slices,
  unionOf,
} from "../core/index.ts";
import {
  Accumulator,
  type AccumulatorForm,
  AccumulatorRegistry,
  Broadcast,
  JobRunner,
  KeptTotals,
  LocalBlockStore,
  type RemoteTasks,
  summing,
} from "../executor/index.ts";
import { countedTasksName } from "../recovery/index.ts";
import { datasetFiles, printOn } from "../sinks/index.ts";
import { textFile } from "../sources/index.ts";

/** The options of a DataContext. */
export interface DataContextOptions {
  /** The number of partitions of datasets and shuffles that are not told another (default 1). */
  readonly defaultParallelism?: number;
  /** The folder for blocks on disk; made when it is needed, and removed in the end (default: a temporary one). */
  readonly blockDirectory?: string;
  /** What `print` writes to (default: standard output). */
  readonly print?: (text: string) => unknown;
  readonly clock?: Clock;
}

/** Throws `argument_invalid` for what is no clock. */
export function checkClock(clock: Clock): void {
  const methods = ["now", "monotonicNow", "setTimer", "yieldToEventLoop"];
  objectWithMethods("clock", clock, methods);
}

/** How the datasets of a DataContext are computed by other processes; not for programs. */
export interface DataSharing {
  /** What its accumulators are called in every process of a program. */
  readonly accumulators: AccumulatorRegistry;
  /** Lets others compute what they have as well; undefined ends it. */
  share(remote: (RemoteTasks & Elsewhere) | undefined): void;
  /** Completes the stages that a dataset or a stage depends on. */
  completeBefore: JobRunner["completeBefore"];
}

const sharings = new WeakMap<DataContext, DataSharing>();

/** How the datasets of that context are shared. */
export function sharingOf(data: DataContext): DataSharing {
  const sharing = sharings.get(data);
  invariant(sharing !== undefined, "every DataContext can be shared");
  return sharing;
}

/** Makes and runs datasets in this process, or in executors. */
export class DataContext {
  readonly clock: Clock;
  readonly #defaultParallelism: number;
  /** What datasets see of it; for operators of one's own. */
  readonly environment: DatasetEnvironment;
  /** What accumulators with a name had come to in an earlier life, where a context has a checkpoint directory. */
  readonly totals: KeptTotals = new KeptTotals();
  readonly #blocks: BlockStore;
  readonly #accumulators = new AccumulatorRegistry();
  #isClosed = false;

  /** Throws `argument_invalid`. */
  constructor(options: DataContextOptions = {}) {
    const { blockDirectory, clock = systemClock, defaultParallelism = 1 } = options;
    if (!Number.isSafeInteger(defaultParallelism) || defaultParallelism < 1) {
      throw new StreamError("argument_invalid", {
        defaultParallelism,
        expected: "a whole number of 1 or more",
      });
    }
    checkClock(clock);
    optionalFunction("print", options.print);
    this.clock = clock;
    this.#defaultParallelism = defaultParallelism;
    const parallelism = () => this.defaultParallelism;
    this.#blocks = new LocalBlockStore({ clock, directory: blockDirectory });
    const runner = new JobRunner(clock);
    let remote: (RemoteTasks & Elsewhere) | undefined;
    let datasets = 0;
    this.environment = {
      get defaultParallelism() {
        return parallelism();
      },
      clock,
      blocks: this.#blocks,
      files: datasetFiles,
      nextDatasetId: () => datasets++,
      print: options.print ?? ((text) => printOn(process.stdout, text)),
      get elsewhere() {
        return remote;
      },
      runStages: (stages) => runner.runStages(stages),
      runJob: (dataset, partitions, body, action) => {
        this.#assertOpen();
        return runner.runJob(dataset, partitions, body, action);
      },
    };
    sharings.set(this, {
      accumulators: this.#accumulators,
      share: (given) => {
        remote = given;
        runner.share(given);
      },
      completeBefore: (target) => runner.completeBefore(target),
    });
  }

  /** A dataset of these records, in that many partitions. */
  parallelize<P extends AnyPair>(
    records: Iterable<PairValue<P>>,
    partitionCount?: number,
  ): RDD<PairOf<P>>;
  parallelize<T>(records: Iterable<T>, partitionCount?: number): RDD<T>;
  parallelize<T>(records: Iterable<T>, partitionCount: number = this.defaultParallelism): RDD<T> {
    this.#assertOpen();
    checkPartitionCount(partitionCount);
    return new RDD(
      new ArrayNode(this.environment, "parallelize", slices([...records], partitionCount)),
    );
  }

  /** Another name of `parallelize`. */
  makeRDD<P extends AnyPair>(
    records: Iterable<PairValue<P>>,
    partitionCount?: number,
  ): RDD<PairOf<P>>;
  makeRDD<T>(records: Iterable<T>, partitionCount?: number): RDD<T>;
  makeRDD<T>(records: Iterable<T>, partitionCount?: number): RDD<T> {
    return this.parallelize(records, partitionCount);
  }

  /** The numbers from `start` (included) to `end` (excluded), by steps, counted when they are asked for. Throws `argument_invalid` for a step of 0. */
  range(
    start: number,
    end: number,
    step = 1,
    partitionCount: number = this.defaultParallelism,
  ): RDD<number> {
    if (!Number.isFinite(start) || !Number.isFinite(end) || !Number.isFinite(1 / step)) {
      const expected = "finite numbers, and a step that is not 0";
      throw new StreamError("argument_invalid", { start, end, step, expected });
    }
    this.#assertOpen();
    const count = Math.max(0, Math.ceil((end - start) / step));
    const parts = checkPartitionCount(partitionCount);
    return new RDD(new RangeNode(this.environment, { start, step, count }, parts));
  }

  /** A dataset without records and partitions. */
  emptyRDD<T = never>(): RDD<T> {
    return new RDD(new ArrayNode<T>(this.environment, "empty", []));
  }

  /**
   * The lines of a text file, of the files of a directory, or of all that a pattern matches. Rejects with `input_missing`,
   * `input_unreadable`.
   */
  async textFile(path: string, minPartitions?: number): Promise<RDD<string>> {
    this.#assertOpen();
    return textFile(this.environment, path, minPartitions);
  }

  /** The records of all of these datasets. */
  union<T>(datasets: readonly RDD<T>[]): RDD<T> {
    for (const dataset of datasets) instanceArgument("datasets", dataset, RDD);
    return new RDD(
      unionOf(
        this.environment,
        datasets.map(({ node }) => node),
      ),
    );
  }

  /** A value that every task may read. */
  broadcast<T>(value: T): Broadcast<T> {
    return new Broadcast(value);
  }

  /**
   * A total that tasks add to: of numbers, or of a form of one's own. One with a name goes on in the next life of the
   * application, where there is a checkpoint directory; what it adds up then has to be plain data. Throws `argument_invalid`
   * for the name `*`.
   */
  accumulator(name?: string): Accumulator<number>;
  accumulator<V, T>(form: AccumulatorForm<V, T>, name?: string): Accumulator<V, T>;
  accumulator(
    formOrName?: AccumulatorForm<never, unknown> | string,
    name?: string,
  ): Accumulator<never, unknown> | Accumulator<number> {
    if (typeof formOrName !== "object") return this.#known(new Accumulator(summing, formOrName));
    return this.#known(new Accumulator(formOrName, name));
  }

  /**
   * The number of partitions of what is not told another. While a batch that an earlier life of the driver began is run
   * again, it is that of then.
   */
  get defaultParallelism(): number {
    return pinnedParallelism() ?? this.#defaultParallelism;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Forgets all kept blocks; no job runs afterwards. Safe to call twice. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#blocks.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #known<A extends Accumulator<never, unknown> | Accumulator<number>>(accumulator: A): A {
    const { name } = accumulator;
    if (name === countedTasksName) {
      throw new StreamError("argument_invalid", { name, expected: "another name" });
    }
    this.#accumulators.add(accumulator);
    this.totals.add(accumulator);
    return accumulator;
  }

  #assertOpen(): void {
    if (this.#isClosed) throw new StreamError("data_context_closed");
  }
}
