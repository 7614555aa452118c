/**
 * Owns: a receiver that a test drives, and a tracker around receivers that notes what is told of
 * them.
 */
import {
  Receiver,
  type ReceiverInfo,
  type ReceiverOptions,
  ReceiverTracker,
} from "../../../src/receiver/index.ts";
import { ManualClock } from "../../../src/testing/manual-clock.ts";
import { MemoryBlocks } from "./memory-blocks.ts";

/** Does what the test says; notes its starts and stops. */
export class DrivenReceiver extends Receiver<unknown> {
  readonly calls: string[] = [];
  readonly signals: AbortSignal[] = [];
  started: () => void | Promise<void> = () => {};
  stopped: () => void | Promise<void> = () => {};

  override onStart(): void | Promise<void> {
    this.calls.push("start");
    this.signals.push(this.signal);
    return this.started();
  }

  override onStop(): void | Promise<void> {
    this.calls.push("stop");
    return this.stopped();
  }

  override decodeBlock(bytes: Uint8Array): readonly unknown[] {
    return [...bytes];
  }
}

export class Fixture {
  readonly clock = new ManualClock(1_000_000);
  readonly blocks = new MemoryBlocks();
  readonly told: [what: string, info: ReceiverInfo][] = [];
  readonly receiver: DrivenReceiver = new DrivenReceiver();
  readonly tracker: ReceiverTracker;

  constructor(options: ReceiverOptions = {}) {
    const note = (what: string) => (info: ReceiverInfo) => void this.told.push([what, info]);
    this.tracker = new ReceiverTracker({
      clock: this.clock,
      blocks: this.blocks,
      events: {
        receiverStarted: note("started"),
        receiverError: note("error"),
        receiverStopped: note("stopped"),
      },
      options,
    });
    this.register(0, "DrivenReceiver-0", this.receiver);
  }

  /** Registers the receiver of a stream whose uid is `s` and its number. */
  register(streamId: number, name: string, receiver: Receiver<unknown>): void {
    this.tracker.register({ streamId, streamUid: `s${streamId}`, name, receiver });
  }

  /** What was told, and in which order. */
  get history(): string[] {
    return this.told.map(([what]) => what);
  }

  get info(): ReceiverInfo | undefined {
    return this.tracker.receivers[0];
  }

  /** Allocates what is there to a batch and reads it, block by block. */
  async batch(batchTimeMs: number, streamId = 0): Promise<(readonly unknown[])[]> {
    await this.tracker.allocate(batchTimeMs);
    const blocks = this.tracker.blocksOf(`s${streamId}`, batchTimeMs);
    return Promise.all(blocks.map((block) => block.read()));
  }
}

/** Lets everything run that needs no time to pass. */
export async function settle(): Promise<void> {
  for (let round = 0; round < 3; round += 1) await new Promise((resolve) => setImmediate(resolve));
}

/** Whether a promise has not settled although everything ran that needs no time to pass. */
export async function isPending(promise: void | Promise<unknown>): Promise<boolean> {
  let settled = false;
  const note = () => {
    settled = true;
  };
  void Promise.resolve(promise).then(note, note);
  await settle();
  return !settled;
}
