/**
 * Owns: how long a program that was killed takes until the first new batch is committed: from SIGKILL, through the start of the next
 * process, to the end of the batch. It is killed just before a snapshot is due, when the most is to be computed again.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Benchmark, Figure } from "../benchmark.ts";
import { RecoveringLife } from "../engine/recovering-life.ts";
import { spread } from "../measure.ts";

const kills = Number(process.env["MILLRACE_BENCH_KILLS"] ?? 5);
const snapshotIntervalMs = 10_000;
/** How long before the next snapshot is due. */
const beforeDueMs = 100;

export const recoveryTime: Benchmark = {
  name: "recovery-time",
  run: async () => [
    ...(await recoveries(100_000, { atMost: 1000 })),
    ...(await recoveries(1_000_000, { atMost: 4000 })),
  ],
};

async function recoveries(keyCount: number, target: { atMost: number }): Promise<Figure[]> {
  const directory = await mkdtemp(join(tmpdir(), "millrace-bench-"));
  const sinceMs = Date.now();
  const times: number[] = [];
  let life = new RecoveringLife(directory, keyCount, sinceMs);
  try {
    await life.first("snapshot", ({ entryCount }) => entryCount >= keyCount);
    for (let kill = 0; kill < kills; kill++) {
      const { versionTime } = await life.first("snapshot");
      await sleepUntil(nextDue(versionTime) - beforeDueMs);
      const killedMs = life.kill();
      const next = life.ended().then(() => new RecoveringLife(directory, keyCount, sinceMs));
      life = await next;
      const { batches, phases } = await life.first("ready");
      const { atMs, records } = await life.first("batch");
      times.push(atMs - killedMs);
      console.error(
        `${keyCount} keys: ${atMs - killedMs} ms; ${batches} batches again, then one of ${records} records; ${phases}`,
      );
    }
  } finally {
    life.kill();
    await life.ended();
    await rm(directory, { recursive: true, force: true });
  }
  const name = `${keyCount.toLocaleString("en")} keys, 20,000 records/s: from SIGKILL to the commit of the first new batch`;
  return [{ name, unit: "ms", value: spread(times), target }];
}

/** Snapshots are due at the times of a grid; one that was late is not made up for. */
function nextDue(versionMs: number): number {
  let dueMs = versionMs + snapshotIntervalMs;
  while (dueMs - beforeDueMs < Date.now()) dueMs += snapshotIntervalMs;
  return dueMs;
}

async function sleepUntil(atMs: number): Promise<void> {
  await sleep(Math.max(0, atMs - Date.now()));
}
