/**
 * Owns: one life of a context on a checkpoint directory: it takes up what was left, notes what is done, and leaves
 * everything so that the next one can go on.
 * Does not own: the parts (src/recovery), batches (src/scheduler), receivers (src/receiver).
 *
 * Invariants: I1 the order of a start: plan, claim, receivers' knowledge, inputs, states, first checkpoint, replay; only then
 * receivers and ticks. I2 a checkpoint that failed is told, and until one succeeds receivers get no room back.
 */
import {
  type Clock,
  invariant,
  type Logger,
  StreamError,
  thisProcess,
  uniqueName,
} from "../base/index.ts";
import {
  adoptInputs,
  assertResumable,
  type GraphDescription,
  nextOnGrid,
  restoreInputs,
  type StatefulStream,
  type StreamGraph,
  snapshotInputs,
} from "../core/index.ts";
import type { KeptTotals } from "../executor/index.ts";
import type { ReceiverDurability, ReceiverTracker } from "../receiver/index.ts";
import {
  begunOption,
  Checkpointer,
  Cleaner,
  DriverLife,
  downSpans,
  holderIn,
  inputStatesOf,
  type LeftBatch,
  type LeftLife,
  type ProgramPlan,
  planProgram,
  StateSnapshotter,
} from "../recovery/index.ts";
import type { Backpressure, BatchProgress, ListenerBus } from "../scheduler/index.ts";
import type { StoredSnapshot } from "../state/index.ts";
import type { DurableDirectory } from "./durable-directory.ts";
import { durableProgress, ratesOf, restoreRates } from "./durable-progress.ts";
import type { StreamingSettings } from "./options.ts";
import { RecoveryReport } from "./recovery-report.ts";
import { stateChainOf } from "./state-chains.ts";

export interface DurableRunOptions {
  readonly directory: DurableDirectory;
  readonly settings: StreamingSettings;
  readonly batchIntervalMs: number;
  readonly defaultParallelism: number;
  /** What a checkpoint notes of the program beside these; plain data. */
  readonly noted: Readonly<Record<string, unknown>>;
  readonly graph: StreamGraph;
  readonly tracker: ReceiverTracker;
  /** Of accumulators with a name. */
  readonly totals: KeptTotals;
  readonly backpressure: Backpressure | undefined;
  readonly listeners: ListenerBus;
  /** Hears of the failure after which nothing may be acknowledged or committed any more. */
  readonly fatal: (error: unknown) => void;
}

/** The grid of batch times, and where it goes on. */
export interface ResumedGrid {
  readonly zeroMs: number;
  /** The last batch of earlier lives; the zero time before the first. */
  readonly lastMs: number;
  /** Whether it begins with this start. */
  readonly isNew: boolean;
}

/** One durable life of a context. */
export class DurableRun {
  readonly #options: DurableRunOptions;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #life: DriverLife;
  readonly #plan: ProgramPlan | undefined;
  readonly #grid: ResumedGrid;
  readonly #applicationId: string;
  readonly #description: GraphDescription;
  readonly #report: RecoveryReport;
  readonly #checkpointer: Checkpointer;
  readonly #cleaner: Cleaner;
  #snapshotter: StateSnapshotter | undefined;
  /** Batches whose room is given back with the next checkpoint that succeeds. */
  readonly #unreleased = new Set<number>();
  #lastCheckpointMs: number;
  #hasFailed = false;
  /** Of a checkpoint or a snapshot. */
  #lastFailure: unknown;
  #checkpoints = 0;
  /** The checkpoints that batches have asked for, from the forgetting before them on. Never rejects. */
  #underWay: Promise<unknown> = Promise.resolve();
  #ended: Promise<void> | undefined;

