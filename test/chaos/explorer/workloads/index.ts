/** Owns: the workloads that are explored, by name. */
import type { Workload } from "../workload.ts";
import { codeUpgrade } from "./code-upgrade.ts";
import { fileStream } from "./file-stream.ts";
import { gracefulRestart } from "./graceful-restart.ts";
import { incrementalWindow } from "./incremental-window.ts";
import { mapWithState } from "./map-with-state.ts";
import { streamJoin } from "./stream-join.ts";
import { updateState } from "./update-state.ts";
import { wordCount } from "./word-count.ts";

const all: readonly Workload[] = [
  wordCount,
  updateState,
  mapWithState,
  incrementalWindow,
  streamJoin,
  fileStream,
  codeUpgrade,
  gracefulRestart,
];

export const workloads: ReadonlyMap<string, Workload> = new Map(
  all.map((workload) => [workload.name, workload]),
);
