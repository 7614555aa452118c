/**
 * Owns: walking a directory tree in the order of the bytes of the files' names, one directory in memory at a time.
 * What cannot be the name of an object is passed over, and what vanishes meanwhile as well.
 */
import { join } from "node:path";
import type { DirectoryEntry, FileInfo, FilePort } from "../base/index.ts";
import type { StoreEntry } from "./store.ts";
import { saysAbsent } from "./store-failure.ts";
import { compareNames, isNamePart } from "./store-name.ts";

export interface Listing {
  readonly root: string;
  readonly prefix: string;
  /** What is listed comes behind this name. */
  readonly after: string;
}

interface Branch {
  /** With a "/" at its end where it is a directory, so that it sorts as the names in it do: `a-b` before `a/b`. */
  readonly name: string;
  readonly info: FileInfo | undefined;
}

/** The files whose names, from the root on, begin with the prefix. Throws the errors of the files. */
export async function* listFiles(
  files: FilePort,
  listing: Listing,
): AsyncGenerator<StoreEntry, void, undefined> {
  const folder = listing.prefix.slice(0, listing.prefix.lastIndexOf("/") + 1);
  yield* listFolder(files, listing, folder);
}

async function* listFolder(
  files: FilePort,
  listing: Listing,
  folder: string,
): AsyncGenerator<StoreEntry, void, undefined> {
  const { root, after } = listing;
  for (const { name, info } of await branchesOf(files, listing, folder)) {
    if (name.endsWith("/")) {
      yield* listFolder(files, listing, name);
      continue;
    }
    const found = info ?? (await infoOf(files, join(root, name)));
    if (found?.kind === "file" && name > after) yield { name, byteCount: found.byteCount };
  }
}

async function branchesOf(
  files: FilePort,
  { root, prefix, after }: Listing,
  folder: string,
): Promise<Branch[]> {
  const branches: Branch[] = [];
  for (const entry of await entriesOf(files, join(root, folder))) {
    if (!isNamePart(entry.name)) continue;
    const path = `${folder}${entry.name}`;
    if (!path.startsWith(prefix)) continue;
    // A link, or a file system that does not tell.
    const info = entry.kind === "other" ? await infoOf(files, join(root, path)) : undefined;
    const isDirectory = (info ?? entry).kind === "directory";
    const name = isDirectory ? `${path}/` : path;
    if (name > after || (isDirectory && after.startsWith(name))) branches.push({ name, info });
  }
  return branches.sort((a, b) => compareNames(a.name, b.name));
}

async function entriesOf(files: FilePort, directory: string): Promise<readonly DirectoryEntry[]> {
  return (await unlessAbsent(() => files.readDirectory(directory))) ?? [];
}

function infoOf(files: FilePort, path: string): Promise<FileInfo | undefined> {
  return unlessAbsent(() => files.stat(path));
}

async function unlessAbsent<T>(read: () => Promise<T>): Promise<T | undefined> {
  try {
    return await read();
  } catch (error) {
    if (saysAbsent(error)) return undefined;
    throw error;
  }
}