  private constructor(
    options: DurableRunOptions,
    life: DriverLife,
    begun: {
      readonly plan: ProgramPlan | undefined;
      readonly grid: ResumedGrid;
      readonly description: GraphDescription;
      readonly report: RecoveryReport;
    },
  ) {
    const { directory, settings } = options;
    this.#options = options;
    this.#clock = settings.clock;
    this.#logger = settings.logger;
    this.#life = life;
    this.#plan = begun.plan;
    this.#grid = begun.grid;
    this.#description = begun.description;
    this.#report = begun.report;
    this.#lastCheckpointMs = begun.grid.lastMs;
    this.#applicationId = life.observation.left?.checkpoint.applicationId ?? uniqueName();
    const { logs, store } = directory.medium;
    this.#cleaner = new Cleaner({
      store,
      logs,
      epoch: life.epoch,
      knowledge: life.knowledge,
      graph: this.#description,
      batchIntervalMs: options.batchIntervalMs,
      zeroTimeMs: this.#grid.zeroMs,
      begunAfterMs: begun.plan?.begunAfterMs ?? new Map(),
      forgetBatches: (beforeMs) => options.tracker.clean(beforeMs),
      namesUnderWay: () => this.#snapshotter?.names ?? [],
      openBlockLogs: () => [life.blockSegment, ...options.tracker.logsOfExecutors],
      assertLeading: () => life.assertLeading(),
    });
    this.#checkpointer = this.#newCheckpointer();
  }

  /**
   * Claims the directory for a graph whose ids are final. Rejects with the error of the case that refuses this program, with
   * `input_not_resumable`, `epoch_superseded`, and with what the store throws.
   */
  static async begin(options: DurableRunOptions): Promise<DurableRun> {
    const { batchIntervalMs, directory, fatal, graph, settings } = options;
    const { clock } = settings;
    const report = new RecoveryReport(clock, settings.logger, directory);
    const description = graph.describe();
    assertResumable(graph.inputsInUse, new Set(settings.allowNotResumable));
    // Before anything is claimed: a refused start changes nothing.
    DurableRun.planFor(options, description);
    const life = await DriverLife.begin(
      {
        medium: directory.medium,
        clock,
        commitDelayMs: settings.logCommitDelay ?? 0,
        who: {
          applicationName: settings.appName,
          startedAtMs: clock.now(),
          nonce: uniqueName(),
          ...holderIn(thisProcess, directory),
        },
        fatal,
      },
      directory.observation,
    );
    report.claimed(life);
    try {
      const plan = DurableRun.planFor(options, description, life.observation.left);
      const grid = gridOf(plan, life, batchIntervalMs, clock);
      return new DurableRun(options, life, { plan, grid, description, report });
    } catch (error) {
      await life.destroy(error);
      throw error;
    }
  }

  /** What a start would do; undefined for a first one. Throws the error of the case that refuses it. */
  static planFor(
    {
      batchIntervalMs,
      defaultParallelism,
      directory,
      graph: { partitionFacts },
      settings,
    }: Pick<
      DurableRunOptions,
      "batchIntervalMs" | "defaultParallelism" | "directory" | "graph" | "settings"
    >,
    graph: GraphDescription,
    left: LeftLife | undefined = directory.left,
  ): ProgramPlan | undefined {
    if (left === undefined) return undefined;
    const { allowDropped, appName, upgrade } = settings;
    return planProgram(left, {
      applicationName: appName,
      batchIntervalMs,
      defaultParallelism,
      graph,
      partitions: partitionFacts,
      ...(allowDropped === undefined ? {} : { allowDropped }),
      ...(upgrade === undefined ? {} : { upgrade }),
    });
  }

  get grid(): ResumedGrid {
    return this.#grid;
  }

  get application(): { readonly applicationId: string; readonly epoch: number } {
    return { applicationId: this.#applicationId, epoch: this.#life.epoch };
  }

  /** Whether the last checkpoint failed, so that receivers get no room back until one succeeds. */
  get isPushingBack(): boolean {
    return this.#hasFailed;
  }

  /** What the scheduler notes its progress by. */
  get progress(): BatchProgress {
    return durableProgress(this.#life, this.#plan);
  }

  /** What is to be done of earlier batches, in order. */
  get leftBatches(): readonly LeftBatch[] {
    return this.#plan?.batches ?? [];
  }

  /** Before the inputs are started: gives receivers and inputs what they knew. */
  async restoreReceived(): Promise<void> {
    const { settings, tracker } = this.#options;
    const durability: ReceiverDurability = this.#life.receiverDurability({
      log: settings.receiverLog ?? true,
    });
    tracker.makeDurable(durability);
    const { left } = this.#life.observation;
    if (left === undefined || this.#plan === undefined) return;
    restoreInputs(this.#options.graph.inputs, inputStatesOf(left.checkpoint));
    const { batches } = this.#plan;
    const needed = new Set(batches.map(({ timeMs }) => timeMs));
    const lost = await tracker.restore({
      state: this.#life.knowledge.blocks.snapshot(),
      unfinishedMs: batches.filter(({ todo }) => todo === "outputs").map(({ timeMs }) => timeMs),
      isNeeded: (timeMs) => needed.has(timeMs),
    });
    this.#report.restoredReceived(lost);
  }

  /** Before the first batch: gives accumulators and rates what they had come to. */
  restoreCounts(): void {
    const { backpressure, graph, totals } = this.#options;
    totals.restore(this.#life.knowledge.accumulators.snapshot().totals);
    restoreRates(graph, backpressure, this.#life);
  }

  /** When the inputs are started, and the graph is: gives the graph its past. */
  async restoreGraph(): Promise<void> {
    const { batchIntervalMs, graph, tracker } = this.#options;
    const plan = this.#plan;
    // All of them are completed, and nothing asks for times of the old grid.
    if (plan?.isNewGrid === true) await tracker.clean(this.#grid.zeroMs + 1);
    if (plan !== undefined && !plan.isNewGrid) {
      graph.resumeAfter(plan.lastMs);
      const { batches } = this.#life.knowledge.blocks.snapshot();
      for (const { batchTimeMs, inputs, partitions } of batches) {
        adoptInputs(graph.inputsInUse, batchTimeMs, inputs);
        graph.adoptPartitions(batchTimeMs, partitions);
      }
      for (const { batchTimeMs, completed } of this.#life.knowledge.progress) {
        const leftOutOf = completed?.leftOutOf ?? [];
        if (leftOutOf.length > 0) graph.leaveOut(batchTimeMs, new Set(leftOutOf));
      }
      const times = batches.map(({ batchTimeMs }) => batchTimeMs);
      for (const span of downSpans(times, plan.lastMs + batchIntervalMs, batchIntervalMs)) {
        graph.addGap(span);
      }
    }
    await this.#restoreStates();
    this.#snapshotter = this.#newSnapshotter();
    if (!(await this.#writeCheckpoint())) throw this.#lastFailure;
    this.#report.restored(this.#plan, graph.statefulInUse);
  }

  /** The times of the grid that have no batch although the last ones had, up to the first new one. */
  missedTimes(firstMs: number): readonly number[] {
    const { batchIntervalMs, settings } = this.#options;
    if (settings.downtime !== "replay" || this.#plan === undefined || this.#plan.isNewGrid)
      return [];
    const times: number[] = [];
    for (let timeMs = this.#grid.lastMs + batchIntervalMs; timeMs < firstMs; ) {
      times.push(timeMs);
      timeMs += batchIntervalMs;
    }
    const { downtimeBatchesMax = 1000 } = settings;
    return times.slice(Math.max(0, times.length - downtimeBatchesMax));
  }

  /** Says, at the end of a start, what came about and how long it took. */
  started(replayed: { readonly batches: number }): void {
    this.#report.started(replayed);
  }

  /** Hears of the end of a batch; one that owes a state keeps its room. */
  batchCompleted(timeMs: number, { owesStates }: { readonly owesStates: boolean }): void {
    if (!owesStates) this.#unreleased.add(timeMs);
    this.#snapshotter?.batchCompleted(timeMs);
    const { batchIntervalMs, settings } = this.#options;
    const intervalMs = settings.checkpointInterval ?? batchIntervalMs;
    const isDue = timeMs - this.#lastCheckpointMs >= intervalMs;
    if (!this.#hasFailed) this.#release();
    if (!isDue && !this.#hasFailed) return;
    this.#lastCheckpointMs = timeMs;
    const written = this.#writeCheckpoint().then((isWritten) => isWritten && this.#release());
    this.#underWay = Promise.all([this.#underWay, written]);
  }

  /**
   * The end of a graceful stop: all that a next start would have to compute is durable. Rejects where the last snapshots or
   * the last checkpoint failed: nothing is lost, but the next start goes on as after a crash.
   */
  stop(): Promise<void> {
    this.#ended ??= this.#stop();
    return this.#ended;
  }

  /** The end of any other kind: everything is left as it is. */
  destroy(reason: unknown): Promise<void> {
    // A stop that failed on its way has let go of nothing.
    this.#ended = this.#ended?.catch(() => this.#destroy(reason)) ?? this.#destroy(reason);
    return this.#ended;
  }

  async #stop(): Promise<void> {
    const isTaken = (await this.#snapshotter?.takeAll()) ?? true;
    // One that is yet to begin, as it forgets first, would find the journal closed.
    await this.#underWay;
    await this.#checkpointer.settle();
    if (!(await this.#writeCheckpoint()) || !isTaken) throw this.#lastFailure;
    await this.#life.journal.append({ kind: "driver_stopped", atMs: this.#clock.now() });
    await this.#life.close();
  }

  async #destroy(reason: unknown): Promise<void> {
    this.#snapshotter?.destroy(reason);
    await this.#life.destroy(reason);
    await this.#snapshotter?.settle();
    await this.#checkpointer.settle();
  }

  #release(): void {
    for (const timeMs of this.#unreleased) this.#options.tracker.batchCompleted(timeMs);
    this.#unreleased.clear();
  }

  async #restoreStates(): Promise<void> {
    const { graph } = this.#options;
    const { left } = this.#life.observation;
    const plan = this.#plan;
    if (plan === undefined || left === undefined) return;
    const bases = new Map(plan.bases.bases.map((base) => [base.operatorUid, base]));
    for (const stream of graph.statefulInUse) {
      const base = bases.get(stream.uid);
      if (base?.hasSnapshot === true) await this.#restoreState(stream, base.versionMs);
      else if (base !== undefined && base.versionMs > this.#grid.zeroMs) {
        stream.beginAfter(base.versionMs);
      }
    }
  }

  async #restoreState(stream: StatefulStream, versionMs: number): Promise<void> {
    const chain = stateChainOf(stream, this.#known, versionMs);
    invariant(chain !== undefined, "the chain of a base is there");
    await stream.restoreState(chain);
  }

  /** The newest durable snapshots that make the state of an operator, oldest first; none where there is none. */
  async stateChain(uid: string): Promise<readonly StoredSnapshot[]> {
    const stream = this.#options.graph.statefulInUse.find((each) => each.uid === uid);
    invariant(stream !== undefined, "a state is that of an operator of the graph");
    return stateChainOf(stream, this.#known) ?? [];
  }

  get #known(): Parameters<typeof stateChainOf>[1] {
    const { store } = this.#options.directory.medium;
    return { store, snapshots: this.#life.knowledge.snapshots };
  }

  #newSnapshotter(): StateSnapshotter {
    const { directory, graph, listeners } = this.#options;
    const newestVersions = new Map(
      (this.#plan?.bases.bases ?? [])
        .filter(({ hasSnapshot }) => hasSnapshot)
        .map(({ operatorUid, versionMs }) => [operatorUid, versionMs] as const),
    );
    return new StateSnapshotter({
      store: directory.medium.store,
      clock: this.#clock,
      epoch: this.#life.epoch,
      journal: this.#life.journal,
      operators: graph.statefulInUse,
      zeroTimeMs: this.#grid.zeroMs,
      newestVersions,
      started: (info) => listeners.post("onStateSnapshotStarted", info),
      completed: (info) => listeners.post("onStateSnapshotCompleted", info),
      failed: (error) => this.#snapshotFailed(error),
    });
  }

  #newCheckpointer(): Checkpointer {
    const { batchIntervalMs, defaultParallelism, directory, graph, listeners, noted, settings } =
      this.#options;
    const { store } = directory.medium;
    return new Checkpointer({
      store,
      clock: this.#clock,
      life: this.#life,
      facts: () => ({
        applicationId: this.#applicationId,
        applicationName: settings.appName,
        configuration: {
          batchIntervalMs,
          defaultParallelism,
          options: { ...begunOption(this.#plan?.begunAfterMs), ...noted },
        },
        graph: this.#description,
        rates: ratesOf(graph, this.#options.backpressure, this.#life),
        zeroTimeMs: this.#grid.zeroMs,
      }),
      inputStates: (untilMs) => snapshotInputs(graph.inputsInUse, untilMs),
      completed: async (info, ref, content) => {
        listeners.post("onCheckpointCompleted", info);
        this.#checkpoints += 1;
        // Where each list of names is a request to a server, it is made less often.
        const sweep = store.openLog !== undefined || this.#checkpoints % 10 === 0;
        await this.#cleaner.checkpointWritten(ref.name, content, sweep);
      },
      failed: (error) => this.#checkpointFailed(error),
    });
  }

  async #writeCheckpoint(): Promise<boolean> {
    const { totals } = this.#options;
    this.#life.knowledge.accumulators.compact((name, parts) => totals.merge(name, parts));
    await this.#forget();
    const isWritten = await this.#checkpointer.write();
    if (isWritten) this.#hasFailed = false;
    return isWritten;
  }

  /** Forgets what no restart needs, by what is durable so far. */
  async #forget(): Promise<void> {
    // The first checkpoint tells what was found as it was found.
    if (this.#checkpoints === 0) return;
    try {
      await this.#cleaner.forget();
    } catch (error) {
      this.#checkpointFailed(error);
    }
  }

  #checkpointFailed(error: unknown): void {
    if (this.#ended !== undefined && isClosed(error)) return;
    this.#hasFailed = true;
    this.#lastFailure = error;
    this.#logger.error("a checkpoint failed; the journal is kept, receivers wait", error);
    this.#options.listeners.post("onCheckpointFailed", { error });
  }

  #snapshotFailed(error: unknown): void {
    if (this.#ended !== undefined && isClosed(error)) return;
    this.#lastFailure = error;
    this.#logger.error("a state snapshot failed; the next one covers its changes", error);
    this.#options.listeners.post("onCheckpointFailed", { error });
  }
}

function isClosed(error: unknown): boolean {
  return error instanceof StreamError && error.kind === "closed";
}

/** The grid goes on as it was, unless there is none, or the batch interval has changed. */
function gridOf(
  plan: ProgramPlan | undefined,
  life: DriverLife,
  intervalMs: number,
  clock: Clock,
): ResumedGrid {
  const left = life.observation.left;
  if (plan !== undefined && left !== undefined && !plan.isNewGrid) {
    return { zeroMs: left.checkpoint.zeroTimeMs, lastMs: plan.lastMs, isNew: false };
  }
  const afterMs = Math.max(clock.now(), plan?.lastMs ?? 0);
  const zeroMs = nextOnGrid(afterMs, intervalMs) - intervalMs;
  // A later version of a state must not have the name of an earlier one.
  const isTaken = plan !== undefined && zeroMs < plan.lastMs;
  const beganMs = isTaken ? zeroMs + intervalMs : zeroMs;
  return { zeroMs: beganMs, lastMs: beganMs, isNew: true };
}
