/**
 * Owns: a program with a state that is killed and goes on, life after life; it tells its parent what happens in it. Run by
 * bench/cases/recovery-time.ts, in a process of its own.
 */
import { setTimeout as sleep } from "node:timers/promises";
import {
  type Logger,
  milliseconds,
  type PositionedRecord,
  type State,
  StateSpec,
  StreamingContext,
  seconds,
} from "millrace";
import { batchIntervalMs, type Happening, perSecond } from "./recovering-life.ts";

const [directory = "", keys = "", since = ""] = process.argv.slice(2);
const keyCount = Number(keys);
const sinceMs = Number(since);
const tell = (happening: Happening) => void process.send?.(happening);

/** One record for each key at once, then so many per second of keys from all over. */
const availableUntil = () =>
  keyCount + Math.max(0, Math.floor(((Date.now() - sinceMs) / 1000) * perSecond));

async function* recordsFrom(
  from: number,
  signal: AbortSignal,
): AsyncGenerator<PositionedRecord<[number, number]>> {
  for (let position = from; !signal.aborted; await sleep(10)) {
    for (const until = availableUntil(); position < until; position++) {
      yield { position, record: [(position * 7919) % keyCount, 1] };
    }
  }
}

const logger: Logger = {
  info: (message) => {
    const phases = /ready after (\d+) batches: (.*)/.exec(message);
    if (phases !== null)
      tell({ kind: "ready", batches: Number(phases[1]), phases: phases[2] ?? "" });
  },
  warn: console.error,
  error: console.error,
};

const count = (_key: number, more: number | undefined, state: State<number>): void => {
  state.update((state.getOption() ?? 0) + (more ?? 0));
};

const context = await StreamingContext.getOrCreate(directory, () => {
  const created = new StreamingContext({
    appName: "recovery-time",
    batchInterval: milliseconds(batchIntervalMs),
    logger,
  });
  created
    .resumableStream({ open: recordsFrom }, { blockIntervalMs: 50 })
    .mapWithState(StateSpec.function(count))
    .checkpoint(seconds(10))
    .foreachRDD(async (dataset) => void (await dataset.count()));
  return created;
});
let hasStarted = false;
context.addStreamingListener({
  onStreamingStarted: () => {
    hasStarted = true;
  },
  onBatchCompleted: ({ batchTime, numRecords }) => {
    // Batches before are those of earlier lives, done again.
    if (hasStarted) tell({ kind: "batch", batchTime, records: numRecords, atMs: Date.now() });
  },
  onStateSnapshotCompleted: ({ duration, entryCount, versionTime }) =>
    tell({ kind: "snapshot", duration, entryCount, versionTime }),
});
await context.start();
await context.awaitTermination();
