/**
 * Owns: one life of the driver on a checkpoint directory: its epoch, its journal, its receiver log, and what it knows.
 * Does not own: when checkpoints and snapshots are taken (checkpointer.ts, state-snapshots.ts), batches (src/scheduler).
 *
 * Invariants: I1 the epoch is claimed before the journal of the earlier life counts as read. A lock is no reason to read it
 * sooner: its holder may be one from whom another driver has taken over. I2 the first event seals the journal of the epochs before. I3 after the first failure of a log, or a
 * later epoch, nothing is acknowledged or committed by this life.
 */
import { type Clock, invariant } from "../base/index.ts";
import type { BlockLocation, ReceiverDurability } from "../receiver/index.ts";
import type { Store } from "../store/index.ts";
import {
  type FrameTransform,
  fenceLog,
  journalNames,
  type LogWriter,
  openLogWriter,
  planLog,
  readFrame,
  repairSegment,
} from "../wal/index.ts";
import { openBlockLog } from "./block-log.ts";
import { DriverKnowledge } from "./driver-knowledge.ts";
import { claimEpoch, EpochFence, type EpochRecord } from "./epochs.ts";
import { Journal } from "./journal.ts";
import { encodeOpening } from "./journal-codec.ts";
import type { JournalReading } from "./journal-reading.ts";
import { journalDirectories } from "./layout.ts";
import { type DecodeFrame, type Observation, observe } from "./observe.ts";

/** A store, and the way past its transform that logs take: they are read by ranges. */
export interface DurableMedium {
  readonly store: Store;
  readonly logs: Store;
  readonly encode?: FrameTransform;
  readonly decode?: DecodeFrame;
}

export interface DriverLifeOptions {
  readonly medium: DurableMedium;
  readonly clock: Clock;
  /** How long a frame waits for others on its way to a store that makes an object of each group. */
  readonly commitDelayMs: number;
  readonly who: Omit<EpochRecord, "epoch">;
  /** Hears of the failure after which this life may do nothing durable any more. */
  readonly fatal: (error: unknown) => void;
}

/** Small, so that a start reads little more of it than what came after the newest checkpoint. */
const journalSegmentBytesMax = 2 ** 20;
/** Behind a checkpoint, a segment that has come to this gives way to the next, so that it can go when the checkpoint is old. */
const journalRollBytes = 2 ** 14;

/** The writer of what the driver receives; executors write logs of their own. */
const blockLogWriterName = "driver";

export class DriverLife {
  readonly epoch: number;
  readonly knowledge: DriverKnowledge;
  readonly journal: Journal;
  /** What was found, as of the moment at which the epoch was ours. */
  readonly observation: Observation;
  readonly #options: DriverLifeOptions;
  readonly #fence: EpochFence;
  readonly #journalWriter: LogWriter;
  readonly #blockLog: LogWriter;

