/**
 * Owns: where a file of a program stands on this machine: to which package it belongs (the nearest folder above it whose
 * package.json has a name), and what it is behind links.
 */
import { readFileSync, realpathSync, statSync } from "node:fs";
import { dirname, join } from "node:path";

/** A package where it lies on this machine. */
export interface PackageFolder {
  readonly folder: string;
  readonly name: string;
}

/** The package that a file or folder belongs to; undefined where none of those above has a name. */
export function packageAbove(path: string): PackageFolder | undefined {
  for (let folder = path; ; folder = dirname(folder)) {
    const name = nameIn(join(folder, "package.json"));
    if (name !== undefined) return { folder, name };
    if (dirname(folder) === folder) return undefined;
  }
}

/** Whether there is a file of that path, now. */
export function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
}

/** The path of a file that is there, behind all links. */
export function realPath(path: string): string {
  return realpathSync(path);
}

/** What cannot be read has no name: bundlers and Node pass it by, too. */
function nameIn(file: string): string | undefined {
  try {
    const { name } = JSON.parse(readFileSync(file, "utf8")) as { readonly name?: unknown };
    return typeof name === "string" && name !== "" ? name : undefined;
  } catch {
    return undefined;
  }
}
