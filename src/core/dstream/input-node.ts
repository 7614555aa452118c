/**
 * Owns: a stream that data comes in by, and what a program implements to make one of its own.
 * Does not own: the sources themselves (src/sources), receivers (src/receiver).
 */
import { type Clock, StreamError } from "../../base/index.ts";
import { encodeValue } from "../../codec/index.ts";
import { ArrayNode, type DatasetEnvironment, RDD, type RDDNode, userError } from "../rdd/index.ts";
import type { AnyFunction } from "./code-hash.ts";
import type { StreamFacts } from "./graph-description.ts";
import type { InputFacts } from "./mirror.ts";
import { DStreamNode, type Making } from "./node.ts";
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
 * How the data of a batch comes again when the batch is replayed after a restart. `pinned`: `allocate` chose it, and the
 * journal kept the choice. `source`: it depends on nothing but the batch time, or somebody else keeps it, as the
 * receiver log does. `none`: it does not.
 */
export type InputReplay = "pinned" | "source" | "none";

/**
 * An input of one's own, on the driver: `compute` makes the dataset of each batch time. What it returns for a time is
 * kept as long as a batch may ask for it; undefined means that the stream has no dataset then.
 *
 * For an input that survives a restart, either `allocate` chooses what each batch is made of, and `compute` makes the
 * dataset of that choice and nothing else; or the dataset of a time is always the same, and `replay` says "source".
 */
export abstract class InputDStream<T, Pin = unknown> {
  /** What kind of input it is, for people: "file", "queue", ... */
  abstract readonly kind: string;
  /** What tells it from another input of its kind; part of the operator's uid. */
  readonly parameters: readonly unknown[] = [];
  /** Functions of the program that make its records: a change of them is told when a state may have to be made anew. */
  readonly functions: readonly AnyFunction[] = [];
  /** Whether an input without `allocate` gives the same dataset for the same time in another process, too. */
  readonly replay: "source" | "none" = "none";

  /** Whether it goes on after a restart of the program; one that does not is refused where a crash is to be survived. */
  get isResumable(): boolean {
    return this.allocate !== undefined || this.replay === "source";
  }

  /**
   * Whether executors make its datasets as well, of what `allocate` chose or of the batch time alone, rather than read what
   * the driver has. There it is started when it is first asked for a dataset.
   */
  get isMadeAnywhere(): boolean {
    return this.isResumable && (this.allocate !== undefined || this.replay === "source");
  }

  /** Called once when the context starts. */
  start(_host: InputHost): void | Promise<void> {}

  /** Called once when the context stops. */
  stop(): void | Promise<void> {}

  /**
   * Chooses what a batch is made of: plain data, small enough for a journal, and nothing that another batch has. Called
   * once per batch, in the order of their times; again only after it has failed.
   */
  allocate?(timeMs: number): Pin | Promise<Pin>;

  /** The dataset of a batch time; `pin` is what `allocate` chose, in this life of the driver or in an earlier one. */
  abstract compute(timeMs: number, pin: Pin): RDD<T> | undefined | Promise<RDD<T> | undefined>;

  /** Hears of what an earlier life chose for a batch, so that no other batch is given it; after `start`. */
  adopt?(timeMs: number, pin: Pin): void;

  /** What it has to know after a restart of the batches up to `untilMs`: plain data, for a checkpoint. */
  snapshot?(untilMs: number): unknown;

  /** Goes on from such a snapshot; before `start`. */
  restore?(state: unknown): void;

  /** What was kept for times up to `untilMs` may go. */
  forget(_untilMs: number): void {}
}

/** The stream of an input. */
export class InputNode<T> extends DStreamNode<T> implements InputStream {
  readonly streamId: number;
  readonly #input: InputDStream<T>;
  /** By batch time, of an input that chooses. */
  readonly #pins = new Map<number, Promise<unknown>>();
  /** The last batch of an earlier life. */
  #earlierUntilMs = Number.NEGATIVE_INFINITY;
  #startedHere: Promise<void> | undefined;
  readonly #infos = new Map<number, Pick<InputInfo, "recordCount" | "metadata">>();
  readonly #onError: (streamId: number, message: string, error: unknown) => void;

  constructor(
    scope: StreamScope,
    input: InputDStream<T>,
    onError: (streamId: number, message: string, error: unknown) => void,
  ) {
    const { kind, parameters, functions } = input;
    super(scope, kind, [], { parameters, functions });
    this.streamId = scope.nextStreamId();
    this.#input = input;
    this.#onError = onError;
    scope.addInput(this);
  }

  override get facts(): StreamFacts {
    return { ...super.facts, role: "input" };
  }

  get name(): string {
    return `${this.kind} stream [${this.streamId}]`;
  }

