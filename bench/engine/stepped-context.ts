/**
 * Owns: a streaming context whose batches run when a benchmark says so.
 * Does not own: what is measured (measure.ts).
 */
import {
  DataContext,
  type DStream,
  milliseconds,
  type RDD,
  StreamingContext,
  type StreamingContextOptions,
} from "millrace";
import { SteppedClock } from "./stepped-clock.ts";

/** A stream whose batches are given by hand. */
export interface GivenStream<T> {
  readonly stream: DStream<T>;
  /** Makes this dataset that of the next batch; a batch that was given none is empty. */
  give(dataset: RDD<T>): void;
}

/** One context of one process, its graph, and its batches. */
export class SteppedContext {
  readonly data: DataContext;
  readonly #clock = new SteppedClock();
  readonly #context: StreamingContext;

  constructor(options: Omit<StreamingContextOptions, "batchInterval" | "clock" | "data"> = {}) {
    this.data = new DataContext({ clock: this.#clock });
    this.#context = new StreamingContext({
      attempts: 1,
      onFailure: "stop",
      ...options,
      batchInterval: milliseconds(1000),
      data: this.data,
    });
  }

  input<T>(): GivenStream<T> {
    const queue: RDD<T>[] = [];
    return {
      stream: this.#context.queueStream(queue),
      give: (dataset) => void queue.push(dataset),
    };
  }

  start(): Promise<void> {
    return this.#context.start();
  }

  /** Runs one batch, from its tick until what nobody needs any more is dropped; throws when it failed. */
  async batch(): Promise<void> {
    await this.#clock.tick();
    if (this.#context.state === "STOPPED") await this.#context.awaitTermination();
  }

  async close(): Promise<void> {
    await this.#context.destroy();
    await this.data.close();
  }
}
