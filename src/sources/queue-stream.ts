/**
 * Owns: the input whose batches a program puts into a queue itself, as in tests.
 * Does not own: the queue, which stays the program's: what is pushed later is seen.
 */
import { StreamError } from "../base/index.ts";
import {
  ArrayNode,
  type DatasetEnvironment,
  InputDStream,
  type InputHost,
  RDD,
  slices,
  unionOf,
} from "../core/index.ts";

export interface QueueStreamOptions<T> {
  /** Whether a batch takes one element of the queue, or all that are there (default true). */
  readonly oneAtATime?: boolean | undefined;
  /**
   * The dataset of a batch that finds the queue empty (default: one empty partition; null: a dataset without any).
   */
  readonly defaultRDD?: RDD<T> | null | undefined;
}

/** Takes the dataset of each batch from a queue of datasets, or of arrays of records. */
export class QueueInputStream<T> extends InputDStream<T> {
  override readonly kind: string = "queue";
  readonly #queue: (RDD<T> | readonly T[])[];
  readonly #oneAtATime: boolean;
  readonly #defaultRDD: RDD<T> | null | undefined;
  #host: InputHost | undefined;

  /** Throws `argument_invalid`. */
  constructor(queue: (RDD<T> | readonly T[])[], options: QueueStreamOptions<T> = {}) {
    super();
    if (!Array.isArray(queue)) {
      const expected = "an array of datasets or of arrays of records";
      throw new StreamError("argument_invalid", { argument: "queue", value: queue, expected });
    }
    this.#queue = queue;
    this.#oneAtATime = options.oneAtATime ?? true;
    this.#defaultRDD = options.defaultRDD;
  }

  override start(host: InputHost): void {
    this.#host = host;
  }

  override compute(timeMs: number): RDD<T> {
    const host = this.#host;
    if (host === undefined) throw new StreamError("context_not_started", { stream: this.kind });
    const taken = this.#queue.splice(0, this.#oneAtATime ? 1 : this.#queue.length);
    const recordCount = countOf(taken);
    if (recordCount !== undefined) host.reportInput(timeMs, recordCount);
    return this.#union(taken, host.environment);
  }

  #union(elements: (RDD<T> | readonly T[])[], environment: DatasetEnvironment): RDD<T> {
    const datasets = elements.map((element) => toDataset(element, environment));
    const [first, second] = datasets;
    if (first === undefined) return this.#defaultRDD ?? this.#empty(environment);
    if (second === undefined) return first;
    const nodes = datasets.map(({ node }) => node);
    return new RDD(unionOf(environment, nodes));
  }

  #empty(environment: DatasetEnvironment): RDD<T> {
    const partitions = this.#defaultRDD === null ? [] : [[]];
    return new RDD(new ArrayNode<T>(environment, this.kind, partitions));
  }
}

/** Undefined when there are datasets among them, whose records only a job could count. */
function countOf(elements: readonly (RDD<unknown> | readonly unknown[])[]): number | undefined {
  let count = 0;
  for (const element of elements) {
    if (element instanceof RDD) return undefined;
    count += element.length;
  }
  return count;
}

function toDataset<T>(element: RDD<T> | readonly T[], environment: DatasetEnvironment): RDD<T> {
  if (element instanceof RDD) return element;
  const partitions = slices(element, environment.defaultParallelism);
  return new RDD(new ArrayNode(environment, "queue", partitions));
}
