/**
 * Owns: the receivers that an executor hosts: their starts and ends there, the writing of their blocks, and the blocks that
 * stay here.
 * Does not own: which executor hosts which (hosted-receivers.ts, on the driver), the receiver log (behind `openLog`).
 *
 * Invariants: I1 a start is numbered by the driver before `onStart`; a block is acknowledged when the driver has journaled
 * it. I2 a log that fails ends the executor: what it holds is unknown, and only a reader may tell. I3 the records of a block
 * that is stored stay here until the driver lets it go.
 */
import { type Clock, StreamError } from "../base/index.ts";
import { type BlockStore, Pacer } from "../core/index.ts";
import type { BlockRecord } from "./block-events.ts";
import { BlockWriter } from "./block-writer.ts";
import { LeasedRoom } from "./leased-room.ts";
import { encodeLogged } from "./logged-block.ts";
import { RateLimiter } from "./rate-limiter.ts";
import type { Receiver } from "./receiver.ts";
import { type BlockLog, volatileDurability } from "./receiver-durability.ts";
import type { ReceiverInfo } from "./receiver-info.ts";
import type {
  BeginAnswer,
  HostedDurability,
  HostRequest,
  ReceiverHandlers,
  ReceiverLink,
  RemoveBlocks,
  ShutDownRequest,
} from "./receiver-messages.ts";
import type { ReceiverSettings } from "./receiver-options.ts";
import { ReceiverSupervisor } from "./receiver-supervisor.ts";
import type { RoomRequest } from "./unprocessed-bound.ts";

/** A receiver of the program. */
export interface HostableReceiver {
  readonly streamId: number;
  readonly name: string;
  readonly receiver: Receiver<unknown>;
}

export interface ReceiverHostOptions {
  readonly executorId: string;
  readonly driver: ReceiverLink;
  readonly clock: Clock;
  readonly blocks: BlockStore;
  readonly settings: ReceiverSettings;
  /** Undefined for a stream that is not in the program. */
  readonly receiverOf: (streamUid: string) => HostableReceiver | undefined;
  /** Opens the log that this executor writes in an epoch of the driver. */
  readonly openLog: (epoch: number) => Promise<Pick<BlockLog, "append">>;
  /** Ends this executor: its log failed. */
  readonly fatal: (error: unknown) => void;
}

const neverAborted: AbortSignal = new AbortController().signal;

/** The receivers of one executor. */
export class ReceiverHost {
  readonly #options: ReceiverHostOptions;
  /** By stream: a receiver that comes back to this executor is the same object. */
  readonly #hosted = new Map<string, HostedHere>();
  #log: Promise<Pick<BlockLog, "append">> | undefined;

  constructor(options: ReceiverHostOptions) {
    this.#options = options;
  }

  /** What the driver and other executors may ask. */
  get handlers(): ReceiverHandlers {
    return {
      "receiver.host": (value) => this.#host(value as HostRequest),
      "receiver.shutDown": (value) => {
        const { hosting, onStopTimeoutMs } = value as ShutDownRequest;
        return this.#find(hosting)?.shutDown(onStopTimeoutMs) ?? true;
      },
      "receiver.destroy": (value) => {
        const { hosting, reason } = value as { hosting: number; reason: string };
        this.#find(hosting)?.destroy(new StreamError("receiver_stopping", { reason }));
      },
      "receiver.rate": (value) => {
        const { hosting, recordsPerSecond } = value as {
          hosting: number;
          recordsPerSecond: number;
        };
        this.#find(hosting)?.limiter.setRate(recordsPerSecond);
      },
      "blocks.read": (value) => this.#read((value as { id: string }).id),
      "blocks.remove": async (value) => {
        const { blocks } = this.#options;
        await Promise.all((value as RemoveBlocks).ids.map((id) => blocks.remove(id)));
      },
    };
  }

  async #host(request: HostRequest): Promise<void> {
    const { streamUid } = request;
    const log = request.durability.isLogged
      ? await this.#openLog(request.durability.epoch)
      : undefined;
    let hosted = this.#hosted.get(streamUid);
    if (hosted === undefined) {
      const of = this.#options.receiverOf(streamUid);
      if (of === undefined) throw new StreamError("receiver_unknown", { stream: streamUid });
      hosted = new HostedHere(this.#options, streamUid, of, { ...request.durability, log });
      this.#hosted.set(streamUid, hosted);
    }
    await hosted.launch(request);
  }

