/**
 * Owns: one child process: how it is started, what it prints, how it ended.
 * Does not own: when to start or end it (executor-process.ts).
 */
import { type ChildProcessByStdio, spawn } from "node:child_process";
import type { Readable } from "node:stream";
import { type Clock, sleep } from "../../base/index.ts";
import { type ExecutorSettings, executorVariable, settingsText } from "./executor-settings.ts";
import { argumentsForExecutors } from "./node-arguments.ts";
import { handOnLines, LastLines, type OutputSink } from "./output-lines.ts";
import { siblingModule } from "./sibling-module.ts";

/** The program that executors run: the same as the driver's. */
export interface ExecutorProgram {
  /** The file that Node is given. */
  readonly script: string;
  readonly args: readonly string[];
  /** Arguments of Node itself; those of this process by default, without what only one process can have. */
  readonly execArgv?: readonly string[];
  /** What is added to the environment of this process. */
  readonly env?: Readonly<Record<string, string>>;
}

/** How a process ended. */
export interface Ending {
  readonly exitCode: number | undefined;
  readonly exitSignal: string | undefined;
  readonly lastOutput: string;
}

export interface LaunchOptions {
  readonly settings: ExecutorSettings;
  readonly program: ExecutorProgram;
  readonly output: OutputSink;
  readonly clock: Clock;
}

/** How long output is read on after the end: a child of the process may hold the pipe for ever. */
const outputLimitMs = 1000;

export class LaunchedProcess {
  readonly pid: number | undefined;
  /** Resolves when it has ended, and what it printed is handed on; never rejects. */
  readonly ended: Promise<Ending>;
  readonly #child: ChildProcessByStdio<null, Readable, Readable>;
  readonly #lastLines = new LastLines();

  constructor({ settings, program, output, clock }: LaunchOptions) {
    const { script, args, env = {}, execArgv = argumentsForExecutors(process.execArgv) } = program;
    const preload = siblingModule(import.meta.url, "preload").href;
    this.#child = spawn(process.execPath, [...execArgv, "--import", preload, script, ...args], {
      env: { ...process.env, ...env, [executorVariable]: settingsText(settings) },
      stdio: ["ignore", "pipe", "pipe"],
      // A group of its own: Ctrl-C is for the driver, which lets executors leave.
      detached: true,
      windowsHide: true,
    });
    this.pid = this.#child.pid;
    this.ended = this.#awaitEnd(settings.id, output, clock);
  }

  get lastOutput(): string {
    return this.#lastLines.text;
  }

  /** Ends it at once; one that has ended stays so. */
  kill(): void {
    this.#child.kill("SIGKILL");
  }

  async #awaitEnd(id: string, output: OutputSink, clock: Clock): Promise<Ending> {
    const handOn = (kind: "stdout" | "stderr") =>
      handOnLines(this.#child[kind], (line) => {
        this.#lastLines.add(line);
        return output(id, kind, line);
      });
    const printed = Promise.all([handOn("stdout"), handOn("stderr")]);
    const { exitCode, exitSignal } = await this.#exit();
    const tooLong = new AbortController();
    await Promise.race([printed, sleep(clock, outputLimitMs, tooLong.signal)]);
    tooLong.abort();
    this.#child.stdout.destroy();
    this.#child.stderr.destroy();
    return { exitCode, exitSignal, lastOutput: this.lastOutput };
  }

  #exit(): Promise<Omit<Ending, "lastOutput">> {
    return new Promise((resolve) => {
      this.#child.once("exit", (code, signal) => {
        resolve({ exitCode: code ?? undefined, exitSignal: signal ?? undefined });
      });
      // It could not be started: there is no exit then.
      this.#child.once("error", (error) => {
        this.#lastLines.add(error.message);
        if (this.#child.pid === undefined) resolve({ exitCode: undefined, exitSignal: undefined });
      });
    });
  }
}
