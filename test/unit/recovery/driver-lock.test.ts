/** Where a lock can be taken, and what is said where it cannot. */
import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { type FilePort, systemFiles } from "../../../src/base/index.ts";
import { takeLock } from "../../../src/recovery/driver-lock.ts";
import { caught } from "../context/driven-context.ts";

let directory = "";

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "millrace-lock-"));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
});

const nobody = async () => ({});

/** A disk on which one call fails with an error of the system. */
function failing(call: "create" | "makeDirectory" | "append", errno: string): FilePort {
  const fail = () => Promise.reject(Object.assign(new Error(errno), { code: errno }));
  if (call !== "append") return { ...systemFiles, [call]: fail };
  const create: FilePort["create"] = async (path) => ({
    ...(await systemFiles.create(path)),
    append: fail,
  });
  return { ...systemFiles, create };
}

describe("a lock", () => {
  for (const kind of ["kernel", "lockfile"] as const) {
    test(`${kind}: is taken in a directory that nobody has made, and by one alone`, async () => {
      const fresh = join(directory, "a", "b");
      const lock = await takeLock(kind, fresh, nobody);
      expect(await caught(takeLock(kind, fresh, async () => ({ pid: 7 })))).toMatchObject({
        code: "driver_alive",
        details: { directory: fresh, pid: 7 },
      });
      await lock.release();
      await lock.release();
      await (await takeLock(kind, fresh, nobody)).release();
    });

    test(`${kind}: tells of a file where the directory should be`, async () => {
      const path = join(directory, "letters.txt");
      await writeFile(path, "dear");
      expect(await caught(takeLock(kind, path, nobody))).toMatchObject({
        code: "directory_blocked",
        kind: "usage",
        details: { directory: path, errno: "ENOTDIR" },
      });
      const below = join(path, "below");
      expect(await caught(takeLock(kind, below, nobody))).toMatchObject({
        code: "directory_blocked",
      });
    });
  }

  for (const [call, errno, code] of [
    ["create", "EROFS", "store_denied"],
    ["makeDirectory", "EACCES", "store_denied"],
    ["append", "ENOSPC", "store_full"],
    ["append", "EDQUOT", "store_full"],
  ] as const) {
    test(`tells why it cannot be taken: ${errno} is ${code}, and nothing is left of the attempt`, async () => {
      // What keeps LevelDB from opening: a folder in the place of its file.
      await mkdir(join(directory, "lock", "LOCK"), { recursive: true });
      const error = await caught(takeLock("kernel", directory, nobody, failing(call, errno)));
      expect(error).toMatchObject({ code, kind: "unavailable", details: { directory, errno } });
      const left = await readdir(join(directory, "lock"));
      expect(left.filter((name) => name.startsWith("probe"))).toEqual([]);
    });
  }

  test("is unusable where the directory can be written and the lock cannot be opened", async () => {
    await mkdir(join(directory, "lock", "LOCK"), { recursive: true });
    expect(await caught(takeLock("kernel", directory, nobody))).toMatchObject({
      code: "lock_unusable",
    });
  });
});
