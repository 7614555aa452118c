/**
 * Owns: looking into a checkpoint directory: what is there, what of it can be believed, and what the driver of the last
 * life knew. It changes nothing.
 * Does not own: what follows from it (recovery-policy.ts), taking over (driver-life.ts).
 */
import { StreamError } from "../base/index.ts";
import {
  type Checkpoint,
  type CheckpointRef,
  parseDurableName,
  readCheckpoint,
} from "../checkpoint/index.ts";
import type { Store } from "../store/index.ts";
import { damageError, type FrameTransform } from "../wal/index.ts";
import { knowledgeOf } from "./checkpoint-content.ts";
import { DriverKnowledge } from "./driver-knowledge.ts";
import { holderOf, isLivingTaker, newestEpoch, readEpoch } from "./epochs.ts";
import { type JournalReading, readJournal } from "./journal-reading.ts";
import { epochName } from "./layout.ts";
import {
  type DirectoryFacts,
  type DirectoryLabel,
  decideDirectory,
  type RecoveryCase,
} from "./recovery-policy.ts";

/** What an earlier life left. */
export interface LeftLife {
  readonly checkpoint: Checkpoint;
  readonly ref: CheckpointRef;
  /** What its driver knew when it ended. */
  readonly knowledge: DriverKnowledge;
}

/** A checkpoint directory as it was found. */
export interface Observation {
  readonly newestEpoch: number;
  readonly journal: JournalReading;
  readonly decision: RecoveryCase<DirectoryFacts, DirectoryLabel>;
  /** Where the decision is to resume. */
  readonly left: LeftLife | undefined;
  /** Where the decision is to refuse. */
  readonly refusal: StreamError | undefined;
}

/** Undoes what a store does to the frames of logs; a log is read by ranges, past the transform of whole objects. */
export type DecodeFrame = FrameTransform;

/**
 * Looks into a directory. A driver that has claimed its epoch looks again, and does not count itself. Rejects where the store
 * cannot be asked.
 */
export async function observe(
  store: Store,
  logs: Store,
  decode?: DecodeFrame,
  ownEpoch?: number,
): Promise<Observation> {
  const journal = await readJournal(logs, { decode });
  const found = await findCheckpoint(store, journal);
  // Last of all: whoever writes has claimed its epoch before.
  const epoch = ownEpoch === undefined ? await newestEpoch(store) : ownEpoch - 1;
  const facts: DirectoryFacts = {
    newestEpoch: epoch,
    writtenEpoch: ownEpoch === undefined ? writtenEpoch(journal, found) : epoch,
    hasForeignNames: epoch === 0 && (await hasForeignNames(store)),
    checkpoint: found.kind,
    journal: { ...journal.facts, hasGap: journal.facts.hasGap || found.isAhead },
  };
  const decision = decideDirectory(facts);
  const resumed = decision.course === "resume" ? found.content : undefined;
  return {
    newestEpoch: epoch,
    journal,
    decision,
    left: resumed && leftLife(resumed, found.ref, journal),
    refusal: decision.course === "refuse" ? refusalOf(store, decision, journal, found) : undefined,
  };
}

/**
 * Rejects with `driver_alive` where whoever holds the lock holds only what a driver left behind from whom another has taken
 * over, and that one lives and has not stopped.
 */
export async function refuseWhileTakerLives(
  store: Store,
  { left, newestEpoch: newest }: Observation,
  process: Parameters<typeof isLivingTaker>[1],
): Promise<void> {
  if (left?.knowledge.isStopped === true) return;
  const record = await readEpoch(store, newest);
  if (!isLivingTaker(record, process)) return;
  throw new StreamError("driver_alive", { directory: store.address, ...holderOf(record) });
}

interface FoundCheckpoint {
  readonly kind: DirectoryFacts["checkpoint"];
  readonly content?: Checkpoint;
  readonly ref: CheckpointRef;
  readonly error?: StreamError;
  /** Whether it knows of more of the journal than there is. */
  readonly isAhead: boolean;
}

/**
 * The newest checkpoint: the one that the journal tells of last, or one of a later name that it had no time to tell of. An
 * older one is no way out when that one is damaged.
 */
async function findCheckpoint(store: Store, journal: JournalReading): Promise<FoundCheckpoint> {
  const noRef: CheckpointRef = { name: "", sha256: "", byteCount: 0 };
  const told = journal.events
    .map(({ event }) => (event.kind === "checkpoint_written" ? event.checkpoint : undefined))
    .findLast((ref) => ref !== undefined);
  let newestName = "";
  for await (const { name } of store.list("checkpoints/")) newestName = name;
  if (told === undefined && newestName === "") return { kind: "none", ref: noRef, isAhead: false };
  const isUntold = newestName > (told?.name ?? "");
  const ref = isUntold || told === undefined ? { ...noRef, name: newestName } : told;
  try {
    const content = await readCheckpoint(store, isUntold ? newestName : ref);
    // Where the journal is damaged nobody knows how far it goes, and the damage is what has to be told.
    const { end, facts } = journal;
    const isAhead = !facts.isDamaged && content.journal.sequence > end.nextSequence;
    return { kind: "read", content, ref, isAhead };
  } catch (error) {
    if (!(error instanceof StreamError) || error.kind === "unavailable") throw error;
    const kind = error.code === "format_newer" ? "newer format" : "damaged";
    return { kind, ref, error, isAhead: false };
  }
}

/** The newest epoch by whose driver there is anything. */
function writtenEpoch({ plan }: JournalReading, { ref }: FoundCheckpoint): number {
  const epochs = plan.parts.flatMap((part) => ("until" in part ? [] : [part.epoch]));
  const checkpoint = parseDurableName(ref.name);
  return Math.max(0, ...epochs, checkpoint.kind === "checkpoint" ? checkpoint.epoch : 0);
}

async function hasForeignNames(store: Store): Promise<boolean> {
  for await (const { name } of store.list("")) {
    if (parseDurableName(name).kind === "unknown" && name !== "lockfile") return true;
  }
  return false;
}

/** What the driver knew by a checkpoint and the events of the journal behind it. */
export function leftLife(
  checkpoint: Checkpoint,
  ref: CheckpointRef,
  journal: Pick<JournalReading, "events">,
): LeftLife {
  const knowledge = new DriverKnowledge(knowledgeOf(checkpoint, ref));
  for (const { event, sequence } of journal.events) {
    if (sequence >= checkpoint.journal.sequence) knowledge.apply(event);
  }
  return { checkpoint, ref, knowledge };
}

function refusalOf(
  store: Store,
  decision: RecoveryCase<DirectoryFacts, DirectoryLabel>,
  journal: JournalReading,
  found: FoundCheckpoint,
): StreamError {
  const missing =
    decision.code === "epoch_missing" ? epochName(writtenEpoch(journal, found)) : undefined;
  const details = { directory: store.address, case: decision.label, file: missing };
  if (found.error !== undefined) {
    const { cause, code } = found.error;
    return new StreamError(code, { ...details, ...found.error.details }, { cause });
  }
  const [damage] = journal.damage;
  const because = damage && damageError(damage);
  return new StreamError(
    decision.code ?? "journal_damaged",
    { ...details, ...because?.details },
    because === undefined ? {} : { cause: because },
  );
}
