/**
 * Owns: one life of a program in a process of its own, from its start to its end: how Node is called, signals, messages.
 * Does not own: what follows from its end (restart-policy.ts), what is shown of it (run-report.ts).
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import type { ToldError } from "../error-text.ts";
import { type RunMessage, type RunRequest, requestParameter, runVariable } from "./run-messages.ts";

/** How a life ended. */
export interface Life {
  readonly exitCode: number | undefined;
  readonly signal: string | undefined;
  /** What it ended with, where Millrace knows it. */
  readonly error: ToldError | undefined;
}

export interface LaunchOptions {
  readonly program: string;
  readonly args: readonly string[];
  readonly request: RunRequest;
  /** Takes what it writes, where it is not to write by itself; errors always. */
  readonly output: ((text: string) => void) | undefined;
  readonly errors: (text: string) => void;
  readonly heard: (message: RunMessage) => void;
}

export class LaunchedProgram {
  readonly ended: Promise<Life>;
  readonly #child: ChildProcess;
  #error: ToldError | undefined;

  constructor({ args, errors, heard, output, program, request }: LaunchOptions) {
    const url = new URL(
      `./run-preload${import.meta.url.endsWith(".ts") ? ".ts" : ".js"}`,
      import.meta.url,
    );
    url.searchParams.set(requestParameter, JSON.stringify(request));
    const words = [...process.execArgv, ...typeArguments(), "--import", url.href, program, ...args];
    this.#child = spawn(process.execPath, words, {
      env: { ...process.env, [runVariable]: "1" },
      stdio: ["inherit", output === undefined ? "inherit" : "pipe", "pipe", "ipc"],
    });
    if (output !== undefined) this.#child.stdout?.setEncoding("utf8").on("data", output);
    this.#child.stderr?.setEncoding("utf8").on("data", errors);
    this.#child.on("message", (message: RunMessage) => {
      if (message.kind === "failed") this.#error = message.error;
      heard(message);
    });
    this.ended = this.#awaitEnd();
  }

  /** Hands a signal on. */
  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  async #awaitEnd(): Promise<Life> {
    const [code, signal] = (await once(this.#child, "close")) as [number | null, string | null];
    return { exitCode: code ?? undefined, signal: signal ?? undefined, error: this.#error };
  }
}

/** What lets this Node run TypeScript as it is, where it does not by itself. */
function typeArguments(): readonly string[] {
  const flag = "--experimental-strip-types";
  const { typescript } = process.features as { readonly typescript?: unknown };
  const isNeeded = typescript === undefined || typescript === false;
  return isNeeded && process.allowedNodeEnvironmentFlags.has(flag) ? [flag] : [];
}
