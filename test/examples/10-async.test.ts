import { readFile } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import { pathOf, readCsv } from "../../examples/data/vega.ts";
import { Program } from "./program.ts";

describe("10-async", () => {
  test("counts every line of the file under its state, with what the service says of the state", async () => {
    const rows = await readCsv("birdstrikes.csv", ["Origin State"]);
    const counts = new Map<string, number>();
    for (const { "Origin State": state } of rows) counts.set(state, (counts.get(state) ?? 0) + 1);
    const capitals = JSON.parse(await readFile(pathOf("us-state-capitals.json"), "utf8")) as {
      state: string;
      city: string;
    }[];
    const expected = [...counts]
      .toSorted(([, one], [, other]) => other - one)
      .slice(0, 5)
      .map(([name, count]) => {
        const capital = capitals.find(({ state }) => state === name);
        return `${name} (${capital?.city}): ${count}`;
      });

    await using program = new Program("10-async.ts");
    const { code, output, errors } = await program.ended;
    const batches = [...output.matchAll(/^(\d+) bird strikes in \d+ states$/gm)];
    const sum = batches.reduce((total, [, count]) => total + Number(count), 0);
    expect(sum).toBe(rows.length);
    expect(output.trim().split("\n").slice(-5)).toEqual(expected);
    expect(errors).toBe("");
    expect(code).toBe(0);
  });
});
