/**
 * Owns: one receiver that executors host, as the driver sees it: which of them has it, and the way from one to the next.
 * Does not own: which executor is chosen (receiver-placement.ts), its starts and ends there (receiver-host.ts).
 *
 * Invariants: I1 there is one hosting at a time: what is said of an earlier one is refused. I2 a hosting that is over has
 * given back all room that is in no block. I3 as long as it is not told to stop, it is hosted, or waits for its pause or for
 * an executor with room.
 */
import { type Clock, reasonOf, StreamError, type Timer } from "../base/index.ts";
import type { BlockRecord } from "./block-events.ts";
import {
  newReceiverInfo,
  type ReceiverEvents,
  type ReceiverInfo,
  withError,
} from "./receiver-info.ts";
import type { HostRequest, ReceiverLink, ReceiverTold, Room } from "./receiver-messages.ts";
import type { ReceiverRunner } from "./receiver-runner.ts";
import type { UnprocessedBound } from "./unprocessed-bound.ts";

/** What the receivers in executors share. */
export interface HostingOffice {
  readonly clock: Clock;
  readonly events: ReceiverEvents;
  readonly bound: UnprocessedBound;
  /** The next number of a hosting. */
  nextHosting(): number;
  /** An executor with room; undefined where there is none: `roomLeft` is called when there may be. */
  place(wish: {
    readonly preferred: string | undefined;
    readonly avoid: string | undefined;
  }): string | undefined;
  linkTo(executor: string): ReceiverLink;
  requestFor(streamUid: string): Pick<HostRequest, "lease" | "durability">;
  /** One that was hosted is so no more: others may take its place. */
  vacated(): void;
}

export interface HostedReceiverOptions {
  readonly streamId: number;
  readonly streamUid: string;
  readonly name: string;
  readonly preferredLocation: string | undefined;
  readonly recordsPerSecond: number;
  readonly office: HostingOffice;
}

interface Hosting {
  readonly kind: "hosted";
  readonly hosting: number;
  readonly executor: string;
  /** Room that was taken for it and is in no block. */
  records: number;
  bytes: number;
  /** Aborted when it is over. */
  readonly over: AbortController;
}

type Life =
  | { readonly kind: "registered" | "waiting" | "stopped" }
  | { readonly kind: "pausing"; readonly timer: Timer }
  | Hosting;

/** A receiver in one executor after another. */
export class HostedReceiver implements ReceiverRunner {
  readonly streamUid: string;
  readonly #options: HostedReceiverOptions;
  #life: Life = { kind: "registered" };
  #info: ReceiverInfo;
  #recordsPerSecond: number;
  #avoid: string | undefined;
  #isStopping = false;

  constructor(options: HostedReceiverOptions) {
    this.#options = options;
    this.streamUid = options.streamUid;
    this.#recordsPerSecond = options.recordsPerSecond;
    this.#info = newReceiverInfo(options.streamId, options.name);
  }

  get info(): ReceiverInfo {
    return this.#info;
  }

  /** The executor that has it. */
  get executor(): string | undefined {
    return this.#life.kind === "hosted" ? this.#life.executor : undefined;
  }

  /** Whether this is the hosting that counts. */
  isHosted(hosting: number, executor: string): boolean {
    const life = this.#life;
    return life.kind === "hosted" && life.hosting === hosting && life.executor === executor;
  }

