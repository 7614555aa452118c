/** Owns: a copy of the directory of version 1 for each test, and whether it was changed. */
import { createHash } from "node:crypto";
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach } from "vitest";

const fixture = fileURLToPath(new URL("../../fixtures/v1/directory", import.meta.url));

export let directory = "";

/** Gives each test of a file a copy. */
export function useGoldenDirectory(): void {
  beforeEach(() => {
    directory = join(mkdtempSync(join(tmpdir(), "millrace-cli-")), "ckpt");
    cpSync(fixture, directory, { recursive: true });
  });

  afterEach(() => {
    rmSync(join(directory, ".."), { recursive: true, force: true });
  });
}

/** The names and contents of all files under a path. */
export function contentsOf(path: string): ReadonlyMap<string, string> {
  const names = readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
  return new Map(
    names.map((name) => [
      name.slice(path.length + 1),
      createHash("sha256").update(readFileSync(name)).digest("hex"),
    ]),
  );
}
