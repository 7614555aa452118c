import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import avsc from "avsc";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { readAvroContainer } from "../../../src/codec/index.ts";
import type { FileChunks } from "../../../src/core/index.ts";
import { datasetFiles } from "../../../src/sinks/index.ts";

const code = (expected: string) => expect.objectContaining({ code: expected });

describe("datasetFiles", () => {
  let parent: string;
  let directory: string;

  beforeEach(async () => {
    parent = await mkdtemp(join(tmpdir(), "millrace-files-"));
    directory = join(parent, "some", "out-1000");
  });

  afterEach(async () => {
    await rm(parent, { recursive: true });
  });

  const names = async () => (await readdir(directory)).sort();
  const textOf = (name: string) => readFile(join(directory, name), "utf8");

  describe("openDirectory", () => {
    test("makes a directory with all that leads to it", async () => {
      await datasetFiles.openDirectory(directory);
      expect(await names()).toEqual([]);
    });

    test("removes what an earlier run has written, and nothing else", async () => {
      await mkdir(join(directory, "part-00009"), { recursive: true });
      const left = [
        "notes.txt",
        "part-time.csv",
        "_SUCCESSOR",
        ".part-00001",
        ".hidden.unfinished",
      ];
      const removed = ["_SUCCESS", "part-00000", "part-00001.avro", "part-123456.txt"];
      const unfinished = [".part-00001.avro.77-3.unfinished", "._SUCCESS.77-3.unfinished"];
      for (const name of [...left, ...removed, ...unfinished]) {
        await writeFile(join(directory, name), "");
      }
      await datasetFiles.openDirectory(directory);
      expect(await names()).toEqual([...left, "part-00009"].sort());
    });

    test("refuses a path that is a file, and leaves the file alone", async () => {
      const file = join(parent, "file");
      await writeFile(file, "mine");
      await expect(datasetFiles.openDirectory(file)).rejects.toEqual(code("output_not_directory"));
      await expect(datasetFiles.openDirectory(join(file, "in"))).rejects.toEqual(
        code("output_not_directory"),
      );
      expect(await readFile(file, "utf8")).toBe("mine");
    });

    test("refuses an address that is not on this machine", async () => {
      await expect(datasetFiles.openDirectory("s3://bucket/out")).rejects.toEqual(
        code("argument_invalid"),
      );
    });
  });

  describe("writePart", () => {
    beforeEach(() => datasetFiles.openDirectory(directory));

    test.each<[string, FileChunks]>([
      ["an array", ["a\n", "ü\n"]],
      ["a promise of an array", Promise.resolve(["a\n", Buffer.from("ü\n")])],
      ["a set", new Set(["a\n", "ü\n"])],
      ["a generator", chunksOf<string | Uint8Array>("a\n", Buffer.from("ü\n"))],
      ["an async generator", asyncChunksOf("a\n", "ü\n")],
    ])("writes the chunks of %s in order", async (_, chunks) => {
      await datasetFiles.writePart(directory, "part-00000", chunks);
      expect(await textOf("part-00000")).toBe("a\nü\n");
      expect(await names()).toEqual(["part-00000"]);
    });

    test("writes an empty file for no chunks", async () => {
      await datasetFiles.writePart(directory, "part-00000", []);
      expect(await textOf("part-00000")).toBe("");
    });

    test("writes many small and some large chunks as they are", async () => {
      const chunks = Array.from({ length: 5000 }, (_, index) =>
        index % 500 === 0 ? new Uint8Array(300_000).fill(index % 251) : `line ${index} ü\n`,
      );
      await datasetFiles.writePart(directory, "part-00000", chunks);
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
      await datasetFiles.writePart(directory, "part-00000", reused());
      expect(await textOf("part-00000")).toBe("abc");
    });

    test("takes the place of a file that an earlier attempt has written", async () => {
      await datasetFiles.writePart(directory, "part-00000", ["a long first attempt"]);
      await datasetFiles.writePart(directory, "part-00000", ["second"]);
      expect(await textOf("part-00000")).toBe("second");
    });

    test("attempts at one file at the same time leave one of them, whole", async () => {
      const texts = ["a", "b", "c", "d"].map((letter) => letter.repeat(200_000));
      await Promise.all(
        texts.map((text) => datasetFiles.writePart(directory, "part-00000", [text])),
      );
      expect(texts).toContain(await textOf("part-00000"));
      expect(await names()).toEqual(["part-00000"]);
    });

    test("shows nothing under the name of the file before it is whole", async () => {
      async function* looking(): AsyncGenerator<string> {
        yield "x".repeat(200_000);
        expect((await names()).filter((name) => !name.startsWith("."))).toEqual([]);
        yield "y";
      }
      await datasetFiles.writePart(directory, "part-00000", looking());
      expect(await names()).toEqual(["part-00000"]);
    });

    test("leaves nothing behind when the chunks throw, and passes on what they threw", async () => {
      const error = new Error("no more");
      function* failing(): Generator<string> {
        yield "x".repeat(200_000);
        throw error;
      }
      await expect(datasetFiles.writePart(directory, "part-00000", failing())).rejects.toBe(error);
      const rejected = Promise.reject<string[]>(error);
      await expect(datasetFiles.writePart(directory, "part-00000", rejected)).rejects.toBe(error);
      expect(await names()).toEqual([]);
    });

    test("keeps the file of an earlier attempt when a later one fails", async () => {
      await datasetFiles.writePart(directory, "part-00000", ["whole"]);
      const failing = datasetFiles.writePart(directory, "part-00000", [7 as unknown as string]);
      await expect(failing).rejects.toEqual(code("file_chunk_invalid"));
      expect(await textOf("part-00000")).toBe("whole");
    });

    test("reports what the file system refuses, and leaves nothing behind", async () => {
      await mkdir(join(directory, "part-00000", "in-the-way"), { recursive: true });
      await expect(datasetFiles.writePart(directory, "part-00000", ["x"])).rejects.toEqual(
        code("file_not_written"),
      );
      expect(await names()).toEqual(["part-00000"]);
      await expect(
        datasetFiles.writePart(join(directory, "nowhere"), "part-00000", ["x"]),
      ).rejects.toEqual(code("file_not_written"));
    });

    test("writes nowhere but into the directory", async () => {
      for (const name of ["../part-00000", "a/b", "", ".."]) {
        await expect(datasetFiles.writePart(directory, name, ["x"])).rejects.toEqual(
          code("argument_invalid"),
        );
      }
      expect(await names()).toEqual([]);
    });
  });

  describe("finishDirectory", () => {
    beforeEach(async () => {
      await datasetFiles.openDirectory(directory);
      await datasetFiles.writePart(directory, "part-00000", ["x"]);
    });

    test("says that all files are there", async () => {
      await datasetFiles.finishDirectory(directory, ["part-00000"]);
      expect(await names()).toEqual(["_SUCCESS", "part-00000"]);
      expect(await textOf("_SUCCESS")).toBe("");
    });

    test("says so of a dataset without partitions", async () => {
      await datasetFiles.finishDirectory(directory, []);
      expect(await names()).toContain("_SUCCESS");
    });

    test("refuses to when one of them is gone", async () => {
      const finishing = datasetFiles.finishDirectory(directory, ["part-00000", "part-00001"]);
      await expect(finishing).rejects.toEqual(code("output_incomplete"));
      expect(await names()).toEqual(["part-00000"]);
    });
  });

  test("a file: address means the same directory as its path", async () => {
    const address = pathToFileURL(directory).href;
    await datasetFiles.openDirectory(address);
    await datasetFiles.writePart(address, "part-00000", ["x"]);
    await datasetFiles.finishDirectory(address, ["part-00000"]);
    expect(await names()).toEqual(["_SUCCESS", "part-00000"]);
  });

  describe("objectWriter", () => {
    async function save(records: readonly unknown[]): Promise<string> {
      await datasetFiles.openDirectory(directory);
      const { objectWriter } = datasetFiles;
      const name = `part-00000${objectWriter.extension}`;
      await datasetFiles.writePart(directory, name, objectWriter.write(records));
      return join(directory, "part-00000.avro");
    }

    test("writes what the codec reads back", async () => {
      const records = [
        ["SEA", 3],
        new Map([["a", 1n]]),
        ...Array.from({ length: 20_000 }, (_, id) => ({ id })),
      ];
      const file = await save(records);
      const { blocks } = await readAvroContainer([await readFile(file)], {
        recordCount: records.length,
      });
      const read: unknown[] = [];
      for await (const block of blocks) read.push(...block);
      expect(read).toEqual(records);
    });

    test("writes a file without records that is a container file", async () => {
      const { blocks } = await readAvroContainer([await readFile(await save([]))], {});
      for await (const block of blocks) expect(block).toEqual([]);
    });

    test("writes what another avro library reads", async () => {
      const file = await save(["one", 2]);
      const decoder = avsc.createFileDecoder(file);
      const records: unknown[] = [];
      for await (const record of decoder) records.push(record);
      expect(records).toEqual([{ value: { string: "one" } }, { value: { long: 2 } }]);
    });

    test("refuses records that are not plain data", async () => {
      await expect(save([1, () => 1])).rejects.toEqual(code("value_unsupported"));
      expect(await names()).toEqual([]);
    });
  });
});

function* chunksOf<T>(...chunks: readonly T[]): Generator<T> {
  yield* chunks;
}

async function* asyncChunksOf<T>(...chunks: readonly T[]): AsyncGenerator<T> {
  yield* chunks;
}
