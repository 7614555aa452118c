/**
 * Owns: the module of an application: how one is recognised, loaded, and which one executors load.
 * Does not own: what an application does (application.ts), how a checkpoint notes its module (module-note.ts).
 */
import { resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { isFile, localPath, StreamError } from "../base/index.ts";
import { loadableMain } from "./main-program.ts";

/** The mark of an application, also of one that was made by another copy of Millrace. */
export const applicationMark = "millrace application";

/** What is known of an application beside what it does; written by whoever loads it. */
export interface ApplicationFacts {
  readonly mark: typeof applicationMark;
  /** The address of the module whose default export it is, once that is known. */
  module: string | undefined;
  /** Whether somebody has made a context of it, and so decides when that runs. */
  isOpened: boolean;
}

/** An application, as those see it that load one. */
export interface LoadedApplication {
  readonly facts: ApplicationFacts;
  create(): Promise<unknown>;
  run(): Promise<void>;
}

/** Whether a value was made by `application(options, build)`. */
export function isApplication(value: unknown): value is LoadedApplication {
  if (typeof value !== "object" || value === null || !("facts" in value)) return false;
  const { facts } = value;
  return typeof facts === "object" && facts !== null && "mark" in facts
    ? facts.mark === applicationMark
    : false;
}

/** The application that a module exports by default: itself, or, transpiled to CommonJS, as `default` of what it exports. */
export function applicationIn(exports: unknown): LoadedApplication | undefined {
  if (isApplication(exports)) return exports;
  const once = defaultOf(exports);
  return [once, defaultOf(once)].find(isApplication);
}

/**
 * The application whose module has that address. Rejects with `application_module_missing`, `application_module_failed`,
 * `application_expected`.
 */
export async function loadApplication(module: string): Promise<LoadedApplication> {
  const application = applicationIn(await importModule(module));
  if (application === undefined) throw new StreamError("application_expected", { module });
  application.facts.module = module;
  return application;
}

/**
 * Loads a program as if it were the main one, with these arguments: it runs the application of the module, if there is one
 * that the module has not run itself; any other program has come to its `start()` by itself. Rejects as `loadApplication`,
 * and with what runs.
 */
export async function loadProgram(module: string, args: readonly string[] = []): Promise<void> {
  process.argv.splice(1, process.argv.length, fileURLToPath(module), ...args);
  const application = applicationIn(await importModule(module));
  if (application === undefined) return;
  const { facts } = application;
  facts.module = module;
  if (!facts.isOpened) await application.run();
}

/** The address of a module that is given as an address, a path or a URL. Throws `argument_invalid`. */
export function moduleAddress(given: string | URL): string {
  return pathToFileURL(resolve(localPath(String(given)))).href;
}

/**
 * The module that executors load: the one that is named, else that of the application, else the main program. Throws
 * `application_module_unknown` where there is none, as in a test runner or a REPL, and `application_module_missing`.
 */
export function executorModuleOf(
  named: string | URL | undefined,
  application: LoadedApplication | undefined,
): string {
  const known = application?.facts.module;
  const module = named === undefined ? (known ?? loadableMain()) : moduleAddress(named);
  if (module === undefined) throw new StreamError("application_module_unknown", {});
  return assertThere(module);
}

function assertThere(module: string): string {
  if (isFile(fileURLToPath(module))) return module;
  throw new StreamError("application_module_missing", { module });
}

async function importModule(module: string): Promise<unknown> {
  assertThere(module);
  try {
    return await import(module);
  } catch (error) {
    throw new StreamError("application_module_failed", { module }, { cause: error });
  }
}

function defaultOf(value: unknown): unknown {
  const holds = (typeof value === "object" && value !== null) || typeof value === "function";
  return holds && "default" in value ? value.default : undefined;
}

let building: LoadedApplication | undefined;

/** Makes a context as that application; the context can ask which one it is. */
export function makingFor<C>(application: LoadedApplication, make: () => C): C {
  const before = building;
  building = application;
  try {
    return make();
  } finally {
    building = before;
  }
}

/** The application that a context is being made for. */
export function applicationInMaking(): LoadedApplication | undefined {
  return building;
}