  start(): Promise<void> {
    this.#startedHere ??= this.#start().catch((error: unknown) => {
      this.#startedHere = undefined;
      throw error;
    });
    return this.#startedHere;
  }

  async #start(): Promise<void> {
    const { scope, streamId, rememberMs } = this;
    await this.#input.start({
      streamId,
      streamUid: this.uid,
      environment: scope.environment,
      clock: scope.environment.clock,
      batchIntervalMs: scope.batchIntervalMs,
      zeroTimeMs: scope.zeroTimeMs,
      rememberMs,
      reportInput: (timeMs, recordCount, metadata = {}) =>
        this.#report(timeMs, recordCount, metadata),
      reportError: (message, error) => this.reportError(message, error),
    });
  }

  async stop(): Promise<void> {
    // In an executor it may never have been asked for anything.
    if (this.scope.mirror === undefined || this.#startedHere !== undefined)
      await this.#input.stop();
  }

  reportError(message: string, error: unknown): void {
    const { mirror } = this.scope;
    if (mirror === undefined) this.#onError(this.streamId, message, error);
    else mirror.reportError(this.streamId, message, error);
  }

  protected override get making(): Making {
    return this.#input.isMadeAnywhere ? "all" : "driver";
  }

  async factsAt(timeMs: number): Promise<InputFacts | undefined> {
    return this.#isMissing(timeMs) ? undefined : { pin: await this.allocateAt(timeMs) };
  }

  get isResumable(): boolean {
    return this.#input.isResumable;
  }

  get replay(): InputReplay {
    return this.#input.allocate === undefined ? this.#input.replay : "pinned";
  }

  /** What the batch is made of, chosen the first time; undefined where nothing is chosen. */
  allocateAt(timeMs: number): Promise<unknown> {
    const isAsked = this.scope.isOnGrid(timeMs, this.slideMs);
    if (!isAsked || this.#input.allocate === undefined) return Promise.resolve(undefined);
    let pin = this.#pins.get(timeMs);
    if (pin === undefined) {
      if (this.#isMissing(timeMs)) return Promise.resolve(undefined);
      pin = this.#choose(timeMs);
      this.#pins.set(timeMs, pin);
      // A failed attempt is not remembered: the batch is tried again.
      pin.catch(() => this.#pins.delete(timeMs));
    }
    return pin;
  }

  adopt(timeMs: number, pin: unknown): void {
    this.leaveOutOf(timeMs);
    this.#pins.set(timeMs, Promise.resolve(pin));
    this.#input.adopt?.(timeMs, pin);
  }

  leaveOutOf(timeMs: number): void {
    this.#earlierUntilMs = Math.max(this.#earlierUntilMs, timeMs);
  }

  snapshot(untilMs: number): unknown {
    return this.#input.snapshot?.(untilMs);
  }

  restore(state: unknown): void {
    this.#input.restore?.(state);
  }

  infoAt(timeMs: number): InputInfo {
    const info = this.#infos.get(timeMs) ?? { recordCount: 0, metadata: {} };
    return { streamId: this.streamId, name: this.name, ...info };
  }

  protected async compute(timeMs: number): Promise<RDDNode<T> | undefined> {
    const { mirror } = this.scope;
    const facts =
      mirror === undefined
        ? await this.factsAt(timeMs)
        : await mirror.inputAt(this.scope.nameOf(this) ?? this.uid, timeMs);
    if (facts === undefined) return new ArrayNode<T>(this.scope.environment, this.kind, []);
    try {
      if (mirror !== undefined) await this.start();
      const { pin } = facts;
      const dataset: unknown = await this.#input.compute(timeMs, pin);
      if (dataset === undefined) return undefined;
      if (!(dataset instanceof RDD)) {
        throw new StreamError("dataset_expected", { returned: dataset });
      }
      return (dataset as RDD<T>).node;
    } catch (error) {
      // It is asked again, and then reports again.
      this.#infos.delete(timeMs);
      throw userError(this.siteAt(timeMs), undefined, error);
    }
  }

  protected override forgetOlder(untilMs: number): void {
    for (const timesOfOne of [this.#infos, this.#pins]) {
      for (const timeMs of timesOfOne.keys()) {
        // Times come in order, all but a few: what a state that is owed still needs is not gone through.
        if (timeMs > untilMs) break;
        timesOfOne.delete(timeMs);
      }
    }
    this.#input.forget(untilMs);
  }

  /** A window may ask for a batch of an earlier life that had nothing: choosing now would give it what is another's. */
  #isMissing(timeMs: number): boolean {
    return timeMs <= this.#earlierUntilMs && !this.#pins.has(timeMs);
  }

  async #choose(timeMs: number): Promise<unknown> {
    try {
      const pin = await this.#input.allocate?.(timeMs);
      // What a journal could not write is refused here, where its author can be told.
      encodeValue(pin);
      return pin;
    } catch (error) {
      throw userError(this.siteAt(timeMs), undefined, error);
    }
  }

  #report(timeMs: number, recordCount: number, metadata: Readonly<Record<string, unknown>>): void {
    // The driver has told its listeners.
    if (this.scope.mirror !== undefined) return;
    if (!(recordCount >= 0)) {
      throw new StreamError("argument_invalid", { recordCount, expected: "0 or more" });
    }
    if (this.#infos.has(timeMs)) {
      throw new StreamError("input_reported_twice", { stream: this.name, timeMs });
    }
    this.#infos.set(timeMs, { recordCount, metadata });
  }
}
