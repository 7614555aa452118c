/**
 * Owns: which files of the project the rules look at, read from the disk.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { readSourceFile, type SourceFile } from "./source-file.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const folders = ["bin", "src", "test", "examples", "bench", "scripts"];
const skipped = ["node_modules", "fixtures"];

export function readTree(): SourceFile[] {
  return folders.flatMap((folder) => {
    if (!existsSync(join(root, folder))) return [];
    return readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
      .map((path) => [folder, ...path.split(sep)])
      .filter((parts) => /\.(ts|mts|mjs|js)$/.test(parts.at(-1) ?? ""))
      .filter((parts) => !parts.some((part) => skipped.includes(part)))
      .map((parts) => parts.join("/"))
      .map((path) => readSourceFile(path, readFileSync(join(root, path), "utf8")));
  });
}

export function readProjectFile(path: string): string {
  return readFileSync(join(root, path), "utf8");
}
