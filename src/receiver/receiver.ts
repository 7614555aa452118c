/**
 * Owns: the class that custom receivers extend, and the port behind it.
 * Does not own: what starts and stops a receiver (receiver-supervisor.ts) and where its data goes
 * (receiver-start.ts).
 */
import { StreamError } from "../base/index.ts";
import { decodeBlock } from "../codec/index.ts";
import {
  type AnyFunction,
  type StorageLevel,
  type StorageLevelName,
  storageLevel,
} from "../core/index.ts";
import type { SourceRange } from "./source-range.ts";

/** What travels with a block. */
export interface StoreOptions {
  /** Where the records stand in their source. */
  readonly position?: SourceRange | undefined;
  /** Anything that the program or its listeners want to know of the block. */
  readonly metadata?: unknown;
}

/** Why and when a receiver starts again. */
export interface RestartOptions {
  readonly error?: unknown;
  /**
   * The pause between the end of `onStop` and the next `onStart` (default: the context's
   * `receiverRestartDelay`).
   */
  readonly delayMs?: number | undefined;
}

/** What a receiver may ask of the engine. */
export interface ReceiverControl {
  readonly streamId: number;
  readonly positions: ReadonlyMap<string, number>;
  readonly isStarted: boolean;
  readonly isStopped: boolean;
  readonly signal: AbortSignal;
  add(record: unknown): void | Promise<void>;
  storeMany(records: readonly unknown[], options: StoreOptions): Promise<void>;
  storeBuffer(bytes: Uint8Array, options: StoreOptions): Promise<void>;
  reportError(message: string, error: unknown): void;
  restart(message: string, options: RestartOptions): void;
  stop(message: string, error: unknown): void;
}

let attach: (receiver: Receiver<unknown>, control: ReceiverControl) => void;

/**
 * Brings data from a source into a stream. Extend it, implement `onStart` and `onStop`, and hand it
 * to `receiverStream`. The same object is started again and again: after `restart`, after a
 * failure, after it has stopped itself. Work that one start began ends when its `signal` aborts.
 *
 * What needs a stream throws `receiver_not_attached` until the receiver belongs to one.
 */
export abstract class Receiver<T> {
  /** Where its blocks are kept. */
  readonly storageLevel: StorageLevel;
  #control: ReceiverControl | undefined;

  static {
    attach = (receiver, control) => {
      if (receiver.#control !== undefined) {
        throw new StreamError("receiver_attached", { streamId: receiver.#control.streamId });
      }
      receiver.#control = control;
    };
  }

  /** `storageLevel` is MEMORY_AND_DISK by default. Throws `storage_level_unknown`. */
  constructor(options: { readonly storageLevel?: StorageLevelName | undefined } = {}) {
    this.storageLevel = storageLevel(options.storageLevel ?? "MEMORY_AND_DISK");
  }

  /**
   * Begins to receive. Nothing waits for a promise that it returns, so it may stand for all the
   * receiving; when it throws or rejects, the receiver restarts.
   */
  abstract onStart(): void | Promise<void>;

  /**
   * Ends what `onStart` began and closes what is open; `signal` has aborted before. It is given a
   * bounded time. It may still store, as long as that needs no waiting.
   */
  abstract onStop(): void | Promise<void>;

  /**
   * The executor, by its id, that it should run in where executors host receivers and that one has room.
   */
  get preferredLocation(): string | undefined {
    return undefined;
  }

  /**
   * Whether its source goes on after a restart of the program, in whatever way: one that cannot is
   * refused where a crash is to be survived.
   */
  get isResumable(): boolean {
    return true;
  }

  /**
   * The records of a block that was stored by `storeBuffer`; called each time the block is read.
   * The default reads what the default codec wrote.
   */
  decodeBlock(bytes: Uint8Array): readonly T[] {
    return decodeBlock(bytes) as readonly T[];
  }

  /**
   * Functions of the program that make its records whenever a block is read: a change of them is
   * told when a state is made anew of completed batches. What makes records when they are received
   * is none of them: the log has what it made.
   */
  get functions(): readonly AnyFunction[] {
    const decode = Reflect.get(this, "decodeBlock") as AnyFunction;
    return decode === Reflect.get(Receiver.prototype, "decodeBlock") ? [] : [decode];
  }

  /**
   * Stores one record: rate limited, cut into blocks by time, and not acknowledged (a crash may
   * lose it). Returns undefined when the next record may come at once, else a promise that resolves
   * when this one has been taken: under the rate limit, when blocks wait to be stored, or when too
   * much is unprocessed. It rejects with `receiver_not_running`, `receiver_stopping` or
   * `receiver_overrun`; the record was not taken then.
   */
  store(record: T): void | Promise<void> {
    return this.#attached.add(record);
  }

  /**
   * Stores records as one block, and resolves when the driver knows the block, so that the source
   * may be told; with the receiver log, when it is durable and vouched for. It is not rate limited,
   * but waits while too much is unprocessed. With a position, what has been stored before is left
   * out, in an earlier life of the driver, too. Rejects with `position_invalid`, `position_gap`,
   * `block_store_timeout`, `receiver_not_running`, `receiver_stopping`, `receiver_superseded`, or
   * what the medium threw; the source must send the records again then.
   */
  storeMany(records: readonly T[], options: StoreOptions = {}): Promise<void> {
    return this.#attached.storeMany(records, options);
  }

  /**
   * Stores bytes as one block without decoding them (`decodeBlock` does, when the block is read);
   * else like `storeMany`. The bytes are handed over: they must not change any more.
   */
  storeBuffer(bytes: Uint8Array, options: StoreOptions = {}): Promise<void> {
    return this.#attached.storeBuffer(bytes, options);
  }

  /** Tells listeners of an error; the receiver goes on. */
  reportError(message: string, error?: unknown): void {
    this.#attached.reportError(message, error);
  }

  /** Stops and, after a pause, starts the receiver again; returns at once. */
  restart(message: string, options: RestartOptions = {}): void {
    this.#attached.restart(message, options);
  }

  /**
   * Stops the receiver; returns at once. As long as the context runs, it is then started again
   * after a pause.
   */
  stop(message: string, error?: unknown): void {
    this.#attached.stop(message, error);
  }

  /** Whether it is between the begin of `onStart` and the begin of `onStop`. */
  get isStarted(): boolean {
    return this.#attached.isStarted;
  }

  /** Whether it was started and is being stopped, or has stopped, since. */
  get isStopped(): boolean {
    return this.#attached.isStopped;
  }

  /** The id of the stream that it feeds. */
  get streamId(): number {
    return this.#attached.streamId;
  }

  /**
   * Aborts right before `onStop`. Each start has its own: work looks at the one that it began with,
   * so that it does not go on into the next start.
   */
  get signal(): AbortSignal {
    return this.#attached.signal;
  }

  /**
   * The next expected position of each source partition, known before `onStart`: where to go on
   * reading.
   */
  get positions(): ReadonlyMap<string, number> {
    return this.#attached.positions;
  }

  get #attached(): ReceiverControl {
    if (this.#control === undefined) throw new StreamError("receiver_not_attached");
    return this.#control;
  }
}

/** Gives a receiver its stream, once; throws `receiver_attached`. */
export function attachReceiver(receiver: Receiver<unknown>, control: ReceiverControl): void {
  attach(receiver, control);
}
