/**
 * Owns: how a checkpoint notes the module of the application, so that a later process finds it on another machine as well:
 * the name of its package, and its path in there.
 * Does not own: loading it (application-module.ts).
 *
 * I1. What is noted is a path below a folder that the later process has of its own: a checkpoint cannot make a program load
 *     what lies elsewhere.
 */
import { isAbsolute, join, relative, resolve, sep } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { isFile, packageAbove, StreamError } from "../base/index.ts";
import { type LoadedApplication, moduleAddress } from "./application-module.ts";
import { mainProgram } from "./main-program.ts";

/** Where a module is to be found; plain data. */
export interface ModuleNote {
  /** The package that it belongs to; null for a module of none, which is looked for in the working directory. */
  readonly package: string | null;
  /** Its path in there, with slashes. */
  readonly path: string;
}

const optionName = "module";

/**
 * The note of the module of an application, among the options that a checkpoint keeps; nothing for a program that is none, and
 * for a module outside of every folder that is looked in.
 */
export function notedOf(
  application: LoadedApplication | undefined,
  named: string | URL | undefined,
): Readonly<Record<string, unknown>> {
  if (application === undefined) return {};
  const known = application.facts.module;
  const module = named === undefined ? known : moduleAddress(named);
  const note = module === undefined ? undefined : noteOf(fileURLToPath(module));
  return note === undefined ? {} : { [optionName]: note };
}

/** The note among such options, if there is one. */
export function noteIn(options: Readonly<Record<string, unknown>>): ModuleNote | undefined {
  return options[optionName] as ModuleNote | undefined;
}

/** The address of the module that is noted. Throws `application_module_missing` where it is not there. */
export function addressOf(note: ModuleNote): string {
  const folders = foldersFor(note.package);
  const isBelow = isInside(note.path);
  const path = folders.map((folder) => join(folder, note.path)).find(isFile);
  if (path === undefined || !isBelow) {
    throw new StreamError("application_module_missing", { ...note, folders });
  }
  return pathToFileURL(path).href;
}

function noteOf(path: string): ModuleNote | undefined {
  const home = packageAbove(path);
  const inside = relative(home?.folder ?? process.cwd(), path);
  if (!isInside(inside)) return undefined;
  return { package: home?.name ?? null, path: inside.split(sep).join("/") };
}

/** The package around the working directory, else that around the main program; without a package the working directory. */
function foldersFor(name: string | null): readonly string[] {
  if (name === null) return [process.cwd()];
  const main = mainProgram();
  const places = [process.cwd(), ...(main === undefined ? [] : [fileURLToPath(main)])];
  const packages = places.map(packageAbove).filter((found) => found?.name === name);
  return [...new Set(packages.flatMap((found) => found?.folder ?? []))];
}

function isInside(path: string): boolean {
  const [first] = relative(resolve("/x"), resolve("/x", path)).split(sep);
  return !isAbsolute(path) && first !== "..";
}
