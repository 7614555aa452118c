/**
 * Owns: what a checkpoint directory holds after 10,000 batches against after 100, what a start reads of it, and whether a batch takes
 * longer as they become many. The clock is moved by hand: a batch, with its checkpoint, follows the one before at once.
 */
import { mkdtemp, readdir, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type Logger,
  milliseconds,
  Receiver,
  type State,
  StateSpec,
  StreamingContext,
} from "millrace";
import { ManualClock } from "millrace/testing";
import { type Benchmark, once } from "../benchmark.ts";
import { keys } from "../data.ts";
import { ratio, spread } from "../measure.ts";

const few = 100;
const many = Number(process.env["MILLRACE_BENCH_BATCHES"] ?? 10_000);
/** At how many batches in a row the size is taken. */
const sampled = 60;
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
      await program.batches(few - sampled / 2);
      const fewSizes = await sizesAround(program);
      const times = await program.batches(many - few - sampled);
      const manySizes = await sizesAround(program);
      await program.crash();
      await program.start();
      const startRead = program.journalBytesRead;
      const startHas = (await program.sizes()).journal;
      await program.crash();
      if (startRead === 0 || startRead > startHas) throw new Error("a start read another journal");
      const compared = Math.floor(times.length / 10);
      const early = spread(times.slice(compared, 2 * compared)).median;
      const late = spread(times.slice(-compared)).median;
      const after = `after ${many.toLocaleString("en")} batches, of that after ${few}`;
      return [
        {
          name: `bytes of the directory ${after}`,
          unit: "x",
          value: ratio(manySizes.all, fewSizes.all),
          target: { atMost: 1.5 },
        },
        {
          name: `bytes of the journal read at the start ${after}`,
          unit: "x",
          value: ratio(manySizes.journal, fewSizes.journal),
          target: { atMost: 1.5 },
        },
        {
          name: "time of a batch and its checkpoint, the last tenth, of the second tenth",
          unit: "x",
          value: once(late / early),
          target: { atMost: 1.5 },
        },
        {
          name: "bytes of the directory",
          unit: "MB",
          value: spread(manySizes.all.map((bytes) => bytes / 1e6)),
        },
        { name: "time of a batch and its checkpoint", unit: "ms", value: spread(times) },
      ];
    } finally {
      await rm(directory, { recursive: true, force: true });
    }
  },
};

/** Sizes go up and down between clean-ups, so that many are taken around a number of batches; sorted, each kind for itself. */
async function sizesAround(program: SteppedProgram): Promise<Record<keyof Sizes, number[]>> {
  const sizes: Sizes[] = [];
  for (let batch = 0; batch < sampled; batch++) {
    await program.batches(1);
    sizes.push(await program.sizes());
  }
  const sorted = (values: number[]) => values.toSorted((a, b) => a - b);
  return {
    all: sorted(sizes.map(({ all }) => all)),
    journal: sorted(sizes.map(({ journal }) => journal)),
  };
}

interface Sizes {
  readonly all: number;
  /** Both copies: what a start reads. */
  readonly journal: number;
}

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

  /** Ends the life with everything left as it is. */
  async crash(): Promise<void> {
    await this.#context?.destroy();
  }

  /** Bytes in the directory. */
  async sizes(): Promise<Sizes> {
    const sizes = { all: 0, journal: 0 };
    for (const entry of await readdir(this.#directory, { recursive: true, withFileTypes: true })) {
      // What a clean-up removes meanwhile counts as removed.
      const found = entry.isFile()
        ? await stat(join(entry.parentPath, entry.name)).catch(() => undefined)
        : undefined;
      sizes.all += found?.size ?? 0;
      if (/journal/.test(entry.parentPath)) sizes.journal += found?.size ?? 0;
    }
    return sizes;
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
