/** What the explorer has to count, as it is recorded, and as the README tells it. */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { workloads } from "./explorer/workloads/index.ts";
import figures from "./figures.json" with { type: "json" };

const readme = readFileSync(new URL("../../README.md", import.meta.url), "utf8").replaceAll(
  /\s+/g,
  " ",
);

test("every workload has figures, which add up to what the README tells", () => {
  expect(Object.keys(figures.workloads)).toEqual([...workloads.keys()]);
  const all = Object.values(figures.workloads);
  const sumOf = (figure: "images" | "errors" | "corruptions") =>
    all.reduce((sum, recorded) => sum + recorded[figure], 0).toLocaleString("en-US");
  expect(readme).toContain(`${sumOf("images")} different disks`);
  expect(readme).toContain(`${sumOf("errors")} calls that fail`);
  expect(readme).toContain(`${sumOf("corruptions")} damaged files`);
  expect(readme).toContain(`${figures.mutants} planted bugs`);
});
