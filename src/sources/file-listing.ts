/**
 * Owns: looking for files on this machine: in directories, and by patterns.
 * Does not own: which of them a batch takes (file-selection.ts).
 */
import * as callbacks from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import { type FileSystemAdapter, type GlobOptions, glob, isDynamicPattern } from "tinyglobby";
import { StreamError } from "../base/index.ts";
import { type FilePin, isMissing } from "./input-file.ts";
import { savedDirectory, savedPin } from "./saved-directory.ts";

/** What was found. */
export interface Listing {
  readonly directories: readonly string[];
  /** The files that are directly in these directories. */
  readonly files: readonly FilePin[];
  /** What could not be looked at. */
  readonly problems: readonly ListingProblem[];
}

export interface ListingProblem {
  readonly path: string;
  readonly error: unknown;
}

/**
 * Looks into the directory of an absolute path, or all that it matches as a pattern, for files of whose path `isWanted`
 * says so. Of a directory that a dataset was saved as, these are among the files that its manifest names. Throws what
 * `isWanted` throws, and nothing else.
 */
export async function listDirectory(
  path: string,
  isWanted: (path: string) => boolean,
): Promise<Listing> {
  const look = new Look();
  const directories = await look.directories(path);
  const files: FilePin[] = [];
  for (const directory of directories) files.push(...(await look.data(directory, isWanted)));
  return { directories, files, problems: look.problems };
}

/**
 * The files that an absolute path means: a file, the files of a directory, or those of all that it matches as a pattern;
 * by name, without those of a directory that begin with a dot or an underscore. Throws `input_missing`,
 * `input_unreadable`.
 */
export async function findFiles(path: string): Promise<readonly FilePin[]> {
  const look = new Look();
  const { directories, files, problems } = await listDirectory(path, isData);
  const named = directories.includes(path) ? [] : await look.pins(await look.matches(path));
  const [problem] = [...problems, ...look.problems];
  if (problem !== undefined) {
    if (problem.error instanceof StreamError) throw problem.error;
    throw new StreamError("input_unreadable", { path: problem.path }, { cause: problem.error });
  }
  if (directories.length + named.length === 0) throw new StreamError("input_missing", { path });
  const byPath = new Map([...files, ...named].map((pin) => [pin.path, pin]));
  return [...byPath.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
}

function isData(path: string): boolean {
  return !/^[._]/.test(basename(path));
}

const statsAtOnce = 64;

/** One look, which notes what it could not see. */
class Look {
  readonly problems: ListingProblem[] = [];

  /** A directory that has just this name comes before those that the name matches as a pattern. */
  async directories(path: string): Promise<readonly string[]> {
    if ((await this.#attempt(path, () => stat(path)))?.isDirectory()) return [path];
    return this.#glob(path, { onlyDirectories: true });
  }

  /** The files that a name matches as a pattern, or just the name. */
  async matches(path: string): Promise<readonly string[]> {
    const found = await this.#glob(path, {});
    return found.length > 0 ? found : [path];
  }

  async data(directory: string, isWanted: (path: string) => boolean): Promise<readonly FilePin[]> {
    const names = (await this.#attempt(directory, () => readdir(directory))) ?? [];
    const paths = names.map((name) => join(directory, name)).filter(isWanted);
    // Often all that is there was chosen already, and the manifest need not be read once more.
    if (paths.length === 0) return [];
    const found = await this.#attempt(directory, async () => {
      const saved = await savedDirectory(directory, names);
      if (saved === undefined) return { pins: await this.pins(paths) };
      const pins = await this.pins(paths.filter((path) => saved.parts.has(basename(path))));
      return { pins: pins.map((pin) => savedPin(pin, saved)) };
    });
    return found?.pins ?? [];
  }

  async pins(paths: readonly string[]): Promise<FilePin[]> {
    const pins: FilePin[] = [];
    for (let index = 0; index < paths.length; index += statsAtOnce) {
      const some = paths.slice(index, index + statsAtOnce);
      for (const pin of await Promise.all(some.map((path) => this.#pin(path)))) {
        if (pin !== undefined) pins.push(pin);
      }
    }
    return pins;
  }

  async #glob(path: string, kind: GlobOptions): Promise<readonly string[]> {
    if (!isDynamicPattern(path)) return [];
    const fs = fileSystemNoting((at, error) => this.#note(at, error));
    const options = { absolute: true, expandDirectories: false, fs, ...kind };
    const found = (await this.#attempt(path, () => glob(path, options))) ?? [];
    return [...new Set(found.map((match) => resolve(match)))].sort();
  }

  async #pin(path: string): Promise<FilePin | undefined> {
    const stats = await this.#attempt(path, () => stat(path));
    if (!stats?.isFile()) return undefined;
    return { path, byteCount: stats.size, modifiedMs: stats.mtimeMs };
  }

  /** Undefined where there is nothing of that name, any more or at all, and where it cannot be looked at. */
  async #attempt<T>(path: string, look: () => Promise<T>): Promise<T | undefined> {
    try {
      return await look();
    } catch (error) {
      this.#note(path, error);
      return undefined;
    }
  }

  #note(path: string, error: unknown): void {
    if (isMissing(error) || this.problems.some((problem) => problem.path === path)) return;
    this.problems.push({ path, error });
  }
}

type Call = (...given: unknown[]) => void;

/**
 * The functions of the file system that the walk along a pattern calls. The walk leaves out without a word what they fail
 * for, so it is told from here.
 */
function fileSystemNoting(note: (path: string, error: unknown) => void): FileSystemAdapter {
  const noting =
    (call: Call): Call =>
    (...given) => {
      const done = given.pop() as Call;
      call(...given, (error: unknown, ...found: unknown[]) => {
        if (error) note(resolve(String(given[0])), error);
        done(error, ...found);
      });
    };
  const { readdir, realpath, stat } = callbacks;
  return {
    readdir: noting(readdir as Call),
    realpath: noting(realpath as Call),
    stat: noting(stat as Call),
  } as FileSystemAdapter;
}
