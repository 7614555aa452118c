/**
 * Owns: how the progress of batches is noted in the journal, and what an earlier life did of it; and what rates and
 * accumulators take over from there.
 * Does not own: the journal (src/recovery), batches (src/scheduler).
 */
import type { StreamGraph } from "../core/index.ts";
import type { DriverLife, ProgramPlan } from "../recovery/index.ts";
import type { Backpressure, BatchProgress } from "../scheduler/index.ts";

/** What the scheduler notes its progress by. */
export function durableProgress(
  { journal, knowledge }: DriverLife,
  plan: ProgramPlan | undefined,
): BatchProgress {
  const earlierMs = plan?.lastMs ?? Number.NEGATIVE_INFINITY;
  const left = plan?.batches ?? [];
  const pending = new Set(left.flatMap(({ timeMs, todo }) => (todo === "outputs" ? [timeMs] : [])));
  return {
    isOutputDone: (batchTimeMs, outputUid) => knowledge.isOutputDone(batchTimeMs, outputUid),
    outputDone: (batchTimeMs, outputUid, counted) =>
      journal.append({ kind: "output_done", batchTimeMs, outputUid, ...counted }),
    batchCompleted: ({ batchTimeMs, counted, leftOutOf }) => {
      const told = counted === undefined ? {} : { accumulators: counted.accumulators };
      return journal.append({ kind: "batch_completed", batchTimeMs, leftOutOf, ...told });
    },
    // All of a batch that was completed was counted with it.
    isBatchCounted: (batchTimeMs) => batchTimeMs <= earlierMs && !pending.has(batchTimeMs),
    isTaskCounted: (batchTimeMs, task) => knowledge.accumulators.isCounted(batchTimeMs, task),
    keepsCounts: true,
  };
}

/** What the rates of inputs go by, by uid: those that an earlier life came to, until this one knows better. */
export function ratesOf(
  { inputs }: Pick<StreamGraph, "inputs">,
  backpressure: Backpressure | undefined,
  { observation }: DriverLife,
): Readonly<Record<string, unknown>> {
  const known = backpressure?.snapshot() ?? new Map<number, unknown>();
  const before = observation.left?.checkpoint.rates ?? {};
  const states = inputs.map(({ streamId, uid }) => {
    return [uid, known.get(streamId) ?? before[uid]] as const;
  });
  return Object.fromEntries(states.filter(([, state]) => state !== undefined));
}

/** Lets inputs begin with the rates that an earlier life came to. */
export function restoreRates(
  { inputs }: Pick<StreamGraph, "inputs">,
  backpressure: Backpressure | undefined,
  { observation }: DriverLife,
): void {
  const rates = observation.left?.checkpoint.rates ?? {};
  for (const { streamId, uid } of inputs) {
    if (Object.hasOwn(rates, uid)) backpressure?.restore(streamId, rates[uid]);
  }
}
