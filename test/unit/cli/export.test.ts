/** An exported state is that state, for whoever reads the form that it was exported to. */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { encodeValue } from "../../../src/codec/index.ts";
import { fromJson, type Json } from "../../../src/inspect/index.ts";
import { dataOf, millrace } from "./command-line.ts";
import { declaredValue, directory, nestedValue, useValueDirectory } from "./value-directory.ts";

useValueDirectory();

let target = "";

beforeEach(() => {
  target = mkdtempSync(join(tmpdir(), "millrace-export-"));
});

afterEach(() => rmSync(target, { recursive: true, force: true }));

const numbers = [1, 2, 3, 4];
const keyOf = (n: number): unknown => (n === 1 ? ["JFK", "LAX"] : `key,${n}`);

function exported(operator: string, ...more: readonly string[]) {
  return millrace(["ckpt", "export", join(directory, "ckpt"), operator, ...more]);
}

/** Avro's own reading of a file: by avsc, which knows nothing of us. */
async function avroRecords(file: string): Promise<readonly Record<string, unknown>[]> {
  const avsc = createRequire(import.meta.url)("avsc") as {
    createFileDecoder(file: string): NodeJS.ReadableStream;
  };
  const records: Record<string, unknown>[] = [];
  for await (const record of avsc.createFileDecoder(file)) records.push(record as never);
  return records;
}

describe("an export to Avro", () => {
  test("of nested values opens with Avro alone", async () => {
    const file = join(target, "nested.avro");
    expect(await exported("nested", "--out", file)).toEqual({ code: 0, out: "", err: "" });
    const records = await avroRecords(file);
    expect(records).toHaveLength(4);
    const two = records.find(({ key }) => JSON.stringify(key).includes("key,2"));
    const text = JSON.stringify(two);
    expect(text).toContain('"epochMs":1357008280002');
    expect(text).toContain('"long":2');
  });

  test("of values with a schema gives records of that schema", async () => {
    const file = join(target, "declared.avro");
    await exported("declared", "--out", file);
    const values = (await avroRecords(file)).map(({ value }) => ({ ...(value as object) }));
    const expected = numbers
      .map(declaredValue)
      .map(({ mean, note, total }) => ({ total, mean, note }));
    const byTotal = (a: { total?: number }, b: { total?: number }) =>
      (a.total ?? 0) - (b.total ?? 0);
    expect(values.toSorted(byTotal)).toEqual(expected);
  });
});

describe("an export to NDJSON", () => {
  test("gives each value back, through the notation of values", async () => {
    const { code, err, out } = await exported("nested", "--format", "ndjson");
    expect({ code, err }).toEqual({ code: 0, err: "" });
    const lines = out
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as { key: Json; value: Json });
    expect(lines).toHaveLength(4);
    for (const n of numbers) {
      const key = JSON.stringify(keyOf(n));
      const line = lines.find((each) => JSON.stringify(each.key) === key);
      expect(encodeValue(fromJson(line?.value ?? null))).toEqual(encodeValue(nestedValue(n)));
    }
  });

  test("tells when a key was used, where that decides", async () => {
    const { out } = await exported("sessions", "--format", "ndjson");
    const times = out
      .trimEnd()
      .split("\n")
      .map((line) => (JSON.parse(line) as { usedAtMs: number }).usedAtMs);
    expect(new Set(times)).toEqual(new Set([1_357_008_281_000, 1_357_008_282_000]));
  });

  test("of a codec of the program gives its bytes", async () => {
    const { out } = await exported("custom", "--format", "ndjson");
    expect(out).toContain('{"key":"key,2","value":{"$bytes":"AgI="}}');
  });
});

describe("an export to CSV", () => {
  test("quotes what has commas and quotes in it", async () => {
    const file = join(target, "declared.csv");
    await exported("declared", "--out", file, "--columns", "key,value.total,value.note,value.gone");
    const lines = readFileSync(file, "utf8").split("\r\n");
    expect(lines[0]).toBe("key,value.total,value.note,value.gone");
    expect(lines).toContain('"key,2",20,"2 ""late"", yes",');
    expect(lines).toContain('"[""JFK"",""LAX""]",10,"1 ""late"", yes",');
    expect(lines).toHaveLength(6);
  });
});

