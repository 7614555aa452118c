import { chmod, mkdir, rename, rm, symlink, truncate, writeFile } from "node:fs/promises";
import { pathToFileURL } from "node:url";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { systemClock } from "../../../src/base/index.ts";
import { type Duration, minutes, seconds } from "../../../src/core/index.ts";
import { binaryRecordsStream, fileStream, textFileStream } from "../../../src/sources/index.ts";
import { batchIntervalMs, FileFixture, startMs } from "./file-fixture.ts";

const code = (expected: string, details: object = {}) =>
  expect.objectContaining({ code: expected, details: expect.objectContaining(details) });

let files: FileFixture;

beforeEach(async () => {
  files = await FileFixture.make();
});

afterEach(async () => {
  await files.close();
});

describe("textFileStream", () => {
  test("has the lines of the files that arrived since the last batch", async () => {
    const stream = await files.start(textFileStream(files.directory));
    expect(await files.collect(stream)).toEqual([]);
    await files.write("one", "a\nb\n", -1000);
    expect(await files.collect(stream)).toEqual(["a", "b"]);
    expect(await files.collect(stream)).toEqual([]);
    await files.write("two", "c\n", -1000);
    await files.write("three", "d\n", -500);
    expect(await files.collect(stream)).toEqual(["d", "c"]);
  });

  test("has one partition per file, by the time of change, then by name", async () => {
    const stream = await files.start(textFileStream(files.directory));
    await files.write("b", "3\n4\n", -1000);
    await files.write("c", "1\n", -500);
    await files.write("a", "2\n", -1000);
    const dataset = await files.next(stream);
    expect(dataset.partitionCount).toBe(3);
    expect(await dataset.glom().collect()).toEqual([["1"], ["2"], ["3", "4"]]);
  });

  test("a batch without files has a dataset without partitions", async () => {
    const stream = await files.start(textFileStream(files.directory));
    expect((await files.next(stream)).partitionCount).toBe(0);
  });

  test("ends lines at \\n and \\r\\n, and takes a last line without an end", async () => {
    const stream = await files.start(textFileStream(files.directory));
    await files.write("f", "a\r\nb\n\nü\r\rc", -1000);
    expect(await files.collect(stream)).toEqual(["a", "b", "", "ü\r\rc"]);
  });

  test("does not take a byte order mark for text", async () => {
    const stream = await files.start(textFileStream(files.directory));
    await files.write("f", "\ufeffa\n\ufeffb\n", -1000);
    expect(await files.collect(stream)).toEqual(["a", "\ufeffb"]);
  });

  test("keeps lines whole where chunks are cut", async () => {
    const lines = Array.from({ length: 50_000 }, (_, index) => `line number ${index} ü€😀`);
    const stream = await files.start(textFileStream(files.directory));
    await files.write("f", lines.join("\n"), -1000);
    expect(await files.collect(stream)).toEqual(lines);
  });

  test("reads a file as a partition as often as it is asked for", async () => {
    const stream = await files.start(textFileStream(files.directory));
    await files.write("f", "a\n", -1000);
    const dataset = await files.next(stream);
    expect([await dataset.collect(), await dataset.collect()]).toEqual([["a"], ["a"]]);
    expect(await dataset.take(1)).toEqual(["a"]);
  });

  test("tells what each batch has been given, without a number of records", async () => {
    const stream = await files.start(textFileStream(files.directory));
    const one = await files.write("one", "a\n", -600);
    const two = await files.write("two", "a\n", -700);
    await files.next(stream);
    await files.next(stream);
    expect(files.inputs.get(startMs + 1000)).toEqual({
      recordCount: 0,
      files: [one, two],
      Description: `${one}\n${two}`,
    });
    expect(files.inputs.get(startMs + 2000)).toEqual({
      recordCount: 0,
      files: [],
      Description: "",
    });
  });

  test("takes a file: address for the path that it means", async () => {
    const stream = await files.start(textFileStream(pathToFileURL(files.directory).href));
    await files.write("f", "a\n", -1000);
    expect(await files.collect(stream)).toEqual(["a"]);
  });

  test("is told from another one by directory and format", () => {
    const parameters = [
      textFileStream("/a"),
      textFileStream("/b"),
      binaryRecordsStream("/a", 8),
      binaryRecordsStream("/a", 9),
    ].map((stream) => JSON.stringify(stream.parameters));
    expect(new Set(parameters).size).toBe(4);
  });
});

