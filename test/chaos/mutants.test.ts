/** Bugs that are planted into the durable path: each is found by the explorer, or the explorer is not worth its time. */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { exploreInChild } from "./explorer/child.ts";
import figures from "./figures.json" with { type: "json" };
import { mutants } from "./mutants/mutants.ts";

const plant = "../mutants/plant.ts";

describe("a planted bug", () => {
  test("is one of at least as many as there were", () => {
    expect(new Set(mutants.map(({ name }) => name)).size).toBe(mutants.length);
    expect(mutants.length).toBeGreaterThanOrEqual(figures.mutants);
  });

  test.each(mutants)("$name: finds its place", ({ file, replacement, text }) => {
    const source = readFileSync(new URL(`../../${file}`, import.meta.url), "utf8");
    expect(source.split(text)).toHaveLength(2);
    expect(replacement).not.toBe(text);
  });

  test.each(mutants)(
    "$name: is killed",
    async ({ killedBy, name }) => {
      const { findings } = await exploreInChild([...killedBy, "--first"], {
        before: [plant],
        env: { MILLRACE_MUTANT: name },
      });
      expect(findings).not.toEqual([]);
    },
    300_000,
  );
});
