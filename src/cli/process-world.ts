/**
 * Owns: the command line in this process: its streams, its environment, and the end when the reader of stdout goes.
 * Does not own: what is run (main.ts).
 */
import { readFile } from "node:fs/promises";
import { hostname, userInfo } from "node:os";
import { createInterface } from "node:readline/promises";
import { systemClock } from "../base/index.ts";
import { runCommandLine } from "./main.ts";
import type { World } from "./world.ts";

/** Runs the command line of this process and sets its exit code. */
export async function main(): Promise<void> {
  // `millrace ... | head`: who has seen enough is no failure of ours.
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "EPIPE") process.exit(0);
    throw error;
  });
  process.exitCode = await runCommandLine(process.argv.slice(2), await processWorld());
}

async function processWorld(): Promise<World> {
  const text = await readFile(new URL("../../package.json", import.meta.url), "utf8");
  const { version } = JSON.parse(text) as { version: string };
  return {
    stdout: process.stdout,
    stderr: process.stderr,
    ask: process.stdin.isTTY && process.stderr.isTTY ? ask : undefined,
    env: process.env,
    clock: systemClock,
    nodeVersion: process.versions.node,
    version,
    user: userName(),
    host: hostname(),
    pid: process.pid,
  };
}

async function ask(question: string): Promise<string> {
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return await terminal.question(question);
  } finally {
    terminal.close();
  }
}

function userName(): string {
  try {
    return userInfo().username;
  } catch {
    // A user without a name, as containers have them.
    return String(process.getuid?.() ?? "unknown");
  }
}
