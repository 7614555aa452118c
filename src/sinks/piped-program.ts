/**
 * Owns: running a program with lines on its standard input, and reading the lines of its standard output.
 * Invariants: I1 neither side runs ahead of the other by more than what pipes hold. I2 when the output has been read to
 * its end, the program has ended with exit code 0. I3 no program outlives who reads from it.
 */
import { Buffer, isUtf8 } from "node:buffer";
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { once } from "node:events";
import type { Writable } from "node:stream";
import { StreamError } from "../base/index.ts";

type Command = string | readonly string[];

/** How a program is run. */
export interface PipeOptions {
  /** More environment variables than this process has. */
  readonly env?: Readonly<Record<string, string>>;
  /** Kills the program. */
  readonly signal: AbortSignal;
}

/**
 * The lines that a program prints when it is given these: a string is run by the shell, an array is a program with its
 * arguments. It need not read all lines. Throws `pipe_failed` with the exit code and the last lines of its standard
 * error, `job_cancelled` after an abort, and what the lines throw.
 */
export async function* pipeThrough(
  command: Command,
  lines: Iterable<string>,
  options: PipeOptions,
): AsyncGenerator<string, void, undefined> {
  const { signal } = options;
  throwIfCancelled(signal);
  const program = await PipedProgram.start(command, options.env ?? {});
  const kill = (): void => program.kill();
  signal.addEventListener("abort", kill, { once: true });
  const feeding = program.feed(lines);
  feeding.catch(kill);
  try {
    yield* program.outputLines();
    await program.succeeded();
    await feeding;
  } catch (error) {
    throwIfCancelled(signal);
    // Where the lines threw, the program was killed for it.
    program.kill();
    await feeding;
    throw error;
  } finally {
    signal.removeEventListener("abort", kill);
    program.kill();
  }
}

function throwIfCancelled(signal: AbortSignal): void {
  if (signal.aborted) throw new StreamError("job_cancelled", {}, { cause: signal.reason });
}

const writtenCharsMin = 65_536;
const errorCharsKept = 4096;
const errorLinesTold = 20;
const newline = 0x0a;
const carriageReturn = 0x0d;

class PipedProgram {
  readonly #command: Command;
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #closed: Promise<void>;
  #isClosed = false;
  #errorText = "";

  private constructor(command: Command, child: ChildProcessWithoutNullStreams) {
    this.#command = command;
    this.#child = child;
    this.#closed = new Promise((resolve) => {
      child.once("close", () => {
        this.#isClosed = true;
        resolve();
      });
    });
    // It cannot be killed, or reads no further: its exit code tells whether that is a failure.
    child.on("error", () => {});
    child.stdin.on("error", () => {});
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      this.#errorText = (this.#errorText + text).slice(-errorCharsKept);
    });
  }

  static async start(
    command: Command,
    env: Readonly<Record<string, string>>,
  ): Promise<PipedProgram> {
    try {
      const child = spawnProgram(command, { ...process.env, ...env });
      if (child.pid === undefined) throw (await once(child, "error"))[0];
      return new PipedProgram(command, child);
    } catch (error) {
      throw new StreamError("pipe_failed", { command }, { cause: error });
    }
  }

  /** Writes the lines as fast as the program reads them; ends early when it reads no further. */
  async feed(lines: Iterable<string>): Promise<void> {
    const { stdin } = this.#child;
    let text = "";
    for (const line of lines) {
      text += `${line}\n`;
      if (text.length < writtenCharsMin) continue;
      if (!stdin.write(text)) await drained(stdin);
      if (stdin.destroyed) return;
      text = "";
    }
    stdin.end(text);
  }

  async *outputLines(): AsyncGenerator<string, void, undefined> {
    let begun: Buffer[] = [];
    for await (const chunk of this.#child.stdout) {
      begun.push(chunk as Buffer);
      if (!(chunk as Buffer).includes(newline)) continue;
      const bytes = Buffer.concat(begun);
      let from = 0;
      for (let end = bytes.indexOf(newline); end !== -1; end = bytes.indexOf(newline, from)) {
        yield this.#line(bytes.subarray(from, end));
        from = end + 1;
      }
      begun = [bytes.subarray(from)];
    }
    const last = Buffer.concat(begun);
    if (last.length > 0) yield this.#line(last);
  }

  /** Resolves when it has ended well; throws `pipe_failed`. */
  async succeeded(): Promise<void> {
    await this.#closed;
    const { exitCode, signalCode } = this.#child;
    if (exitCode === 0) return;
    throw this.#failed({ exitCode: exitCode ?? undefined, signal: signalCode ?? undefined });
  }

  /** Kills the program and what it has started, unless it has ended. */
  kill(): void {
    const { pid, stdout } = this.#child;
    if (this.#isClosed || pid === undefined) return;
    try {
      if (process.platform === "win32") this.#child.kill("SIGKILL");
      else process.kill(-pid, "SIGKILL");
    } catch {
      // It ended in this moment.
    }
    // What has left the group of the program could keep the pipe open for ever.
    stdout.destroy();
  }

  /** Decoded by itself: cut from a longer text, a line that is kept would keep all of it. */
  #line(bytes: Buffer): string {
    if (!isUtf8(bytes)) throw this.#failed({ reason: "its output is no UTF-8 text" });
    const hasReturn = bytes.at(-1) === carriageReturn;
    return bytes.toString("utf8", 0, bytes.length - (hasReturn ? 1 : 0));
  }

  #failed(reason: Readonly<Record<string, unknown>>): StreamError {
    const stderr = this.#errorText.trimEnd().split("\n").slice(-errorLinesTold).join("\n");
    return new StreamError("pipe_failed", { command: this.#command, ...reason, stderr });
  }
}

function spawnProgram(command: Command, env: NodeJS.ProcessEnv): ChildProcessWithoutNullStreams {
  // In a group of its own, so that it can be killed with what it has started, and Ctrl-C leaves it alone.
  const options = { env, detached: process.platform !== "win32", windowsHide: true };
  if (typeof command === "string") return spawn(command, { ...options, shell: true });
  const [program = "", ...args] = command;
  return spawn(program, args, options);
}

/** Resolves when there is room again, or nobody reads any more. */
function drained(stdin: Writable): Promise<void> {
  if (stdin.closed) return Promise.resolve();
  return new Promise((resolve) => {
    const done = (): void => {
      stdin.off("drain", done).off("close", done);
      resolve();
    };
    stdin.on("drain", done).on("close", done);
  });
}
