/**
 * Owns: what `millrace run` adds to the process of a program. Node loads this module before the program (`--import`), with
 * the request in its address; executors inherit that argument, and build their graph under the same options.
 * Does not own: what is made of its messages (launched-program.ts).
 *
 * I1. The variable is gone when the program begins: what the program starts is not run by `millrace run`.
 * I2. Nothing here keeps the process alive. I3. Options that a program cannot take refuse it before it changes anything.
 */
import { isMainThread } from "node:worker_threads";
import { launchBy, StreamError } from "../../base/index.ts";
import type {
  Application,
  ApplicationOptions,
  executorVariable as ExecutorVariable,
  StreamingContext,
} from "../../context/index.ts";
import { type ToldError, toldError } from "../error-text.ts";
import { BatchStatuses } from "./batch-statuses.ts";
import { type RunMessage, type RunRequest, requestParameter, runVariable } from "./run-messages.ts";

/** What a driver sets for executors; to import it would load the engine before the program does. */
const executorVariable: typeof ExecutorVariable = "MILLRACE_EXECUTOR";

class ProgramRun {
  readonly #request: RunRequest;
  #isOpening = false;
  #isModule = false;
  #isStopping = false;

  constructor(request: RunRequest) {
    this.#request = request;
  }

  install(): void {
    launchBy<Application, StreamingContext>({
      run: (application) => this.#run(application),
      starting: (context) => this.#starting(context),
    });
    process.on("exit", (code) => {
      if (code === 0 && !this.#isModule && this.#moduleOptions.length > 0) this.#refuse();
    });
  }

  /** Options such as the master decide how many partitions the graph has. */
  installInExecutor(): void {
    launchBy<Application, StreamingContext>({
      run: (application) => application.run(this.#overrides(application.options)),
      starting: () => {},
    });
  }

  async #run(application: Application): Promise<void> {
    this.#isModule = true;
    try {
      const context = await application.open(this.#overrides(application.options));
      this.#isOpening = true;
      await context.start();
      await context.awaitTermination();
    } catch (error) {
      const isStopped = error instanceof StreamError && error.code === "context_stopped";
      if (!(this.#isStopping && isStopped))
        this.#fail(toldError(error, this.#directory(application)));
    }
  }

  #directory({ options }: Application): string | undefined {
    return this.#request.checkpointDirectory ?? options.checkpointDirectory;
  }

  #overrides(options: ApplicationOptions): Partial<ApplicationOptions> {
    const { checkpointDirectory, master, takeOver } = this.#request;
    if (takeOver === true && (checkpointDirectory ?? options.checkpointDirectory) === undefined) {
      const expected = "a checkpoint directory to take over: --checkpoint <directory>";
      throw new StreamError("argument_invalid", { argument: "--take-over", expected });
    }
    return {
      ...(master === undefined
        ? {}
        : { master: master as NonNullable<ApplicationOptions["master"]> }),
      ...(checkpointDirectory === undefined ? {} : { checkpointDirectory }),
      ...(takeOver === true
        ? { checkpointOptions: { ...options.checkpointOptions, takeOver } }
        : {}),
    };
  }

  #starting(context: StreamingContext): void {
    if (!this.#isOpening && this.#moduleOptions.length > 0) this.#refuse();
    tell({ kind: "started", appName: context.appName });
    const stop = (): void => {
      this.#isStopping = true;
      void context.stop().catch(() => {});
    };
    const { idleBatches = Number.POSITIVE_INFINITY } = this.#request;
    const statuses = new BatchStatuses(context.batchInterval, (status) => {
      tell({ kind: "batch", status });
      if (statuses.idleBatches >= idleBatches) stop();
    });
    context.addStreamingListener(statuses);
    const release = stopBySignal(stop);
    context.addStreamingListener({
      onStreamingStopped: () => {
        release();
        tell({ kind: "stopped" });
      },
    });
  }

  get #moduleOptions(): readonly string[] {
    const { checkpointDirectory, master, takeOver } = this.#request;
    return [
      ...(master === undefined ? [] : ["--master"]),
      ...(checkpointDirectory === undefined ? [] : ["--checkpoint"]),
      ...(takeOver === true ? ["--take-over"] : []),
    ];
  }

  #refuse(): never {
    const options = this.#moduleOptions.join(", ");
    return this.#fail(toldError(new StreamError("module_form_missing", { options }), undefined));
  }

  /** The program is not asked whether it would go on. */
  #fail(error: ToldError): never {
    tell({ kind: "failed", error });
    process.exit(error.exitCode);
  }
}

function tell(message: RunMessage): void {
  if (process.connected) process.send?.(message, undefined, undefined, () => {});
}

/** Stops at the first signal, and when `millrace run` is gone; the second signal has its usual effect. */
function stopBySignal(stop: () => void): () => void {
  const signals = ["SIGTERM", "SIGINT", "SIGHUP"] as const;
  const release = (): void => {
    for (const signal of signals) process.off(signal, handle);
    process.off("disconnect", handle);
  };
  const handle = (): void => {
    release();
    stop();
  };
  for (const signal of signals) process.on(signal, handle);
  process.on("disconnect", handle);
  // To listen keeps the process alive otherwise.
  process.channel?.unref();
  return release;
}

const text = new URL(import.meta.url).searchParams.get(requestParameter);
if (isMainThread && text !== null) {
  const run = new ProgramRun(JSON.parse(text) as RunRequest);
  if (process.env[runVariable] !== undefined) {
    delete process.env[runVariable];
    run.install();
  } else if (process.env[executorVariable] !== undefined) run.installInExecutor();
}
