/** A key that was changed by hand is what the next start goes on with, and who changed it is on record. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { takeLock } from "../../../src/recovery/index.ts";
import { credentials } from "../../support/s3-fixture.ts";
import { S3Server } from "../../support/s3-server.ts";
import { liveGolden } from "../recovery/golden-program.ts";
import { dataOf, millrace } from "./command-line.ts";
import { damages } from "./damage.ts";
import { contentsOf, directory, useGoldenDirectory } from "./golden-directory.ts";

useGoldenDirectory();

const run = (...words: readonly string[]) => {
  const [command = "", ...rest] = words;
  return millrace(["ckpt", "state", command, directory, ...rest]);
};

/** All files but those of the lock, which holds no data. */
function lockless(): readonly (readonly [string, string])[] {
  return [...contentsOf(directory)].filter(([name]) => !name.startsWith("lock/"));
}

async function sumsAfter(): Promise<unknown> {
  const life = { startMs: 1_357_008_290_000, batches: 1, firstNumber: 10, dies: true };
  const { isRecovering, sums } = await liveGolden(directory, life);
  expect(isRecovering).toBe(true);
  return sums.at(-1)?.[1];
}

describe("millrace checkpoint state set", () => {
  test("changes one key, on which the next start goes on", async () => {
    const { code, err, out } = await run("set", "sums", "even", "1000", "--yes");
    expect(code).toBe(0);
    expect(err).toContain("even of sums, as of the batch 2013-01-01T02:44:43Z: 12 becomes 1000");
    expect(err).toContain("1 batch is computed on top of it at the next start");
    expect(out).toBe("checkpoints/001357008284000-0000000002-000001, audit/0000000002\n");
    expect((await run("get", "sums", "even")).out).toBe("1000\n");
    expect((await run("get", "sums", "odd")).out).toBe("16\n");
    // Then 8 and 9 again, and 10 and 11 of the new batch.
    expect(await sumsAfter()).toEqual([
      ["even", 1018],
      ["odd", 36],
    ]);
  });

  test("says who it was, and what was there before", async () => {
    await run("set", "sums", "even", "1000", "--yes");
    const record = JSON.parse(readFileSync(join(directory, "audit/0000000002"), "utf8")) as unknown;
    expect(record).toEqual({
      format: 1,
      epoch: 2,
      atMs: 1_357_008_300_000,
      user: "ada",
      host: "stream-1",
      pid: 4711,
      action: "state set",
      details: { operator: "sums", key: "even", before: 12, after: 1000 },
    });
  });

  test("leaves a directory in which everything is well, and in which it may be done again", async () => {
    await run("set", "sums", "even", "1000", "--yes");
    const again = await run("set", "sums", "new key", '{"$bigint":"7"}', "--yes", "--json");
    expect(again.code).toBe(0);
    expect(dataOf<unknown>(again)).toMatchObject({ epoch: 3, before: { $undefined: true } });
    const verified = await millrace(["ckpt", "verify", directory]);
    expect({ code: verified.code, damage: verified.out.includes("damage") }).toEqual({
      code: 0,
      damage: false,
    });
    expect((await run("get", "sums", "new key")).out).toBe('{"$bigint":"7"}\n');
    expect((await run("get", "sums", "even")).out).toBe("1000\n");
  });

  test("writes nothing into what was there", async () => {
    const before = contentsOf(directory);
    await run("set", "sums", "even", "1000", "--yes");
    const after = contentsOf(directory);
    for (const [name, hash] of before) expect([name, after.get(name)]).toEqual([name, hash]);
  });

  test("only says what it would do in a dry run, and without a yes", async () => {
    const before = contentsOf(directory);
    const dry = await run("set", "sums", "even", "1000", "--dry-run");
    expect(dry).toMatchObject({ code: 0, out: "nothing was changed\n" });
    const unasked = await run("set", "sums", "even", "1000");
    expect(unasked.code).toBe(2);
    expect(unasked.err).toContain("[confirmation_missing]");
    const declined = await millrace(["ckpt", "state", "set", directory, "sums", "even", "1"], {
      answer: "n",
    });
    expect(declined.code).toBe(2);
    expect(lockless()).toEqual([...before]);
    const agreed = await millrace(["ckpt", "state", "set", directory, "sums", "even", "1"], {
      answer: "y",
    });
    expect(agreed.code).toBe(0);
  });

  test("refuses while a driver lives, and names it", async () => {
    const lock = await takeLock("kernel", directory, async () => ({}));
    const before = lockless();
    const { code, err } = await run("set", "sums", "even", "1000", "--yes");
    await lock.release();
    expect(code).toBe(5);
    expect(err).toContain("[driver_alive]");
    expect(err).toContain("pid: 4711");
    expect(lockless()).toEqual(before);
  });

  test("refuses what it cannot do, with the reason", async () => {
    expect((await run("set", "smus", "even", "1", "--yes")).code).toBe(3);
    expect(await run("set", "sums", "even", "one", "--yes")).toMatchObject({ code: 2 });
    await damages["a state snapshot is changed"]?.(directory);
    const { code } = await run("set", "sums", "even", "1", "--yes");
    expect(code).toBe(4);
    expect(readdirSync(join(directory, "epoch"))).toEqual(["0000000001"]);
  });
});

