/** Owns: `millrace run`. */
import { resolve } from "node:path";
import { isFile, StreamError, sleep } from "../../base/index.ts";
import type { Call, CommandDefinition } from "../command.ts";
import { errorLines } from "../error-text.ts";
import { type ExitCode, exitCodes } from "../exit-code.ts";
import { LaunchedProgram, type Life } from "../run/launched-program.ts";
import { decideRestart } from "../run/restart-policy.ts";
import type { RunMessage, RunRequest } from "../run/run-messages.ts";
import { RunReport } from "../run/run-report.ts";

const defaults = {
  delayMs: 1000,
  delayMaxMs: 60_000,
  restartsMax: 5,
  healthyMs: 60_000,
  idleBatches: 3,
};

export const runCommand: CommandDefinition = {
  name: "run",
  summary: "Run an application or a program, TypeScript as it is",
  description: [
    "It runs in a process of its own, as `node` would run it, with what stands behind `--` as its arguments. Where the default export is an application, `--master`, `--checkpoint` and `--take-over` take the place of its options; a plain program sets these itself, and is refused with them before it has started anything.",
    "SIGTERM, SIGINT and SIGHUP stop it gracefully: what was received is processed. A second one ends it at once. It also stops gracefully when `millrace run` itself is gone.",
    "With --supervise a crash is followed by a new start, after a delay that doubles from crash to crash. That is an exit code 1 or above 5, or a signal that nobody asked for; what ended with 2 to 5 would end so again. After too many crashes in a row it ends with code 1 and the last reason; a life of --healthy-after ms ends the row. --take-over is for the first start alone.",
    "On a terminal the last line of stderr tells how it goes; elsewhere each event is a line of JSON on stderr, among what the program logs there. stdout is the program's.",
  ],
  examples: [
    { line: "millrace run app.ts", does: "run it until it ends, or Ctrl-C" },
    {
      line: "millrace run app.ts --master 'local[4]' --checkpoint ./ckpt --supervise -- --port 9999",
      does: "with four executors, on a directory, started again after a crash",
    },
    { line: "millrace run app.ts --until-idle", does: "process what is there, and end" },
  ],
  arguments: [
    { name: "<program>", does: "the file to run" },
    { name: "[args...]", does: "arguments of the program, behind `--`" },
  ],
  options: [
    { flags: "--master <address>", does: "where tasks run: local, local[n] or local[*]" },
    { flags: "--checkpoint <address>", does: "the checkpoint directory" },
    {
      flags: "--take-over",
      does: "claim the directory although another driver holds it: one that hangs",
    },
    { flags: "--supervise", does: "start it again after a crash" },
    {
      flags: "--restart-delay <ms>",
      form: "count",
      does: `before the first new start (default: ${defaults.delayMs})`,
    },
    {
      flags: "--restart-delay-max <ms>",
      form: "count",
      does: `what the delay grows to (default: ${defaults.delayMaxMs})`,
    },
    {
      flags: "--restarts-max <count>",
      form: "count",
      does: `crashes in a row that are followed by a new start (default: ${defaults.restartsMax})`,
    },
    {
      flags: "--healthy-after <ms>",
      form: "count",
      does: `a life of this length ends the row (default: ${defaults.healthyMs})`,
    },
    {
      flags: "--until-idle",
      does: "stop gracefully when nothing comes any more",
    },
    {
      flags: "--idle-batches <count>",
      form: "count",
      does: `batches without records, one after the other, that count as idle (default: ${defaults.idleBatches})`,
    },
  ],
  json: {
    report: "millrace/run",
    version: 1,
    form: "lines",
    fields: {
      event: "`started`, `batch`, `stopped` or `restarting`",
      atMs: "when it was told",
      batchTimeMs: "of the batch that completed",
      batches: "completed in this life",
      records: "of the batch",
      recordsPerSecond: "the same, by the batch interval",
      schedulingDelayMs: "how long the batch waited",
      processingDelayMs: "how long it took",
      waitingBatches: "batches that wait or run behind it",
      stateBytes:
        "of the state snapshots of this life that a start would read; null until there is one",
      failure: "why the batch failed, if it did",
      message: "the name of the application that started, or why it is started again",
    },
  },
  run: async (call) => {
    const program = resolve(call.arg(0));
    if (!isFile(program)) throw new StreamError("program_missing", { program });
    const supervised = new SupervisedRun(call, program);
    return supervised.run();
  },
};

/** The lives of a program, one after the other. */
class SupervisedRun {
  readonly #call: Call;
  readonly #program: string;
  readonly #report: RunReport;
  readonly #stopped = new AbortController();
  #life: LaunchedProgram | undefined;

