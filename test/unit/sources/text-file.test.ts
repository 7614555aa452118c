import { mkdir, rm, writeFile } from "node:fs/promises";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { linesOfRange, rangesOf } from "../../../src/sources/file-range.ts";
import { textFile } from "../../../src/sources/index.ts";
import { InputFile } from "../../../src/sources/input-file.ts";
import { FileFixture, startMs } from "./file-fixture.ts";

const code = (expected: string, details: object = {}) =>
  expect.objectContaining({ code: expected, details: expect.objectContaining(details) });

let files: FileFixture;

beforeEach(async () => {
  files = await FileFixture.make();
});

afterEach(async () => {
  await files.close();
});

const open = (name: string, partitions?: number) =>
  textFile(files.environment, files.path(name), partitions);

const read = async (name: string, partitions?: number) => (await open(name, partitions)).collect();

describe("textFile", () => {
  test("has the lines of a file", async () => {
    await files.write("f", "\ufeffa\r\nb\n\nü");
    expect(await read("f")).toEqual(["a", "b", "", "ü"]);
    expect(await read("f", 3)).toEqual(["a", "b", "", "ü"]);
  });

  test("has the lines of the files of a directory, by name, without hidden ones", async () => {
    for (const name of ["b", "a", ".c", "_SUCCESS", "sub/d"]) await files.write(`in/${name}`, name);
    expect(await read("in")).toEqual(["a", "b"]);
  });

  test("has the lines of all files and directories that a pattern matches, each once", async () => {
    for (const name of ["x1", "x2/a", "x2/x3", "y"]) await files.write(name, name);
    expect(await read("x*")).toEqual(["x1", "x2/a", "x2/x3"]);
    expect(await read("**/x*")).toEqual(["x1", "x2/a", "x2/x3"]);
  });

  test("has at least as many partitions as it is asked for, and one for each file", async () => {
    const text = Array.from({ length: 1000 }, (_, index) => `line ${index}\n`).join("");
    await files.write("in/a", text);
    await files.write("in/b", text);
    await files.write("in/empty", "");
    expect((await open("in", 1)).partitionCount).toBe(2);
    const dataset = await open("in", 8);
    expect(dataset.partitionCount).toBeGreaterThanOrEqual(8);
    expect((await dataset.collect()).join("\n")).toBe(`${text}${text}`.trimEnd());
    const sizes = (await dataset.glom().collect()).map((lines) => lines.length);
    expect(Math.max(...sizes)).toBeLessThan(300);
  });

  test("has no partitions for empty files", async () => {
    await files.write("f", "");
    expect((await open("f")).partitionCount).toBe(0);
    expect(await read("f")).toEqual([]);
  });

  test("computes no more than is asked for", async () => {
    await files.write("f", "a\nb\nc\n");
    const dataset = await open("f", 3);
    await files.touch("f", 50);
    await expect(dataset.take(1)).rejects.toEqual(code("input_changed"));
    await files.touch("f");
    expect(await dataset.take(1)).toEqual(["a"]);
  });

  test("refuses what is not there", async () => {
    await mkdir(files.path("empty"));
    expect(await read("empty")).toEqual([]);
    await expect(open("nothing")).rejects.toEqual(code("input_missing"));
    await expect(open("no*thing")).rejects.toEqual(code("input_missing"));
    await expect(textFile(files.environment, "s3://b/f")).rejects.toEqual(code("argument_invalid"));
    await expect(open("empty", 0)).rejects.toEqual(code("argument_invalid"));
    await expect(open("x".repeat(300))).rejects.toEqual(code("input_unreadable"));
  });

  test("fails its job when a file changed or vanished since", async () => {
    const path = await files.write("f", "a\nb\n");
    const dataset = await open("f");
    await writeFile(path, "other");
    await expect(dataset.collect()).rejects.toEqual(code("input_changed", { file: path }));
    await rm(path);
    await expect(dataset.collect()).rejects.toEqual(code("input_changed", { file: path }));
  });

  test("fails its job on lines that are no UTF-8 text: nobody would hear of them", async () => {
    const path = await files.write("f", Uint8Array.of(0x61, 0xff, 0x0a));
    await expect(read("f")).rejects.toMatchObject({
      code: "text_invalid",
      details: { file: path },
      cause: { code: "utf8_invalid" },
    });
  });
});

describe("the ranges of a file", () => {
  test("cover it without a gap, and the last one is not very short", () => {
    fc.assert(
      fc.property(fc.nat(100_000), fc.integer({ min: 1, max: 10_000 }), (byteCount, rangeBytes) => {
        const ranges = rangesOf(byteCount, rangeBytes);
        let at = 0;
        for (const { from, until } of ranges) {
          expect(from).toBe(at);
          expect(until - from).toBeLessThanOrEqual(rangeBytes * 1.1);
          at = until;
        }
        expect(at).toBe(byteCount);
        const last = ranges.at(-1);
        if (ranges.length > 1 && last)
          expect(last.until - last.from).toBeGreaterThan(rangeBytes / 10);
      }),
    );
  });

  test("have together the lines of the file, each in the range that it begins in", async () => {
    const lines = fc.array(fc.string({ unit: fc.constantFrom("a", "ü", "\r"), maxLength: 6 }));
    await fc.assert(
      fc.asyncProperty(
        lines,
        fc.boolean(),
        fc.integer({ min: 1, max: 12 }),
        fc.integer({ min: 1, max: 9 }),
        async (texts, endsLine, rangeBytes, chunkBytes) => {
          const bytes = Buffer.from(texts.join("\n") + (endsLine ? "\n" : ""));
          const path = await files.write("f", bytes);
          const file = new InputFile({ path, byteCount: bytes.length, modifiedMs: startMs });
          const read: Buffer[] = [];
          for (const range of rangesOf(bytes.length, rangeBytes)) {
            const chunks: Buffer[] = [];
            const begin = Buffer.concat(read).length;
            for await (const chunk of linesOfRange(file, range, chunkBytes)) chunks.push(chunk);
            const part = Buffer.concat(chunks);
            read.push(part);
            if (part.length === 0) continue;
            expect(begin).toBeGreaterThanOrEqual(range.from);
            const lastLine = begin + part.subarray(0, -1).lastIndexOf(0x0a) + 1;
            expect(lastLine).toBeLessThan(range.until);
          }
          expect(Buffer.concat(read).equals(bytes)).toBe(true);
        },
      ),
      { numRuns: 200 },
    );
  });
});
