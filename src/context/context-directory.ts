/**
 * Owns: the checkpoint directory of one context: which it is, whether an earlier life left something there, and the life
 * that the context begins on it.
 * Does not own: opening it (durable-directory.ts), that life (durable-run.ts).
 */
import { StreamError } from "../base/index.ts";
import type { GraphDescription } from "../core/index.ts";
import {
  type CheckpointDirectoryOptions,
  checkDirectory,
  DurableDirectory,
} from "./durable-directory.ts";
import { DurableRun, type DurableRunOptions } from "./durable-run.ts";

type RunOptions = Omit<DurableRunOptions, "directory">;

/** A directory, as the program names it. */
export interface NamedDirectory {
  readonly address: string;
  readonly options: CheckpointDirectoryOptions;
}

/** The directory of a context, if it has one. */
export class ContextDirectory {
  /** One that the start is to open, for a context that begins anew. */
  #named: NamedDirectory | undefined;
  #opened: DurableDirectory | undefined;
  #run: DurableRun | undefined;

  /** Says which one to begin on; throws `argument_invalid`, also for a second one. */
  name(address: string, options: CheckpointDirectoryOptions): void {
    checkDirectory(address, options);
    if (this.#named !== undefined) {
      const expected = `one directory, which was given already: ${this.#named.address}`;
      throw new StreamError("argument_invalid", {
        argument: "directory",
        value: address,
        expected,
      });
    }
    this.#named = { address, options };
  }

  /** Takes one that is open; throws what refuses to go on with what is there. */
  goOnIn(directory: DurableDirectory, options: RunOptions, graph: GraphDescription): void {
    this.#opened = directory;
    // What it refuses, it refuses before anything is started.
    DurableRun.planFor({ ...options, directory }, graph);
  }

  /** The one that was named; what is in it is the driver's. */
  get named(): NamedDirectory | undefined {
    return this.#named;
  }

  /** Whether an earlier life left something. */
  get isRecovering(): boolean {
    return this.#opened?.left !== undefined;
  }

  get run(): DurableRun | undefined {
    return this.#run;
  }

  /** Begins a life on the directory; undefined without one. Rejects with `checkpoint_exists`, and as `DurableRun.begin`. */
  async begin(options: RunOptions): Promise<DurableRun | undefined> {
    if (this.#opened === undefined && this.#named !== undefined) {
      const { clock, logger } = options.settings;
      const { address } = this.#named;
      this.#opened = await DurableDirectory.open(address, this.#named.options, { clock, logger });
      if (this.isRecovering) throw new StreamError("checkpoint_exists", { directory: address });
    }
    if (this.#opened === undefined) return undefined;
    this.#run = await DurableRun.begin({ ...options, directory: this.#opened });
    return this.#run;
  }

  /** Lets go of the directory. Safe to call twice. */
  async close(): Promise<void> {
    await this.#opened?.close();
  }
}
