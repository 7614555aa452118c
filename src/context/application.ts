/**
 * Owns: an application as a module exports it: its options and the function that declares its streams, so that whoever
 * loads the module decides when and as what it runs, and nothing of it runs twice.
 * Does not own: how modules are found and loaded (application-module.ts, main-program.ts).
 */
import { functionArgument, launcherOfProcess, StreamError } from "../base/index.ts";
import {
  type ApplicationFacts,
  applicationIn,
  applicationMark,
  makingFor,
} from "./application-module.ts";
import type { CheckpointDirectoryOptions } from "./durable-directory.ts";
import { exportsOfMain, isCalledByMain, mainProgram } from "./main-program.ts";
import type { StreamingContextOptions } from "./options.ts";
import { StreamingContext } from "./streaming-context.ts";

/** The options of an application: those of its context, and where it survives. */
export interface ApplicationOptions extends StreamingContextOptions {
  /** The checkpoint directory, as `getOrCreate` takes it; without one the application lives as long as its process. */
  readonly checkpointDirectory?: string;
  /** How that directory is opened. */
  readonly checkpointOptions?: CheckpointDirectoryOptions;
}

/** Declares the streams and outputs of an application, in each process and each life of it. */
export type BuildFunction = (ssc: StreamingContext) => unknown;

/** An application that was declared; `application(options, build)` makes one. */
export class Application {
  readonly options: ApplicationOptions;
  /** For those who load its module. */
  readonly facts: ApplicationFacts;
  readonly #build: BuildFunction;

  /** Throws `argument_invalid`. */
  constructor(options: ApplicationOptions, build: BuildFunction) {
    if (typeof options !== "object" || options === null) {
      const expected = "an object with batchInterval";
      throw new StreamError("argument_invalid", { argument: "options", value: options, expected });
    }
    this.options = options;
    this.#build = functionArgument("build", build);
    // Known now where the program goes on to run it itself; where it only exports it, when it has run to its end.
    this.facts = {
      mark: applicationMark,
      module: isCalledByMain() ? mainProgram() : undefined,
      isOpened: false,
    };
  }

  /**
   * Runs the application until it has stopped; rejects with what failed. In an executor it never resolves. Options that are
   * given here take the place of those of the application.
   */
  async run(options: Partial<ApplicationOptions> = {}): Promise<void> {
    const ssc = await this.open(options);
    await ssc.start();
    await ssc.awaitTermination();
  }

  /**
   * The context, with all that the application declares, and not started; where there is a checkpoint directory it goes on
   * with what is there, or begins there. Rejects as `StreamingContext.getOrCreate`, and with what the declaring threw.
   */
  async open(options: Partial<ApplicationOptions> = {}): Promise<StreamingContext> {
    this.facts.isOpened = true;
    const { checkpointDirectory, checkpointOptions } = { ...this.options, ...options };
    const create = () => this.create(options);
    if (checkpointDirectory === undefined) return create();
    return StreamingContext.getOrCreate(checkpointDirectory, create, checkpointOptions);
  }

  /** A context with all that the application declares, and without its directory. */
  async create(options: Partial<ApplicationOptions> = {}): Promise<StreamingContext> {
    this.facts.isOpened = true;
    const {
      checkpointDirectory: _directory,
      checkpointOptions: _options,
      ...ofContext
    } = { ...this.options, ...options };
    const ssc = makingFor(this, () => this.newContext(ofContext));
    await this.#build(ssc);
    return ssc;
  }

  /** Makes the context that is built on; for contexts of one's own. */
  protected newContext(options: StreamingContextOptions): StreamingContext {
    return new StreamingContext(options);
  }
}

/**
 * Declares an application, to be the default export of its module:
 * `export default application({ batchInterval: seconds(1) }, (ssc) => { ssc.socketTextStream(...).print(); })`.
 *
 * As the main program of a process (`node app.ts`) the module runs it when it has been evaluated; a module that is imported
 * runs nothing, and so does one that has opened or run it itself. Throws `argument_invalid`.
 */
export function application(options: ApplicationOptions, build: BuildFunction): Application {
  const declared = new Application(options, build);
  // What the run rejects with has no one to be told but the process, which it ends with code 1.
  void runAsMain(declared);
  return declared;
}

/** Runs the application if the main program exports it by default; one that cannot be asked has declared it at least. */
async function runAsMain(declared: Application): Promise<void> {
  const { facts } = declared;
  const main = mainProgram();
  const exports = await exportsOfMain();
  const isMain = exports?.some((each) => applicationIn(each) === declared) ?? facts.module === main;
  if (!isMain) return;
  facts.module = main;
  if (facts.isOpened) return;
  const launcher = launcherOfProcess<Application, StreamingContext>();
  await (launcher === undefined ? declared.run() : launcher.run(declared));
}
