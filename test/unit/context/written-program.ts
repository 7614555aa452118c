/** Owns: programs that a test writes into a folder of their own, and runs as processes of their own. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { onTestFinished } from "vitest";

/** What programs import: addresses of the sources. */
export const sources = {
  millrace: new URL("../../../src/index.ts", import.meta.url).href,
  context: new URL("../../../src/context/index.ts", import.meta.url).href,
};

/** The path of Millrace, for programs of CommonJS. */
export const millracePath: string = fileURLToPath(sources.millrace);

export interface Ended {
  readonly code: number | null;
  /** The lines of the standard output. */
  readonly lines: readonly string[];
  readonly errors: string;
}

export interface RunOptions {
  /** Options of Node, in front of the program. */
  readonly node?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  readonly input?: string;
  /** Kills the process when it has printed this line. */
  readonly until?: string;
}

/** A folder of programs, for the time of a test. */
export class ProgramFolder {
  readonly path: string;

  constructor() {
    this.path = realpathSync(mkdtempSync(join(tmpdir(), "millrace-program-")));
    onTestFinished(() => rmSync(this.path, { recursive: true, force: true }));
  }

  /** Writes a file; gives its path. */
  write(name: string, text: string): string {
    const path = join(this.path, name);
    writeFileSync(path, text);
    return path;
  }

  addressOf(name: string): string {
    return pathToFileURL(join(this.path, name)).href;
  }

  /** Runs `node ...args` in the folder to its end. */
  async run(args: readonly string[], options: RunOptions = {}): Promise<Ended> {
    const { NODE_TEST_CONTEXT: _, MILLRACE_EXECUTOR: __, ...env } = process.env;
    const all = ["--no-warnings", ...(options.node ?? []), ...args];
    const child = spawn(process.execPath, all, {
      cwd: options.cwd ?? this.path,
      env: { ...env, ...options.env },
    });
    onTestFinished(() => void child.kill("SIGKILL"));
    let output = "";
    let errors = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      output += text;
      if (options.until !== undefined && output.includes(options.until)) child.kill("SIGKILL");
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      errors += text;
    });
    child.stdin.end(options.input ?? "");
    const [code] = (await once(child, "close")) as [number | null];
    return { code, lines: output.split("\n").filter(Boolean), errors };
  }
}