describe("an export to SQLite", () => {
  test("can be asked in SQL", async () => {
    const file = join(target, "declared.db");
    expect((await exported("declared", "--out", file)).code).toBe(0);
    const { DatabaseSync } = await import("node:sqlite");
    const database = new DatabaseSync(file);
    const rows = database
      .prepare(
        "SELECT key, value_json ->> 'total' AS total FROM state WHERE total > 15 ORDER BY total",
      )
      .all()
      .map((row) => ({ ...row }));
    database.close();
    expect(rows).toEqual([
      { key: "key,2", total: 20 },
      { key: "key,3", total: 30 },
      { key: "key,4", total: 40 },
    ]);
  });
});

describe("an export that cannot be made", () => {
  test("overwrites nothing", async () => {
    const file = join(target, "there.avro");
    writeFileSync(file, "mine");
    const { code, err } = await exported("nested", "--out", file);
    expect(code).toBe(2);
    expect(err).toContain("[target_taken]");
    expect(readFileSync(file, "utf8")).toBe("mine");
  });

  test("leaves no file when the operator is unknown", async () => {
    const { code } = await exported("nestd", "--out", join(target, "a.avro"));
    expect(code).toBe(3);
    expect(readdirSync(target)).toEqual([]);
  });

  test.each([
    [["--format", "avro"], "--out"],
    [["--out", "x.parquet"], "avro, ndjson, csv, sqlite"],
    [["--format", "parquet"], "parquet"],
    [["--format", "csv", "--columns", "total"], "key or value"],
  ])("says why: %j", async (more, said) => {
    const { code, err } = await exported("nested", ...more);
    expect(code).toBe(2);
    expect(err).toContain(said);
    expect(existsSync("x.parquet")).toBe(false);
  });
});

describe("what the other commands say of these states", () => {
  const run = (...words: readonly string[]) =>
    millrace(["ckpt", "state", words[0] ?? "", join(directory, "ckpt"), ...words.slice(1)]);

  test("a key of two parts is found by its notation, and a value that is nested is printed whole", async () => {
    const { code, out } = await run("get", "nested", '["JFK","LAX"]');
    expect(code).toBe(0);
    expect(encodeValue(fromJson(JSON.parse(out) as Json))).toEqual(encodeValue(nestedValue(1)));
  });

  test("the totals of a window, without the batches that it carries, and that they cannot be changed", async () => {
    const { out } = await run("scan", "windowed");
    expect(out.trimEnd().split("\n").sort()).toEqual([
      "KEY\tVALUE",
      "key,1\t1",
      "key,2\t2",
      "key,3\t6",
      "key,4\t4",
    ]);
    expect((await run("get", "windowed", "key,3")).out).toBe("6\n");
    const { code, err } = await run("set", "windowed", "key,3", "1", "--yes");
    expect(code).toBe(2);
    expect(err).toContain("[state_not_editable]");
  });

  test("which codec each has", async () => {
    const rows = dataOf(await run("ls", "--json"));
    expect(
      rows.map(({ codec, isReadable, keys, operator }) => [
        operator,
        keys,
        isReadable,
        String(codec).split(":")[0],
      ]),
    ).toEqual([
      ["nested", 4, true, "value"],
      ["declared", 4, true, "avro"],
      ["custom", 4, false, "custom"],
      ["sessions", 4, true, "value"],
      ["windowed", 4, true, "window"],
    ]);
  });

  test("what changed between the two batches", async () => {
    const rows = dataOf(await run("history", "declared", "key,4", "--json"));
    expect(rows.map(({ change }) => change)).toEqual(["absent", "set"]);
  });

  test("verify has nothing to say of damage", async () => {
    expect((await millrace(["ckpt", "verify", join(directory, "ckpt")])).code).toBe(0);
  });
});
