/** Owns: what tells that two processes of an application have built the same graph of the same functions. */
import { createRequire } from "node:module";
import { codeHashOf, type GraphDescription, shortHash, udfs } from "../core/index.ts";

/** What of a program is the same in each of its processes. */
export interface Fingerprinted {
  readonly graph: GraphDescription;
  readonly batchIntervalMs: number;
  readonly defaultParallelism: number;
}

/** 16 hexadecimal digits over the graph, the sources of its functions and of all udfs, and the version of Millrace. */
export function fingerprintOf(program: Fingerprinted): string {
  const { batchIntervalMs, defaultParallelism, graph } = program;
  const hashes = udfs().map(([name, f]) => [name, codeHashOf([f])]);
  return shortHash([version(), batchIntervalMs, defaultParallelism, graph.streams, hashes]);
}

/** The version of this package; in a program that was bundled into one file it is that of the bundle. */
function version(): string {
  try {
    const { version } = createRequire(import.meta.url)("../../package.json") as { version: string };
    return version;
  } catch {
    return "bundled";
  }
}
