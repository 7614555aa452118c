/**
 * Owns: the order in which a context lets go of what it holds at its end, and that whatever fails there keeps it from nothing.
 * Does not own: when that is (streaming-context.ts).
 */
import { type Clock, Deadline, type Logger } from "../base/index.ts";
import type { StreamGraph } from "../core/index.ts";
import type { ReceiverTracker } from "../receiver/index.ts";
import type { ContextDirectory } from "./context-directory.ts";
import type { StartedInputs } from "./started-inputs.ts";

export interface HeldThings {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly directory: ContextDirectory;
  readonly inputs: StartedInputs;
  readonly graph: StreamGraph;
  readonly tracker: ReceiverTracker;
}

export interface ReleaseTerms {
  /** Why: what those hear who still wait for a log. */
  readonly reason: unknown;
  readonly inputsLimitMs: number;
  readonly outputsLimitMs: number;
}

/** Lets go of all that outlives batches. Never rejects. */
export async function releaseAll(
  { clock, directory, graph, inputs, logger, tracker }: HeldThings,
  { inputsLimitMs, outputsLimitMs, reason }: ReleaseTerms,
): Promise<void> {
  const attempt = attempting(logger);
  await attempt("let go of the logs", async () => directory.run?.destroy(reason));
  await inputs.stop(inputsLimitMs);
  // Of an application that has no later life nobody will ask its sinks what was written.
  await attempt("forget what outputs have noted in their sinks", async () => {
    await new Deadline(clock, outputsLimitMs).isMetBy(graph.forgetAllOutputs());
  });
  await attempt("drop the blocks of receivers", () => tracker.close());
  await attempt("close the checkpoint directory", () => directory.close());
  await attempt("close the states", () => graph.closeStates());
}

/** Does what must not keep a context from its end when it fails. */
export function attempting(
  logger: Logger,
): (what: string, work: () => Promise<void>) => Promise<void> {
  return async (what, work) => {
    try {
      await work();
    } catch (error) {
      logger.error(`could not ${what}`, error);
    }
  };
}
