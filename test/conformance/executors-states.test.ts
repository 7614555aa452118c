/** States whose partitions executors have are what they are in one process, whatever becomes of the executors. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { silentLogger } from "../../src/base/index.ts";
import { ArrayNode, slices } from "../../src/core/index.ts";
import type { MessageSeen } from "../../src/executor/index.ts";
import {
  type DStream,
  InputDStream,
  type InputHost,
  RDD,
  type State,
  StateSpec,
  StreamingContext,
  seconds,
} from "../../src/index.ts";
import { ManualClock } from "../../src/testing/index.ts";
import { executorsRun, inProcess } from "../support/in-process-master.ts";
import { killing } from "./random-programs.ts";

type Pair = [string, number];
type Batches = readonly (readonly Pair[])[];

class Listed extends InputDStream<Pair> {
  readonly kind = "listed";
  override readonly replay = "source";
  readonly #batches: Batches;
  #host: InputHost | undefined;

  constructor(batches: Batches) {
    super();
    this.#batches = batches;
  }

  override start(host: InputHost): void {
    this.#host = host;
  }

  compute(timeMs: number): RDD<Pair> | undefined {
    const host = this.#host;
    if (host === undefined) throw new Error("the input was not started");
    const batch = this.#batches[(timeMs - host.zeroTimeMs) / host.batchIntervalMs - 1] ?? [];
    return new RDD(new ArrayNode<Pair>(host.environment, "listed", slices(batch, 2)));
  }
}

type Note = (name: string, stream: DStream<unknown>) => void;

/** Programs with states, each of which shows all that it holds. */
const programs: Record<string, (pairs: DStream<Pair>, note: Note) => void> = {
  "updateStateByKey, which removes keys": (pairs, note) => {
    const sums = pairs.updateStateByKey((values, sum: number | undefined) => {
      const next = values.reduce((a, b) => a + b, sum ?? 0);
      return next % 7 === 0 ? undefined : next;
    });
    note("sums", sums.checkpoint(seconds(2)));
    note("beside", sums.join(pairs));
  },
  "mapWithState, with a time-out, and its snapshots": (pairs, note) => {
    const count = (
      key: string,
      value: number | undefined,
      state: State<number>,
    ): [string, number | undefined, number | undefined] => {
      if (state.isTimingOut()) return [key, undefined, state.getOption()];
      const next = (state.getOption() ?? 0) + (value ?? 0);
      state.update(next);
      return [key, value, next];
    };
    const counted = pairs.mapWithState(
      StateSpec.function(count).timeout(seconds(2)).numPartitions(3),
    );
    note("counted", counted.checkpoint(seconds(3)));
    note("all", counted.stateSnapshots());
  },
  "two states, of which one is made of the other": (pairs, note) => {
    const add = (values: readonly number[], sum: number | undefined) =>
      values.reduce((a, b) => a + b, sum ?? 0);
    const first = pairs.updateStateByKey(add).checkpoint(seconds(2));
    const second = first.map(([key, sum]): Pair => [key.toUpperCase(), sum]).updateStateByKey(add);
    note("second", second.checkpoint(seconds(2)));
  },
  "a state that begins with what it is given": (pairs, note) => {
    const initial = (pairs.context as StreamingContext).data.parallelize<Pair>([
      ["a", 100],
      ["z", 200],
    ]);
    const add = (values: readonly number[], sum: number | undefined) =>
      values.reduce((a, b) => a + b, sum ?? 0);
    note("sums", pairs.updateStateByKey(add, { initialState: initial }).checkpoint(seconds(2)));
  },
};

let directories = 0;

interface Run {
  readonly program: string;
  readonly batches: Batches;
  readonly master: "local";
  readonly onMessage?: ((message: MessageSeen) => void) | undefined;
}

/** What each output showed in each batch, in the order of its text. */
async function outcomeOf({ batches, master, onMessage, program }: Run): Promise<readonly string[]> {
  const clock = new ManualClock();
  const directory = `memory:executors-states-${directories++}`;
  const make = (outcome: string[]): StreamingContext => {
    const ssc = new StreamingContext({
      clock,
      master,
      batchInterval: seconds(1),
      defaultParallelism: 2,
      logger: silentLogger,
      onFailure: "stop",
      attempts: 1,
    });
    ssc.checkpoint(directory);
    const pairs = ssc.inputStream(new Listed(batches));
    programs[program]?.(pairs, (name, stream) =>
      stream.foreachRDD(async (dataset, timeMs) => {
        const texts = (await dataset.collect()).map((record) => JSON.stringify(record));
        outcome.push(`${timeMs} ${name} ${texts.sort().join(" ")}`);
      }),
    );
    return ssc;
  };
  executorsRun(() => make([]).start(), onMessage);
  const outcome: string[] = [];
  const ssc = make(outcome);
  await ssc.start();
  for (let batch = 0; batch < batches.length; batch += 1) await clock.advance(1000);
  await ssc.stop();
  await ssc.awaitTermination();
  return outcome.sort();
}

const pair: fc.Arbitrary<Pair> = fc.tuple(
  fc.constantFrom("a", "b", "c", "d", "e", "f"),
  fc.integer({ min: 0, max: 20 }),
);
const batches: fc.Arbitrary<Batches> = fc.array(fc.array(pair, { maxLength: 6 }), {
  minLength: 1,
  maxLength: 9,
});
const kills = fc.array(fc.nat({ max: 900 }), { minLength: 1, maxLength: 5 });

describe("states that executors have", () => {
  test.each(Object.keys(programs))("give what they give in one process: %s", async (program) => {
    await fc.assert(
      fc.asyncProperty(batches, fc.integer({ min: 1, max: 3 }), async (given, count) => {
        const run = { program, batches: given };
        expect(await outcomeOf({ ...run, master: inProcess(count) })).toEqual(
          await outcomeOf({ ...run, master: "local" }),
        );
      }),
      { numRuns: 15 },
    );
  });

  test.each(Object.keys(programs))(
    "give the same when executors are killed in the middle of whatever they do: %s",
    async (program) => {
      await fc.assert(
        fc.asyncProperty(batches, kills, async (given, afterMessages) => {
          const run = { program, batches: given };
          const onMessage = killing(afterMessages);
          expect(await outcomeOf({ ...run, master: inProcess(2), onMessage })).toEqual(
            await outcomeOf({ ...run, master: "local" }),
          );
        }),
        { numRuns: 30 },
      );
    },
  );
});
