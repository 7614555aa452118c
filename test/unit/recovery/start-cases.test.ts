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
import {
  milliseconds,
  StreamingContext,
  type StreamingContextOptions,
  seconds,
} from "../../../src/index.ts";
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
function lifeIn({
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
async function contents(): Promise<ReadonlyMap<string, string>> {
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
async function refused(lived: Lived = {}): Promise<unknown> {
  const before = await contents();
  const life = lifeIn(lived);
  const error = await caught(life.start());
  await life.die();
  expect(await contents()).toEqual(before);
  return error;
}

async function namesIn(folder: string): Promise<readonly string[]> {
  return (await readdir(join(directory, folder)))
    .sort()
    .map((name) => join(directory, folder, name));
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
    expect(
      said(life, "0 completed batches to be computed again for their states, 1 batches"),
    ).toHaveLength(1);
    expect([...life.outputs("batch").keys()][0]).toBe(21_000);
    expect(lastCounts(life)).toEqual(['["be",1]', '["or",1]', '["to",1]']);
    expect(first.outputs("batch").get(11_000)).toEqual(["to", "be", "or"]);
  });

  test("graceful stop: nothing is computed again and nothing is replayed", async () => {
    const first = await firstLife("stop");
    const life = await secondLife(first);
    expect(said(life, "graceful stop, epoch 2")).toHaveLength(1);
    expect(
      said(
        life,
        "same program: 0 completed batches to be computed again for their states, 0 batches to be replayed",
      ),
    ).toHaveLength(1);
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
    bytes.write("checkpoint/2", bytes.indexOf("checkpoint/1"));
    // As that release would have written it, and had no time to tell of it.
    const sealAt = bytes.length - 86;
    bytes.write(createHash("sha256").update(bytes.subarray(0, sealAt)).digest("hex"), sealAt + 6);
    await writeFile(newest.replace(/\d{6}$/, "000999"), bytes);
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
    const error = (await caught(failed)) as Error;
    expect(`${String(error)} ${String(error.cause)}`).toMatch(/blocks\/\d{10}-driver-\d{10}/);
  });
});

/** The words counted under a uid, by a function of the program's own choice. */
function countingBy(settings: {
  readonly uid?: string;
  readonly add?: number;
  readonly version?: number;
  readonly migrate?: (state: unknown) => number;
}): Program {
  return (lines, note) => {
    note("batch", lines);
    const { add = 1, uid = "counts", ...form } = settings;
    const counts = lines
      .map((word): [string, number] => [word, add])
      .updateStateByKey<string, number, number>(
        (values, count) => values.reduce((sum, each) => sum + each, count ?? 0),
        form,
      );
    note("counts", counts.uid(uid));
  };
}

/** Two states that nothing tells apart but their functions. */
const twins =
  (factors: readonly number[]): Program =>
  (lines, note) => {
    note("batch", lines);
    const pairs = lines.map((word): [string, number] => [word, 1]);
    const functions = [
      (ones: readonly number[], sum: number | undefined) => (sum ?? 0) + ones.length,
      (ones: readonly number[], sum: number | undefined) => (sum ?? 0) + ones.length * 10,
      (ones: readonly number[], sum: number | undefined) => (sum ?? 0) + ones.length * 100,
    ];
    for (const factor of factors) {
      const f = functions[factor];
      if (f !== undefined)
        note(`counts ${factor}`, pairs.updateStateByKey<string, number, number>(f));
    }
  };

