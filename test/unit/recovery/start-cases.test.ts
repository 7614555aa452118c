/**
 * Each labelled case of a start, through `getOrCreate`, on a real directory: what it says, what it does, and that a start
 * which is refused leaves the directory as it was.
 */
import { createHash } from "node:crypto";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { StreamingContextOptions } from "../../../src/index.ts";
import { claimEpoch } from "../../../src/recovery/epochs.ts";
import { openStore } from "../../../src/store/index.ts";
import { counting, Life, type Program } from "../../chaos/application-life.ts";
import { caught } from "../context/driven-context.ts";

let directory = "";
const lives: Life[] = [];

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "millrace-start-"));
});

afterEach(async () => {
  for (const life of lives.splice(0)) await life.die();
  await rm(directory, { recursive: true, force: true });
});

interface Lived {
  readonly program?: Program;
  readonly context?: Partial<StreamingContextOptions>;
  readonly records?: readonly string[];
  readonly startMs?: number;
  readonly takeOver?: boolean;
}

/** A life in the directory, begun and not ended. */
function lifeIn({ context = {}, program = counting, records = [], startMs = 20_000, takeOver }: Lived): Life {
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
async function firstLife(end: "stop" | "die", lived: Lived = {}): Promise<Life> {
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
async function firstLifeWithPendingBatch(program: Program = counting): Promise<Life> {
  const life = lifeIn({
    startMs: 10_000,
    program: (lines, note) => {
      program(lines, note);
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
async function contents(): Promise<ReadonlyMap<string, string>> {
  const found = new Map<string, string>();
  for (const entry of await readdir(directory, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    const name = path.slice(directory.length + 1);
    if (name.startsWith("lock/")) continue;
    found.set(name, createHash("sha256").update(await readFile(path)).digest("hex"));
  }
  return new Map([...found].sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** The error of a start that is refused, after it was shown that nothing has changed. */
async function refused(lived: Lived = {}): Promise<unknown> {
  const before = await contents();
  const life = lifeIn(lived);
  const error = await caught(life.start());
  await life.die();
  expect(await contents()).toEqual(before);
  return error;
}

async function namesIn(folder: string): Promise<readonly string[]> {
  return (await readdir(join(directory, folder))).sort().map((name) => join(directory, folder, name));
}

async function flip(path: string, share = 0.5): Promise<void> {
  const bytes = await readFile(path);
  const at = Math.floor(bytes.length * share);
  bytes.writeUInt8(bytes.readUInt8(at) ^ 0x40, at);
  await writeFile(path, bytes);
}

const said = (life: Life, text: string) => life.log.filter((line) => line.includes(text));

/** The counts that the last batch of a life showed. */
function lastCounts(life: Life): readonly string[] {
  return [...life.outputs("counts").values()].at(-1) as readonly string[];
}

const allCounts = ['["be",2]', '["not",1]', '["or",1]', '["to",2]'];

/** The second life, which has the records of the first at hand and goes on for some batches. */
async function secondLife(first: Life, lived: Lived = {}): Promise<Life> {
  const records = first.feed.records.map(({ record }) => record);
  const life = lifeIn({ records, ...lived });
  await life.start();
  await life.clock.advance(2000);
  return life;
}

describe("a start in a directory", () => {
  test("first start: begins with epoch 1, and says so", async () => {
    const life = await firstLife("stop");
    expect(said(life, "first start, epoch 1")).toHaveLength(1);
    expect(lastCounts(life)).toEqual(allCounts);
  });

  test("crash: goes on with the state as if nothing had been", async () => {
    const first = await firstLife("die");
    const life = await secondLife(first);
    expect(life.context.isRecovering).toBe(true);
    expect(said(life, ": crash, epoch 2")).toHaveLength(1);
    expect(lastCounts(life)).toEqual(allCounts);
    expect(life.outputs("batch").get(first.clock.now())).toBeUndefined();
  });

  test("row 34: crash in the first batch: it is run again with the same data, before anything else", async () => {
    const first = await firstLifeWithPendingBatch();
    const life = await secondLife(first, { context: { allowDropped: ["hanging"] } });
    expect(said(life, "0 completed batches to be computed again for their states, 1 batches")).toHaveLength(1);
    expect([...life.outputs("batch").keys()][0]).toBe(21_000);
    expect(lastCounts(life)).toEqual(['["be",1]', '["or",1]', '["to",1]']);
    expect(first.outputs("batch").get(11_000)).toEqual(["to", "be", "or"]);
  });

  test("graceful stop: nothing is computed again and nothing is replayed", async () => {
    const first = await firstLife("stop");
    const life = await secondLife(first);
    expect(said(life, "graceful stop, epoch 2")).toHaveLength(1);
    expect(said(life, "same program: 0 completed batches to be computed again for their states, 0 batches to be replayed")).toHaveLength(1);
    expect(lastCounts(life)).toEqual(allCounts);
  });

  test("crash before the first checkpoint: begins, with the next epoch", async () => {
    const store = await openStore(directory);
    const who = { applicationName: "counts", host: "here", pid: 1, startedAtMs: 1, nonce: "n" };
    await claimEpoch(store, { ...who, epoch: 1 });
    await store.close();
    const life = await firstLife("stop");
    expect(said(life, "crash before the first checkpoint, epoch 2")).toHaveLength(1);
    expect(lastCounts(life)).toEqual(allCounts);
  });

  test("row 35: foreign directory: is refused", async () => {
    await writeFile(join(directory, "letters.txt"), "dear");
    expect(await refused()).toMatchObject({ code: "directory_foreign" });
  });

  test("row 35: other application: is refused, with both names", async () => {
    await firstLife("stop");
    expect(await refused({ context: { appName: "sums" } })).toMatchObject({
      code: "application_differs",
      details: { application: "counts", appName: "sums" },
    });
  });

  test("row 8: checkpoint damaged: is refused with the name of the file, and no older one is taken", async () => {
    await firstLife("die");
    const checkpoints = await namesIn("checkpoints");
    expect(checkpoints.length).toBeGreaterThan(1);
    await flip(checkpoints.at(-1) ?? "");
    const error = await refused();
    expect(error).toMatchObject({ code: "checkpoint_damaged" });
    expect(String(error)).toContain(checkpoints.at(-1)?.slice(directory.length + 1));
  });

  test("row 9: checkpoint deleted: the newest is missed, though older ones are there", async () => {
    await firstLife("die");
    const checkpoints = await namesIn("checkpoints");
    await rm(checkpoints.at(-1) ?? "");
    const error = await refused();
    expect(error).toMatchObject({ kind: "data" });
    expect(String(error)).toContain(checkpoints.at(-1)?.slice(directory.length + 1));
  });

  test("row 9: checkpoint missing: all are deleted, and the state is not begun anew", async () => {
    await firstLife("die");
    await rm(join(directory, "checkpoints"), { recursive: true });
    expect(await refused()).toMatchObject({ kind: "data" });
  });

  test("row 35: newer format: is refused with the release to start", async () => {
    await firstLife("die");
    const newest = (await namesIn("checkpoints")).at(-1) ?? "";
    const bytes = await readFile(newest);
    const at = bytes.indexOf("checkpoint/1");
    expect(at).toBeGreaterThan(0);
    bytes.write("checkpoint/2", at);
    await writeFile(newest, bytes);
    expect(await refused()).toMatchObject({ code: "format_newer" });
  });

  test("row 9: journal gap: a deleted segment is missed", async () => {
    await firstLife("die");
    const second = lifeIn({});
    await second.start();
    await second.clock.advance(1000);
    await second.die();
    for (const folder of ["journal", "journal-mirror"]) {
      const [, last] = await namesIn(folder);
      await rm(last ?? "");
    }
    expect(await refused()).toMatchObject({ code: "journal_gap" });
  });

  test("row 8: one copy of the journal damaged: is repaired from the other", async () => {
    const first = await firstLife("die");
    const [segment] = await namesIn("journal");
    await flip(segment ?? "");
    const life = await secondLife(first);
    expect(lastCounts(life)).toEqual(allCounts);
    await life.stop();
    // The mirror may be lost now: the repaired copy stands for both.
    for (const name of await namesIn("journal-mirror")) await flip(name);
    const third = await secondLife(first, { startMs: 40_000 });
    expect(lastCounts(third)).toEqual(allCounts);
  });

  test("row 7: journal damaged in both copies: is refused with the file and the place in it", async () => {
    await firstLife("die");
    for (const folder of ["journal", "journal-mirror"]) {
      for (const name of await namesIn(folder)) await flip(name);
    }
    const error = await refused();
    expect(error).toMatchObject({ code: "journal_damaged" });
    expect(String(error)).toMatch(/journal\/\d{10}-\d{10}/);
  });

  test("row 6: a damaged block of a batch to be replayed is no silence: the start fails and names the log", async () => {
    const first = await firstLifeWithPendingBatch();
    for (const name of await namesIn("blocks")) await flip(name, 0.6);
    const life = lifeIn({
      records: first.feed.records.map(({ record }) => record),
      context: { allowDropped: ["hanging"] },
    });
    const failed = life.start().then(() => life.context.awaitTermination());
    const error = (await caught(failed)) as { cause?: unknown };
    expect(`${String(error)} ${String(error.cause)}`).toMatch(/blocks\/\d{10}-driver-\d{10}/);
  });
});
