/**
 * Each labelled case of a start, through `getOrCreate`, on a real directory: what it says, what it does, and that a start
 * which is refused leaves the directory as it was.
 */
import { createHash } from "node:crypto";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { StreamingContext, seconds } from "../../../src/index.ts";
import { claimEpoch } from "../../../src/recovery/epochs.ts";
import { openStore } from "../../../src/store/index.ts";
import { counting } from "../../chaos/application-life.ts";
import { caught } from "../context/driven-context.ts";
import {
  allCounts,
  contents,
  directory,
  firstLife,
  firstLifeWithPendingBatch,
  flip,
  lastCounts,
  lifeIn,
  namesIn,
  refused,
  said,
  secondLife,
  useDirectory,
} from "./lives-in-directory.ts";

useDirectory();

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

  test("row 9: epoch record missing: its epoch is not claimed a second time", async () => {
    await firstLife("die");
    await rm(join(directory, "epoch"), { recursive: true });
    const error = await refused();
    expect(error).toMatchObject({ code: "epoch_missing" });
    expect(String(error)).toContain("epoch/0000000001");
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

  test.each(["epoch/9999999999", "epoch/notes.txt", "epoch/0000000002/a"])(
    "something in the place of an epoch record is refused by its name: %s",
    async (name) => {
      await firstLife("stop");
      await mkdir(dirname(join(directory, name)), { recursive: true });
      await writeFile(join(directory, name), "dear");
      expect(await refused()).toMatchObject({
        code: "epoch_foreign",
        kind: "data",
        details: { file: name },
      });
    },
  );

  test("an empty folder in the place of the next epoch record is refused by its name", async () => {
    await firstLife("stop");
    await mkdir(join(directory, "epoch", "0000000002"));
    expect(await refused()).toMatchObject({
      code: "epoch_foreign",
      details: { file: "epoch/0000000002" },
    });
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
    expect(error).toMatchObject({
      code: "batch_unreadable",
      kind: "data",
      details: { file: expect.stringMatching(/^blocks\//) },
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
