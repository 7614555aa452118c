/**
 * Owns: the places of the engine that call the file port: those that there are, by the text of the sources, and those that the
 * lives of the workloads came by, by the stack at each call.
 * Does not own: crashing and failing them (cover.ts).
 */
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { FileCall } from "../../support/simulated-files.ts";

const root = new URL("../../../", import.meta.url);

/** Where files are reached through the port. */
const folders = ["src/store/"];
const call =
  /\b#?files?\.(create|readRange|readDirectory|read|syncFile|stat|link|unlink|makeDirectory|syncDirectory|append|sync|close)\(/g;

/** `src/store/local-store.ts:82 syncDirectory` of every call that the sources have. */
export function callSites(): string[] {
  return folders.flatMap((folder) =>
    readdirSync(new URL(folder, root))
      .filter((file) => file.endsWith(".ts"))
      .flatMap((file) => sitesIn(`${folder}${file}`)),
  );
}

function sitesIn(path: string): string[] {
  const lines = readFileSync(new URL(path, root), "utf8").split("\n");
  return lines.flatMap((line, index) => {
    if (/^\s*(\*|\/\/)/.test(line)) return [];
    return [...line.matchAll(call)].map(([, does]) => `${path}:${index + 1} ${does}`);
  });
}

const base = fileURLToPath(root);

/** The site that a call came from; it has to be asked before anything is waited for. */
export function siteOf(does: FileCall): string {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 30;
  const { stack = "" } = new Error();
  Error.stackTraceLimit = stackTraceLimit;
  const line = stack.split("\n").find((text) => folders.some((folder) => text.includes(folder)));
  const [, path, number] = /(src\/store\/[^:]+):(\d+):\d+\)?$/.exec(line ?? "") ?? [];
  return path === undefined ? `outside of ${base}` : `${path}:${number} ${does}`;
}
