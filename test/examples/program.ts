/**
 * Owns: an example as its users run it, in a process of its own on the built package: what it prints, how it ends.
 * Does not own: what goes into it.
 */
import { type ChildProcessByStdio, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import type { Readable, Writable } from "node:stream";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** How a program ended. */
export interface Ending {
  /** The exit code; undefined when a signal ended it. */
  readonly code: number | undefined;
  /** All that it printed on standard output. */
  readonly output: string;
  readonly errors: string;
}

export class Program {
  /** Resolves when it has ended and everything that it printed is here. */
  readonly ended: Promise<Ending>;
  readonly #child: ChildProcessByStdio<Writable, Readable, Readable>;
  #output = "";
  #errors = "";
  #hasEnded = false;
  #changed: () => void = () => {};

  /** Runs `node examples/<example> ...args`, until the end of the test at the longest; `env` is added to the environment. */
  constructor(
    example: string,
    args: readonly string[] = [],
    env: Readonly<Record<string, string>> = {},
  ) {
    // `npm test` has built it before.
    if (!existsSync(here("../../dist/index.js"))) throw new Error("build first: npm run build");
    const path = here(`../../examples/${example}`);
    this.#child = spawn(process.execPath, [path, ...args], {
      env: { ...process.env, ...env },
      stdio: ["pipe", "pipe", "pipe"],
    });
    this.#child.stdout.setEncoding("utf8").on("data", (text: string) => {
      this.#output += text;
      this.#changed();
    });
    this.#child.stderr.setEncoding("utf8").on("data", (text: string) => {
      this.#errors += text;
    });
    // A test that ran out of time does not get to end it.
    onTestFinished(() => this.signal("SIGKILL"));
    this.ended = once(this.#child, "close").then(([code]) => {
      this.#hasEnded = true;
      this.#changed();
      return {
        code: (code as number | null) ?? undefined,
        output: this.#output,
        errors: this.#errors,
      };
    });
  }

  /** Resolves with what matches as soon as it is printed; rejects when the program ends without that. */
  async prints(expected: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const found = expected.exec(this.#output);
      if (found !== null) return found;
      if (this.#hasEnded) {
        throw new Error(`ended without ${expected}:\n${this.#output}\n${this.#errors}`);
      }
      await new Promise<void>((resolve) => {
        this.#changed = resolve;
      });
    }
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Presses Ctrl-C, and resolves when it has ended. */
  interrupt(): Promise<Ending> {
    this.signal("SIGINT");
    return this.ended;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.signal("SIGKILL");
    await this.ended;
  }
}
