/** Owns: running a program of a test on executors of the test's process, batch by batch. */

import { silentLogger } from "../../../../src/base/index.ts";
import type { InProcessExecutors, MessageSeen } from "../../../../src/executor/index.ts";
import { StreamingContext, type StreamingContextOptions, seconds } from "../../../../src/index.ts";
import { ManualClock } from "../../../../src/testing/index.ts";
import { ListedInput } from "../../../conformance/executor-cases/listed-input.ts";
import { executorsRun, inProcess, latestExecutors } from "../../../support/in-process-master.ts";

/** Declares streams and outputs; on the driver and in each executor. */
export type Build = (ssc: StreamingContext, part: { readonly isDriver: boolean }) => void;

export interface ExecutedOptions {
  readonly executors?: number;
  readonly onMessage?: (message: MessageSeen) => void;
  readonly options?: Partial<StreamingContextOptions>;
}

/** A started driver with its executors. */
export class Executed {
  readonly clock = new ManualClock();
  readonly ssc: StreamingContext;
  readonly messages: MessageSeen[] = [];
  readonly #begin: () => void;

  constructor(build: Build, { executors = 2, onMessage, options }: ExecutedOptions = {}) {
    const make = (part: { readonly isDriver: boolean }): StreamingContext => {
      const ssc = new StreamingContext({
        batchInterval: seconds(1),
        clock: this.clock,
        defaultParallelism: 2,
        logger: silentLogger,
        onFailure: "stop",
        attempts: 1,
        ...options,
        master: inProcess(executors),
      });
      build(ssc, part);
      return ssc;
    };
    this.ssc = make({ isDriver: true });
    this.#begin = () =>
      executorsRun(
        () => make({ isDriver: false }).start(),
        (message) => {
          this.messages.push(message);
          onMessage?.(message);
        },
      );
  }

  async start(): Promise<this> {
    this.#begin();
    await this.ssc.start();
    return this;
  }

  get executors(): InProcessExecutors {
    return latestExecutors();
  }

  batches(count: number): Promise<void> {
    return this.clock.advance(count * 1000);
  }

  async stop(): Promise<void> {
    await this.ssc.stop();
    await this.ssc.awaitTermination();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.ssc.destroy();
  }
}

/** An input of these batches that executors make by themselves. */
export const listed = <T>(batches: readonly (readonly T[])[], partitions = 2): ListedInput<T> =>
  new ListedInput(batches, partitions);
