/** Owns: lives of an application in a real directory, and what is in that, for the tests of starts. */
import { createHash } from "node:crypto";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, expect } from "vitest";
import type { StreamingContextOptions } from "../../../src/index.ts";
import { counting, Life, type Program } from "../../chaos/application-life.ts";
import { caught } from "../context/driven-context.ts";

export let directory = "";
const lives: Life[] = [];

/** Gives each test of a file a directory, which goes with what lived in it. */
export function useDirectory(): void {
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), "millrace-start-"));
  });

  afterEach(async () => {
    for (const life of lives.splice(0)) await life.die();
    await rm(directory, { recursive: true, force: true });
  });
}

export interface Lived {
  readonly program?: Program;
  readonly context?: Partial<StreamingContextOptions>;
  readonly records?: readonly string[];
  readonly startMs?: number;
  readonly takeOver?: boolean;
}

/** A life in the directory, begun and not ended. */
export function lifeIn({
  context = {},
  program = counting,
  records = [],
  startMs = 20_000,
  takeOver,
}: Lived): Life {
  const life = new Life({
    program,
    records,
    startMs,
    address: directory,
    context,
    isReal: true,
    ...(takeOver === undefined ? {} : { directory: { takeOver } }),
  });
  lives.push(life);
  return life;
}

const words = ["to", "be", "or", "not", "to", "be"];

/** A first life, which ends as is said: by itself, or in the middle of all. */
export async function firstLife(end: "stop" | "die", lived: Lived = {}): Promise<Life> {
  const life = lifeIn({ startMs: 10_000, ...lived });
  await life.start();
  await life.receive(words);
  await life.clock.advance(1000);
  // What is written beside the batches is written by then.
  await sleep(100);
  await life[end]();
  return life;
}

/** A life whose batch of the first words never ends. */
export async function firstLifeWithPendingBatch(program: Program = counting): Promise<Life> {
  const life = lifeIn({
    startMs: 10_000,
    program: (lines, note, ssc) => {
      program(lines, note, ssc);
      lines.foreachRDD(() => new Promise(() => {})).uid("hanging");
    },
  });
  await life.start();
  await life.receive(words.slice(0, 3));
  await life.clock.advanceWithoutWaiting(100);
  while (!life.sights.some((sight) => sight.kind === "output done" && sight.name === "counts")) {
    await life.clock.yieldToEventLoop();
  }
  await life.die();
  return life;
}

/** The names and contents of all files but the lock's, which holds no data. */
export async function contents(): Promise<ReadonlyMap<string, string>> {
  const found = new Map<string, string>();
  for (const entry of await readdir(directory, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    const name = path.slice(directory.length + 1);
    if (name.startsWith("lock/")) continue;
    found.set(
      name,
      createHash("sha256")
        .update(await readFile(path))
        .digest("hex"),
    );
  }
  return new Map([...found].sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** The error of a start that is refused, after it was shown that nothing has changed. */
export async function refused(lived: Lived = {}): Promise<unknown> {
  const before = await contents();
  const life = lifeIn(lived);
  const error = await caught(life.start());
  await life.die();
  expect(await contents()).toEqual(before);
  return error;
}

export async function namesIn(folder: string): Promise<readonly string[]> {
  return (await readdir(join(directory, folder)))
    .sort()
    .map((name) => join(directory, folder, name));
}

export async function flip(path: string, share = 0.5): Promise<void> {
  const bytes = await readFile(path);
  const at = Math.floor(bytes.length * share);
  bytes.writeUInt8(bytes.readUInt8(at) ^ 0x40, at);
  await writeFile(path, bytes);
}

export const said = (life: Life, text: string): string[] =>
  life.log.filter((line) => line.includes(text));

/** The counts that the last batch of a life showed. */
export function lastCounts(life: Life): readonly string[] {
  return [...life.outputs("counts").values()].at(-1) as readonly string[];
}

export const allCounts: readonly string[] = ['["be",2]', '["not",1]', '["or",1]', '["to",2]'];

/** The second life, which has the records of the first at hand and goes on for some batches. */
export async function secondLife(first: Life, lived: Lived = {}): Promise<Life> {
  const records = first.feed.records.map(({ record }) => record);
  const life = lifeIn({ records, ...lived });
  await life.start();
  await life.clock.advance(2000);
  return life;
}
