/**
 * Owns: which file the main program of this process is, and what it exports.
 * Does not own: what follows from that (application.ts, application-module.ts).
 *
 * I1. Nothing is loaded a second time: what is imported here is the main program, which Node has loaded by that very address.
 */
import { createRequire } from "node:module";
import { fileURLToPath, pathToFileURL } from "node:url";
import { getCallSites } from "node:util";
import { isMainThread } from "node:worker_threads";
import { isFile, realPath, systemClock } from "../base/index.ts";

const require = createRequire(import.meta.url);
const evaluating = /^(-e|-p|-pe|-i|--eval|--print|--interactive)(=|$)/;
const preservingLinks = "--preserve-symlinks-main";
const framesMax = 30;

/** The address of the main program; undefined in a REPL, for code on the command line or from a pipe, and in a worker thread. */
export function mainProgram(): string | undefined {
  const [, given] = process.argv;
  const isEvaluated = process.execArgv.some((argument) => evaluating.test(argument));
  if (given === undefined || given === "-" || isEvaluated || !isMainThread) return undefined;
  if (keepsLinks() && isFile(given)) return pathToFileURL(given).href;
  try {
    // As Node finds it: without an extension, by the package.json of a folder, behind links.
    return pathToFileURL(require.resolve(given)).href;
  } catch {
    return undefined;
  }
}

/** Whether Node was told to take the main program by the link that it was called by. */
function keepsLinks(): boolean {
  const { NODE_OPTIONS = "", NODE_PRESERVE_SYMLINKS_MAIN } = process.env;
  const isAsked =
    process.execArgv.includes(preservingLinks) || NODE_OPTIONS.includes(preservingLinks);
  return isAsked || NODE_PRESERVE_SYMLINKS_MAIN === "1";
}

/**
 * The main program, where another process of the application may load it to become an executor: not one that is a part of a
 * package somewhere, as the worker of a test runner is, and not a file of tests.
 */
export function loadableMain(): string | undefined {
  const main = mainProgram();
  if (main === undefined || process.env["NODE_TEST_CONTEXT"] !== undefined) return undefined;
  return /[\\/]node_modules[\\/]/.test(fileURLToPath(main)) ? undefined : main;
}

/**
 * What the main program exports, when it has run to its end; undefined where it cannot be asked: an import follows links, so
 * of a program that Node took by its link it would load the file behind it, as another module.
 */
export async function exportsOfMain(): Promise<readonly unknown[] | undefined> {
  const main = mainProgram();
  if (main === undefined) return [];
  if (realPath(fileURLToPath(main)) !== fileURLToPath(main)) {
    await systemClock.yieldToEventLoop();
    return undefined;
  }
  try {
    // A program of CommonJS is there already; it has run to its end when this import resolves.
    const namespace: unknown = await import(main);
    return [namespace, require.main?.exports];
  } catch {
    // It failed by itself, and Node tells of that; or there is something else in its place.
    return [require.main?.exports];
  }
}

/** Whether the function that calls this was called by a line of the main program, the frames of Millrace apart. */
export function isCalledByMain(): boolean {
  const main = mainProgram();
  if (main === undefined) return false;
  const here = new URL("..", import.meta.url);
  const ours = [here.href, fileURLToPath(here)];
  const caller = getCallSites(framesMax).find(
    ({ scriptName }) => !ours.some((place) => scriptName.startsWith(place)),
  );
  // Modules are named by address, CommonJS by path.
  return caller?.scriptName === main || caller?.scriptName === fileURLToPath(main);
}