  constructor(call: Call, program: string) {
    this.#call = call;
    this.#program = program;
    this.#report = new RunReport(call.world, call.output.isJson);
  }

  async run(): Promise<ExitCode> {
    const signals = ["SIGTERM", "SIGINT", "SIGHUP"] as const;
    for (const signal of signals) process.on(signal, this.#forward);
    try {
      return await this.#runLives();
    } finally {
      for (const signal of signals) process.off(signal, this.#forward);
      this.#report.end();
    }
  }

  async #runLives(): Promise<ExitCode> {
    const { clock } = this.#call.world;
    const terms = {
      delayMs: this.#call.count("restartDelay") ?? defaults.delayMs,
      delayMaxMs: this.#call.count("restartDelayMax") ?? defaults.delayMaxMs,
      restartsMax: this.#call.count("restartsMax") ?? defaults.restartsMax,
      healthyMs: this.#call.count("healthyAfter") ?? defaults.healthyMs,
    };
    for (let crashesBefore = 0, isFirst = true; ; isFirst = false) {
      const beganMs = clock.monotonicNow();
      const life = await this.#runOnce(isFirst);
      const ranMs = clock.monotonicNow() - beganMs;
      const isWanted = this.#call.flag("supervise") && !this.#stopped.signal.aborted;
      const decision = isWanted
        ? decideRestart(life, { crashesBefore, ranMs }, terms)
        : ({ kind: "end" } as const);
      if (decision.kind === "end") return this.#end(life);
      const reason = reasonFor(life);
      if (decision.kind === "give_up") {
        throw new StreamError("crash_loop", { crashes: decision.crashes, reason });
      }
      crashesBefore = decision.crashes;
      const message = `${reason}; crash ${crashesBefore} in a row, next start in ${decision.delayMs} ms`;
      this.#report.tell({ event: "restarting", message });
      await sleep(clock, decision.delayMs, this.#stopped.signal);
      if (this.#stopped.signal.aborted) return exitCodes.ok;
    }
  }

  async #runOnce(isFirst: boolean): Promise<Life> {
    const report = this.#report;
    this.#life = new LaunchedProgram({
      program: this.#program,
      args: this.#call.args.slice(1),
      request: this.#request(isFirst),
      output: report.takesOutput ? (text) => report.passing("stdout", text) : undefined,
      errors: (text) => report.passing("stderr", text),
      heard: (message) => this.#hear(message),
    });
    return this.#life.ended;
  }

  #request(isFirst: boolean): RunRequest {
    const call = this.#call;
    const master = call.text("master");
    const checkpointDirectory = call.text("checkpoint");
    return {
      ...(master === undefined ? {} : { master }),
      ...(checkpointDirectory === undefined ? {} : { checkpointDirectory }),
      ...(call.flag("takeOver") && isFirst ? { takeOver: true } : {}),
      ...(call.flag("untilIdle")
        ? { idleBatches: Math.max(1, call.count("idleBatches") ?? defaults.idleBatches) }
        : {}),
    };
  }

  #hear(message: RunMessage): void {
    if (message.kind === "batch") this.#report.tell({ event: "batch", ...message.status });
    else if (message.kind === "started") {
      this.#report.tell({ event: "started", message: message.appName });
    } else if (message.kind === "stopped") this.#report.tell({ event: "stopped" });
  }

  #end({ error, exitCode, signal }: Life): ExitCode {
    if (error !== undefined) {
      const { output } = this.#call;
      this.#report.end();
      if (output.isJson) output.note(JSON.stringify({ error }));
      else for (const line of errorLines(error)) output.note(line);
    } else if (signal !== undefined) this.#call.output.note(`millrace: ended by ${signal}`);
    return (exitCode ?? exitCodes.failure) as ExitCode;
  }

  /** A terminal sends Ctrl-C to the program as well, which would take a second one for impatience. */
  readonly #forward = (signal: NodeJS.Signals): void => {
    this.#stopped.abort();
    const { stderr, stdout } = this.#call.world;
    const isByTerminal =
      signal === "SIGINT" &&
      (process.stdin.isTTY || stdout.isTTY === true || stderr.isTTY === true);
    if (!isByTerminal) this.#life?.signal(signal);
  };
}

function reasonFor({ error, exitCode, signal }: Life): string {
  if (error !== undefined) return `${error.message}${error.code ? ` [${error.code}]` : ""}`;
  return signal === undefined ? `exit code ${exitCode}` : `ended by ${signal}`;
}
