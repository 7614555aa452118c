import { chmod, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
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

  test("a file is written from its beginning on, and read whole and by ranges", async () => {
    const file = await systemFiles.create(at("a"));
    await file.append(Buffer.from("hello "));
    await file.append(new Uint8Array(0));
    await file.append(Buffer.from("world"));
    await file.sync();
    expect(Buffer.from(await systemFiles.read(at("a"))).toString()).toBe("hello world");
    await file.close();
    const range = async (offset: number, byteCount: number) =>
      Buffer.from(await systemFiles.readRange(at("a"), offset, byteCount)).toString();
    expect(await range(0, 5)).toBe("hello");
    expect(await range(6, 2 ** 50)).toBe("world");
    expect(await range(11, 1)).toBe("");
    expect(await range(2 ** 40, 2 ** 40)).toBe("");
    expect(await systemFiles.stat(at("a"))).toMatchObject({ kind: "file", byteCount: 11 });
    await systemFiles.syncFile(at("a"));
  });

  test("a file that is there is not opened for writing", async () => {
    await writeFile(at("a"), "mine");
    await expect(systemFiles.create(at("a"))).rejects.toEqual(code("EEXIST"));
    await mkdir(at("d"));
    await expect(systemFiles.create(at("d"))).rejects.toEqual(code("EEXIST"));
    expect(await readFile(at("a"), "utf8")).toBe("mine");
  });

  test("a link gives a second name, and overwrites nothing", async () => {
    await writeFile(at("a"), "a");
    await systemFiles.link(at("a"), at("b"));
    await systemFiles.unlink(at("a"));
    expect(await readFile(at("b"), "utf8")).toBe("a");
    await writeFile(at("c"), "c");
    await expect(systemFiles.link(at("b"), at("c"))).rejects.toEqual(code("EEXIST"));
    expect(await readFile(at("c"), "utf8")).toBe("c");
  });

  test("directories are made one by one, listed and synced", async () => {
    await expect(systemFiles.makeDirectory(at("d/e"))).rejects.toEqual(code("ENOENT"));
    await systemFiles.makeDirectory(at("d"));
    await expect(systemFiles.makeDirectory(at("d"))).rejects.toEqual(code("EEXIST"));
    await writeFile(at("a"), "");
    await symlink(at("d"), at("s"));
    await systemFiles.syncDirectory(directory);
    const entries = [...(await systemFiles.readDirectory(directory))];
    expect(entries.sort((a, b) => (a.name < b.name ? -1 : 1))).toEqual([
      { name: "a", kind: "file" },
      { name: "d", kind: "directory" },
      { name: "s", kind: "other" },
    ]);
    expect((await systemFiles.stat(at("s"))).kind).toBe("directory");
  });

  test("what is not there is told with the system's code", async () => {
    const missing = [
      systemFiles.read(at("x")),
      systemFiles.readRange(at("x"), 0, 1),
      systemFiles.stat(at("x")),
      systemFiles.unlink(at("x")),
      systemFiles.link(at("x"), at("y")),
      systemFiles.syncFile(at("x")),
      systemFiles.syncDirectory(at("x")),
      systemFiles.readDirectory(at("x")),
    ];
    const settled = await Promise.allSettled(missing);
    expect(
      settled.map((result) => (result.status === "rejected" ? errnoOf(result.reason) : "")),
    ).toEqual(missing.map(() => "ENOENT"));
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
