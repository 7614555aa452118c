/**
 * Owns: how often a source in this process is opened: once, or, given by a function, again after each error, until it
 * has ended.
 * Does not own: what is read from it and how (`read`).
 *
 * Invariants: I1 a source that has ended is not opened again, whatever starts the receiver; it stays started and quiet.
 * I2 a source that cannot be opened again and failed, or was given up by a restart, has ended; that is reported.
 */
import {
  type Clock,
  messageOf,
  optionalFunction,
  StreamError,
  systemClock,
} from "../base/index.ts";
import type { StorageLevelName } from "../core/index.ts";
import { Receiver } from "../receiver/index.ts";
import { type AnyIterable, checkIterable, type ReadingOptions } from "./read-each.ts";
import { isOpener, type Reopenable } from "./reopenable.ts";

export interface SourceOptions {
  /** Where the blocks are kept (default MEMORY_AND_DISK). */
  readonly storageLevel?: StorageLevelName | undefined;
  /** Tells when it is time to let others work (default: the machine's clock). */
  readonly clock?: Clock | undefined;
  /** Called once when the source has ended by itself; a graceful stop then processes all that it gave. */
  readonly onEnd?: OnEnd | undefined;
}

/** Hears that a source has ended; what it throws is reported. */
export type OnEnd = () => void | Promise<void>;

/** Tells that a source has ended. Nothing waits for it: it may stop the very receiver that tells. */
export function tellEnd(onEnd: OnEnd | undefined, failed: (error: unknown) => void): void {
  void (async () => onEnd?.())().catch(failed);
}

/** A receiver that reads something which can be iterated. */
export abstract class SourceReceiver<S, T> extends Receiver<T> {
  readonly #source: Reopenable<AnyIterable<S>>;
  readonly #clock: Clock;
  readonly #onEnd: OnEnd | undefined;
  /** How far a source that cannot be opened again has come; of one that can, whether it has ended. */
  #phase: "unopened" | "opened" | "ended" = "unopened";

  /** Throws `argument_invalid`, `storage_level_unknown`. */
  constructor(source: Reopenable<AnyIterable<S>>, options: SourceOptions = {}) {
    super(options);
    if (!isOpener(source)) checkIterable("source", source);
    this.#source = source;
    this.#clock = options.clock ?? systemClock;
    this.#onEnd = optionalFunction("onEnd", options.onEnd);
  }

  /** One that is given as it is ends with the process. */
  override get isResumable(): boolean {
    return isOpener(this.#source);
  }

  /** Reads to the end, or until `options.signal` aborts. */
  protected abstract read(source: AnyIterable<S>, options: ReadingOptions): Promise<void>;

  override async onStart(): Promise<void> {
    if (this.#phase === "ended") return;
    const { signal } = this;
    try {
      await this.read(await this.#open(), {
        clock: this.#clock,
        signal,
        closeFailed: (error) => this.reportError("the source could not be closed", error),
      });
      if (!signal.aborted) this.#ended();
    } catch (error) {
      if (!signal.aborted) this.#failed(error);
    }
  }

  /** There is nothing left to close: the end of `signal` has closed the source. */
  override onStop(): void {}

  async #open(): Promise<AnyIterable<S>> {
    if (!isOpener(this.#source)) {
      if (this.#phase === "opened") throw new StreamError("source_not_reopenable");
      this.#phase = "opened";
      return this.#source;
    }
    const source = await this.#source();
    checkIterable("source", source);
    return source;
  }

  #ended(): void {
    this.#phase = "ended";
    tellEnd(this.#onEnd, (error) => this.reportError("onEnd failed", error));
  }

  #failed(error: unknown): void {
    if (isOpener(this.#source)) {
      this.restart(`the source failed: ${messageOf(error)}`, { error });
      return;
    }
    this.#phase = "ended";
    const isSpent = error instanceof StreamError && error.code === "source_not_reopenable";
    const reported = isSpent ? error : new StreamError("source_failed", {}, { cause: error });
    const hint = error instanceof StreamError && !isSpent ? `; ${error.help}` : "";
    this.reportError(`${reported.message}${hint}`, reported);
  }
}