  async #openLog(epoch: number): Promise<Pick<BlockLog, "append">> {
    this.#log ??= this.#options.openLog(epoch);
    try {
      return await this.#log;
    } catch (error) {
      this.#options.fatal(error);
      throw error;
    }
  }

  /** The records of a block, encoded; undefined where it is not here any more. */
  async #read(id: string): Promise<Uint8Array | undefined> {
    const kept = this.#options.blocks.get(id);
    if (kept === undefined) return undefined;
    try {
      const records = await kept.read();
      return await encodeLogged({ records }, new Pacer(this.#options.clock, neverAborted));
    } catch (error) {
      if (error instanceof StreamError && error.code === "block_unreadable") return undefined;
      throw error;
    }
  }

  #find(hosting: number): HostedHere | undefined {
    return [...this.#hosted.values()].find((each) => each.hosting === hosting);
  }
}

/** One receiver in this executor, through all of its hostings. */
class HostedHere {
  readonly limiter: RateLimiter;
  readonly #driver: ReceiverLink;
  readonly #supervisor: ReceiverSupervisor;
  readonly #positions = new Map<string, number>();
  #room: LeasedRoom | undefined;
  #hosting = 0;

  constructor(
    options: ReceiverHostOptions,
    streamUid: string,
    { name, receiver, streamId }: HostableReceiver,
    durability: HostedDurability & { readonly log: Pick<BlockLog, "append"> | undefined },
  ) {
    const { blocks, clock, driver, executorId, fatal, settings } = options;
    this.#driver = driver;
    this.limiter = new RateLimiter(clock);
    const { epoch, isJournaled, log } = durability;
    const writer = new BlockWriter({
      streamUid,
      clock,
      blocks,
      writerName: executorId,
      ledger: { register: (block) => this.#register(block) },
      durability: isJournaled ? { ...volatileDurability, epoch, log, fatal } : volatileDurability,
      level: receiver.storageLevel,
      storeTimeoutMs: settings.blockStoreTimeoutMs,
      decode: (bytes) => receiver.decodeBlock(bytes),
      pacer: () => new Pacer(clock, neverAborted),
    });
    const tell = (what: "started" | "error" | "stopped") => (info: ReceiverInfo) =>
      driver.notify("receiver.told", { hosting: this.#hosting, what, info });
    this.#supervisor = new ReceiverSupervisor({
      streamId,
      streamUid,
      name,
      receiver,
      clock,
      events: {
        receiverStarted: tell("started"),
        receiverError: tell("error"),
        receiverStopped: tell("stopped"),
      },
      ledger: {
        startReceiver: () => this.#begin(),
        known: { positions: () => this.#positions },
      },
      writer,
      limiter: this.limiter,
      bound: {
        tryTake: (records, bytes) => this.#room?.tryTake(records, bytes) ?? false,
        request: (request: RoomRequest) => this.#room?.request(request) ?? (() => {}),
        release: (records, bytes) => this.#room?.release(records, bytes),
      },
      settings,
      relaunch: (delayMs) => this.#ended(delayMs),
    });
  }

  get hosting(): number {
    return this.#hosting;
  }

  async launch({ hosting, lease, recordsPerSecond }: HostRequest): Promise<void> {
    this.#hosting = hosting;
    const failed = (error: unknown) =>
      this.#supervisor.restart("the driver could not be asked for room", { error });
    this.#room = new LeasedRoom({ hosting, driver: this.#driver, lease, failed });
    this.limiter.setRate(recordsPerSecond);
    await this.#supervisor.launch();
  }

  async shutDown(onStopTimeoutMs: number): Promise<boolean> {
    const inTime = await this.#supervisor.shutDown(onStopTimeoutMs);
    this.#room?.end();
    return inTime;
  }

  destroy(reason: unknown): void {
    this.#supervisor.destroy(reason);
    this.#room?.end();
  }

  #ended(delayMs: number): void {
    this.#room?.end();
    this.#driver.notify("receiver.ended", { hosting: this.#hosting, delayMs });
  }

  async #begin(): Promise<number> {
    const answer = await this.#driver.request("receiver.begin", { hosting: this.#hosting });
    const { positions, receiverStart } = answer as BeginAnswer;
    this.#positions.clear();
    for (const [partition, next] of positions) this.#positions.set(partition, next);
    return receiverStart;
  }

  async #register(block: BlockRecord): Promise<void> {
    await this.#driver.request("receiver.block", { hosting: this.#hosting, block });
    const { position } = block;
    if (position !== undefined) this.#positions.set(position.partition, position.until);
  }
}