  async launch(): Promise<void> {
    const { office, preferredLocation, streamUid } = this.#options;
    if (this.#isStopping) return;
    const executor = office.place({ preferred: preferredLocation, avoid: this.#avoid });
    if (executor === undefined) {
      this.#life = { kind: "waiting" };
      return;
    }
    const hosting = office.nextHosting();
    const over = new AbortController();
    this.#life = { kind: "hosted", hosting, executor, records: 0, bytes: 0, over };
    const recordsPerSecond = this.#recordsPerSecond;
    const request: HostRequest = {
      hosting,
      streamUid,
      recordsPerSecond,
      ...office.requestFor(streamUid),
    };
    try {
      await office.linkTo(executor).request("receiver.host", request);
    } catch (error) {
      // The loss of an executor is told by itself.
      if (!this.isHosted(hosting, executor)) return;
      this.reportError("the executor could not start the receiver", error);
      this.ended(hosting, 1000);
    }
  }

  /** There may be room in an executor. */
  roomLeft(): void {
    if (this.#life.kind === "waiting") void this.launch();
  }

  /** The receiver has ended in its executor, and is to be started again. */
  ended(hosting: number, delayMs: number): void {
    const life = this.#life;
    if (life.kind !== "hosted" || life.hosting !== hosting) return;
    this.#avoid = life.executor;
    this.#vacate(life);
    if (this.#isStopping) return;
    const timer = this.#options.office.clock.setTimer(delayMs, () => void this.launch());
    this.#life = { kind: "pausing", timer };
    this.#options.office.vacated();
  }

  /** Its executor is gone: it goes on in another one at once. */
  executorLost(executor: string, error: StreamError): void {
    const life = this.#life;
    if (life.kind !== "hosted" || life.executor !== executor) return;
    this.#vacate(life);
    const wasActive = this.#info.active;
    this.#noteError("the executor of the receiver was lost", error);
    if (wasActive) {
      this.#info = { ...this.#info, active: false };
      this.#options.office.events.receiverStopped(this.#info);
    } else this.#options.office.events.receiverError(this.#info);
    void this.launch();
  }

  /** What its executor has to tell listeners. */
  told({ info, what }: ReceiverTold, executor: string): void {
    this.#info = { ...info, location: "localhost", executorId: executor };
    const { events } = this.#options.office;
    if (what === "started") events.receiverStarted(this.#info);
    else if (what === "error") events.receiverError(this.#info);
    else events.receiverStopped(this.#info);
  }

  /** Takes room for the hosting, as soon as there is some; rejects when it is given up before. */
  takeRoom({ bytes, records }: Room, signal: AbortSignal): Promise<void> {
    const life = this.#life as Hosting;
    const { bound } = this.#options.office;
    const given = AbortSignal.any([signal, life.over.signal]);
    return new Promise((resolve, reject) => {
      let giveUp = () => {};
      const abort = () => {
        giveUp();
        reject(given.reason as Error);
      };
      if (given.aborted) return abort();
      given.addEventListener("abort", abort, { once: true });
      const taken = () => {
        given.removeEventListener("abort", abort);
        life.records += records;
        life.bytes += bytes;
        resolve();
      };
      giveUp = bound.lend({ records, bytes, taken });
    });
  }

  roomBack({ bytes, records }: Room): void {
    const life = this.#life as Hosting;
    life.records -= records;
    life.bytes -= bytes;
    this.#options.office.bound.takeBack(records, bytes);
  }

  /** Registers a block of this hosting: its room is the block's from then on, and again that of the hosting when it fails. */
  async register(
    block: BlockRecord,
    register: (block: BlockRecord) => Promise<void>,
  ): Promise<void> {
    const life = this.#life as Hosting;
    const { bound } = this.#options.office;
    const share =
      block.byteCount === undefined
        ? { records: block.recordCount, bytes: 0 }
        : { records: 0, bytes: block.byteCount };
    const move = (sign: 1 | -1) => {
      life.records += sign * share.records;
      life.bytes += sign * share.bytes;
    };
    move(-1);
    bound.keepLent(share.records, share.bytes);
    try {
      await register(block);
    } catch (error) {
      if (this.#life === life) {
        bound.lendKept(share.records, share.bytes);
        move(1);
      } else bound.release(share.records, share.bytes);
      throw error;
    }
  }

  async shutDown(onStopTimeoutMs: number): Promise<boolean> {
    this.#isStopping = true;
    const life = this.#life;
    if (life.kind === "pausing") life.timer.cancel();
    if (life.kind !== "hosted") {
      this.#life = { kind: "stopped" };
      return true;
    }
    const { executor, hosting } = life;
    this.#info = { ...this.#info, lastErrorMessage: "", lastError: "", lastErrorTime: -1 };
    const asked = this.#options.office
      .linkTo(executor)
      .request("receiver.shutDown", { hosting, onStopTimeoutMs })
      .then(
        (inTime) => inTime === true,
        // One that is lost has nothing left to be stored.
        () => true,
      );
    const inTime = await asked;
    if (this.#life === life) this.#vacate(life);
    return inTime;
  }

  destroy(reason: unknown): void {
    this.#isStopping = true;
    const life = this.#life;
    if (life.kind === "pausing") life.timer.cancel();
    if (life.kind !== "hosted") {
      this.#life = { kind: "stopped" };
      return;
    }
    const { executor, hosting } = life;
    const told = { hosting, reason: reasonOf(reason) };
    this.#options.office.linkTo(executor).notify("receiver.destroy", told);
    this.#vacate(life);
    if (!this.#info.active) return;
    this.#info = { ...this.#info, active: false };
    this.#options.office.events.receiverStopped(this.#info);
  }

  reportError(message: string, error?: unknown): void {
    this.#noteError(message, error);
    this.#options.office.events.receiverError(this.#info);
  }

  setRate(recordsPerSecond: number): void {
    this.#recordsPerSecond = recordsPerSecond;
    const life = this.#life;
    if (life.kind !== "hosted") return;
    const { executor, hosting } = life;
    const rate = { hosting, recordsPerSecond };
    this.#options.office.linkTo(executor).notify("receiver.rate", rate);
  }

  /** The end of a hosting, with all room that it had. */
  #vacate(life: Hosting): void {
    this.#life = { kind: this.#isStopping ? "stopped" : "waiting" };
    const { hosting, records, bytes, executor } = life;
    // Who still waits for room gives up first, or what comes back here would be given to them.
    life.over.abort(new StreamError("receiver_superseded", { executor, hosting }));
    life.records = 0;
    life.bytes = 0;
    this.#options.office.bound.takeBack(records, bytes);
  }

  #noteError(message: string, error: unknown): void {
    const timeMs = this.#options.office.clock.now();
    this.#info = withError(this.#info, { message, error, timeMs });
  }
}