  private constructor(options: DriverLifeOptions, observation: Observation, fence: EpochFence) {
    const { clock, commitDelayMs, fatal, medium } = options;
    const { encode, logs } = medium;
    const { end } = observation.journal;
    this.#options = options;
    this.observation = observation;
    this.#fence = fence;
    this.epoch = fence.epoch;
    this.knowledge = new DriverKnowledge(observation.left?.knowledge.snapshot());
    const common = { store: logs, clock, epoch: this.epoch, commitDelayMs, encode, failed: fatal };
    this.#journalWriter = openLogWriter({
      ...common,
      kind: "journal",
      directory: journalDirectories.primary,
      mirrorDirectory: logs.openLog === undefined ? undefined : journalDirectories.mirror,
      segmentName: (segment) => journalNames.nameOf({ segment, epoch: this.epoch }),
      firstSegment: end.nextSegment,
      firstSequence: end.nextSequence,
      segmentBytesMax: journalSegmentBytesMax,
      opening: () => encodeOpening(this.knowledge.checkpoint),
    });
    this.#blockLog = openBlockLog({
      medium,
      clock,
      commitDelayMs,
      epoch: this.epoch,
      writer: blockLogWriterName,
      failed: fatal,
    });
    this.journal = new Journal({
      writer: this.#journalWriter,
      knowledge: this.knowledge,
      fence,
      sequence: end.nextSequence - 1,
      fatal,
    });
  }

  /**
   * Claims the epoch after the newest and begins its journal. Rejects with `epoch_superseded` when somebody else has claimed
   * it, and with what a second look into the directory refuses. `mended` is what a repair goes on from, in place of what is there.
   */
  static async begin(
    options: DriverLifeOptions,
    found: Pick<Observation, "newestEpoch">,
    mended?: Observation,
  ): Promise<DriverLife> {
    const { clock, medium, who } = options;
    const epoch = found.newestEpoch + 1;
    await claimEpoch(medium.store, { ...who, epoch });
    const fence = new EpochFence(medium.store, epoch);
    const observation = mended ?? (await observeFenced(medium, epoch));
    await repair(medium.logs, observation.journal);
    const life = new DriverLife(options, observation, fence);
    await life.journal.append({
      kind: "epoch_opened",
      epoch,
      applicationName: who.applicationName,
      atMs: clock.now(),
      sealed: observation.journal.end.sealed,
    });
    return life;
  }

  /** What makes receivers reliable; without the receiver log, only what they know outlives the process. */
  receiverDurability({ log }: { readonly log: boolean }): ReceiverDurability {
    const read = (location: BlockLocation) => {
      const { decode, logs } = this.#options.medium;
      return readFrame(logs, location, decode === undefined ? {} : { decode });
    };
    const blockLog = { append: (bytes: Uint8Array) => this.#blockLog.append(bytes), read };
    return {
      epoch: this.epoch,
      journal: this.journal,
      ...(log ? { log: blockLog } : { earlierLog: blockLog }),
      // The journal has asked already, after the event was durable.
      assertLeading: () => Promise.resolve(),
      fatal: this.#options.fatal,
    };
  }

  /** Rejects with `epoch_superseded` when another driver has taken over. */
  assertLeading(): Promise<void> {
    return this.#fence.assertLeading();
  }

  /** The segment of the receiver log that is being written. */
  get blockSegment(): { readonly log: string; readonly segment: number } {
    const { file, segment } = this.#blockLog.position();
    return { log: file.replace(/-\d+$/, ""), segment };
  }

  /** The number that the next event of the journal will have, and where it will be. */
  get journalEnd(): { readonly file: string; readonly offset: number } {
    const { file, offset } = this.#journalWriter.position();
    return { file, offset };
  }

  /** Hears that a checkpoint is told in the journal: what was noted before it is soon needed by nobody. */
  async checkpointTold(): Promise<void> {
    if (this.#journalWriter.position().offset >= journalRollBytes) await this.#journalWriter.roll();
  }

  /** Seals the logs: this life has ended by itself. */
  async close(): Promise<void> {
    await this.#blockLog.close();
    await this.#journalWriter.close();
  }

  /** Lets go of the logs as they are. */
  async destroy(reason: unknown): Promise<void> {
    await Promise.all([this.#blockLog.destroy(reason), this.#journalWriter.destroy(reason)]);
  }
}

/**
 * Looks again, until the next name of the journal is taken away from the driver of the epoch before: on a medium of
 * objects it learns by that, at its next write, that it is superseded.
 */
async function observeFenced(medium: DurableMedium, epoch: number): Promise<Observation> {
  const { logs } = medium;
  for (;;) {
    const observation = await observeAgain(medium, epoch);
    const { end, reports } = observation.journal;
    const last = reports.at(-1);
    if (logs.openLog !== undefined || last === undefined) return observation;
    const next = { segment: end.nextSegment, epoch: last.epoch };
    const file = `${journalDirectories.primary}/${journalNames.nameOf(next)}`;
    const opening = encodeOpening(observation.left?.ref);
    const header = { ...next, kind: "journal", firstSequence: end.nextSequence, opening } as const;
    if ((await fenceLog(logs, file, header)) === "created") return observation;
  }
}

async function observeAgain(
  { decode, logs, store }: DurableMedium,
  epoch: number,
): Promise<Observation> {
  const observation = await observe(store, logs, decode, epoch);
  if (observation.refusal !== undefined) throw observation.refusal;
  return observation;
}

/** Makes whole again what one copy of the journal lacks, before anything is appended. */
async function repair(logs: Store, { end, listing, plan, reports }: JournalReading): Promise<void> {
  const bad = new Set(
    reports.filter(({ copies }) => copies.some((copy) => !copy.isWhole)).map((r) => r.segment),
  );
  if (bad.size === 0) return;
  const bounds = new Map(
    end.sealed.map(({ epoch, length, segment }) => [epoch, { length, segment }]),
  );
  for (const part of plan.parts) {
    if (!("until" in part) && part.sealedLength !== undefined) {
      bounds.set(part.epoch, { segment: part.segment, length: part.sealedLength });
    }
  }
  for (const part of planLog(listing, { bounds }).parts) {
    invariant(!("until" in part), "a journal with a gap is refused");
    // Of a segment that died before its first frame there is nothing to be kept.
    if (!bad.has(part.segment) || part.sealedLength === 0) continue;
    await repairSegment(logs, part, { kind: "journal" });
  }
}
