/**
 * Owns: finding the modules that executor processes and threads load by themselves, beside the one that asks.
 */
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { StreamError } from "../../base/index.ts";

/**
 * The module of that name beside the module of `url`, as it is written or as it was built. Throws
 * `executor_program_missing` where there is none, as in a bundle.
 */
export function siblingModule(url: string, name: string): URL {
  const sibling = new URL(`./${name}${url.endsWith(".ts") ? ".ts" : ".js"}`, url);
  const file = fileURLToPath(sibling);
  if (!existsSync(file)) throw new StreamError("executor_program_missing", { file });
  return sibling;
}
