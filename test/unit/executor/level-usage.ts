/**
 * Owns: a program that keeps 50,000 records at each of the storage levels that it is given (`NAME`, or `NAME:bytes`
 * with a bound on memory) and prints a line of JSON for each: what that takes of heap, memory beside the heap and disk,
 * in bytes, more than before. Run with --expose-gc.
 */
import { mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemClock } from "../../../src/base/index.ts";
import { type StorageLevelName, storageLevel } from "../../../src/core/index.ts";
import { LocalBlockStore } from "../../../src/executor/block-store.ts";

interface Usage {
  readonly heap: number;
  readonly external: number;
  readonly disk: number;
}

function makeRecords(seed: number): unknown[] {
  return Array.from({ length: 50_000 }, (_, index) => ({
    airport: `airport number ${index + seed}`,
    delay: index + 0.5,
    carriers: ["one", index],
  }));
}

async function usage(directory: string): Promise<Usage> {
  for (let round = 0; round < 3; round++) {
    globalThis.gc?.();
    await new Promise((resolve) => setImmediate(resolve));
  }
  const { heapUsed, external } = process.memoryUsage();
  const disk = readdirSync(directory, { recursive: true, encoding: "utf8" })
    .map((path) => statSync(join(directory, path)))
    .reduce((sum, stats) => sum + (stats.isFile() ? stats.size : 0), 0);
  return { heap: heapUsed, external, disk };
}

function increase(from: Usage, to: Usage): Usage {
  return {
    heap: to.heap - from.heap,
    external: to.external - from.external,
    disk: to.disk - from.disk,
  };
}

async function measure(levelName: string, memoryBytesMax: number): Promise<object> {
  const level = storageLevel(levelName as StorageLevelName);
  const directory = mkdtempSync(join(tmpdir(), "millrace-level-"));
  const store = new LocalBlockStore({ clock: systemClock, directory, memoryBytesMax });
  const putAndRead = async (id: string, seed: number): Promise<boolean> => {
    const block = await store.put(id, makeRecords(seed), level);
    return JSON.stringify(await block.read()) === JSON.stringify(makeRecords(seed));
  };
  // Code that has run, and what it keeps for the next time, is not part of what a block takes.
  await putAndRead("warm-up", 7);
  await store.remove("warm-up");
  const before = await usage(directory);
  const same = await putAndRead("input-0-0", 0);
  const kept = increase(before, await usage(directory));
  await store.remove("input-0-0");
  const removed = increase(before, await usage(directory));
  await store.close();
  const filesAfterClose = readdirSync(directory).length;
  rmSync(directory, { recursive: true });
  return { same, kept, removed, filesAfterClose };
}

for (const argument of process.argv.slice(2)) {
  const [levelName = "", memoryBytesMax = "Infinity"] = argument.split(":");
  const report = await measure(levelName, Number(memoryBytesMax));
  process.stdout.write(`${JSON.stringify(report)}\n`);
}
