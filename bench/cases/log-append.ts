/**
 * Owns: what it costs until received blocks are vouched for: each is appended to the receiver log, then a frame about it to
 * the journal, of which there are two copies; sixteen blocks are in flight. Against a loop that appends the same blocks to one
 * file and syncs once per sixteen. And what one block by itself waits, in fdatasyncs.
 */
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
// The logs are behind no door of the package yet.
import { systemClock } from "../../src/base/index.ts";
import { LocalStore } from "../../src/store/index.ts";
import { journalNames, type LogKind, openLogWriter } from "../../src/wal/index.ts";
import type { Benchmark, Figure } from "../benchmark.ts";
import { randomNumbers } from "../data.ts";
import { ratio, sideBySide } from "../measure.ts";

const inFlight = 16;
/** About what a journal writes of a block: its id, where it is, and its source range. */
const journalFrameBytes = 200;

export const logAppend: Benchmark = {
  name: "log-append",
  run: async () => {
    const figures: Figure[] = [];
    for (const [name, blockBytes, blockCount] of sizes) {
      figures.push(await throughput(name, bytesOf(blockBytes), blockCount));
    }
    figures.push(await latency("64 KB", bytesOf(2 ** 16)));
    return figures;
  },
};

const sizes: readonly (readonly [name: string, blockBytes: number, blockCount: number])[] = [
  ["64 KB", 2 ** 16, 512],
  ["1 MB", 2 ** 20, 64],
];

async function throughput(name: string, block: Uint8Array, blockCount: number): Promise<Figure> {
  const [logsMs = [], loopMs = []] = await inDirectory(async (directory) =>
    sideBySide(
      [
        { name: "logs", run: () => appendByLogs(directory, block, blockCount) },
        { name: "loop", run: () => appendByLoop(directory, block, blockCount) },
      ],
      { rounds: 15, warmUps: 3 },
    ),
  );
  return {
    name: `blocks of ${name}, sixteen in flight: speed, of the loop's`,
    unit: "x",
    value: ratio(loopMs, logsMs),
    target: { atLeast: 0.5 },
  };
}

async function latency(name: string, block: Uint8Array): Promise<Figure> {
  return inDirectory(async (directory) => {
    const logs = openLogs(directory);
    const file = await open(freshFile(directory), "ax");
    const [logsMs = [], syncMs = []] = await sideBySide(
      [
        { name: "logs", run: () => logs.append(block) },
        { name: "fdatasync", run: () => appendAndSync(file, block) },
      ],
      { rounds: 201, warmUps: 20 },
    );
    await Promise.all([logs.close(), file.close()]);
    return {
      name: `a block of ${name} by itself: time, of one append and fdatasync`,
      unit: "x",
      value: ratio(logsMs, syncMs),
    };
  });
}

async function appendByLogs(
  directory: string,
  block: Uint8Array,
  blockCount: number,
): Promise<void> {
  const logs = openLogs(directory);
  let left = blockCount;
  const receive = async () => {
    for (; left > 0; ) {
      left -= 1;
      await logs.append(block);
    }
  };
  await Promise.all(Array.from({ length: inFlight }, receive));
  await logs.close();
}

function openLogs(directory: string) {
  const store = new LocalStore(freshFile(directory));
  const openOne = (kind: LogKind, mirrorDirectory?: string) =>
    openLogWriter({
      store,
      clock: systemClock,
      kind,
      epoch: 1,
      directory: kind,
      mirrorDirectory,
      segmentName: (segment) => journalNames.nameOf({ segment, epoch: 1 }),
      firstSegment: 1,
      firstSequence: 1,
    });
  const blocks = openOne("blocks");
  const journal = openOne("journal", "journal-mirror");
  const event = bytesOf(journalFrameBytes);
  return {
    append: async (block: Uint8Array) => {
      const address = await blocks.append(block);
      await journal.append(event);
      return address;
    },
    close: async () => {
      await Promise.all([blocks.close(), journal.close()]);
      await store.close();
    },
  };
}

async function appendByLoop(
  directory: string,
  block: Uint8Array,
  blockCount: number,
): Promise<void> {
  const file = await open(freshFile(directory), "ax");
  for (let written = 0; written < blockCount; written += inFlight) {
    for (let index = 0; index < inFlight; index += 1) await append(file, block);
    await file.datasync();
  }
  await file.close();
}

async function appendAndSync(file: FileHandle, block: Uint8Array): Promise<void> {
  await append(file, block);
  await file.datasync();
}

async function append(file: FileHandle, block: Uint8Array): Promise<void> {
  const { bytesWritten } = await file.write(block);
  if (bytesWritten !== block.length) throw new Error("a write was short");
}

let fileCount = 0;

function freshFile(directory: string): string {
  fileCount += 1;
  return join(directory, String(fileCount));
}

/** Within the project: a directory for temporary files may be memory, where a sync costs nothing. */
async function inDirectory<T>(run: (directory: string) => Promise<T>): Promise<T> {
  const parent = fileURLToPath(new URL("../../.tmp", import.meta.url));
  mkdirSync(parent, { recursive: true });
  const directory = mkdtempSync(join(parent, "log-append-"));
  try {
    return await run(directory);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

function bytesOf(byteCount: number): Uint8Array {
  const random = randomNumbers(byteCount);
  return Uint8Array.from({ length: byteCount }, () => random() * 256);
}
