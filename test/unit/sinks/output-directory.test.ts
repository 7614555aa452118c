import { createHash } from "node:crypto";
import { mkdir, mkdtemp, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { decodeManifest, type OutputAttempt, type SavedPart } from "../../../src/core/index.ts";
import { abandonOutput, beginOutput, publishOutput } from "../../../src/sinks/output-directory.ts";
import { writePartFile } from "../../../src/sinks/part-file.ts";

const code = (expected: string) => expect.objectContaining({ code: expected });
const output = { applicationId: "app", outputUid: "counts", batchTimeMs: 1000, epoch: 1 };
const later = { ...output, epoch: 2 };
const manifestName = ".millrace-manifest.json";

describe("a directory that a dataset is saved as", () => {
  let parent: string;
  let directory: string;

  beforeEach(async () => {
    parent = await mkdtemp(join(tmpdir(), "millrace-output-"));
    directory = join(parent, "out-1000");
  });

  afterEach(() => rm(parent, { recursive: true }));

  const names = async () => (await readdir(directory)).sort();
  const textOf = (name: string) => readFile(join(directory, name), "utf8");

  async function begin(whose: typeof output | null = output): Promise<OutputAttempt> {
    const beginning = await beginOutput(directory, whose ?? undefined);
    if (beginning.state === "saved") throw new Error("it is saved already");
    return beginning.attempt;
  }

  const write = ({ unfinishedDirectory }: OutputAttempt, text: string, name = "part-00000") =>
    writePartFile(unfinishedDirectory, name, [text]);

  async function save(text: string, whose: typeof output | null = output): Promise<void> {
    const attempt = await begin(whose);
    await publishOutput(attempt, [await write(attempt, text)]);
  }

  test("appears with all parts, its manifest and _SUCCESS at once, and with nothing else around it", async () => {
    const attempt = await begin();
    const parts = [await write(attempt, "a\n"), await write(attempt, "b\n", "part-00001")];
    await expect(stat(directory)).rejects.toEqual(code("ENOENT"));
    await publishOutput(attempt, parts);
    expect(await names()).toEqual([manifestName, "_SUCCESS", "part-00000", "part-00001"]);
    expect(await textOf("part-00001")).toBe("b\n");
    expect(await textOf("_SUCCESS")).toBe("");
    expect(await readdir(parent)).toEqual(["out-1000"]);
  });

  test("has a manifest that names output and batch, and each part with its length and hash", async () => {
    await save("ü\n");
    expect(decodeManifest(await textOf(manifestName), manifestName)).toEqual({
      output,
      parts: [
        {
          name: "part-00000",
          byteCount: 3,
          sha256: createHash("sha256").update("ü\n").digest("hex"),
        },
      ],
    });
  });

  test("of a dataset without partitions is there too", async () => {
    await publishOutput(await begin(), []);
    expect(await names()).toEqual([manifestName, "_SUCCESS"]);
  });

  test("is made with all that leads to it", async () => {
    directory = join(parent, "some", "where", "out-1000");
    await save("a");
    expect(await names()).toContain("part-00000");
  });

  test("fault 11: a replay finds it done, in a later epoch too, and leaves it as it is", async () => {
    await save("first");
    const before = await stat(join(directory, "part-00000"));
    expect(await beginOutput(directory, later)).toEqual({ state: "saved", directory });
    expect(await textOf("part-00000")).toBe("first");
    expect((await stat(join(directory, "part-00000"))).ino).toBe(before.ino);
  });

  test("of two attempts at once the first that is published stays, and the second ends well", async () => {
    const [one, two] = [await begin(), await begin(later)];
    const parts = [await write(one, "one"), await write(two, "two")] as const;
    await Promise.all([publishOutput(two, [parts[1]]), publishOutput(one, [parts[0]])]);
    const { output: whose } = decodeManifest(await textOf(manifestName), manifestName);
    expect(await textOf("part-00000")).toBe(whose?.epoch === 1 ? "one" : "two");
    expect(await readdir(parent)).toEqual(["out-1000"]);
  });

  test("fault 26: a driver that stood still while the next one saved the batch shows nothing", async () => {
    const paused = await begin();
    const part = await write(paused, "old");
    await save("new", later);
    await expect(publishOutput(paused, [part])).rejects.toEqual(code("output_incomplete"));
    expect(await textOf("part-00000")).toBe("new");
    // Tried again, it finds that there is nothing to do.
    expect((await beginOutput(directory, output)).state).toBe("saved");
  });

  test("what an attempt that died left is never shown, and goes when another is", async () => {
    const dead = await begin();
    await write(dead, "half");
    await save("whole");
    expect(await textOf("part-00000")).toBe("whole");
    expect(await readdir(parent)).toEqual(["out-1000"]);
  });

  test("what a driver left that died right after the rename goes with the replay", async () => {
    const dead = await begin();
    await save("whole");
    await mkdir(dead.unfinishedDirectory, { recursive: true });
    expect((await beginOutput(directory, output)).state).toBe("saved");
    expect(await readdir(parent)).toEqual(["out-1000"]);
  });

  test("shows nothing that a task left which died", async () => {
    const attempt = await begin();
    const part = await write(attempt, "a");
    await writeFile(join(attempt.unfinishedDirectory, ".part-00000.7-0.unfinished"), "ha");
    await publishOutput(attempt, [part]);
    expect(await names()).toEqual([manifestName, "_SUCCESS", "part-00000"]);
  });

  test("an attempt that is given up leaves nothing, and another one undisturbed", async () => {
    const [one, two] = [await begin(), await begin()];
    await write(one, "one");
    const part = await write(two, "two");
    await abandonOutput(one);
    await publishOutput(two, [part]);
    expect(await textOf("part-00000")).toBe("two");
    await abandonOutput(await begin2());
    expect(await readdir(parent)).toEqual(["out-1000"]);
  });

  /** An attempt at a directory beside the one of the test. */
  async function begin2(): Promise<OutputAttempt> {
    const beginning = await beginOutput(join(parent, "out-2000"), output);
    if (beginning.state === "saved") throw new Error("it is saved already");
    return beginning.attempt;
  }

  test.each([
    ["another batch", { ...output, batchTimeMs: 2000 }],
    ["another output", { ...output, outputUid: "sums" }],
    ["another application", { ...output, applicationId: "other" }],
    ["no output", null],
  ])("of %s is refused, and left alone", async (_, other) => {
    await save("mine", other);
    await expect(beginOutput(directory, output)).rejects.toEqual(code("output_taken"));
    expect(await textOf("part-00000")).toBe("mine");
  });

  test("saved outside of an output is not taken for a replay of itself", async () => {
    await save("mine", null);
    await expect(beginOutput(directory, undefined)).rejects.toEqual(code("output_taken"));
  });

  test("that holds anything without a manifest is refused, and left alone", async () => {
    await mkdir(directory);
    await writeFile(join(directory, "part-00000"), "mine");
    await expect(beginOutput(directory, output)).rejects.toEqual(code("output_taken"));
    const attempt = await beginLate(() => writeFile(join(directory, "part-00000"), "mine"));
    await expect(publishOutput(attempt.attempt, attempt.parts)).rejects.toEqual(
      code("output_taken"),
    );
    expect(await names()).toEqual(["part-00000"]);
    expect(await textOf("part-00000")).toBe("mine");
  });

  /** An attempt that began before somebody else put something into the place. */
  async function beginLate(
    put: () => Promise<void>,
  ): Promise<{ attempt: OutputAttempt; parts: SavedPart[] }> {
    await rm(directory, { recursive: true });
    const attempt = await begin();
    const parts = [await write(attempt, "a")];
    await mkdir(directory);
    await put();
    return { attempt, parts };
  }

  test("may be there already when it is empty", async () => {
    await mkdir(directory);
    await save("a");
    expect(await names()).toContain("part-00000");
  });

  test("is not made where a file is, which is left alone", async () => {
    await writeFile(directory, "mine");
    await expect(beginOutput(directory, output)).rejects.toEqual(code("output_not_directory"));
    await expect(beginOutput(join(directory, "in"), output)).rejects.toEqual(
      code("output_not_directory"),
    );
    expect(await readFile(directory, "utf8")).toBe("mine");
  });

  test("is not shown when a part is gone", async () => {
    const attempt = await begin();
    const part = await write(attempt, "a");
    await rename(join(attempt.unfinishedDirectory, "part-00000"), join(parent, "elsewhere"));
    await expect(publishOutput(attempt, [part])).rejects.toEqual(code("output_incomplete"));
    await expect(stat(directory)).rejects.toEqual(code("ENOENT"));
  });

  test("with a manifest that makes no sense is refused", async () => {
    await save("a");
    await writeFile(join(directory, manifestName), "{}");
    await expect(beginOutput(directory, output)).rejects.toEqual(code("manifest_invalid"));
  });
});