describe("the files of a batch", () => {
  test("are those modified after the start, if only new ones are asked for", async () => {
    await files.write("old", "old\n", 1000);
    await files.write("at the start", "start\n");
    const stream = await files.start(textFileStream(files.directory));
    await files.write("new", "new\n", -1);
    expect(await files.collect(stream)).toEqual(["new"]);
  });

  test("are those modified after the birth of the stream, where that is told", async () => {
    await files.write("old", "old\n", 500);
    const options = { bornMs: startMs - 501 };
    const stream = await files.start(textFileStream(files.directory, options));
    expect(await files.collect(stream)).toEqual(["old"]);
  });

  test("are older ones too, if not only new ones are asked for, as old as the stream remembers", async () => {
    await files.write("old", "old\n", 59_000 - 1);
    await files.write("too old", "too old\n", 59_000);
    const options = { newFilesOnly: false };
    const stream = await files.start(textFileStream(files.directory, options));
    expect(await files.collect(stream)).toEqual(["old"]);
  });

  test("are never those that are to be modified after its time", async () => {
    const stream = await files.start(textFileStream(files.directory));
    await files.write("at the time", "now\n", -1000);
    await files.write("after the time", "later\n", -1001);
    expect(await files.collect(stream)).toEqual(["now"]);
    expect(await files.collect(stream)).toEqual(["later"]);
  });

  test("are none that were in a batch before, even if they were modified since", async () => {
    const stream = await files.start(textFileStream(files.directory));
    await files.write("f", "a\n", -1000);
    expect(await files.collect(stream)).toEqual(["a"]);
    await files.write("f", "a\nb\n", -1000);
    expect(await files.collect(stream)).toEqual([]);
  });

  test("are remembered for a minute, and may come again when they are modified later", async () => {
    const stream = await files.start(textFileStream(files.directory));
    await files.write("f", "a\n", -1000);
    expect(await files.collect(stream)).toEqual(["a"]);
    for (let batch = 0; batch < 60; batch++) {
      await files.touch("f", -1000);
      expect(await files.collect(stream)).toEqual([]);
    }
    await files.touch("f", -1000);
    expect(await files.collect(stream)).toEqual(["a"]);
  });

  test.each([
    [minutes(2), 120],
    [seconds(1.5), 2],
    [seconds(1), 1],
  ])("are remembered for whole batches, %d ms at least", async (minRemember, batches) => {
    const options = { minRemember, newFilesOnly: false };
    const stream = await files.start(textFileStream(files.directory, options));
    await files.write("just remembered", "a\n", batches * batchIntervalMs - 1001);
    await files.write("just forgotten", "b\n", batches * batchIntervalMs - 1000);
    expect(await files.collect(stream)).toEqual(["a"]);
  });

  test("may be found later than they were modified, within what is remembered", async () => {
    const stream = await files.start(textFileStream(files.directory));
    await files.clock.advance(30_000);
    await files.write("moved in late", "a\n", 20_000);
    expect(await files.collect(stream)).toEqual(["a"]);
  });

  test("are direct children only, and files only", async () => {
    const stream = await files.start(textFileStream(files.directory));
    await files.write("sub/f", "no\n", -1000);
    await files.write("f", "yes\n", -1000);
    await files.touch("sub", -1000);
    expect(await files.collect(stream)).toEqual(["yes"]);
  });

  test("are those that a link leads to as well", async () => {
    await files.write("elsewhere/f", "a\n", -1000);
    await mkdir(files.path("in"));
    await symlink(files.path("elsewhere/f"), files.path("in/link"));
    const stream = await files.start(textFileStream(files.path("in")));
    expect(await files.collect(stream)).toEqual(["a"]);
  });

  test("do not begin with a dot, unless a filter of the program's own says so", async () => {
    await mkdir(files.path("in"));
    const usual = await files.start(textFileStream(files.path("in")));
    const seen: string[] = [];
    const own = await files.start(
      textFileStream(files.path("in"), {
        filter: (path) => {
          seen.push(path);
          return path.endsWith(".txt");
        },
      }),
    );
    await files.write("in/.hidden.txt", "hidden\n", -1000);
    await files.write("in/b.txt", "b\n", -1000);
    await files.write("in/c.csv", "c\n", -1000);
    expect(await files.collect(usual)).toEqual(["b", "c"]);
    const later = await files.again(own);
    expect(await later.collect()).toEqual(["hidden", "b"]);
    expect(seen.sort()).toEqual(
      ["in/.hidden.txt", "in/b.txt", "in/c.csv"].map((f) => files.path(f)),
    );
  });

  test("are unknown when the filter throws: the batch fails and is tried again", async () => {
    let fails = true;
    const filter = () => {
      if (fails) throw new Error("no filter");
      return true;
    };
    const stream = await files.start(textFileStream(files.directory, { filter }));
    await files.write("f", "a\n", -1000);
    await expect(files.next(stream)).rejects.toEqual(code("user_function_failed"));
    fails = false;
    const dataset = await files.again(stream);
    expect(await dataset.collect()).toEqual(["a"]);
  });
});

