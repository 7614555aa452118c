import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
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

  async function saveParts(
    given: Readonly<Record<string, FileChunks>>,
    address = directory,
  ): Promise<void> {
    const beginning = await datasetFiles.beginSave(address, undefined);
    if (beginning.state === "saved") return;
    const { attempt } = beginning;
    try {
      const parts = [];
      for (const [name, chunks] of Object.entries(given)) {
        parts.push(await datasetFiles.writePart(attempt, name, chunks));
      }
      await datasetFiles.publish(attempt, parts);
    } catch (error) {
      await datasetFiles.abandon(attempt);
      throw error;
    }
  }

  test("a file: address means the same directory as its path", async () => {
    await saveParts({ "part-00000": ["x"] }, pathToFileURL(directory).href);
    expect(await names()).toEqual([".millrace-manifest.json", "_SUCCESS", "part-00000"]);
  });

  test("refuses an address that is not on this machine", async () => {
    await expect(datasetFiles.beginSave("s3://bucket/out", undefined)).rejects.toEqual(
      code("argument_invalid"),
    );
  });

  describe("objectWriter", () => {
    async function save(records: readonly unknown[]): Promise<string> {
      const { objectWriter } = datasetFiles;
      await saveParts({ [`part-00000${objectWriter.extension}`]: objectWriter.write(records) });
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
      await expect(names()).rejects.toThrow("ENOENT");
    });
  });
});
