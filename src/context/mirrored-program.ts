/** Owns: what an executor has built when its program comes to `start()`, as whoever serves with it takes it. */
import type { Clock, Logger } from "../base/index.ts";
import type { StreamGraph } from "../core/index.ts";
import type { ExecutorLink, Handlers } from "../executor/index.ts";
import type { DataContext } from "./data-context.ts";
import { fingerprintOf } from "./fingerprint.ts";

/** The program of an executor: the same graph as the driver's. */
export interface MirroredProgram {
  readonly appName: string;
  readonly graph: StreamGraph;
  readonly data: DataContext;
  readonly batchIntervalMs: number;
  readonly defaultParallelism: number;
  /** The same in every process that has built the same graph of the same functions. */
  readonly fingerprint: string;
  readonly clock: Clock;
  readonly logger: Logger;
  /** What an executor serves beside tasks and states. */
  readonly serves?: ((link: ExecutorLink) => Handlers) | undefined;
  /** Closes what the context holds, when the executor has served its time. */
  close(): Promise<void>;
}

/** The program that these parts make; throws `uid_taken`, as the ids of its streams are final from here on. */
export function mirroredProgram(
  parts: Omit<MirroredProgram, "batchIntervalMs" | "defaultParallelism" | "fingerprint">,
): MirroredProgram {
  const { batchIntervalMs } = parts.graph;
  const { defaultParallelism } = parts.data;
  return { ...parts, batchIntervalMs, defaultParallelism, fingerprint: programFingerprint(parts) };
}

/** What every process proves that has built that graph; throws as `mirroredProgram`. */
export function programFingerprint({
  data: { defaultParallelism },
  graph,
}: Pick<MirroredProgram, "data" | "graph">): string {
  const { batchIntervalMs } = graph;
  return fingerprintOf({ graph: graph.describe(), batchIntervalMs, defaultParallelism });
}
