/** Owns: which names an object of a store can have, the same on every medium. */
import { StreamError } from "../base/index.ts";

/** What every medium can hold: S3 takes keys of 1,024 bytes with the prefix, file systems take parts of 255. */
const nameCharsMax = 900;
const partCharsMax = 255;
const partPattern = /^[A-Za-z0-9._=-]+$/;

/** Whether it can stand between two "/" of a name. */
export function isNamePart(part: string): boolean {
  return partPattern.test(part) && part !== "." && part !== ".." && part.length <= partCharsMax;
}

/** Throws `store_name_invalid` for what cannot be the name of an object. */
export function checkStoreName(store: string, name: string): void {
  if (name.length > nameCharsMax || !name.split("/").every(isNamePart)) {
    throw new StreamError("store_name_invalid", { store, name });
  }
}

/** Throws `store_name_invalid` for what no name can begin with. */
export function checkStorePrefix(store: string, prefix: string): void {
  const parts = prefix.split("/");
  const last = parts.pop() ?? "";
  if (!parts.every(isNamePart) || (last !== "" && !partPattern.test(last))) {
    throw new StreamError("store_name_invalid", { store, prefix });
  }
}

/** The folders that lead to a name, outermost first: `a/b/c` has `a` and `a/b`. */
export function foldersOf(name: string): string[] {
  const parts = name.split("/").slice(0, -1);
  return parts.map((_, index) => parts.slice(0, index + 1).join("/"));
}

/** Orders names by their bytes; they are ASCII, so that UTF-16 code units are bytes. */
export function compareNames(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
