/**
 * Owns: the life of a streaming context, from its first stream to its end.
 * Does not own: making streams of sources (stream-sources.ts), batches (src/scheduler), receivers (src/receiver).
 * Invariants: I1 INITIALIZED -> ACTIVE -> STOPPED, never back. I2 every wait of a stop is bounded. I3 what failed reaches
 * whoever awaits the termination.
 */
import { Deadline, objectWithMethods, Settlement, StreamError, uniqueName } from "../base/index.ts";
import {
  currentJob,
  type Duration,
  duration,
  StreamGraph,
  type StreamHost,
} from "../core/index.ts";
import { ReceiverTracker } from "../receiver/index.ts";
import {
  type Backpressure,
  BatchScheduler,
  ListenerBus,
  type StreamingListener,
} from "../scheduler/index.ts";
import { type ActivePlace, ActivePlaces } from "./active-context.ts";
import { applicationInMaking, type LoadedApplication } from "./application-module.ts";
import { backpressureFor, ContextBatches, type ContextBatchesOptions } from "./context-batches.ts";
import { createOn, creatingFunction, creationOf } from "./context-creation.ts";
import { ContextDirectory, type NamedDirectory } from "./context-directory.ts";
import { ContextExecutors } from "./context-executors.ts";
import { DataContext } from "./data-context.ts";
import type { CheckpointDirectoryOptions, DurableDirectory } from "./durable-directory.ts";
import { attempting, releaseAll } from "./held-things.ts";
import { tellLauncher } from "./launched-context.ts";
import { masterOf } from "./masters.ts";
import { mirroredProgram } from "./mirrored-program.ts";
import { notedOf } from "./module-note.ts";
import {
  receiverOptions,
  type StreamingContextOptions,
  type StreamingSettings,
  statePlacesOf,
  streamingSettings,
} from "./options.ts";
import { receiverEvents } from "./receiver-events.ts";
import { currentPart, mirrorOf, never, type Part, roleOf } from "./role.ts";
import { onShutdownSignal } from "./shutdown-signals.ts";
import { StartedInputs } from "./started-inputs.ts";
import { StreamSources } from "./stream-sources.ts";

/** INITIALIZED: streams may be declared. ACTIVE: batches run. STOPPED: for good. */
export type StreamingContextState = "INITIALIZED" | "ACTIVE" | "STOPPED";

/** Makes a context, with all of its streams and outputs. */
export type ContextFactory = () => StreamingContext | Promise<StreamingContext>;

/** How long running tasks, and after them inputs, may take to notice that they were cancelled. */
const destroyTimeoutMs = 2000;

const activePlaces = new ActivePlaces<StreamingContext>();

/** The entry point: makes streams, starts them, stops them. */
export class StreamingContext extends StreamSources implements StreamHost {
  readonly data: DataContext;
  readonly #settings: StreamingSettings;
  readonly #ownsData: boolean;
  readonly #backpressure: Backpressure | undefined;
  readonly #listeners: ListenerBus;
  readonly #settle = new Settlement();
  #state: StreamingContextState = "INITIALIZED";
  /** When a graceful stop has to be over, on the monotonic clock. */
  #stopByMs = Number.POSITIVE_INFINITY;
  #stopping: Promise<void> | undefined;
  #destroying: Promise<void> | undefined;
  #closed: Promise<void> | undefined;
  readonly #inputs: StartedInputs;
  readonly #firstStarts: (() => unknown)[] = [];
  readonly #directory = new ContextDirectory();
  /** Whether it drives the application, or mirrors its graph in an executor. */
  readonly #part: Part = currentPart();
  readonly #application: LoadedApplication | undefined = applicationInMaking();
  #batches: ContextBatches | undefined;
  /** Undefined in an executor, which never has any. */
  readonly #executors: ContextExecutors | undefined;
  #releaseSignals: () => void = () => {};

