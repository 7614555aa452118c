/** Owns: a driver of one receiver that lives and dies over one journal and one log, as a process would. */
import type { StorageLevelName } from "../../../src/core/index.ts";
import {
  type BlocksLost,
  type ReceiverOptions,
  ReceiverTracker,
} from "../../../src/receiver/index.ts";
import { ManualClock } from "../../../src/testing/manual-clock.ts";
import { MemoryBlocks } from "./memory-blocks.ts";
import { MemoryJournal, MemoryLog } from "./memory-log.ts";
import { DrivenReceiver } from "./receiver-fixture.ts";

/** What outlives a driver. */
export class Disk {
  readonly journal = new MemoryJournal();
  readonly log: MemoryLog | undefined;
  epoch = 0;

  constructor({ hasLog = true }: { readonly hasLog?: boolean } = {}) {
    this.log = hasLog ? new MemoryLog() : undefined;
  }

  /** What a driver writes to. */
  get media(): (MemoryJournal | MemoryLog)[] {
    return this.log === undefined ? [this.journal] : [this.log, this.journal];
  }
}

export interface LifeOptions {
  readonly unfinishedMs?: readonly number[];
  readonly isNeeded?: (batchTimeMs: number) => boolean;
  readonly receiver?: ReceiverOptions;
  readonly level?: StorageLevelName;
  /** Whether this life writes the receiver log that is there (default true). */
  readonly logs?: boolean;
}

/** One life of the driver, from its restart on. */
export class Life {
  readonly disk: Disk;
  readonly clock = new ManualClock();
  readonly blocks = new MemoryBlocks();
  readonly receiver: DrivenReceiver;
  readonly tracker: ReceiverTracker;
  readonly fatal: unknown[] = [];
  lost: BlocksLost | undefined;
  #isDead = false;

  private constructor(disk: Disk, options: LifeOptions) {
    this.disk = disk;
    const { level, receiver = {} } = options;
    this.receiver = new DrivenReceiver(level === undefined ? {} : { storageLevel: level });
    const none = () => {};
    this.tracker = new ReceiverTracker({
      clock: this.clock,
      blocks: this.blocks,
      events: { receiverStarted: none, receiverError: none, receiverStopped: none },
      options: receiver,
    });
  }

  /** Claims the next epoch, restores what is there, and starts the receiver. */
  static async begin(disk: Disk, options: LifeOptions = {}): Promise<Life> {
    const life = new Life(disk, options);
    disk.epoch += 1;
    const { journal, log } = disk;
    const alive = async <T>(work: () => Promise<T>) => {
      // What a dead process has begun goes no further.
      if (life.#isDead) await new Promise(() => {});
      return work();
    };
    life.tracker.makeDurable({
      epoch: disk.epoch,
      journal: { append: (event) => alive(() => journal.append(event)) },
      log:
        options.logs === false
          ? undefined
          : log && {
              append: (bytes) => alive(() => log.append(bytes)),
              read: (location) => log.read(location),
            },
      earlierLog: log,
      assertLeading: () => alive(async () => {}),
      fatal: (error) => void life.fatal.push(error),
    });
    const { isNeeded, unfinishedMs = [] } = options;
    life.lost = await life.tracker.restore({ state: journal.fold(), unfinishedMs, isNeeded });
    const { receiver } = life;
    life.tracker.register({ streamId: 0, streamUid: "in", name: "in", receiver });
    await life.tracker.start();
    return life;
  }

  get position(): number | undefined {
    return this.receiver.positions.get("p");
  }

  /** Stores records that are their positions, from the given one on. */
  async send(from: number, count: number): Promise<void> {
    const records = Array.from({ length: count }, (_, index) => from + index);
    const position = { partition: "p", from, until: from + count };
    await this.receiver.storeMany(records, { position });
  }

  /** The records of a batch, in order. */
  async read(batchTimeMs: number): Promise<unknown[]> {
    const blocks = this.tracker.blocksOf("in", batchTimeMs);
    return (await Promise.all(blocks.map((block) => block.read()))).flat();
  }

  /** Takes the power from it: nothing that it began is heard of again. */
  kill(): void {
    this.#isDead = true;
    this.tracker.destroy(new Error("killed"));
  }
}
