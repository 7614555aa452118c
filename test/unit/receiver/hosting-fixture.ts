/** Owns: a tracker whose receivers are hosted by executors of this process, each with a receiver object and blocks of its own. */
import { type ExecutorLink, InProcessExecutors } from "../../../src/executor/index.ts";
import {
  type ReceiverDurability,
  ReceiverHost,
  type ReceiverInfo,
  type ReceiverOptions,
  ReceiverTracker,
} from "../../../src/receiver/index.ts";
import { receiverSettings } from "../../../src/receiver/receiver-options.ts";
import { ManualClock } from "../../../src/testing/manual-clock.ts";
import { MemoryBlocks } from "./memory-blocks.ts";
import type { MemoryLog } from "./memory-log.ts";
import { DrivenReceiver } from "./receiver-fixture.ts";

export interface HostingOptions extends ReceiverOptions {
  readonly executors?: number;
  readonly receivers?: number;
  readonly receiversPerExecutor?: number;
  /** Whether one that is killed is replaced (default false). */
  readonly replaces?: boolean;
  readonly preferred?: readonly (string | undefined)[];
  readonly durability?: ReceiverDurability;
  readonly logOf?: (executor: string) => MemoryLog;
}

class PreferringReceiver extends DrivenReceiver {
  readonly #preferred: string | undefined;

  constructor(preferred: string | undefined) {
    super();
    this.#preferred = preferred;
  }

  override get preferredLocation(): string | undefined {
    return this.#preferred;
  }
}

/** One executor of the test. */
export interface HostingExecutor {
  readonly link: ExecutorLink;
  readonly blocks: MemoryBlocks;
  /** By stream. */
  readonly receivers: ReadonlyMap<string, DrivenReceiver>;
}

export class HostingFixture {
  readonly clock = new ManualClock(1_000_000);
  readonly told: [what: string, info: ReceiverInfo][] = [];
  readonly executors: InProcessExecutors;
  readonly tracker: ReceiverTracker;
  readonly places = new Map<string, HostingExecutor>();

  constructor(options: HostingOptions = {}) {
    const { durability, executors = 2, logOf, receivers = 1, replaces = false } = options;
    const { preferred = [], receiversPerExecutor, ...receiverOptions } = options;
    const uids = Array.from({ length: receivers }, (_, n) => `s${n}`);
    const { clock } = this;
    this.executors = new InProcessExecutors({
      count: executors,
      fingerprint: "same",
      replaces,
      program: (link) => {
        const blocks = new MemoryBlocks();
        const own = new Map(uids.map((uid, n) => [uid, new PreferringReceiver(preferred[n])]));
        this.places.set(link.id, { link, blocks, receivers: own });
        const host = new ReceiverHost({
          executorId: link.id,
          driver: link.driver,
          clock,
          blocks,
          settings: receiverSettings(receiverOptions),
          receiverOf: (uid) => {
            const receiver = own.get(uid);
            return receiver && { streamId: uids.indexOf(uid), name: `receiver-${uid}`, receiver };
          },
          openLog: async () => {
            const log = logOf?.(link.id);
            if (log === undefined) throw new Error("no log was expected");
            return log;
          },
          fatal: () => this.executors.kill(link.id),
        });
        link.serve(host.handlers);
        return link.ready("same");
      },
    });
    const note = (what: string) => (info: ReceiverInfo) => void this.told.push([what, info]);
    this.tracker = new ReceiverTracker({
      clock,
      blocks: new MemoryBlocks(),
      events: {
        receiverStarted: note("started"),
        receiverError: note("error"),
        receiverStopped: note("stopped"),
      },
      options: receiverOptions,
      durability,
    });
    this.tracker.hostIn(this.executors, receiversPerExecutor);
    for (const [streamId, streamUid] of uids.entries()) {
      const receiver = new PreferringReceiver(preferred[streamId]);
      this.tracker.register({ streamId, streamUid, name: `receiver-${streamUid}`, receiver });
    }
  }

  async start(): Promise<void> {
    await this.executors.start();
    await this.tracker.start();
  }

  /** The executors that have the receivers, in the order of their streams. */
  get hosts(): (string | undefined)[] {
    return this.tracker.receivers.map(({ active, executorId }) =>
      active ? executorId : undefined,
    );
  }

  /** The receiver of a stream, as it is in the executor that has it. */
  receiver(streamId = 0): DrivenReceiver {
    const host = this.hosts[streamId];
    const receiver = this.places.get(host ?? "")?.receivers.get(`s${streamId}`);
    if (receiver === undefined) throw new Error("the receiver is nowhere");
    return receiver;
  }

  async batch(batchTimeMs: number, streamId = 0): Promise<(readonly unknown[])[]> {
    await this.tracker.allocate(batchTimeMs);
    const blocks = this.tracker.blocksOf(`s${streamId}`, batchTimeMs);
    return Promise.all(blocks.map((block) => block.read()));
  }
}
