import { mkdtemp, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { countsIn } from "./printed-counts.ts";
import { Program } from "./program.ts";

describe("07-text-files", () => {
  let place: string;

  beforeEach(async () => {
    place = await mkdtemp(join(tmpdir(), "millrace-example-"));
  });

  afterEach(() => rm(place, { recursive: true, force: true }));

  test("counts the words of each file that is moved into the directory, and saves the counts of each batch", async () => {
    const directory = await mkdtemp(join(place, "incoming-"));
    const moveIn = async (name: string, text: string) => {
      await writeFile(join(place, name), text);
      await rename(join(place, name), join(directory, name));
    };
    const prefix = join(place, "counts");
    await using program = new Program("07-text-files.ts", [directory, prefix]);
    await program.prints(/Time: \d+ ms/);
    await moveIn("one.txt", "to be or\nnot to be\n");
    await program.prints(/\["or",1\]/);
    await moveIn("two.txt", "to do\n");
    const [, time] = await program.prints(/Time: (\d+) ms\n-+\n(?:\["to",1\]\n)?\["do",1\]/);
    const { code, output, errors } = await program.interrupt();
    expect(countsIn(output)).toEqual(
      new Map(Object.entries({ to: 3, be: 2, or: 1, not: 1, do: 1 })),
    );
    const saved = await readdir(`${prefix}-${time}`);
    expect(saved).toContain("part-00000");
    const text = await readFile(join(`${prefix}-${time}`, "part-00000"), "utf8");
    expect(countsIn(text)).toEqual(new Map(Object.entries({ to: 1, do: 1 })));
    expect(errors).toBe("");
    expect(code).toBe(0);
  });

  test("needs to be told the directory", async () => {
    await using program = new Program("07-text-files.ts");
    const { code, errors } = await program.ended;
    expect(errors).toContain("say which directory the files appear in");
    expect(code).toBe(1);
  });
});