describe("a state that is changed after a graceful stop", () => {
  test("stays one of a graceful stop, with nothing on top", async () => {
    const life = { startMs: 1_357_008_290_000, batches: 2, firstNumber: 10, dies: false };
    await liveGolden(directory, life);
    const ran = await run("set", "sums", "even", "1", "--yes", "--json");
    expect(dataOf<unknown>(ran)).toMatchObject({ batchesOnTop: 0, before: 42, after: 1 });
    const shown = await millrace(["ckpt", "show", directory, "--json"]);
    expect(dataOf<unknown>(shown)).toMatchObject({ decision: { case: "graceful stop" } });
  });
});

describe("a state in a bucket", () => {
  test("is changed under the next epoch", async () => {
    await using server = await S3Server.start();
    const random = { next: () => 0, nextInt: (from: number) => from };
    const s3 = {
      endpoint: server.endpoint,
      credentials,
      region: "x",
      forcePathStyle: true,
      random,
    };
    const bucket = "s3://bucket/app";
    await millrace(["ckpt", "fork", directory, bucket], { store: { s3 } });
    const set = await millrace(["ckpt", "state", "set", bucket, "sums", "odd", "7", "--yes"], {
      store: { s3 },
    });
    expect(set.code).toBe(0);
    const get = await millrace(["ckpt", "state", "get", bucket, "sums", "odd"], { store: { s3 } });
    expect(get.out).toBe("7\n");
    expect((await millrace(["ckpt", "verify", bucket], { store: { s3 } })).code).toBe(0);
  });
});

describe("changes to what is no directory", () => {
  test.each([
    ["set", "sums", "even", "1", "--yes"],
    ["rm", "sums", "even", "--yes"],
  ])("state %s is refused, and makes nothing", async (...words) => {
    const [command = "", ...rest] = words;
    const nothing = join(directory, "..", "nothing");
    const empty = await millrace(["ckpt", "state", command, nothing, ...rest]);
    expect(empty).toMatchObject({ code: 3, err: expect.stringContaining("[directory_empty]") });
    expect(existsSync(nothing)).toBe(false);
    for (const damage of ["a checkpoint is changed", "both copies of the journal are changed"]) {
      await damages[damage]?.(directory);
      const before = lockless();
      expect((await run(...words)).code).toBe(4);
      expect(lockless()).toEqual(before);
    }
  });
});

describe("millrace checkpoint state rm", () => {
  test("removes one key", async () => {
    const { code } = await run("rm", "sums", "even", "--yes");
    expect(code).toBe(0);
    expect((await run("get", "sums", "even")).code).toBe(3);
    expect(await sumsAfter()).toEqual([
      ["even", 18],
      ["odd", 36],
    ]);
  });

  test("says that a key is not there, and changes nothing", async () => {
    const { code, err } = await run("rm", "sums", "evn", "--yes");
    expect(code).toBe(3);
    expect(err).toContain("[state_key_missing]");
    expect(readdirSync(join(directory, "epoch"))).toEqual(["0000000001"]);
  });
});