  /** Throws `duration_invalid`, `argument_invalid`, `master_unknown`, `data_context_closed`. */
  constructor(options: StreamingContextOptions) {
    const settings = streamingSettings(options);
    const { clock, data: given, logger } = settings;
    if (given?.isClosed === true) throw new StreamError("data_context_closed");
    const master = masterOf(options.master ?? "local");
    // As many partitions as there are executors, where nothing else is said.
    const { defaultParallelism = master?.count ?? 1 } = options;
    const data = given ?? new DataContext({ ...options, defaultParallelism, clock });
    const listeners = new ListenerBus(logger);
    const graph = new StreamGraph(
      data.environment,
      settings.batchInterval,
      statePlacesOf(settings),
      mirrorOf(currentPart()),
    );
    const events = receiverEvents(listeners, logger);
    const { blocks } = data.environment;
    const tracker = new ReceiverTracker({
      clock,
      blocks,
      events,
      options: receiverOptions(settings),
    });
    super(graph, tracker, events, clock);
    this.data = data;
    this.#ownsData = given === undefined;
    this.#settings = settings;
    this.#inputs = new StartedInputs(clock, logger);
    this.#listeners = listeners;
    // A failure is in the log already; it may be that nobody waits.
    this.#settle.promise.catch(() => {});
    this.#backpressure = backpressureFor(settings, {
      streamIds: () => this.receiverStreamIds,
      setRate: (streamId, rate) => this.tracker.updateRate(streamId, rate),
    });
    graph.belongTo(this);
    const isDriver = this.#part.kind === "driver";
    this.#executors = isDriver ? new ContextExecutors(settings, this.#application) : undefined;
  }

  /**
   * As below, for an application whose module was its main program: that is loaded, as the checkpoint notes which one it is.
   * Rejects also with `checkpoint_absent`, `application_unnoted`, `application_module_missing`, `application_module_failed`,
   * `application_expected`.
   */
  static async getOrCreate(
    directory: string,
    options?: CheckpointDirectoryOptions,
  ): Promise<StreamingContext>;
  /**
   * The context that `create` makes, ready to go on with what an earlier life of the application left in the directory
   * (a path, `file:...`, `s3://bucket/prefix`), or to begin there. It is not started. Rejects with `driver_alive` while
   * another driver holds the directory, and with the error of the case that refuses what is there or what the program has
   * become; nothing is changed by a refusal.
   */
  static async getOrCreate(
    directory: string,
    create: ContextFactory,
    options?: CheckpointDirectoryOptions,
  ): Promise<StreamingContext>;
  static async getOrCreate(
    directory: string,
    ...rest: readonly unknown[]
  ): Promise<StreamingContext> {
    const { create, options } = creationOf<StreamingContext>(rest, StreamingContext);
    return createOn(directory, options, create, (context, opened) => context.#goOnIn(opened));
  }

  /** The context that is active in this process. */
  static getActive(): StreamingContext | undefined {
    return activePlaces.of(currentPart()).current;
  }

  /** The active context, or what `create` makes; with a directory, what `getOrCreate` gives. */
  static async getActiveOrCreate(create: ContextFactory): Promise<StreamingContext>;
  static async getActiveOrCreate(
    directory: string,
    create: ContextFactory,
    options?: CheckpointDirectoryOptions,
  ): Promise<StreamingContext>;
  static async getActiveOrCreate(
    first: string | ContextFactory,
    create?: ContextFactory,
    options?: CheckpointDirectoryOptions,
  ): Promise<StreamingContext> {
    const active = StreamingContext.getActive();
    if (active !== undefined) return active;
    if (typeof first !== "string") return creatingFunction(first)();
    return StreamingContext.getOrCreate(first, creatingFunction(create) as ContextFactory, options);
  }

  get appName(): string {
    return this.#settings.appName;
  }

  get batchInterval(): Duration {
    return this.#settings.batchInterval;
  }

  get state(): StreamingContextState {
    return this.#state;
  }

  /** The state, under the name of the guide. */
  getState(): StreamingContextState {
    return this.#state;
  }

  /**
   * Makes the context survive: what it receives and keeps goes into this directory. It must be one in which no application
   * left anything, else `start` rejects with `checkpoint_exists`; `getOrCreate` goes on with what is there.
   */
  checkpoint(directory: string, options: CheckpointDirectoryOptions = {}): void {
    this.graph.assertBuilding("checkpoint");
    this.#directory.name(directory, options);
  }

  /** Whether this process drives the application; else it is an executor, which `start()` never comes back in. */
  get isDriver(): boolean {
    return this.#part.kind === "driver";
  }

  /** Whether it goes on with what an earlier life left; true in an executor, which joins a life that has begun. */
  get isRecovering(): boolean {
    return !this.isDriver || this.#directory.isRecovering;
  }

  /**
   * Has this done at the start, before anything is received, but not by a start that goes on with an earlier life, nor in
   * an executor.
   */
  onFirstStart(setUp: () => unknown): void {
    this.graph.assertBuilding("onFirstStart");
    this.#firstStarts.push(setUp);
  }

  /** Keeps the datasets of the last `span` for `slice` and the like; throws `remember_fixed`, `duration_invalid`. */
  remember(span: Duration): void {
    this.graph.remember(duration(span, "remember"));
  }

  /** Tells a listener what happens from now on. */
  addStreamingListener(listener: StreamingListener): void {
    objectWithMethods("listener", listener, []);
    this.#listeners.add(listener);
  }

  removeStreamingListener(listener: StreamingListener): void {
    this.#listeners.remove(listener);
  }

  /**
   * Starts receivers and batches. Throws `output_missing`, `context_active` (another one of this process),
   * `data_context_closed`, `context_stopped` (also when it is stopped meanwhile); what fails on the way leaves the
   * context stopped. In an executor it serves the driver, and never resolves.
   */
  async start(): Promise<void> {
    if (this.#state === "STOPPED") throw new StreamError("context_stopped", { operation: "start" });
    if (this.#state === "ACTIVE") {
      this.#settings.logger.warn("start() was called on a context that is active; it does nothing");
      return;
    }
    this.graph.assertComplete();
    if (this.data.isClosed) throw new StreamError("data_context_closed");
    this.#activePlace.take(this);
    this.#state = "ACTIVE";
    if (this.#part.kind === "executor") return this.#serve(this.#part);
    try {
      await this.#start();
    } catch (error) {
      await this.destroy(error);
      // One may have started while the context was stopped already.
      await this.#inputs.stop(Math.min(destroyTimeoutMs, this.#leftOfStopMs()));
      throw error;
    }
  }

  /** Resolves when the context has stopped; rejects with what failed. In an executor it never does. */
  awaitTermination(): Promise<void> {
    return this.isDriver ? this.#settle.promise : never();
  }

  /** Whether the context stops within `timeout`; rejects with what failed. In an executor it never resolves. */
  async awaitTerminationOrTimeout(timeout: Duration): Promise<boolean> {
    if (!this.isDriver) return never();
    const inTime = await new Deadline(this.#settings.clock, timeout).isMetBy(this.#settle.promise);
    if (inTime) await this.#settle.promise;
    return inTime;
  }

  /**
   * Stops: receivers first, then what they received is processed, then everything is closed. `graceful: false` is
   * `destroy()`. A DataContext of the context's own is closed too, a shared one only with `dataContext: true`. Within an
   * output operation it only begins the stop, which would wait for that very operation. Rejects with `stop_timed_out` or
   * `receiver_not_stopped`. In an executor it does nothing and never resolves: the driver ends that.
   */
  async stop(options: { graceful?: boolean; dataContext?: boolean } = {}): Promise<void> {
    if (!this.isDriver) return never();
    if (options.graceful === false) return this.destroy(undefined, options);
    this.#stopping ??= this.#stopGracefully();
    return this.#afterStop(this.#stopping, options);
  }

  /**
   * Stops at once: running tasks are cancelled, what was received and not processed is dropped. With a reason the
   * termination rejects with it.
   */
  async destroy(reason?: unknown, options: { dataContext?: boolean } = {}): Promise<void> {
    if (!this.isDriver) return never();
    this.#destroying ??= this.#closed ?? this.#destroyNow(reason);
    this.#stopping ??= this.#destroying;
    return this.#afterStop(this.#destroying, options);
  }

  /** `stop()`; of a context that has stopped already nothing is told again. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#state === "STOPPED") await this.#closed;
    else await this.stop();
  }

  async #start(): Promise<void> {
    const { clock, signal, stopGracefullyOnShutdown } = this.#settings;
    signal?.throwIfAborted();
    tellLauncher(this);
    const run = await this.#directory.begin(this.#runOptions);
    // Without a checkpoint directory an application has one life.
    this.graph.identify(run?.application ?? { applicationId: uniqueName(), epoch: 0 });
    this.graph.start(run?.grid.zeroMs ?? BatchScheduler.gridFrom(clock, this.batchInterval).zeroMs);
    const stateChain = run && ((uid: string) => run.stateChain(uid));
    await this.#executors?.start({ ...this.#parts, data: this.data, stateChain });
    this.#assertNotStopping();
    if (!this.isRecovering) for (const setUp of this.#firstStarts) await setUp();
    await run?.restoreReceived();
    for (const input of this.graph.inputs) {
      await this.#inputs.start(input);
      this.#assertNotStopping();
    }
    await run?.restoreGraph();
    this.registerReceivers();
    run?.restoreCounts();
    const batches = new ContextBatches({
      ...this.#parts,
      backpressure: this.#backpressure,
      run,
    });
    this.#batches = batches;
    await batches.takeUp();
    this.#assertNotStopping();
    await this.tracker.start();
    this.#assertNotStopping();
    signal?.throwIfAborted();
    signal?.addEventListener("abort", this.#onAbort, { once: true });
    if (stopGracefullyOnShutdown === true) {
      this.#releaseSignals = onShutdownSignal(() => void this.stop().catch(() => {}));
    }
    batches.start();
    this.#listeners.post("onStreamingStarted", { time: clock.now() });
  }

  #goOnIn(directory: DurableDirectory | NamedDirectory): void {
    this.graph.assertBuilding("getOrCreate");
    this.graph.assertComplete();
    if (!("medium" in directory)) this.#directory.name(directory.address, directory.options);
    else this.#directory.goOnIn(directory, this.#runOptions, this.graph.describe());
  }

  /** Serves as an executor, with the graph that the program has built. */
  async #serve({ role }: Extract<Part, { kind: "executor" }>): Promise<never> {
    const { clock, logger } = this.#settings;
    const { appName, data, graph } = this;
    const close = () => this.#close(undefined);
    const parts = { clock, logger, appName, data, graph, close };
    const serves = this.servesReceivers(this.#directory.named, this.#settings.logCommitDelay);
    return roleOf(role).serve(mirroredProgram({ ...parts, serves }));
  }

  get #activePlace(): ActivePlace<StreamingContext> {
    return activePlaces.of(this.#part);
  }

  get #runOptions(): Parameters<ContextDirectory["begin"]>[0] {
    return {
      ...this.#parts,
      noted: notedOf(this.#application, this.#settings.executorModule),
      batchIntervalMs: this.batchInterval,
      defaultParallelism: this.data.defaultParallelism,
      totals: this.data.totals,
      backpressure: this.#backpressure,
    };
  }

  /** What both its batches and its durable life are made of. */
  get #parts(): Pick<
    ContextBatchesOptions,
    "settings" | "graph" | "tracker" | "listeners" | "fatal"
  > {
    return {
      settings: this.#settings,
      graph: this.graph,
      tracker: this.tracker,
      listeners: this.#listeners,
      fatal: (error) => void this.destroy(error).catch(() => {}),
    };
  }

  readonly #onAbort = (): void => {
    void this.destroy(this.#settings.signal?.reason);
  };

  #assertNotStopping(): void {
    if (this.#stopping === undefined) return;
    throw new StreamError("context_stopped", { operation: "start" });
  }

  async #stopGracefully(): Promise<void> {
    if (this.#state !== "ACTIVE") return this.#close(undefined);
    const { clock, gracefulStopTimeoutMs: timeoutMs } = this.#settings;
    this.#stopByMs = clock.monotonicNow() + timeoutMs;
    // To cancel what hangs takes some of the time, or the stop would last longer than it may.
    const deadlineMs = this.#stopByMs - Math.min(2 * destroyTimeoutMs, timeoutMs / 4);
    const receiversMs = deadlineMs - clock.monotonicNow();
    const receivers = await this.tracker.stop({ timeoutMs: receiversMs }).then(
      () => undefined,
      (error: unknown) => ({ error }),
    );
    let drainFailure: { readonly error: unknown } | undefined;
    const drained = this.#batches?.drain().catch((error: unknown) => {
      drainFailure = { error };
    });
    const deadline = new Deadline(clock, deadlineMs - clock.monotonicNow());
    // It ends as well when it is destroyed meanwhile, which is not for this stop to tell.
    const inTime = await deadline.isMetBy(Promise.race([drained, this.#settle.promise]));
    if (this.#destroying !== undefined) return this.#destroying;
    if (inTime) {
      const failure = receivers ?? drainFailure;
      await this.#close(failure);
      if (failure !== undefined) throw failure.error;
      return;
    }
    const error = new StreamError("stop_timed_out", {
      timeoutMs,
      unfinishedBatches: this.#batches?.unfinishedBatches,
    });
    this.#destroying = this.#destroyNow(error);
    await this.#destroying;
    throw error;
  }

  async #destroyNow(reason: unknown): Promise<void> {
    const cancelled = reason ?? new StreamError("context_stopped", { operation: "destroy" });
    this.tracker.destroy(cancelled);
    const ended = this.#batches?.destroy(cancelled) ?? Promise.resolve();
    // What is left of a graceful stop is for the tasks and, after them, for the inputs.
    const limitMs = Math.min(destroyTimeoutMs, this.#leftOfStopMs() / 2);
    await new Deadline(this.#settings.clock, limitMs).isMetBy(ended);
    await this.#close(reason === undefined ? undefined : { error: reason });
  }

  /** The end of all: what failed, if anything, is told to whoever awaits the termination. Never rejects. */
  #close(failure: { readonly error: unknown } | undefined): Promise<void> {
    this.#closed ??= this.#closeAll(failure);
    return this.#closed;
  }

  async #closeAll(failure: { readonly error: unknown } | undefined): Promise<void> {
    const { clock, logger, signal } = this.#settings;
    this.#state = "STOPPED";
    this.graph.close();
    this.#releaseSignals();
    signal?.removeEventListener("abort", this.#onAbort);
    const outcome = failure ?? this.#batches?.firstFailure;
    const closed = new StreamError("context_stopped", { operation: "destroy" });
    await releaseAll(
      {
        clock,
        logger,
        directory: this.#directory,
        inputs: this.#inputs,
        graph: this.graph,
        tracker: this.tracker,
      },
      {
        reason: outcome?.error ?? closed,
        inputsLimitMs: Math.min(destroyTimeoutMs, this.#leftOfStopMs()),
        outputsLimitMs: destroyTimeoutMs,
      },
    );
    await attempting(logger)("stop the executors", async () => this.#executors?.stop());
    this.#listeners.post("onStreamingStopped", { time: clock.now(), error: outcome?.error });
    this.#listeners.close();
    this.#activePlace.leave(this);
    if (this.#ownsData) await attempting(logger)("close the data context", () => this.data.close());
    if (outcome === undefined) this.#settle.resolve();
    else this.#settle.reject(outcome.error);
  }

  /** How long a graceful stop may still last; without one there is no such limit. */
  #leftOfStopMs(): number {
    return Math.max(0, this.#stopByMs - this.#settings.clock.monotonicNow());
  }

  async #afterStop(end: Promise<void>, options: { dataContext?: boolean }): Promise<void> {
    const stopped = (async () => {
      try {
        await end;
      } finally {
        if (options.dataContext === true) await this.data.close();
      }
    })();
    // A stop that waits for the operation that waits for it would wait for ever.
    if (currentJob() === undefined) return stopped;
    stopped.catch(() => {});
  }
}