describe("a pattern of directories", () => {
  test("means all directories that it matches, also those that are made later", async () => {
    await mkdir(files.path("day-1/sub"), { recursive: true });
    const stream = await files.start(textFileStream(files.path("day-*")));
    await files.write("day-1/f", "1\n", -900);
    await files.write("day-1/sub/f", "no\n", -1000);
    await files.write("other/f", "no\n", -1000);
    await files.write("day-file", "no\n", -1000);
    expect(await files.collect(stream)).toEqual(["1"]);
    await files.write("day-2/f", "2\n", -900);
    await files.write("day-1/g", "3\n", -1000);
    expect(await files.collect(stream)).toEqual(["2", "3"]);
  });

  test.each([
    ["{a,b}/in", ["a", "b"]],
    ["?/in", ["a", "b", "c"]],
    ["[ab]/*", ["a", "b"]],
    ["**/in", ["a", "b", "c"]],
  ])("may be %s", async (pattern, expected) => {
    const stream = await files.start(textFileStream(files.path(pattern)));
    for (const name of ["a", "b", "c"]) await files.write(`${name}/in/f`, name, -1000);
    expect(await files.collect(stream)).toEqual(expected);
  });

  test("that is the very name of a directory means that directory", async () => {
    const stream = await files.start(textFileStream(files.path("data (new) [1]")));
    await files.write("data (new) [1]/f", "a\n", -1000);
    expect(await files.collect(stream)).toEqual(["a"]);
  });
});

