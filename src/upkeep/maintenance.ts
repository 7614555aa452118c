/**
 * Owns: a life on a directory in which no batch runs: it takes the lock, claims the next epoch as a driver does, lets one
 * thing be changed, writes a checkpoint with it, and leaves an audit record.
 * Does not own: what is changed (state-edit.ts, repair.ts).
 *
 * I1. While a driver holds the lock nothing is changed; a driver without a lock is fenced off by the epoch.
 * I2. The change counts when its checkpoint is there, whole, and not before.
 */
import { type Clock, localPath, thisProcess, uniqueName } from "../base/index.ts";
import {
  auditName,
  type Checkpoint,
  type CheckpointRef,
  writeCheckpoint,
} from "../checkpoint/index.ts";
import { type InspectOptions, type Json, openToChange } from "../inspect/index.ts";
import {
  checkpointOf,
  DriverLife,
  type DriverLock,
  type DurableMedium,
  holderOf,
  inputStatesOf,
  type LeftLife,
  newestEpoch,
  type Observation,
  observe,
  readEpoch,
  refuseWhileTakerLives,
  takeLock,
} from "../recovery/index.ts";
import { logTransform, type Store } from "../store/index.ts";

/** Who changes something. */
export interface Maintainer {
  readonly user: string;
  readonly host: string;
  readonly pid: number;
  readonly clock: Clock;
}

/** What was done, for the audit record. */
export interface AuditedChange {
  readonly action: "state set" | "state rm" | "repair";
  readonly details: Readonly<Record<string, Json>>;
}

/** What a change came to. */
export interface MaintenanceReport {
  readonly epoch: number;
  readonly checkpoint: string;
  readonly audit: string;
}

/** A directory that nobody else changes. */
export class Maintenance {
  readonly medium: DurableMedium;
  readonly observation: Observation;
  readonly #lock: DriverLock | undefined;
  readonly #maintainer: Maintainer;

  private constructor(
    medium: DurableMedium,
    lock: DriverLock | undefined,
    observation: Observation,
    maintainer: Maintainer,
  ) {
    this.medium = medium;
    this.#lock = lock;
    this.observation = observation;
    this.#maintainer = maintainer;
  }

  /** Takes the lock and looks. Rejects with `driver_alive`, `directory_empty`, and what the store throws. */
  static async open(
    address: string,
    maintainer: Maintainer,
    options: InspectOptions = {},
  ): Promise<Maintenance> {
    const store = await openToChange(address, options);
    let lock: DriverLock | undefined;
    try {
      lock = await lockOf(store);
      const { decode, encode, store: logs } = logTransform(store);
      const medium: DurableMedium = {
        store,
        logs,
        encode,
        decode,
      };
      const observation = await observe(store, logs, medium.decode);
      await refuseWhileTakerLives(store, observation, thisProcess);
      return new Maintenance(medium, lock, observation, maintainer);
    } catch (error) {
      await lock?.release();
      await store.close();
      throw error;
    }
  }

  /** Whether the kernel keeps everybody else away. */
  get isAlone(): boolean {
    return this.#lock !== undefined;
  }

  /**
   * Claims the next epoch, lets `change` work on what the driver knew, writes a checkpoint of that, and an audit record.
   * `mended` is what a repair lets it go on from, in place of what is there.
   */
  async apply(
    change: (life: DriverLife, left: LeftLife) => Promise<AuditedChange>,
    mended?: Observation,
  ): Promise<MaintenanceReport> {
    const { clock, host, pid, user } = this.#maintainer;
    const { left } = mended ?? this.observation;
    const applicationName = left?.checkpoint.applicationName ?? "";
    const life = await DriverLife.begin(
      {
        medium: this.medium,
        clock,
        commitDelayMs: 0,
        who: { applicationName, host, pid, startedAtMs: clock.now(), nonce: uniqueName() },
        fatal: () => {},
      },
      this.observation,
      mended,
    );
    try {
      const now = life.observation.left;
      if (now === undefined) throw new Error("what was observed is fit to be resumed");
      const wasStopped = now.knowledge.isStopped;
      const audited = await change(life, now);
      const audit = auditName(life.epoch);
      const record = {
        format: 1,
        epoch: life.epoch,
        atMs: clock.now(),
        user,
        host,
        pid,
        ...audited,
      };
      const text = `${JSON.stringify(record, undefined, 2)}\n`;
      await this.medium.store.create(audit, new TextEncoder().encode(text));
      const ref = await this.#writeCheckpoint(life, now.checkpoint);
      if (wasStopped) await life.journal.append({ kind: "driver_stopped", atMs: clock.now() });
      await life.close();
      return { epoch: life.epoch, checkpoint: ref.name, audit };
    } catch (error) {
      await life.destroy(error);
      throw error;
    }
  }

  async #writeCheckpoint(life: DriverLife, before: Checkpoint): Promise<CheckpointRef> {
    const { journal, journalEnd, knowledge } = life;
    const { accumulators, applicationId, applicationName, configuration, graph } = before;
    const checkpoint = checkpointOf(
      {
        applicationId,
        applicationName,
        configuration,
        graph,
        rates: before.rates,
        zeroTimeMs: before.zeroTimeMs,
        epoch: life.epoch,
        number: 1,
        writtenAtMs: this.#maintainer.clock.now(),
        journal: {
          segment: journalEnd.file,
          offset: journalEnd.offset,
          sequence: journal.sequence + 1,
        },
      },
      knowledge.snapshot(),
      inputStatesOf(before),
    );
    const ref = await writeCheckpoint(this.medium.store, { ...checkpoint, accumulators });
    await journal.append({ kind: "checkpoint_written", checkpoint: ref });
    return ref;
  }

  /** Lets go of the lock and the store. */
  async close(): Promise<void> {
    await this.medium.store.close();
    await this.#lock?.release();
  }
}

/** A directory of this machine has a lock of the kernel; elsewhere epochs alone decide. */
async function lockOf(store: Store): Promise<DriverLock | undefined> {
  if (!store.address.startsWith("file:")) return undefined;
  const holder = async () => holderOf(await readEpoch(store, await newestEpoch(store)));
  return takeLock("kernel", localPath(store.address), holder);
}
