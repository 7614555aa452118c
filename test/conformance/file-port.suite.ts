/**
 * Owns: what every implementation of the file port must do; it keeps the simulated disk true to real ones.
 * Does not own: durability, which no test of a real disk can see.
 */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { errnoOf, type FilePort } from "../../src/base/index.ts";

export interface FilePortFixture {
  readonly files: FilePort;
  /** A directory that is there and empty. */
  readonly directory: string;
  dispose(): Promise<void>;
}

const ascii = (text: string): Uint8Array => new TextEncoder().encode(text);
const textOf = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
const code = (expected: string): unknown => expect.objectContaining({ code: expected });

/** Declares the cases of the port for one implementation. */
export function filePortSuite(kind: string, make: () => Promise<FilePortFixture>): void {
  let fixture: FilePortFixture;
  let files: FilePort;
  const at = (name: string): string => `${fixture.directory}/${name}`;

  async function written(name: string, text: string): Promise<void> {
    const file = await files.create(at(name));
    await file.append(ascii(text));
    await file.close();
  }

  describe(`files ${kind}`, () => {
    beforeEach(async () => {
      fixture = await make();
      files = fixture.files;
    });
    afterEach(async () => {
      await fixture.dispose();
    });

    test("a file is written from its beginning on, and read whole and by ranges", async () => {
      const file = await files.create(at("a"));
      await file.append(ascii("hello "));
      await file.append(new Uint8Array(0));
      await file.append(ascii("world"));
      await file.sync();
      expect(textOf(await files.read(at("a")))).toBe("hello world");
      await file.close();
      const range = async (offset: number, byteCount: number) =>
        textOf(await files.readRange(at("a"), offset, byteCount));
      expect(await range(0, 5)).toBe("hello");
      expect(await range(6, 2 ** 50)).toBe("world");
      expect(await range(11, 1)).toBe("");
      expect(await range(2 ** 40, 2 ** 40)).toBe("");
      expect(await files.stat(at("a"))).toMatchObject({ kind: "file", byteCount: 11 });
      await files.syncFile(at("a"));
    });

    test("what was appended is seen before it is synced", async () => {
      const file = await files.create(at("a"));
      await file.append(ascii("one"));
      expect(textOf(await files.read(at("a")))).toBe("one");
      await file.close();
    });

    test("a name that is there is not opened for writing", async () => {
      await written("a", "mine");
      await expect(files.create(at("a"))).rejects.toEqual(code("EEXIST"));
      await files.makeDirectory(at("d"));
      await expect(files.create(at("d"))).rejects.toEqual(code("EEXIST"));
      expect(textOf(await files.read(at("a")))).toBe("mine");
    });

    test("a link gives a second name, and overwrites nothing", async () => {
      await written("a", "a");
      await files.link(at("a"), at("b"));
      await files.unlink(at("a"));
      expect(textOf(await files.read(at("b")))).toBe("a");
      await written("c", "c");
      await files.makeDirectory(at("d"));
      await expect(files.link(at("b"), at("c"))).rejects.toEqual(code("EEXIST"));
      await expect(files.link(at("b"), at("d"))).rejects.toEqual(code("EEXIST"));
      expect(textOf(await files.read(at("c")))).toBe("c");
    });

    test("directories are made one by one, listed and synced", async () => {
      await expect(files.makeDirectory(at("d/e"))).rejects.toEqual(code("ENOENT"));
      await files.makeDirectory(at("d"));
      await files.makeDirectory(at("d/e"));
      await expect(files.makeDirectory(at("d"))).rejects.toEqual(code("EEXIST"));
      await written("a", "");
      await files.syncDirectory(fixture.directory);
      const entries = [...(await files.readDirectory(fixture.directory))];
      expect(entries.sort((a, b) => (a.name < b.name ? -1 : 1))).toEqual([
        { name: "a", kind: "file" },
        { name: "d", kind: "directory" },
      ]);
      expect((await files.stat(at("d/e"))).kind).toBe("directory");
      expect((await files.stat("/")).kind).toBe("directory");
    });

    async function errnosOf(calls: readonly Promise<unknown>[]): Promise<(string | undefined)[]> {
      const settled = await Promise.allSettled(calls);
      return settled.map((result) =>
        result.status === "rejected" ? errnoOf(result.reason) : "none",
      );
    }

    test("what is not there is ENOENT", async () => {
      await written("a", "");
      const calls = [
        files.create(at("x/y")),
        files.read(at("x")),
        files.readRange(at("x"), 0, 1),
        files.stat(at("x")),
        files.unlink(at("x")),
        files.link(at("x"), at("y")),
        files.link(at("a"), at("x/y")),
        files.syncFile(at("x")),
        files.syncDirectory(at("x")),
        files.readDirectory(at("x")),
      ];
      expect(await errnosOf(calls)).toEqual(calls.map(() => "ENOENT"));
    });

    test("a way through a file is ENOTDIR", async () => {
      await written("a", "");
      const calls = [
        files.create(at("a/x")),
        files.read(at("a/x")),
        files.stat(at("a/x")),
        files.unlink(at("a/x")),
        files.link(at("a"), at("a/x")),
        files.makeDirectory(at("a/x")),
        files.readDirectory(at("a")),
      ];
      expect(await errnosOf(calls)).toEqual(calls.map(() => "ENOTDIR"));
    });

    test("a directory is no file to read", async () => {
      await files.makeDirectory(at("d"));
      await expect(files.read(at("d"))).rejects.toEqual(code("EISDIR"));
    });

    test("an unlinked file can be written to its end", async () => {
      const file = await files.create(at("a"));
      await files.unlink(at("a"));
      await file.append(ascii("x"));
      await file.sync();
      await file.close();
      await expect(files.read(at("a"))).rejects.toEqual(code("ENOENT"));
    });
  });
}