describe("trouble with a directory", () => {
  test("that is not there is told once, and its batches are empty until it is", async () => {
    const stream = await files.start(textFileStream(files.path("in")));
    expect(await files.collect(stream)).toEqual([]);
    expect(await files.collect(stream)).toEqual([]);
    expect(files.reports).toHaveLength(1);
    expect(files.reports[0]?.message).toContain(files.path("in"));
    await files.write("in/f", "a\n", -1000);
    expect(await files.collect(stream)).toEqual(["a"]);
    expect(files.reports).toHaveLength(1);
    await rm(files.path("in"), { recursive: true });
    expect(await files.collect(stream)).toEqual([]);
    expect(files.reports).toHaveLength(2);
  });

  test("that is a file is the same", async () => {
    await files.write("in", "");
    const stream = await files.start(textFileStream(files.path("in")));
    expect(await files.collect(stream)).toEqual([]);
    expect(files.reports).toHaveLength(1);
  });

  test("a pattern that matches nothing is told once", async () => {
    const stream = await files.start(textFileStream(files.path("day-*")));
    await files.next(stream);
    await files.next(stream);
    expect(files.reports).toHaveLength(1);
  });

  test("that cannot be listed is told, costs no batch, and hides no other directory", async () => {
    const tooLong = "x".repeat(300);
    const stream = await files.start(textFileStream(files.path(`{${tooLong},day}`)));
    await files.write("day/f", "a\n", -1000);
    expect(await files.collect(stream)).toEqual(["a"]);
    const unreadable = await files.start(textFileStream(files.path(tooLong)));
    expect(await files.collect(unreadable)).toEqual([]);
    expect(files.reports.at(-1)?.error).toEqual(code("input_unreadable"));
  });

  test("within what a pattern matches is told once per look, and hides nothing else", async () => {
    const stream = await files.start(textFileStream(files.path("day-*")));
    await files.write("day-1/f", "a\n", -1000);
    await symlink("day-2", files.path("day-2"));
    expect(await files.collect(stream)).toEqual(["a"]);
    expect(files.reports).toHaveLength(1);
    expect(files.reports[0]?.message).toContain(files.path("day-2"));
    expect(files.reports[0]?.error).toMatchObject({
      code: "input_unreadable",
      cause: { code: "ELOOP" },
    });
  });

  test("that is listed slower than batches come is told", async () => {
    let elapsedMs = 0;
    const clock = {
      ...systemClock,
      now: () => startMs,
      monotonicNow: () => (elapsedMs += batchIntervalMs + 1),
    };
    const stream = await files.start(textFileStream(files.directory), { clock });
    expect(await files.collect(stream)).toEqual([]);
    expect(files.reports.map(({ message }) => message)).toEqual([
      expect.stringContaining("1001 ms"),
    ]);
  });

  test("an address of another machine is refused at once", () => {
    expect(() => textFileStream("s3://bucket/in")).toThrow(code("argument_invalid"));
  });

  test("a duration that is none is refused at once", () => {
    expect(() => textFileStream("/in", { minRemember: 0 as Duration })).toThrow(
      code("duration_invalid"),
    );
  });
});

describe("an input file", () => {
  test.each<[string, (path: string) => Promise<void>]>([
    ["is gone", (path) => rm(path)],
    ["is longer", (path) => writeFile(path, "a\nb\nc\n")],
    ["is shorter", (path) => truncate(path, 1)],
    ["was modified", () => files.touch("f", 5)],
    [
      "was replaced",
      async (path) => {
        await files.write("g", "x\ny\n", 17);
        await rename(files.path("g"), path);
      },
    ],
    [
      "has become a directory",
      async (path) => {
        await rm(path);
        await mkdir(path);
      },
    ],
  ])("that %s before it is read fails its batch", async (_, change) => {
    const stream = await files.start(textFileStream(files.directory));
    const path = await files.write("f", "a\nb\n", -1000);
    const dataset = await files.next(stream);
    await change(path);
    const failure = code("input_changed", { file: path, partition: 0 });
    await expect(dataset.collect()).rejects.toEqual(failure);
  });

  test("that changes while it is read fails its batch", async () => {
    const stream = await files.start(
      fileStream(files.directory, {
        parser: async function* (file) {
          for await (const chunk of file.stream()) {
            await writeFile(file.path, "more");
            yield chunk.length;
          }
        },
      }),
    );
    await files.write("f", "a\nb\n", -1000);
    await expect(files.collect(stream)).rejects.toEqual(code("input_changed"));
  });

  test.skipIf(process.getuid?.() === 0)(
    "that may not be read is an error of the machine",
    async () => {
      const stream = await files.start(textFileStream(files.directory));
      await chmod(await files.write("f", "a\n", -1000), 0);
      await expect(files.collect(stream)).rejects.toEqual(code("input_unreadable"));
    },
  );
});
