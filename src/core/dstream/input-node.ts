/**
 * Owns: a stream that data comes in by, and what a program implements to make one of its own.
 * Does not own: the sources themselves (src/sources), receivers (src/receiver).
 */
import { type Clock, StreamError } from "../../base/index.ts";
import { type DatasetEnvironment, type RDD, type RDDNode, userError } from "../rdd/index.ts";
import { DStreamNode } from "./node.ts";
import type { InputInfo, InputStream, StreamScope } from "./stream.ts";

/** What an input may use while it runs. */
export interface InputHost {
  readonly streamId: number;
  /** The name of the input in journals and checkpoints: the uid of its operator. */
  readonly streamUid: string;
  readonly environment: DatasetEnvironment;
  readonly clock: Clock;
  readonly batchIntervalMs: number;
  /** The time before the first batch, in ms since the epoch. */
  readonly zeroTimeMs: number;
  /** How far back a dataset may be asked for again. */
  readonly rememberMs: number;
  /** Tells listeners how many records a batch has, and where they come from; once per batch. */
  reportInput(
    timeMs: number,
    recordCount: number,
    metadata?: Readonly<Record<string, unknown>>,
  ): void;
  /** Tells listeners of trouble that the input lives on with. */
  reportError(message: string, error?: unknown): void;
}

/**
 * An input of one's own, on the driver: `compute` makes the dataset of each batch time. What it returns for a time is
 * kept as long as a batch may ask for it; undefined means that the stream has no dataset then.
 */
export abstract class InputDStream<T> {
  /** What kind of input it is, for people: "file", "queue", ... */
  abstract readonly kind: string;
  /** What tells it from another input of its kind; part of the operator's uid. */
  readonly parameters: readonly unknown[] = [];

  /** Called once when the context starts. */
  start(_host: InputHost): void | Promise<void> {}

  /** Called once when the context stops. */
  stop(): void | Promise<void> {}

  /** The dataset of a batch time. */
  abstract compute(timeMs: number): RDD<T> | undefined | Promise<RDD<T> | undefined>;

  /** What was kept for times up to `untilMs` may go. */
  forget(_untilMs: number): void {}
}

/** The stream of an input. */
export class InputNode<T> extends DStreamNode<T> implements InputStream {
  readonly streamId: number;
  readonly #input: InputDStream<T>;
  readonly #infos = new Map<number, Pick<InputInfo, "recordCount" | "metadata">>();
  readonly #onError: (streamId: number, message: string, error: unknown) => void;

  constructor(
    scope: StreamScope,
    input: InputDStream<T>,
    onError: (streamId: number, message: string, error: unknown) => void,
  ) {
    super(scope, input.kind, [], { parameters: input.parameters });
    this.streamId = scope.nextStreamId();
    this.#input = input;
    this.#onError = onError;
    scope.addInput(this);
  }

  get name(): string {
    return `${this.kind} stream [${this.streamId}]`;
  }

  get inputUid(): string {
    return this.scope.inputUid(this);
  }

  async start(): Promise<void> {
    const { scope, streamId, rememberMs } = this;
    await this.#input.start({
      streamId,
      streamUid: this.inputUid,
      environment: scope.environment,
      clock: scope.environment.clock,
      batchIntervalMs: scope.batchIntervalMs,
      zeroTimeMs: scope.zeroTimeMs,
      rememberMs,
      reportInput: (timeMs, recordCount, metadata = {}) =>
        this.#report(timeMs, recordCount, metadata),
      reportError: (message, error) => this.#onError(streamId, message, error),
    });
  }

  async stop(): Promise<void> {
    await this.#input.stop();
  }

  infoAt(timeMs: number): InputInfo {
    const info = this.#infos.get(timeMs) ?? { recordCount: 0, metadata: {} };
    return { streamId: this.streamId, name: this.name, ...info };
  }

  protected async compute(timeMs: number): Promise<RDDNode<T> | undefined> {
    try {
      return (await this.#input.compute(timeMs))?.node;
    } catch (error) {
      // It is asked again, and then reports again.
      this.#infos.delete(timeMs);
      throw userError(this.siteAt(timeMs), undefined, error);
    }
  }

  protected override forgetOlder(untilMs: number): void {
    for (const timeMs of this.#infos.keys()) if (timeMs <= untilMs) this.#infos.delete(timeMs);
    this.#input.forget(untilMs);
  }

  #report(timeMs: number, recordCount: number, metadata: Readonly<Record<string, unknown>>): void {
    if (!(recordCount >= 0)) {
      throw new StreamError("argument_invalid", { recordCount, expected: "0 or more" });
    }
    if (this.#infos.has(timeMs)) {
      throw new StreamError("input_reported_twice", { stream: this.name, timeMs });
    }
    this.#infos.set(timeMs, { recordCount, metadata });
  }
}