describe("a start of a program that has changed", () => {
  test("row 35: kept: a state goes on by its uid under a new function", async () => {
    const first = await firstLife("stop", { program: countingBy({}) });
    const life = await secondLife(first, { program: countingBy({ add: 10 }) });
    await life.receive(["to"]);
    await life.clock.advance(1000);
    expect(lastCounts(life)).toContain('["to",12]');
  });

  test("kept: completed batches that are computed again by changed code are told, or refused where that is wanted", async () => {
    const first = await firstLife("die", { program: countingBy({}) });
    const program: Program = (lines, note) => {
      note("batch", lines);
      const counts = lines
        .map((word): [string, number] => [word, 1])
        .updateStateByKey<string, number, number>((ones, count) => (count ?? 0) + ones.length * 2);
      note("counts", counts.uid("counts"));
    };
    const error = await refused({ program, context: { upgrade: "strict" } });
    expect(error).toMatchObject({ code: "upgrade_refused" });
    const life = await secondLife(first, { program });
    expect(said(life, "completed batches are computed again by it for counts")).not.toEqual([]);
    expect(lastCounts(life)).toContain('["to",4]');
  });

  test("new: a state begins with the first new batch, beside one that goes on", async () => {
    const first = await firstLife("die", { program: countingBy({}) });
    const program: Program = (lines, note, ssc) => {
      countingBy({})(lines, note, ssc);
      const pairs = lines.map((word): [string, number] => [word, 1]);
      const fresh = pairs.updateStateByKey<string, number, number>(
        (ones, n) => (n ?? 0) + ones.length,
      );
      note("fresh", fresh.uid("fresh"));
    };
    const life = await secondLife(first, { program });
    await life.receive(["to"]);
    await life.clock.advance(1000);
    expect(lastCounts(life)).toContain('["to",3]');
    expect([...life.outputs("fresh").values()].at(-1)).toEqual(['["to",1]']);
  });

  test("row 35: dropped: a state that would be lost is refused by its name, until it is allowed by name", async () => {
    const first = await firstLife("stop", { program: countingBy({}) });
    const program: Program = (lines, note) => note("batch", lines);
    const error = (await refused({ program })) as Error;
    expect(error).toMatchObject({ code: "upgrade_refused" });
    expect(String(error.cause)).toMatch(/counts.*allowDropped/);
    const life = await secondLife(first, { program, context: { allowDropped: ["counts"] } });
    expect(said(life, "state counts: dropped")).toHaveLength(1);
    expect(life.outputs("batch").size).toBeGreaterThan(0);
  });

  test("row 35: incompatible: a state of another version is refused, until the program migrates it", async () => {
    const first = await firstLife("stop", { program: countingBy({}) });
    const error = (await refused({ program: countingBy({ version: 2 }) })) as Error;
    expect(error).toMatchObject({ code: "upgrade_refused" });
    expect(String(error.cause)).toMatch(/counts.*version 1.*migrat/);
    const migrate = (state: unknown) => Number(state) * 100;
    const life = await secondLife(first, { program: countingBy({ version: 2, migrate }) });
    expect(lastCounts(life)).toContain('["to",200]');
  });

  test("row 35: ambiguous: twins that have changed are refused, and those that have not are not", async () => {
    const first = await firstLife("stop", { program: twins([0, 1]) });
    const error = (await refused({ program: twins([0, 2]) })) as Error;
    expect(error).toMatchObject({ code: "upgrade_refused" });
    expect(String(error.cause)).toMatch(/twins.*uid/);
    const life = await secondLife(first, { program: twins([0, 1]) });
    expect([...life.outputs("counts 1").values()].at(-1)).toContain('["to",20]');
  });

  test("batch interval changed: goes on with the states on a new grid when nothing is pending", async () => {
    const first = await firstLife("stop");
    const life = await secondLife(first, { context: { batchInterval: milliseconds(500) } });
    expect(said(life, "batch interval changed: 0 completed batches")).toHaveLength(1);
    await life.receive(["to"]);
    await life.clock.advance(1000);
    expect(lastCounts(life)).toContain('["to",3]');
    await life.stop();
    const third = await secondLife(life, {
      context: { batchInterval: milliseconds(500) },
      startMs: 40_000,
    });
    expect(lastCounts(third)).toContain('["to",3]');
  });

  test("batch interval changed: a crash on the new grid is one like any other", async () => {
    const first = await firstLife("stop");
    const life = await secondLife(first, { context: { batchInterval: milliseconds(500) } });
    await life.receive(["to"]);
    await life.clock.advance(1000);
    await life.die();
    const third = await secondLife(life, {
      context: { batchInterval: milliseconds(500) },
      startMs: 40_000,
    });
    expect(lastCounts(third)).toContain('["to",3]');
    await third.receive(["or"]);
    await third.clock.advance(1000);
    expect(lastCounts(third)).toContain('["or",2]');
  });

  test("batch interval changed, batches pending: is refused with both intervals", async () => {
    await firstLifeWithPendingBatch();
    const error = await refused({ context: { batchInterval: milliseconds(500) } });
    expect(error).toMatchObject({
      code: "interval_changed",
      details: { intervalMs: 500, oldIntervalMs: 1000 },
    });
  });

  test("partitions changed: the state is spread over the new ones", async () => {
    const first = await firstLife("stop");
    const life = await secondLife(first, { context: { defaultParallelism: 3 } });
    expect(said(life, "partitions changed: ")).toHaveLength(1);
    expect(lastCounts(life)).toEqual(allCounts);
  });

  test("partitions changed, batches pending: is refused with both numbers", async () => {
    await firstLifeWithPendingBatch();
    expect(await refused({ context: { defaultParallelism: 3 } })).toMatchObject({
      code: "partitions_changed",
      details: { defaultParallelism: 3, oldDefaultParallelism: 1 },
    });
  });
});

