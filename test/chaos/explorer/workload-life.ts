/**
 * Owns: one life of a workload under the manual clock, on a disk that is simulated.
 * Does not own: when it ends and what is left of it (recording.ts).
 * Invariant: I1 a life is the same for the same disk, script and start: whatever would differ is counted or seeded.
 */
import { messageOf, type ProcessIdentity } from "../../../src/base/index.ts";
import { type DStream, milliseconds, StreamingContext } from "../../../src/index.ts";
import { ManualClock } from "../../../src/testing/index.ts";
import type { SimulatedDisk } from "../../support/simulated-disk.ts";
import { type CountedCall, type FileFault, SimulatedFiles } from "../../support/simulated-files.ts";
import { type FedRecord, type Feed, FileFeed, ReceiverFeed } from "./feed.ts";
import { type Sight, sourceOutput } from "./sight.ts";
import { batchIntervalMs, recordGapMs, type Step, type Workload } from "./workload.ts";

export const checkpointDirectory = "/var/app/ckpt";

export interface LifeOptions {
  readonly workload: Workload;
  /** Of the program. */
  readonly version: number;
  readonly disk: SimulatedDisk;
  /** The wall clock at its start. */
  readonly startMs: number;
  /** What has come already, by source. */
  readonly fed?: ReadonlyMap<string, readonly FedRecord[]>;
  /** How many lives there were before. */
  readonly number: number;
  /** How long a sync takes, in turns of the event loop. */
  readonly syncTurns?: number;
  /** Asked before each call of the file port. */
  readonly fault?: (call: CountedCall) => FileFault | undefined;
}

/** What runs ahead of a sync that it should wait for is seen ahead of it. */
const syncTurnsDefault = 2;
/** Turns of the event loop without a call of the file port after which it is time that is waited for. */
const idleTurns = 25;
/** Virtual time that one wait may take: longer than any time-out of the engine. */
const patienceMs = 120_000;

export class WorkloadLife {
  readonly clock: ManualClock;
  readonly files: SimulatedFiles;
  readonly sights: Sight[] = [];
  readonly feeds = new Map<string, Feed>();
  /** The wall clock at each call. */
  readonly timesMs: number[] = [];
  readonly log: string[] = [];
  /** Calls that were made when the start was over. */
  startedCall = Number.POSITIVE_INFINITY;
  readonly #options: LifeOptions;
  #context: StreamingContext | undefined;

  constructor(options: LifeOptions) {
    this.#options = options;
    this.clock = new ManualClock(options.startMs);
    this.files = new SimulatedFiles({
      disk: options.disk,
      now: () => this.clock.now(),
      syncTurns: options.syncTurns ?? syncTurnsDefault,
      fault: (call) => {
        this.timesMs.push(this.clock.now());
        return options.fault?.(call);
      },
    });
    const see = (sight: Sight) => void this.sights.push(sight);
    for (const [source, kind] of Object.entries(options.workload.sources)) {
      const records = options.fed?.get(source) ?? [];
      const call = () => this.#call();
      const feed =
        kind === "files" ? new FileFeed(records) : new ReceiverFeed({ source, records, call, see });
      this.feeds.set(source, feed);
    }
  }

