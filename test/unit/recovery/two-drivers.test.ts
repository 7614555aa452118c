/** Two drivers on one directory, each in a process of its own. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test } from "vitest";

const program = fileURLToPath(new URL("./driver-program.ts", import.meta.url));

interface Driver {
  readonly child: ChildProcess;
  readonly lines: string[];
  /** Resolves with the first line that begins so, from the `from`-th on. */
  readonly line: (start: string, from?: number) => Promise<string>;
}

function driver(directory: string, ...how: readonly string[]): Driver {
  const child = spawn(process.execPath, ["--no-warnings", program, directory, ...how], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  const lines: string[] = [];
  createInterface({ input: child.stdout }).on("line", (line) => lines.push(line));
  const line = async (start: string, from = 0): Promise<string> => {
    for (;;) {
      const found = lines.slice(from).find((each) => each.startsWith(start));
      if (found !== undefined) return found;
      if (child.exitCode !== null) throw new Error(`it ended: ${lines.join(", ")}`);
      await sleep(10);
    }
  };
  return { child, lines, line };
}

test("rows 25 and 26: the second is refused, takes over from the first when that hangs, and the first ends when it wakes", async () => {
  const directory = await mkdtemp(join(tmpdir(), "millrace-drivers-"));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  const first = driver(directory);
  await first.line("batch");

  const refused = driver(directory);
  expect(await refused.line("ended")).toBe(`ended driver_alive ${first.child.pid}`);
  await first.line("batch", first.lines.length);

  first.child.kill("SIGSTOP");
  const second = driver(directory, "takeOver");
  await second.line("batch");
  const heard = first.lines.length;
  first.child.kill("SIGCONT");
  expect(await first.line("ended")).toBe(`ended epoch_superseded ${second.child.pid}`);
  await once(first.child, "exit");
  // What it had in its pipe when it was stopped was said before.
  const acknowledged = (lines: readonly string[]) =>
    lines.flatMap((line) => (line.startsWith("acknowledged") ? [Number(line.split(" ")[1])] : []));
  expect(acknowledged(first.lines.slice(heard))).toEqual([]);
  await second.line("batch", second.lines.length);

  // The lock has gone with the first; the second, which leads, may not have it yet.
  const early = driver(directory);
  expect(await early.line("ended")).toBe(`ended driver_alive ${second.child.pid}`);

  second.child.kill("SIGKILL");
  await once(second.child, "exit");
  const third = driver(directory);
  await third.line("batch");
  third.child.kill("SIGKILL");
}, 60_000);
