import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { directoryCases, programCases } from "../../../src/recovery/recovery-policy.ts";
import { rowsOf } from "../../readme/markdown.ts";

const page = readFileSync(new URL("../../../ARCHITECTURE.md", import.meta.url), "utf8");

test("ARCHITECTURE.md has each case of a recovery in its order, with its course and code", () => {
  const cases = [...directoryCases, ...programCases];
  expect(rowsOf(page, "case")).toEqual(
    cases.map(({ code, course, label }) => [
      label,
      course,
      code === undefined ? "" : `\`${code}\``,
    ]),
  );
});
