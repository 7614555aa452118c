/** An input whose batches stand in its program, so that every process of the program can make them. */
import { ArrayNode, slices } from "../../../src/core/index.ts";
import { InputDStream, type InputHost, RDD } from "../../../src/index.ts";

export class ListedInput<T> extends InputDStream<T> {
  readonly kind = "listed";
  override readonly replay = "source";
  readonly #batches: readonly (readonly T[])[];
  readonly #partitions: number;
  #host: InputHost | undefined;

  constructor(batches: readonly (readonly T[])[], partitions: number) {
    super();
    this.#batches = batches;
    this.#partitions = partitions;
  }

  override start(host: InputHost): void {
    this.#host = host;
  }

  compute(timeMs: number): RDD<T> | undefined {
    const host = this.#host;
    if (host === undefined) throw new Error("the input was not started");
    const batch = this.#batches[(timeMs - host.zeroTimeMs) / host.batchIntervalMs - 1] ?? [];
    const parts = slices(batch, this.#partitions);
    return new RDD(new ArrayNode<T>(host.environment, "listed", parts));
  }
}
