/**
 * Owns: what blocks of the README import as `millrace` when they run: the package, with contexts that stand under a
 * manual clock, say what they print to the console, and run their batches when the program waits for them.
 * Does not own: what comes in from outside (world.ts).
 */
import { format } from "node:util";
import {
  type ApplicationOptions,
  type BuildFunction,
  type DataContextOptions,
  type DStream,
  type Logger,
  Application as RealApplication,
  DataContext as RealDataContext,
  StreamingContext as RealStreamingContext,
  type Receiver,
  type StreamingContextOptions,
} from "../../src/index.ts";
import { ManualClock } from "../../src/testing/index.ts";
import { currentWorld } from "./world.ts";

export * from "../../src/index.ts";

const print = (text: string): void => currentWorld().write(text);

const logger: Logger = {
  info: () => {},
  warn: (message, error) => currentWorld().warn(format(message, error ?? "")),
  error: (message, error) => currentWorld().warn(format(message, error ?? "")),
};

/** A DataContext that prints to the console of the block. */
export class DataContext extends RealDataContext {
  constructor(options: DataContextOptions = {}) {
    super({ print, ...options });
  }
}

/** A StreamingContext whose time is moved by the test. */
export class StreamingContext extends RealStreamingContext {
  readonly #clock: ManualClock | undefined;
  readonly #reached = new Set<Lineage>();

  constructor(options: StreamingContextOptions) {
    const clock = options.data?.clock ?? options.clock ?? new ManualClock(currentWorld().nowMs);
    super({ print, logger, ...options, clock });
    this.#clock = clock instanceof ManualClock ? clock : undefined;
    const { graph } = this;
    const addOutput = graph.addOutput.bind(graph);
    graph.addOutput = (output) => {
      output.parents.forEach((parent) => this.#reach(parent));
      return addOutput(output);
    };
    currentWorld().contexts.push(this);
  }

  override receiverStream<T>(receiver: Receiver<T>): DStream<T> {
    const store = receiver.store.bind(receiver);
    const storeMany = receiver.storeMany.bind(receiver);
    receiver.store = (record) => {
      currentWorld().noteStored(1);
      return store(record);
    };
    receiver.storeMany = async (records, options) => {
      await currentWorld().whileStoring(() => storeMany(records, options));
      currentWorld().noteStored(records.length);
    };
    return super.receiverStream(receiver);
  }

  /** Runs the batches of the block, then stops, which is what a program waits for. */
  override async awaitTermination(): Promise<void> {
    if (this.state === "ACTIVE") {
      await this.drive();
      await this.stop();
    }
    return super.awaitTermination();
  }

  /** Runs as many batches as the block asks for. */
  async drive(): Promise<void> {
    const world = currentWorld();
    for (let batch = 0; batch < world.batches && this.state === "ACTIVE"; batch += 1) {
      await world.deliver(batch, this.#clock?.now() ?? 0);
      await this.#clock?.advance(this.batchInterval);
      world.noteTime(this.#clock?.now() ?? 0);
    }
  }

  /** Does what is left of the life of a context that the block only declared or only started. */
  async finish(): Promise<void> {
    if (this.state === "INITIALIZED") await this.start();
    if (this.state === "ACTIVE") {
      await this.drive();
      await this.stop();
    }
    await super.awaitTermination();
  }

  /** Gives a stream that no output depends on one that computes it. */
  computeAlways(stream: DStream<unknown>): void {
    if (this.state !== "INITIALIZED" || this.#reached.has(stream.node)) return;
    stream.foreachRDD((dataset) => dataset.count());
  }

  #reach(lineage: Lineage): void {
    this.#reached.add(lineage);
    lineage.parents.forEach((parent) => this.#reach(parent));
  }
}

/** An application whose contexts are those above. */
class Application extends RealApplication {
  protected override newContext(options: StreamingContextOptions): StreamingContext {
    return new StreamingContext(options);
  }
}

/** Declares an application that nobody but the test runs. */
export function application(options: ApplicationOptions, build: BuildFunction): Application {
  return new Application(options, build);
}

/** As much of a stream as tells what it is made of. */
interface Lineage {
  readonly parents: readonly Lineage[];
}
