import { chmod, mkdir, mkdtemp, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { errnoOf, systemFiles, thisProcess } from "../../../src/base/index.ts";
import { type WritableHandle, writeAll } from "../../../src/base/system-files.ts";

const code = (expected: string) => expect.objectContaining({ code: expected });

describe("systemFiles", () => {
  let directory: string;
  const at = (name: string) => join(directory, name);

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), "millrace-system-files-"));
  });
  afterEach(async () => {
    await rm(directory, { recursive: true });
  });

  test("a symbolic link is neither file nor directory, and what it leads to is both", async () => {
    await mkdir(at("d"));
    await symlink(at("d"), at("s"));
    expect(await systemFiles.readDirectory(directory)).toContainEqual({ name: "s", kind: "other" });
    expect((await systemFiles.stat(at("s"))).kind).toBe("directory");
  });

  test.skipIf(process.getuid?.() === 0)(
    "what is forbidden is told with the system's code",
    async () => {
      await mkdir(at("closed"));
      await chmod(at("closed"), 0o500);
      await expect(systemFiles.create(at("closed/a"))).rejects.toEqual(code("EACCES"));
    },
  );
});

describe("writeAll", () => {
  /** Takes as many bytes at a time as the list says, then all. */
  function handleThatTakes(...counts: number[]): WritableHandle & { readonly taken: string[] } {
    const taken: string[] = [];
    return {
      taken,
      write: async (bytes, offset, length) => {
        const bytesWritten = Math.min(length, counts.shift() ?? length);
        taken.push(Buffer.from(bytes.subarray(offset, offset + bytesWritten)).toString());
        return { bytesWritten };
      },
    };
  }

  test("writes the rest of what the system took in part", async () => {
    const handle = handleThatTakes(3, 1);
    await writeAll(handle, Buffer.from("0123456789"));
    expect(handle.taken).toEqual(["012", "3", "456789"]);
  });

  test("writes nothing of nothing", async () => {
    const handle = handleThatTakes();
    await writeAll(handle, new Uint8Array(0));
    expect(handle.taken).toEqual([]);
  });

  test("rejects when the system takes nothing more", async () => {
    const handle = handleThatTakes(3, 0);
    await expect(writeAll(handle, Buffer.from("0123456789"))).rejects.toEqual(code("EIO"));
    expect(handle.taken).toEqual(["012", ""]);
  });
});

describe("errnoOf", () => {
  test("is the code of an error of the system, and undefined for anything else", () => {
    expect(errnoOf(Object.assign(new Error("no"), { code: "ENOENT" }))).toBe("ENOENT");
    expect(errnoOf(Object.assign(new Error("no"), { code: 5 }))).toBeUndefined();
    expect(errnoOf(new Error("no"))).toBeUndefined();
    expect(errnoOf({ code: "ENOENT" })).toBeUndefined();
    expect(errnoOf(undefined)).toBeUndefined();
  });
});

describe("thisProcess", () => {
  test("knows itself and its parent to be running, and a pid that nobody can have not to be", () => {
    expect(thisProcess.pid).toBe(process.pid);
    expect(thisProcess.isRunning(process.pid)).toBe(true);
    expect(thisProcess.isRunning(process.ppid)).toBe(true);
    expect(thisProcess.isRunning(2 ** 30)).toBe(false);
  });
});