describe("a start that has no right to the directory", () => {
  test("row 25: is refused while another driver lives, with its process", async () => {
    const first = lifeIn({ startMs: 10_000 });
    await first.start();
    const error = await caught(lifeIn({}).start());
    expect(error).toMatchObject({ code: "driver_alive", details: { pid: process.pid } });
    await first.receive(["to"]);
    await first.stop();
  });

  test("row 26: a driver over which another one took over acknowledges nothing any more, and ends by that error", async () => {
    const first = lifeIn({ startMs: 10_000 });
    await first.start();
    await first.receive(["to"]);
    const ended = caught(first.context.awaitTermination());
    const store = await openStore(directory);
    const who = { applicationName: "counts", host: "there", pid: 7, startedAtMs: 1, nonce: "n" };
    await claimEpoch(store, { ...who, epoch: 2 });
    await store.close();
    const acknowledged = () => first.sights.filter(({ kind }) => kind === "acknowledged").length;
    const before = acknowledged();
    first.feed.push("be");
    for (let turn = 0; turn < 20; turn += 1) {
      await first.clock.advanceWithoutWaiting(100);
      await sleep(2);
    }
    await first.die();
    expect(await ended).toMatchObject({
      code: "epoch_superseded",
      details: { epoch: 2, host: "there", pid: 7 },
    });
    expect(acknowledged()).toBe(before);
    expect(first.sights.some((sight) => sight.kind === "output done")).toBe(false);
  });

  test("input_not_resumable: is refused, unless the input is allowed by name", async () => {
    const start = async (allowNotResumable: readonly string[]) => {
      const life = lifeIn({
        startMs: 10_000,
        context: { allowNotResumable },
        program: (lines, note, ssc) => {
          counting(lines, note, ssc);
          note("queue", ssc.queueStream([]).uid("queue"));
        },
      });
      await life.start();
      return life;
    };
    const before = await contents();
    const error = await caught(start([]));
    expect(error).toMatchObject({ code: "input_not_resumable" });
    expect(String(error)).toMatch(/queue.*allowNotResumable/);
    expect(await contents()).toEqual(before);
    await (await start(["queue"])).stop();
  });

  test("checkpoint_exists: a new context does not pass over what is there", async () => {
    await firstLife("stop");
    const before = await contents();
    const context = new StreamingContext({ batchInterval: seconds(1), appName: "counts" });
    context.queueStream([[1]]).foreachRDD(() => {});
    context.checkpoint(directory);
    expect(await caught(context.start())).toMatchObject({ code: "checkpoint_exists" });
    expect(await contents()).toEqual(before);
  });
});