  /** Begins, or goes on with what an earlier life left; rejects as `getOrCreate` and `start`. */
  async start(): Promise<void> {
    const { number } = this.#options;
    let given = 0;
    const process: ProcessIdentity = {
      host: "here",
      pid: number + 1,
      life: `life${number}`,
      nextNumber: () => given++,
      isRunning: () => false,
    };
    const { clock, files } = this;
    this.#context = await StreamingContext.getOrCreate(
      `file:${checkpointDirectory}`,
      () => this.#create(),
      { lock: "none", store: { local: { files, clock, process } } },
    );
    await this.#whileTimePasses(this.#context.start());
    this.startedCall = files.calls.length;
  }

  async run(steps: readonly Step[]): Promise<void> {
    for (const step of steps) {
      if (step.does === "pass") await this.clock.advance(step.ms);
      else {
        const { record, source } = step;
        const feed = this.feeds.get(source);
        if (feed === undefined) throw new Error(`there is no source ${source}`);
        feed.push({ record, call: this.#call(), atMs: this.clock.now() });
        await this.clock.advance(recordGapMs);
      }
    }
  }

  /** Stops gracefully; rejects also with what ended the context before. */
  async stop(): Promise<void> {
    if (this.#context === undefined) return;
    await this.#whileTimePasses(this.#context.stop());
    await this.#context.awaitTermination();
  }

  /** Ends without a word, as far as that is possible within a process that goes on. */
  async die(): Promise<void> {
    await this.#whileTimePasses(this.#context?.destroy() ?? Promise.resolve());
  }

  /** All that came up to a call, by source. */
  fedBefore(call: number): Map<string, FedRecord[]> {
    const before = [...this.feeds].map(([source, { records }]): [string, FedRecord[]] => [
      source,
      // Of the next life it has come before its first call.
      records.filter((each) => each.call <= call).map((each) => ({ ...each, call: 0 })),
    ]);
    return new Map(before);
  }

  #call(): number {
    return this.files.calls.length;
  }

  async #whileTimePasses(work: Promise<void>): Promise<void> {
    let isDone = false;
    const done = work.finally(() => {
      isDone = true;
    });
    done.catch(() => {});
    const untilMs = this.clock.monotonicNow() + patienceMs;
    // Input files are real ones, which take their time whatever the clock says.
    const hasRealFiles = Object.values(this.#options.workload.sources).includes("files");
    const turnsMax = hasRealFiles ? 40 * idleTurns : idleTurns;
    let calls = -1;
    let turns = 0;
    while (!isDone) {
      if (calls !== this.#call()) {
        calls = this.#call();
        turns = 0;
      }
      turns += 1;
      if (turns <= turnsMax) await this.clock.yieldToEventLoop();
      else {
        turns = 0;
        if (this.clock.monotonicNow() > untilMs) throw new Error("it takes for ever");
        await this.clock.advanceWithoutWaiting(100);
      }
    }
    await done;
  }

  #create(): StreamingContext {
    const { version, workload } = this.#options;
    const note = (level: string) => (message: string, error?: unknown) =>
      void this.log.push(`${level} ${message}${error === undefined ? "" : ` ${messageOf(error)}`}`);
    const ssc = new StreamingContext({
      appName: workload.name,
      batchInterval: milliseconds(batchIntervalMs),
      clock: this.clock,
      logger: { info: note("info"), warn: note("warn"), error: note("error") },
    });
    const names: string[] = [];
    const show = (name: string, stream: DStream<unknown>, isOrdered: boolean) => {
      names.push(name);
      stream.foreachRDD(async (dataset, timeMs) => {
        const shown = (await dataset.collect()).map((each) => JSON.stringify(each));
        const data = `[${isOrdered ? shown : shown.sort()}]`;
        this.sights.push({ kind: "output", name, timeMs, data, call: this.#call() });
      });
    };
    const streams = new Map<string, DStream<string>>();
    for (const [source, feed] of this.feeds) {
      const stream =
        feed instanceof ReceiverFeed
          ? ssc.resumableStream(feed)
          : ssc.textFileStream(FileFeed.directory, { bornMs: 0 });
      streams.set(source, stream.uid(source));
      show(
        sourceOutput(source),
        stream.map((record) => record),
        true,
      );
    }
    workload.program(version)(streams, (name, stream) => show(name, stream, false), ssc);
    ssc.addStreamingListener({
      onOutputOperationCompleted: ({ batchTime: timeMs, failureReason, id }) => {
        if (failureReason !== undefined) return;
        const name = names[id] ?? "";
        this.sights.push({ kind: "output done", name, timeMs, call: this.#call() });
      },
      onBatchCompleted: ({ batchTime: timeMs, failureReason, outputOperationInfos }) => {
        const isFailed = [...outputOperationInfos.values()].some((info) => info.failureReason);
        if (failureReason !== undefined || isFailed) return;
        this.sights.push({ kind: "batch done", timeMs, call: this.#call() });
      },
    });
    return ssc;
  }
}
