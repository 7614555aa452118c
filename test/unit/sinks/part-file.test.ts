import { createHash } from "node:crypto";
import { mkdir, mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { FileChunks } from "../../../src/core/index.ts";
import { writePartFile } from "../../../src/sinks/part-file.ts";

const code = (expected: string) => expect.objectContaining({ code: expected });

describe("writePartFile", () => {
  let directory: string;

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), "millrace-part-"));
  });

  afterEach(() => rm(directory, { recursive: true }));

  const names = async () => (await readdir(directory)).sort();
  const textOf = (name: string) => readFile(join(directory, name), "utf8");

  test.each<[string, FileChunks]>([
    ["an array", ["a\n", "ü\n"]],
    ["a promise of an array", Promise.resolve(["a\n", Buffer.from("ü\n")])],
    ["a set", new Set(["a\n", "ü\n"])],
    ["a generator", chunksOf<string | Uint8Array>("a\n", Buffer.from("ü\n"))],
    ["an async generator", asyncChunksOf("a\n", "ü\n")],
  ])("writes the chunks of %s in order", async (_, chunks) => {
    await writePartFile(directory, "part-00000", chunks);
    expect(await textOf("part-00000")).toBe("a\nü\n");
    expect(await names()).toEqual(["part-00000"]);
  });

  test("writes an empty file for no chunks", async () => {
    await writePartFile(directory, "part-00000", []);
    expect(await textOf("part-00000")).toBe("");
  });

  test("writes many small and some large chunks as they are", async () => {
    const chunks = Array.from({ length: 5000 }, (_, index) =>
      index % 500 === 0 ? new Uint8Array(300_000).fill(index % 251) : `line ${index} ü\n`,
    );
    await writePartFile(directory, "part-00000", chunks);
    const expected = Buffer.concat(
      chunks.map((chunk) => (typeof chunk === "string" ? Buffer.from(chunk) : chunk)),
    );
    expect((await readFile(join(directory, "part-00000"))).equals(expected)).toBe(true);
  });

  test("takes the bytes of a chunk before it asks for the next one", async () => {
    function* reused(): Generator<Uint8Array> {
      const buffer = new Uint8Array(1);
      for (const letter of "abc") {
        buffer[0] = letter.charCodeAt(0);
        yield buffer;
      }
    }
    await writePartFile(directory, "part-00000", reused());
    expect(await textOf("part-00000")).toBe("abc");
  });

  test("takes the place of a file that an earlier attempt has written", async () => {
    await writePartFile(directory, "part-00000", ["a long first attempt"]);
    await writePartFile(directory, "part-00000", ["second"]);
    expect(await textOf("part-00000")).toBe("second");
  });

  test("attempts at one file at the same time leave one of them, whole", async () => {
    const texts = ["a", "b", "c", "d"].map((letter) => letter.repeat(200_000));
    await Promise.all(texts.map((text) => writePartFile(directory, "part-00000", [text])));
    expect(texts).toContain(await textOf("part-00000"));
    expect(await names()).toEqual(["part-00000"]);
  });

  test("shows nothing under the name of the file before it is whole", async () => {
    async function* looking(): AsyncGenerator<string> {
      yield "x".repeat(200_000);
      expect((await names()).filter((name) => !name.startsWith("."))).toEqual([]);
      yield "y";
    }
    await writePartFile(directory, "part-00000", looking());
    expect(await names()).toEqual(["part-00000"]);
  });

  test("leaves nothing behind when the chunks throw, and passes on what they threw", async () => {
    const error = new Error("no more");
    function* failing(): Generator<string> {
      yield "x".repeat(200_000);
      throw error;
    }
    await expect(writePartFile(directory, "part-00000", failing())).rejects.toBe(error);
    const rejected = Promise.reject<string[]>(error);
    await expect(writePartFile(directory, "part-00000", rejected)).rejects.toBe(error);
    expect(await names()).toEqual([]);
  });

  test("keeps the file of an earlier attempt when a later one fails", async () => {
    await writePartFile(directory, "part-00000", ["whole"]);
    const failing = writePartFile(directory, "part-00000", [7 as unknown as string]);
    await expect(failing).rejects.toEqual(code("file_chunk_invalid"));
    expect(await textOf("part-00000")).toBe("whole");
  });

  test("reports what the file system refuses, and leaves nothing behind", async () => {
    await mkdir(join(directory, "part-00000", "in-the-way"), { recursive: true });
    await expect(writePartFile(directory, "part-00000", ["x"])).rejects.toEqual(
      code("file_not_written"),
    );
    expect(await names()).toEqual(["part-00000"]);
    await expect(writePartFile(join(directory, "nowhere"), "part-00000", ["x"])).rejects.toEqual(
      code("file_not_written"),
    );
  });

  test("writes nowhere but into the directory", async () => {
    for (const name of ["../part-00000", "a/b", "", ".."]) {
      await expect(writePartFile(directory, name, ["x"])).rejects.toEqual(code("argument_invalid"));
    }
    expect(await names()).toEqual([]);
  });

  test("tells the length and the hash of what it wrote", async () => {
    const text = "ü".repeat(200_000);
    expect(await writePartFile(directory, "part-00000", [text.slice(0, 7), text.slice(7)])).toEqual(
      {
        name: "part-00000",
        byteCount: 400_000,
        sha256: createHash("sha256").update(text).digest("hex"),
      },
    );
  });
});

function* chunksOf<T>(...chunks: readonly T[]): Generator<T> {
  yield* chunks;
}

async function* asyncChunksOf<T>(...chunks: readonly T[]): AsyncGenerator<T> {
  yield* chunks;
}
