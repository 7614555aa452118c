/** The driver is a process of its own, too: the functions of a program have to have the same sources in all of them. */
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { type CaseOutcome, describeExecutors, runHere } from "./executors.suite.ts";

const script = fileURLToPath(new URL("./executor-cases/run-case.ts", import.meta.url));

async function runOnProcesses(name: string): Promise<CaseOutcome> {
  const { stdout } = await promisify(execFile)(process.execPath, [script, name, "local[2]"]);
  const line = stdout.split("\n").find((each) => each.startsWith("outcome "));
  return JSON.parse(line?.slice("outcome ".length) ?? "null") as CaseOutcome;
}

describeExecutors("processes", runOnProcesses);

test("executors that end by SIGKILL in map and reduce tasks change nothing", async () => {
  const expected = await runHere("dying-executors");
  const directory = mkdtempSync(join(tmpdir(), "millrace-case-"));
  process.env["MILLRACE_CASE_DIRECTORY"] = directory;
  try {
    expect(await runOnProcesses("dying-executors")).toEqual(JSON.parse(JSON.stringify(expected)));
  } finally {
    delete process.env["MILLRACE_CASE_DIRECTORY"];
    rmSync(directory, { recursive: true });
  }
});
