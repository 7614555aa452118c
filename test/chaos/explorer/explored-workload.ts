/** Owns: the test of one workload: it is explored, nothing is wrong, and no figure is below the recorded one. */
import { mkdirSync, writeFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import figures from "../figures.json" with { type: "json" };
import { exploreInChild, tellOf } from "./child.ts";

/** What is asked for; what comes about is at least what is recorded in figures.json. */
const budget = ["--images", "2300", "--nested", "450", "--errors", "640", "--corruptions", "1270"];
const timeoutMs = 15 * 60_000;

/** Each violation with the line that replays it; the shrunk one first. */
export function testWorkload(name: keyof typeof figures.workloads, rows: string): void {
  describe(`the workload ${name}`, () => {
    test(
      `${rows}: goes on from each crash, call that fails and damaged file with what it had promised, or refuses`,
      async () => {
        const { findings, refusals, shrunk, ...counts } = await exploreInChild([name, ...budget]);
        const folder = new URL("../../../.tmp/chaos/", import.meta.url);
        mkdirSync(folder, { recursive: true });
        writeFileSync(new URL(`${name}.json`, folder), JSON.stringify({ ...counts, refusals }));
        console.log(`${name}: ${JSON.stringify(counts)}`);
        expect([shrunk ?? [], findings].flat().map(tellOf)).toEqual([]);
        for (const [figure, recorded] of Object.entries(figures.workloads[name])) {
          const counted = counts[figure as "images"];
          expect(counted, `${figure} of ${name}`).toBeGreaterThanOrEqual(recorded);
        }
      },
      timeoutMs,
    );
  });
}
