/**
 * Owns: which files of a directory are data, where it has the manifest of a saved dataset.
 * Does not own: the form of a manifest (src/core), looking into directories (file-listing.ts).
 * Invariants: I1 of such a directory only files that the manifest names are read, with the bytes that it tells.
 */
import { readFile, stat } from "node:fs/promises";
import { basename, join } from "node:path";
import { StreamError } from "../base/index.ts";
import { decodeManifest, manifestName, type SavedPart } from "../core/index.ts";
import type { FilePin } from "./input-file.ts";

/** A directory that was saved as a whole. */
export interface SavedDirectory {
  readonly parts: ReadonlyMap<string, SavedPart>;
  /** When it was shown, in ms since the epoch: its parts are older, and were to be seen from then on. */
  readonly shownMs: number;
}

/** The manifest of a directory with these names in it; undefined where it has none. Throws `manifest_invalid`, `manifest_mismatch`. */
export async function savedDirectory(
  directory: string,
  names: readonly string[],
): Promise<SavedDirectory | undefined> {
  if (!names.includes(manifestName)) return undefined;
  const file = join(directory, manifestName);
  const { parts } = decodeManifest(await readFile(file, "utf8"), file);
  const present = new Set(names);
  const missing = parts.map(({ name }) => name).filter((name) => !present.has(name));
  if (missing.length > 0) throw new StreamError("manifest_mismatch", { directory, missing });
  const { mtimeMs } = await stat(file);
  return { parts: new Map(parts.map((part) => [part.name, part])), shownMs: mtimeMs };
}

/** A file as its manifest names it; throws `manifest_mismatch` when it has another length. */
export function savedPin(pin: FilePin, { parts, shownMs }: SavedDirectory): FilePin {
  const part = parts.get(basename(pin.path));
  if (part === undefined || part.byteCount !== pin.byteCount) {
    throw new StreamError("manifest_mismatch", {
      file: pin.path,
      byteCount: pin.byteCount,
      savedByteCount: part?.byteCount,
    });
  }
  return { ...pin, shownMs, sha256: part.sha256 };
}
