/** What holds of the executors of any master: the cases of executor-cases/ come to what they come to in one process. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { silentLogger } from "../../src/base/index.ts";
import type { StreamingContextOptions } from "../../src/index.ts";
import { ManualClock } from "../../src/testing/index.ts";
import { type CaseModule, caseBatches, caseNames, moduleOf } from "./executor-cases/case-module.ts";

/** What the outputs of a case were given, and what it printed. */
export type CaseOutcome = readonly [outcome: readonly unknown[], printed: readonly string[]];

/** Runs a case in this process, or with executors that a test knows. */
export async function runHere(
  name: string,
  options: Partial<StreamingContextOptions> = {},
): Promise<CaseOutcome> {
  const { default: application, outcome } = (await import(moduleOf(name).href)) as CaseModule;
  outcome.length = 0;
  const printed: string[] = [];
  const clock = new ManualClock();
  const ssc = await application.open({
    clock,
    logger: silentLogger,
    onFailure: "stop",
    attempts: 1,
    print: (text) => printed.push(text),
    ...options,
  });
  await ssc.start();
  await clock.advance(caseBatches * 1000);
  await ssc.stop();
  await ssc.awaitTermination();
  return [[...outcome], printed];
}

/** The tests of one kind of executors; `runCase` runs a case on two of them. */
export function describeExecutors(
  kind: string,
  runCase: (name: string) => Promise<CaseOutcome>,
): void {
  describe(`executors that are ${kind}`, () => {
    let directory: string;

    beforeEach(() => {
      directory = mkdtempSync(join(tmpdir(), "millrace-case-"));
      process.env["MILLRACE_CASE_DIRECTORY"] = directory;
    });

    afterEach(() => {
      delete process.env["MILLRACE_CASE_DIRECTORY"];
      rmSync(directory, { recursive: true });
    });

    test.each(caseNames)("come to what one process comes to: %s", async (name) => {
      const outcome = await runCase(name);
      rmSync(directory, { recursive: true });
      directory = mkdtempSync(join(tmpdir(), "millrace-case-"));
      process.env["MILLRACE_CASE_DIRECTORY"] = directory;
      expect(outcome).toEqual(JSON.parse(JSON.stringify(await runHere(name))));
    });
  });
}
