/** `millrace run`, with real processes: what runs as what, how it stops, and what follows a crash. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, onTestFinished, test } from "vitest";
import { decideRestart } from "../../../src/cli/run/restart-policy.ts";
import { RunReport } from "../../../src/cli/run/run-report.ts";
import { systemClock } from "../../../src/index.ts";
import { ProgramFolder, sources } from "../context/written-program.ts";

const commandLine = fileURLToPath(new URL("./run-millrace.ts", import.meta.url));

interface Run {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
  readonly events: readonly Record<string, unknown>[];
}

/** Runs `millrace run ...words`; `at` is called with the process when `marker` is printed. */
async function millraceRun(
  folder: ProgramFolder,
  words: readonly string[],
  marker?: { readonly text: string; readonly at: (child: ChildProcess) => void },
): Promise<Run> {
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  const child = spawn(process.execPath, [commandLine, "run", ...words], {
    cwd: folder.path,
    env,
    stdio: ["ignore", "pipe", "pipe"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  let out = "";
  let err = "";
  let isSeen = false;
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    out += text;
    if (marker === undefined || isSeen || !out.includes(marker.text)) return;
    isSeen = true;
    marker.at(child);
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    err += text;
  });
  const [code] = (await once(child, "close")) as [number | null];
  const events = err
    .split("\n")
    .filter((line) => line.startsWith('{"report":"millrace/run"'))
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  return { code, out, err, events };
}

const application = `
import { application, milliseconds } from "${sources.millrace}";
const word: string = process.argv.slice(2).join("+");
export default application(
  { appName: "counted", batchInterval: milliseconds(20), allowNotResumable: ["n"] },
  (ssc) => {
    ssc.queueStream([[1, 2], [3]]).uid("n").map((n: number) => word + n).foreachRDD(async (dataset) => {
      for (const each of await dataset.collect()) console.log(each);
      if (word === "wait") console.log("running");
      if (word === "crash") process.exit(7);
    });
  },
);
`;

const plain = `
import { milliseconds, StreamingContext } from "${sources.millrace}";
const ssc = new StreamingContext({ batchInterval: milliseconds(20) });
ssc.queueStream([[1, 2]]).foreachRDD(async (dataset) => console.log("records " + (await dataset.count())));
await ssc.start();
await ssc.awaitTermination();
console.log("ended by itself");
`;

function folderWith(name: string, text: string): ProgramFolder {
  const folder = new ProgramFolder();
  folder.write(name, text);
  return folder;
}

describe("an application", () => {
  test("runs with its arguments and the options of the command, until it is idle", async () => {
    const folder = folderWith("app.ts", application);
    const words = ["app.ts", "--until-idle", "--checkpoint", "./kept", "--", "a", "--b"];
    const { code, events, out } = await millraceRun(folder, words);
    expect([code, out]).toEqual([0, "a+--b1\na+--b2\na+--b3\n"]);
    expect(existsSync(join(folder.path, "kept"))).toBe(true);
    expect(events[0]).toMatchObject({ version: 1, event: "started", message: "counted" });
    const batches = events.filter(({ event }) => event === "batch");
    expect(batches[0]).toMatchObject({ batches: 1, records: 2, recordsPerSecond: 100 });
    expect(batches.slice(-3).map(({ records }) => records)).toEqual([0, 0, 0]);
    expect(events.at(-1)).toMatchObject({ event: "stopped" });
  });

  test("runs on executors that --master names, in TypeScript too", async () => {
    const folder = folderWith("app.ts", application);
    const words = ["app.ts", "--until-idle", "--master", "local[2]", "--", "x"];
    const { code, out } = await millraceRun(folder, words);
    expect([code, out]).toEqual([0, "x1\nx2\nx3\n"]);
  });

  test.each(["SIGTERM", "SIGINT"] as const)("%s stops it gracefully", async (signal) => {
    const folder = folderWith("app.ts", application);
    const at = (child: ChildProcess) => void child.kill(signal);
    const { code, events } = await millraceRun(folder, ["app.ts", "--", "wait"], {
      text: "running",
      at,
    });
    expect(code).toBe(0);
    expect(events.at(-1)).toMatchObject({ event: "stopped" });
  });

  test("is refused with code 2 for a master that there is not", async () => {
    const folder = folderWith("app.ts", application);
    const { code, err } = await millraceRun(folder, ["app.ts", "--master", "mesos"]);
    expect(code).toBe(2);
    expect(err).toContain("[master_unknown]");
  });

  test("is refused with code 2 for --take-over without a directory", async () => {
    const folder = folderWith("app.ts", application);
    const { code, err } = await millraceRun(folder, ["app.ts", "--take-over"]);
    expect(code).toBe(2);
    expect(err).toContain("--checkpoint <directory>");
  });
});

describe("a plain program", () => {
  test("runs as it is, and goes on when it was idle", async () => {
    const { code, out } = await millraceRun(folderWith("p.ts", plain), ["p.ts", "--until-idle"]);
    expect(code).toBe(0);
    expect(out).toMatch(/^records 2\n(records 0\n)+ended by itself\n$/);
  });

  test("is refused with code 2, before anything runs, for options of an application", async () => {
    const folder = folderWith("p.ts", plain);
    const { code, err, out } = await millraceRun(folder, ["p.ts", "--checkpoint", "./kept"]);
    expect([code, out]).toEqual([2, ""]);
    expect(err).toContain("[module_form_missing]");
    expect(existsSync(join(folder.path, "kept"))).toBe(false);
  });
});

test("a program that is not there is told with code 3", async () => {
  const { code, err } = await millraceRun(new ProgramFolder(), ["nowhere.ts"]);
  expect(code).toBe(3);
  expect(err).toContain("[program_missing]");
});

describe("--supervise", () => {
  const supervised = ["app.ts", "--supervise", "--restart-delay", "1", "--restarts-max", "2"];

  test("starts a crashed program again, and ends a crash loop with the reason", async () => {
    const folder = folderWith("app.ts", application);
    const { code, err, events, out } = await millraceRun(folder, [...supervised, "--", "crash"]);
    expect(code).toBe(1);
    expect(out.match(/crash1/g)).toHaveLength(3);
    expect(err).toContain("[crash_loop]");
    expect(err).toContain("reason: exit code 7");
    const told = events.filter(({ event }) => event === "restarting");
    expect(told.map(({ message }) => message)).toEqual([
      "exit code 7; crash 1 in a row, next start in 1 ms",
      "exit code 7; crash 2 in a row, next start in 2 ms",
    ]);
  });

  test("a signal ends it instead of starting anew", async () => {
    const folder = folderWith("app.ts", application);
    const at = (child: ChildProcess) => void child.kill("SIGTERM");
    const words = [...supervised, "--", "wait"];
    const { code, events } = await millraceRun(folder, words, { text: "running", at });
    expect(code).toBe(0);
    expect(events.filter(({ event }) => event === "started")).toHaveLength(1);
  });

  const terms = { delayMs: 10, delayMaxMs: 35, restartsMax: 3, healthyMs: 1000 };
  const decide = (exitCode: number | undefined, crashesBefore: number, ranMs = 0) =>
    decideRestart(
      { exitCode, signal: exitCode === undefined ? "SIGKILL" : undefined },
      { crashesBefore, ranMs },
      terms,
    );

  test("delays double up to their limit, a long life begins anew, and the row has an end", () => {
    expect(decide(1, 0)).toEqual({ kind: "restart", crashes: 1, delayMs: 10 });
    expect(decide(undefined, 1)).toEqual({ kind: "restart", crashes: 2, delayMs: 20 });
    expect(decide(1, 2)).toEqual({ kind: "restart", crashes: 3, delayMs: 35 });
    expect(decide(1, 3)).toEqual({ kind: "give_up", crashes: 4 });
    expect(decide(1, 3, 1000)).toEqual({ kind: "restart", crashes: 1, delayMs: 10 });
  });

  test.each([0, 2, 3, 4, 5])("what ended with code %i is not started again", (code) => {
    expect(decide(code, 0)).toEqual({ kind: "end" });
  });
});

test("on a terminal the status is one line, under what the program writes", () => {
  let text = "";
  const write = (each: string) => {
    text += each;
    return true;
  };
  const stream = { isTTY: true, columns: 60, write, once: () => {} };
  const report = new RunReport({ clock: systemClock, stdout: stream, stderr: stream }, false);
  report.tell({
    event: "batch",
    batchTimeMs: 0,
    batches: 2,
    records: 50,
    recordsPerSecond: 50,
    schedulingDelayMs: 2,
    processingDelayMs: 10,
    waitingBatches: 0,
    stateBytes: 2048,
    failure: undefined,
  });
  const line = "2 batches | delay 12 ms | 50 records/s | state 2.0 KiB";
  expect(text).toBe(`\r\u001b[K${line}`);
  text = "";
  report.passing("stdout", "hello\n");
  expect(text).toBe(`\r\u001b[Khello\n\r\u001b[K${line}`);
});
