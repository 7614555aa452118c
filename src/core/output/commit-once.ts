/**
 * Owns: the protocol that makes a transactional sink exactly once: the note that a partition was written stands in the
 * transaction that wrote it, and so does the check that no later driver has begun.
 * Does not own: the notes themselves (transactional-sink.ts), when they may go (commit-pruning.ts).
 *
 * Invariants: I1 for one key (application, output, batch, partition) one transaction with data commits, ever, as long as
 * the batch is not forgotten; whoever comes later changes nothing. I2 once a driver of an epoch has committed, none of a
 * lower epoch does. I3 all partitions of an output of a batch are committed under one partition count. It relies on the
 * allocation for that: in one epoch a batch has one count, so that two counts never race.
 */
import {
  type Clock,
  type Random,
  StreamError,
  seededRandom,
  sleep,
  systemClock,
} from "../../base/index.ts";
import type { OutputIdentity } from "./output-identity.ts";
import type { ApplicationRecord, TransactionalSink } from "./transactional-sink.ts";

/** `committed`: written now. `skipped`: it had been written before, so nothing was. */
export type CommitOutcome = "committed" | "skipped";

export interface CommitOptions {
  /** What the pauses between tries are measured by: a database lives in real time, whatever the clock of the batches. */
  readonly clock?: Clock;
  /** Aborting it ends the tries. */
  readonly signal?: AbortSignal;
}

const triesMax = 12;
const firstPauseMs = 5;
const pauseMsMax = 1000;

/**
 * Calls `write` in a transaction of the sink, unless one of the same identity has committed before. `write` may be called
 * again after a rollback (deadlock, serialization failure, a busy database), so it must do nothing but write to what it is given.
 * Throws `sink_fenced` when a later driver of the application has written to the sink, `sink_batch_forgotten`,
 * `sink_partitions_differ`, `sink_contended`, and what `write` and the sink throw, after a rollback.
 */
export async function commitOnce<Tx>(
  sink: TransactionalSink<Tx>,
  identity: OutputIdentity,
  write: (tx: Tx) => unknown,
  options: CommitOptions = {},
): Promise<CommitOutcome> {
  return trying(sink, identity, options, async () => {
    await prepared(sink);
    const outcome = await sink.transaction((tx) => attempt(sink, identity, write, tx));
    if (outcome !== "behind") return outcome;
    // In a transaction of its own: two that both read the epoch and then raised it would wait for each other.
    await sink.transaction((tx) => sink.ledger.raiseEpoch(tx, identity));
    return undefined;
  });
}

/** How a driver stands to what the sink knows of its application. */
type Standing = "current" | "behind" | "fenced" | "forgotten";

/** `behind`: the sink has yet to hear of this epoch. */
function standingOf(known: ApplicationRecord | undefined, identity: OutputIdentity): Standing {
  if (known === undefined || known.epoch < identity.epoch) return "behind";
  if (known.epoch > identity.epoch) return "fenced";
  return identity.batchTimeMs < known.forgottenBeforeMs ? "forgotten" : "current";
}

async function attempt<Tx>(
  { ledger }: TransactionalSink<Tx>,
  identity: OutputIdentity,
  write: (tx: Tx) => unknown,
  tx: Tx,
): Promise<CommitOutcome | "behind"> {
  const known = await ledger.application(tx, identity.applicationId);
  const standing = standingOf(known, identity);
  if (standing === "behind") return "behind";
  if (standing === "fenced") {
    throw refused("sink_fenced", identity, { epoch: identity.epoch, laterEpoch: known?.epoch });
  }
  if (standing === "forgotten") {
    const { forgottenBeforeMs } = known ?? {};
    throw refused("sink_batch_forgotten", identity, { forgottenBeforeMs });
  }
  const partitionCount = await ledger.partitionCount(tx, identity);
  if (partitionCount !== undefined && partitionCount !== identity.partitionCount) {
    const counts = { partitionCount: identity.partitionCount, committedCount: partitionCount };
    throw refused("sink_partitions_differ", identity, counts);
  }
  if (!(await ledger.insertCommit(tx, identity))) return "skipped";
  await write(tx);
  return "committed";
}

function refused(
  code: "sink_fenced" | "sink_batch_forgotten" | "sink_partitions_differ",
  { applicationId, outputUid, batchTimeMs }: OutputIdentity,
  details: Readonly<Record<string, unknown>>,
): StreamError {
  return new StreamError(code, { applicationId, outputUid, batchTimeMs, ...details });
}

/** Does `work` until it gives something; after a failure that may pass, with a pause. */
async function trying<R>(
  sink: Pick<TransactionalSink<never>, "isTransient">,
  identity: OutputIdentity,
  { clock = systemClock, signal }: CommitOptions,
  work: () => Promise<R | undefined>,
): Promise<R> {
  const { applicationId, outputUid, batchTimeMs, partition } = identity;
  const random = seededRandom(applicationId, outputUid, batchTimeMs, partition);
  let cause: unknown;
  for (let tries = 1; tries <= triesMax && signal?.aborted !== true; tries++) {
    try {
      const result = await work();
      if (result !== undefined) return result;
    } catch (error) {
      if (!sink.isTransient(error)) throw error;
      cause = error;
      if (tries < triesMax) await sleep(clock, pauseMs(tries, random), signal);
    }
  }
  if (signal?.aborted === true)
    throw new StreamError("job_cancelled", {}, { cause: signal.reason });
  throw new StreamError("sink_contended", { outputUid, batchTimeMs, tries: triesMax }, { cause });
}

/** Longer with each try, and never twice the same for two that got into each other's way. */
function pauseMs(tries: number, random: Random): number {
  return Math.min(pauseMsMax, firstPauseMs * 2 ** (tries - 1)) * (0.5 + random.next());
}

const preparations = new WeakMap<object, Promise<void>>();

/** Prepares a sink once in this process, and anew after a failure. */
function prepared(sink: Pick<TransactionalSink<unknown>, "prepare">): Promise<void> {
  const known = preparations.get(sink);
  if (known !== undefined) return known;
  const preparing = sink.prepare();
  preparations.set(sink, preparing);
  preparing.catch(() => preparations.delete(sink));
  return preparing;
}
