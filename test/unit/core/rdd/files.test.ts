import { describe, expect, test } from "vitest";
import { inOutput, lineOf } from "../../../../src/core/index.ts";
import { datasets } from "./datasets.ts";

const output = { applicationId: "app", outputUid: "counts", batchTimeMs: 1000, epoch: 1 };
const taken = expect.objectContaining({ code: "output_taken" });

describe("saving a dataset", () => {
  test("writes a file for each partition, empty ones too, and shows them when all are there", async () => {
    const given = datasets();
    await given.ofParts([["a", "b"], [], ["c"]]).saveAsTextFile("out");
    expect([...given.files.files]).toEqual([
      ["out/part-00000", "a\nb\n"],
      ["out/part-00001", ""],
      ["out/part-00002", "c\n"],
    ]);
    expect(given.files.shown.get("out")).toEqual({
      names: ["part-00000", "part-00001", "part-00002"],
      output: undefined,
    });
  });

  test("refuses a directory that something else was saved into, and computes nothing", async () => {
    const given = datasets();
    await given.of([1, 2, 3], 3).saveAsTextFile("out");
    let computed = 0;
    const again = given.of([4]).map((x) => {
      computed++;
      return x;
    });
    await expect(again.saveAsTextFile("out")).rejects.toEqual(taken);
    expect(computed).toBe(0);
    expect(given.files.files.size).toBe(3);
  });

  test("in a format of one's own names the files by its extension", async () => {
    const given = datasets();
    await given.of([1, 2], 2).saveAsFiles("out", {
      extension: ".csv",
      write: async function* (records) {
        yield "x\n";
        for (const record of records) yield `${record}\n`;
      },
    });
    expect([...given.files.files]).toEqual([
      ["out/part-00000.csv", "x\n1\n"],
      ["out/part-00001.csv", "x\n2\n"],
    ]);
  });

  test("as objects takes the format of the environment", async () => {
    const given = datasets();
    await given.of([{ a: 1 }]).saveAsObjectFile("out");
    expect([...given.files.files]).toEqual([["out/part-00000.avro", '[{"a":1}]']]);
  });

  test("shows nothing and leaves nothing when a partition failed", async () => {
    const given = datasets();
    const failing = given.of([1, 2], 2).map((x) => {
      if (x === 2) throw new Error("no");
      return x;
    });
    await expect(failing.saveAsTextFile("out")).rejects.toThrow("no");
    expect(given.files.shown.size).toBe(0);
    expect(given.files.files.size).toBe(0);
  });

  test("names the output that it works for, also when the body of the output saves by itself", async () => {
    const given = datasets();
    await inOutput(output, () => given.of([1]).saveAsTextFile("out"));
    expect(given.files.shown.get("out")?.output).toEqual(output);
  });

  test("in a replay of the same output does nothing and computes nothing", async () => {
    const given = datasets();
    await inOutput(output, () => given.of([1]).saveAsTextFile("out"));
    const replayed = given.of([1]).map(() => {
      throw new Error("computed");
    });
    await inOutput({ ...output, epoch: 2 }, () => replayed.saveAsTextFile("out"));
    expect([...given.files.files]).toEqual([["out/part-00000", "1\n"]]);
  });

  test("twice into one directory by one attempt is refused, as the second would be dropped", async () => {
    const given = datasets();
    const saves = inOutput(output, async () => {
      await given.of([1]).saveAsTextFile("out");
      await given.of([2]).saveAsTextFile("out");
    });
    await expect(saves).rejects.toEqual(taken);
    const atOnce = inOutput(output, () =>
      Promise.all([given.of([1]).saveAsTextFile("new"), given.of([2]).saveAsTextFile("new")]),
    );
    await expect(atOnce).rejects.toEqual(taken);
  });

  test("can be tried again within the attempt after it failed", async () => {
    const given = datasets();
    let calls = 0;
    const flaky = given.of([1]).map((x) => {
      if (++calls === 1) throw new Error("no");
      return x;
    });
    await inOutput(output, async () => {
      await flaky.saveAsTextFile("out").catch(() => {});
      await flaky.saveAsTextFile("out");
    });
    expect([...given.files.files]).toEqual([["out/part-00000", "1\n"]]);
  });
});

describe("the line of a record", () => {
  test("is a text as it is, and anything else as JSON where that says it whole", () => {
    expect(lineOf("a text")).toBe("a text");
    expect(lineOf(1.5)).toBe("1.5");
    expect(lineOf(null)).toBe("null");
    expect(lineOf(undefined)).toBe("undefined");
    expect(lineOf(10n)).toBe("10");
    expect(lineOf(["a", 1])).toBe('["a",1]');
    expect(lineOf({ at: new Date(0), big: 2n })).toBe(
      '{"at":"1970-01-01T00:00:00.000Z","big":"2"}',
    );
    expect(lineOf(new Map([["a", new Set([1])]]))).toBe('{"a":[1]}');
  });
});

describe("pipe", () => {
  test("gives the records of each partition to a program as lines, and takes the lines that it prints", async () => {
    const lines = datasets()
      .ofParts<unknown>([["a"], [["b", 1]]])
      .pipe("say", { env: { END: "!" } });
    expect(await lines.collect()).toEqual(["say a!", "a", 'say ["b",1]!', '["b",1]']);
    expect(lines.partitionCount).toBe(2);
  });

  test("ends the program when enough was read", async () => {
    expect(await datasets().of(["a", "fail"]).pipe("say").take(1)).toEqual(["say a"]);
  });

  test("names its operator when the program fails", async () => {
    await expect(datasets().of(["fail"]).pipe(["say", "x"]).collect()).rejects.toMatchObject({
      details: { operator: "pipe@rdd-1", kind: "pipe", partition: 0 },
      cause: expect.objectContaining({ message: "say,x failed" }),
    });
  });
});
