/**
 * Owns: when checkpoints are written, one at a time beside the running batches, and what becomes of a failed one.
 * Does not own: what is in one (checkpoint-content.ts), removing what no checkpoint needs any more (cleaner.ts).
 *
 * Invariants: I1 a checkpoint holds what memory held at one number of the journal, and is told in the journal when it is
 * durable. I2 whoever asks while one is being written gets the next one, which holds all that he knew. I3 a failed one is told,
 * changes nothing, and is followed by another under a new name.
 */
import type { Clock } from "../base/index.ts";
import { type Checkpoint, type CheckpointRef, writeCheckpoint } from "../checkpoint/index.ts";
import type { Store } from "../store/index.ts";
import { checkpointOf, type LifeFacts } from "./checkpoint-content.ts";
import type { DriverLife } from "./driver-life.ts";

/** A checkpoint that was written. */
export interface CheckpointCompleted {
  readonly name: string;
  readonly byteCount: number;
  /** The last batch that it knows of, in ms since the epoch. */
  readonly batchTime: number;
  /** How long it took, in ms. */
  readonly duration: number;
}

export interface CheckpointerOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly life: DriverLife;
  /** What a checkpoint tells beside what the driver knows. */
  readonly facts: () => Omit<LifeFacts, "epoch" | "journal" | "number" | "writtenAtMs">;
  /** What the inputs without a receiver have to know of the batches up to that time, by uid. */
  readonly inputStates: (untilMs: number) => Readonly<Record<string, unknown>>;
  readonly completed: (
    info: CheckpointCompleted,
    ref: CheckpointRef,
    content: Checkpoint,
  ) => Promise<void>;
  readonly failed: (error: unknown) => void;
}

/** Writes the checkpoints of one life. */
export class Checkpointer {
  readonly #options: CheckpointerOptions;
  #number = 0;
  #underWay: Promise<boolean> | undefined;
  #next: Promise<boolean> | undefined;

  constructor(options: CheckpointerOptions) {
    this.#options = options;
  }

  /** Writes one of all that is known by now; whether it came about. Never rejects. */
  write(): Promise<boolean> {
    if (this.#underWay === undefined) return this.#begin();
    this.#next ??= this.#underWay.then(() => this.#begin());
    return this.#next;
  }

  /** Resolves when none is being written. */
  async settle(): Promise<void> {
    while (this.#underWay !== undefined) await this.#underWay;
  }

  #begin(): Promise<boolean> {
    this.#next = undefined;
    const writing = this.#attempt().finally(() => {
      if (this.#underWay === writing) this.#underWay = undefined;
    });
    this.#underWay = writing;
    return writing;
  }

  async #attempt(): Promise<boolean> {
    try {
      await this.#write();
      return true;
    } catch (error) {
      this.#options.failed(error);
      return false;
    }
  }

  async #write(): Promise<void> {
    const { clock, completed, facts, inputStates, life, store } = this.#options;
    const beganMs = clock.monotonicNow();
    this.#number += 1;
    const { journal, knowledge } = life;
    const { file, offset } = life.journalEnd;
    const known = knowledge.snapshot();
    const about = facts();
    const batchTime = known.blocks.lastAllocatedTimeMs ?? about.zeroTimeMs;
    const checkpoint = checkpointOf(
      {
        ...about,
        epoch: life.epoch,
        number: this.#number,
        writtenAtMs: clock.now(),
        journal: { segment: file, offset, sequence: journal.sequence + 1 },
      },
      known,
      inputStates(batchTime),
    );
    const ref = await writeCheckpoint(store, checkpoint);
    await journal.append({ kind: "checkpoint_written", checkpoint: ref });
    await life.checkpointTold();
    const { byteCount, name } = ref;
    const duration = clock.monotonicNow() - beganMs;
    await completed({ name, byteCount, batchTime, duration }, ref, checkpoint);
  }
}
