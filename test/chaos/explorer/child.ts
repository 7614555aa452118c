/** Owns: running the explorer in a process of its own, and what its report is to be. */
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { Finding } from "./report.ts";

export interface ExploreReport {
  readonly workload: string;
  readonly images: number;
  readonly recoveries: number;
  readonly nested: number;
  readonly errors: number;
  readonly corruptions: number;
  readonly refused: number;
  readonly refusals: Readonly<Record<string, number>>;
  readonly cpuSeconds: number;
  readonly findings: readonly Finding[];
  /** The first of them, with the shortest script. */
  readonly shrunk?: Finding;
}

export interface ChildOutcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface ChildOptions {
  /** Modules of this folder that Node loads first. */
  readonly before?: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
}

/** Runs a program of this folder. */
export function runChild(
  program: string,
  args: readonly string[],
  { before = [], env = {} }: ChildOptions = {},
): Promise<ChildOutcome> {
  const imports = before.flatMap((module) => ["--import", new URL(module, import.meta.url).href]);
  const path = fileURLToPath(new URL(program, import.meta.url));
  const child = spawn(process.execPath, [...imports, path, ...args], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, NODE_OPTIONS: "", ...env },
  });
  let stdout = "";
  let stderr = "";
  child.stdout.on("data", (bytes) => {
    stdout += bytes;
  });
  child.stderr.on("data", (bytes) => {
    stderr += bytes;
  });
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, stdout, stderr }));
  });
}

/** Explores a workload. Rejects where the explorer itself fails. */
export async function exploreInChild(
  args: readonly string[],
  options: ChildOptions = {},
): Promise<ExploreReport> {
  const { code, stderr, stdout } = await runChild("explore.ts", args, options);
  const line = stdout.split("\n").find((text) => text.startsWith("{"));
  if (line === undefined || code === null || code > 1)
    throw new Error(`the explorer ended with ${code}: ${stdout}${stderr}`);
  return JSON.parse(line);
}

/** What to tell of a violation: what is wrong, and the line that replays it. */
export function tellOf({ problems, probe }: Finding): string {
  return `${problems.join("; ")}\n  replay: npm run chaos -- --replay '${probe}'`;
}
