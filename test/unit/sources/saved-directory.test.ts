import { readFile, rm, truncate, utimes, writeFile } from "node:fs/promises";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { ArrayNode, minutes, RDD, slices } from "../../../src/core/index.ts";
import { fileStream, textFile, textFileStream } from "../../../src/sources/index.ts";
import { FileFixture } from "./file-fixture.ts";

const code = (expected: string) => expect.objectContaining({ code: expected });

let files: FileFixture;

beforeEach(async () => {
  files = await FileFixture.make();
});

afterEach(() => files.close());

/** Saves records in two parts; the directory is shown `agoMs` before now. */
async function save(name: string, records: readonly string[], agoMs = -1000): Promise<void> {
  const node = new ArrayNode(files.environment, "saved", slices(records, 2));
  await new RDD(node).saveAsTextFile(files.path(name));
  for (const part of ["part-00000", "part-00001", ".millrace-manifest.json", "_SUCCESS"]) {
    await files.touch(`${name}/${part}`, agoMs);
  }
}

const read = async (name: string, partitions?: number) =>
  (await textFile(files.environment, files.path(name), partitions)).collect();

describe("a directory with a manifest", () => {
  test("has the records that were saved, and nothing that was put beside them", async () => {
    await save("out", ["a", "b", "c"]);
    await files.write("out/part-00002", "not ours\n", -1000);
    await files.write("out/notes.txt", "nor this\n", -1000);
    expect(await read("out")).toEqual(["a", "b", "c"]);
    expect(await read("o*")).toEqual(["a", "b", "c"]);
  });

  test("is read like any other without its manifest", async () => {
    await save("out", ["a", "b"]);
    await files.write("out/notes.txt", "c\n");
    await rm(files.path("out/.millrace-manifest.json"));
    expect(await read("out")).toEqual(["c", "a", "b"]);
  });

  test("that misses a part is refused", async () => {
    await save("out", ["a", "b"]);
    await rm(files.path("out/part-00001"));
    await expect(read("out")).rejects.toEqual(code("manifest_mismatch"));
  });

  test("whose part has another length is refused", async () => {
    await save("out", ["a", "b"]);
    await truncate(files.path("out/part-00001"), 1);
    await expect(read("out")).rejects.toEqual(code("manifest_mismatch"));
  });

  test("whose part has other bytes fails the job that reads it, before its last records", async () => {
    await save("out", ["a", "b"]);
    await files.write("out/part-00000", "x\n");
    await expect(read("out")).rejects.toEqual(code("manifest_mismatch"));
  });

  test("that makes no sense is refused", async () => {
    await save("out", ["a", "b"]);
    await writeFile(files.path("out/.millrace-manifest.json"), "{");
    await expect(read("out")).rejects.toEqual(code("manifest_invalid"));
  });
});

describe("a stream of directories with manifests", () => {
  test("has each that is shown, once, without its manifest and _SUCCESS", async () => {
    const stream = await files.start(textFileStream(files.path("out-*")));
    await save("out-1", ["a", "b"]);
    await files.write("out-1/notes.txt", "not ours\n", -1000);
    expect(await files.collect(stream)).toEqual(["a", "b"]);
    await save("out-2", ["c", "d"]);
    expect(await files.collect(stream)).toEqual(["c", "d"]);
    expect(await files.collect(stream)).toEqual([]);
    expect(files.reports).toEqual([]);
  });

  test("has no part of a directory that is not shown yet", async () => {
    const stream = await files.start(textFileStream(files.path("out-*")));
    const begun = await files.environment.files.beginSave(files.path("out-1"), undefined);
    if (begun.state === "saved") throw new Error("nobody has saved it");
    const part = await files.environment.files.writePart(begun.attempt, "part-00000", ["a\n"]);
    expect(await files.collect(stream)).toEqual([]);
    await files.environment.files.publish(begun.attempt, [part]);
    await files.touch("out-1/.millrace-manifest.json", -500);
    expect(await files.collect(stream)).toEqual(["a"]);
  });

  test("does not miss parts that are much older than their directory, as saving took long", async () => {
    const stream = await files.start(textFileStream(files.path("out-*")));
    await save("out-1", ["a", "b"]);
    await files.touch("out-1/part-00000", minutes(10));
    expect(await files.collect(stream)).toEqual(["a", "b"]);
  });

  test("tells of one that is damaged, takes nothing of it, and costs no batch", async () => {
    const stream = await files.start(textFileStream(files.path("out-*")));
    await save("out-1", ["a", "b"]);
    await save("out-2", ["c", "d"]);
    await truncate(files.path("out-1/part-00001"), 1);
    await utimes(files.path("out-1/part-00001"), 1, 1);
    expect(await files.collect(stream)).toEqual(["c", "d"]);
    expect(files.reports.map(({ error }) => error)).toEqual([
      expect.objectContaining({ cause: code("manifest_mismatch") }),
    ]);
  });

  test("gives parsers the parts as they were saved", async () => {
    const parser = async (file: { path: string; bytes(): Promise<Uint8Array> }) => [
      Buffer.from(await file.bytes()).equals(await readFile(file.path)),
    ];
    const stream = await files.start(fileStream(files.path("out-*"), { parser }));
    await save("out-1", ["a", "b"]);
    expect(await files.collect(stream)).toEqual([true, true]);
  });
});
