/**
 * Owns: a program whose state grows, batch by batch, until it is many times larger than the heap that it is given; it tells
 * its parent what it took. Run by bench/cases/large-state.ts, in a process of its own with a small heap.
 */
import { existsSync, readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { getHeapStatistics } from "node:v8";
import { type State, StateSpec } from "millrace";
import { randomNumbers } from "../data.ts";
import { SteppedContext } from "./stepped-context.ts";

type Visit = readonly [key: string, place: number];

/** What was measured while the state was of about one size. */
export interface Stage {
  /** Bytes of keys and values, over the limit of the heap. */
  readonly ofHeapLimit: number;
  readonly batchMs: number;
  /** Memory of the process, without the pages of files that the system can drop. */
  readonly memoryMB: number;
}

const visitsPerBatch = 2000;
const olderPerBatch = 400;
const valueLength = 4000;

/** Text that does not compress to nothing. */
const valueOf = (place: number): string => {
  const random = randomNumbers(place);
  let text = "";
  while (text.length < valueLength) text += random().toString(36).slice(2);
  return text.slice(0, valueLength);
};

const statusFile = "/proc/self/status";

const remember = StateSpec.function(
  (_key: string, place: number | undefined, state: State<string>): void => {
    const before = state.getOption() ?? "";
    state.update(before === "" ? valueOf(place ?? 0) : before.slice(1) + before.slice(0, 1));
  },
).backend("leveldb");

/** LevelDB maps its files into memory, which counts as resident and is given back at need. */
function memoryMB(): number {
  if (!existsSync(statusFile)) return process.memoryUsage().rss / 1e6;
  const [, kilobytes = ""] = /^RssAnon:\s+(\d+) kB$/m.exec(readFileSync(statusFile, "utf8")) ?? [];
  return (Number(kilobytes) * 1024) / 1e6;
}

const directory = await mkdtemp(join(tmpdir(), "millrace-bench-"));
try {
  process.send?.(await grow(Number(process.argv[2])));
} finally {
  await rm(directory, { recursive: true, force: true });
}

async function grow(timesHeapLimit: number): Promise<Stage[]> {
  const limit = getHeapStatistics().heap_size_limit;
  const context = new SteppedContext({ stateDirectory: directory });
  const input = context.input<Visit>();
  input.stream
    .map(([key, place]): [string, number] => [key, place])
    .mapWithState(remember)
    .foreachRDD(async (dataset) => void (await dataset.count()));
  await context.start();
  const random = randomNumbers(1);
  const stages: Stage[] = [];
  let keyCount = 0;
  let times: number[] = [];
  for (let stage = 1; stage <= timesHeapLimit; ) {
    const visits = Array.from({ length: visitsPerBatch }, (_, index): Visit => {
      const isOlder = index < olderPerBatch && keyCount > 0;
      const place = isOlder ? Math.floor(random() * keyCount) : keyCount + index;
      return [`key-${place}`, place];
    });
    keyCount += visitsPerBatch;
    input.give(context.data.parallelize(visits));
    const start = performance.now();
    await context.batch();
    times.push(performance.now() - start);
    const ofHeapLimit =
      (keyCount * (valueLength + 10) * (1 - olderPerBatch / visitsPerBatch)) / limit;
    if (ofHeapLimit < stage) continue;
    times.sort((a, b) => a - b);
    const batchMs = times[Math.floor(times.length / 2)] ?? Number.NaN;
    stages.push({ ofHeapLimit, batchMs, memoryMB: memoryMB() });
    times = [];
    stage += 1;
  }
  await context.close();
  return stages;
}
