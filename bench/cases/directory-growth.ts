/**
 * Owns: what a checkpoint directory holds after 10,000 batches against after 100, what a start reads of it, and whether a batch takes
 * longer as they become many. The clock is moved by hand: a batch, with its checkpoint, follows the one before at once.
 */
import { mkdtemp, readdir, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Logger, milliseconds, Receiver, type State, StateSpec, StreamingContext } from "millrace";
import { ManualClock } from "millrace/testing";
import { type Benchmark, once } from "../benchmark.ts";
import { keys } from "../data.ts";
import { spread } from "../measure.ts";

const few = 100;
const many = Number(process.env["MILLRACE_BENCH_BATCHES"] ?? 10_000);
const intervalMs = 1000;
const keyCount = 1000;
const recordsPerBatch = 100;

export const directoryGrowth: Benchmark = {
  name: "directory-growth",
  run: async () => {
    const directory = await mkdtemp(join(tmpdir(), "millrace-bench-"));
    try {
      const program = new SteppedProgram(directory);
      await program.start();
      await program.batches(few);
      const fewBytes = await program.crash();
      await program.start();
      const fewRead = program.journalBytesRead;
      const times = await program.batches(many - few);
      const manyBytes = await program.crash();
      await program.start();
      const manyRead = program.journalBytesRead;
      await program.crash();
      const compared = Math.floor(times.length / 10);
      const early = spread(times.slice(compared, 2 * compared)).median;
      const late = spread(times.slice(-compared)).median;
      const after = `after ${many.toLocaleString("en")} batches, of that after ${few}`;
      return [
        {
          name: `bytes of the directory ${after}`,
          unit: "x",
          value: once(manyBytes / fewBytes),
          target: { atMost: 1.5 },
        },
        {
          name: `bytes of the journal read at the start ${after}`,
          unit: "x",
          value: once(manyRead / fewRead),
          target: { atMost: 1.5 },
        },
        {
          name: "time of a batch and its checkpoint, the last tenth, of the second tenth",
          unit: "x",
          value: once(late / early),
          target: { atMost: 1.5 },
        },
        { name: "bytes of the directory", unit: "MB", value: once(manyBytes / 1e6) },
        { name: "time of a batch and its checkpoint", unit: "ms", value: spread(times) },
      ];
    } finally {
      await rm(directory, { recursive: true, force: true });
    }
  },
};

/** Stores what it is given. */
class GivenReceiver extends Receiver<[string, number]> {
  override onStart(): void {}
  override onStop(): void {}

  give(records: [string, number][], from: number): Promise<void> {
    const until = from + records.length;
    return this.storeMany(records, { position: { partition: "0", from, until } });
  }
}

/** A program with a receiver and a state, life after life on one directory. */
class SteppedProgram {
  readonly #directory: string;
  readonly #keys = keys(keyCount);
  #clock = new ManualClock();
  #nowMs = 1_700_000_000_000;
  #position = 0;
  #context: StreamingContext | undefined;
  #receiver = new GivenReceiver();
  #checkpointed: () => void = () => {};
  journalBytesRead = 0;

  constructor(directory: string) {
    this.#directory = directory;
  }

  async start(): Promise<void> {
    this.#clock = new ManualClock(this.#nowMs);
    this.#receiver = new GivenReceiver();
    const context = await StreamingContext.getOrCreate(this.#directory, () => this.#create());
    context.addStreamingListener({ onCheckpointCompleted: () => this.#checkpointed() });
    await context.start();
    this.#context = context;
  }

  /** Runs so many batches, one after the other; tells what each took, in ms. */
  async batches(count: number): Promise<number[]> {
    const times: number[] = [];
    for (let batch = 0; batch < count; batch++) {
      const records = Array.from({ length: recordsPerBatch }, (_, index): [string, number] => [
        this.#keys[(this.#position + index) % keyCount] ?? "",
        1,
      ]);
      const beganMs = performance.now();
      await this.#receiver.give(records, this.#position);
      this.#position += recordsPerBatch;
      const checkpointed = new Promise<void>((resolve) => {
        this.#checkpointed = resolve;
      });
      await this.#clock.advance(intervalMs);
      this.#nowMs += intervalMs;
      await checkpointed;
      times.push(performance.now() - beganMs);
    }
    return times;
  }

  /** Ends the life with everything left as it is; tells how many bytes that are. */
  async crash(): Promise<number> {
    await this.#context?.destroy();
    return bytesIn(this.#directory);
  }

  #create(): StreamingContext {
    const context = new StreamingContext({
      appName: "directory-growth",
      batchInterval: milliseconds(intervalMs),
      clock: this.#clock,
      logger: this.#logger(),
    });
    context
      .receiverStream(this.#receiver)
      .mapWithState(
        StateSpec.function((_key: string, more: number | undefined, state: State<number>): void => {
          state.update((state.getOption() ?? 0) + (more ?? 0));
        }),
      )
      .foreachRDD(async (dataset) => void (await dataset.count()));
    return context;
  }

  #logger(): Logger {
    const info = (message: string): void => {
      const bytes = /journal events in (\d+) bytes/.exec(message)?.[1];
      if (bytes !== undefined) this.journalBytesRead = Number(bytes);
    };
    return { info, warn: console.error, error: console.error };
  }
}

async function bytesIn(directory: string): Promise<number> {
  let sum = 0;
  for (const entry of await readdir(directory, { recursive: true, withFileTypes: true })) {
    if (entry.isFile()) sum += (await stat(join(entry.parentPath, entry.name))).size;
  }
  return sum;
}
