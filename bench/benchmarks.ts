/** Owns: the list of the benchmarks, in the order in which they run. */
import type { Benchmark } from "./benchmark.ts";
import { directoryGrowth } from "./cases/directory-growth.ts";
import { emptyBatch } from "./cases/empty-batch.ts";
import { flights } from "./cases/flights.ts";
import { largeState } from "./cases/large-state.ts";
import { logAppend } from "./cases/log-append.ts";
import { mapWithState } from "./cases/map-with-state.ts";
import { receiverLog } from "./cases/receiver-log.ts";
import { recoveryTime } from "./cases/recovery-time.ts";
import { snapshotInFlight } from "./cases/snapshot-in-flight.ts";
import { socket } from "./cases/socket.ts";
import { stateSnapshot } from "./cases/state-snapshot.ts";
import { tuning } from "./cases/tuning.ts";
import { updateState } from "./cases/update-state.ts";
import { wordCount } from "./cases/word-count.ts";

export const benchmarks: readonly Benchmark[] = [
  wordCount,
  flights,
  updateState,
  mapWithState,
  stateSnapshot,
  largeState,
  emptyBatch,
  socket,
  tuning,
  logAppend,
  receiverLog,
  snapshotInFlight,
  directoryGrowth,
  recoveryTime,
];

/** The benchmark of that name; throws where there is none. */
export function benchmarkNamed(name: string): Benchmark {
  const found = benchmarks.find((benchmark) => benchmark.name === name);
  if (found !== undefined) return found;
  const names = benchmarks.map((benchmark) => benchmark.name).join(", ");
  throw new Error(`there is no benchmark "${name}"; there are ${names}`);
}
