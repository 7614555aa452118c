/**
 * Owns: the receivers of a context that its executors host: where there is room for them, what executors say of them, and
 * which executor has which block.
 * Does not own: one receiver's way (hosted-receiver.ts), what is known of blocks (block-ledger.ts).
 *
 * Invariant: I1 a block is registered only by the hosting that counts, from the executor that has it, so that of one stream
 * no two starts are accepted at once.
 */
import { type Clock, StreamError } from "../base/index.ts";
import type { BlockRecord } from "./block-events.ts";
import type { BlockLedger } from "./block-ledger.ts";
import {
  HostedReceiver,
  type HostedReceiverOptions,
  type HostingOffice,
} from "./hosted-receiver.ts";
import type { ReceiverEvents } from "./receiver-info.ts";
import type {
  BeginAnswer,
  BeginRequest,
  BlockStored,
  HostedDurability,
  ReceiverEnded,
  ReceiverHandlers,
  ReceiverLink,
  ReceiverTold,
  Room,
  RoomMessage,
} from "./receiver-messages.ts";
import { choosePlace } from "./receiver-placement.ts";
import type { UnprocessedBound } from "./unprocessed-bound.ts";

/** Executors, as far as receivers need them. */
export interface ReceiverExecutors {
  readonly living: readonly { readonly id: string }[];
  target(executorId: string): ReceiverLink;
  serve(handlers: ReceiverHandlers): void;
  onJoined(listener: (executor: { readonly id: string }) => void): void;
  onLost(listener: (executorId: string, error: StreamError) => void): void;
}

export interface HostedReceiversOptions {
  readonly executors: ReceiverExecutors;
  /** How many receivers an executor hosts at most. */
  readonly receiversPerExecutor: number;
  readonly clock: Clock;
  readonly events: ReceiverEvents;
  readonly bound: UnprocessedBound;
  readonly ledger: () => Pick<BlockLedger, "register" | "startReceiver" | "known">;
  readonly durability: () => HostedDurability;
}

/** The log of an executor, and the first segment that may hold what nobody knows of yet. */
interface ExecutorLog {
  /** Its segments' names without the number. */
  readonly log: string;
  readonly segment: number;
}

const leasedRecordsMax = 1000;
const leasedBytesMax = 2 ** 20;

/** All receivers of a context, in its executors. */
export class HostedReceivers {
  readonly #options: HostedReceiversOptions;
  readonly #receivers: HostedReceiver[] = [];
  /** By block id. */
  readonly #places = new Map<string, string>();
  /** By executor, of this life. */
  readonly #logs = new Map<string, ExecutorLog>();
  #hostings = 0;

  constructor(options: HostedReceiversOptions) {
    this.#options = options;
    const { executors } = options;
    executors.serve(this.#handlers);
    executors.onJoined(() => this.#roomLeft());
    executors.onLost((executor, error) => {
      const log = this.#logs.get(executor);
      // It writes no more: all that it wrote and that is not known by then is garbage.
      if (log !== undefined)
        this.#logs.set(executor, { ...log, segment: Number.POSITIVE_INFINITY });
      for (const [id, place] of this.#places) if (place === executor) this.#places.delete(id);
      for (const receiver of this.#receivers) receiver.executorLost(executor, error);
    });
  }

  add(options: Omit<HostedReceiverOptions, "office">): HostedReceiver {
    const receiver = new HostedReceiver({ ...options, office: this.#office });
    this.#receivers.push(receiver);
    return receiver;
  }

  /** Throws `receivers_too_many` where the executors that live have no room for all of them. */
  assertRoom(): void {
    const { executors, receiversPerExecutor } = this.#options;
    const receivers = this.#receivers.length;
    const { length: count } = executors.living;
    if (receivers <= count * receiversPerExecutor) return;
    throw new StreamError("receivers_too_many", {
      receivers,
      executors: count,
      receiversPerExecutor,
    });
  }

  get logs(): readonly ExecutorLog[] {
    return [...this.#logs.values()];
  }

  /** The executor that has the records of a block; undefined where none has. */
  placeOf(blockId: string): string | undefined {
    return this.#places.get(blockId);
  }

  /** The records of a block as `encodeLogged` writes them, of the executor that has it; undefined where none has. */
  async read(blockId: string): Promise<Uint8Array | undefined> {
    const executor = this.#places.get(blockId);
    if (executor === undefined) return undefined;
    try {
      const { executors } = this.#options;
      const answer = await executors.target(executor).request("blocks.read", { id: blockId });
      return answer as Uint8Array | undefined;
    } catch (error) {
      // A log may have it; where none has, that is what will be told.
      if (error instanceof StreamError && isLoss(error.code)) return undefined;
      throw error;
    }
  }

  /** Lets executors drop blocks. */
  remove(blockIds: readonly string[]): void {
    const byExecutor = new Map<string, string[]>();
    for (const id of blockIds) {
      const executor = this.#places.get(id);
      if (executor === undefined) continue;
      this.#places.delete(id);
      byExecutor.set(executor, [...(byExecutor.get(executor) ?? []), id]);
    }
    const { executors } = this.#options;
    for (const [executor, ids] of byExecutor) {
      executors.target(executor).notify("blocks.remove", { ids });
    }
  }

  get #office(): HostingOffice {
    const { bound, clock, events, executors, receiversPerExecutor } = this.#options;
    return {
      bound,
      clock,
      events,
      nextHosting: () => {
        this.#hostings += 1;
        return this.#hostings;
      },
      place: (wish) => {
        const places = executors.living.map(({ id: executor }) => ({
          executor,
          hosted: this.#receivers.filter((receiver) => receiver.executor === executor).length,
        }));
        return choosePlace(places, receiversPerExecutor, wish);
      },
      linkTo: (executor) => executors.target(executor),
      requestFor: () => ({ durability: this.#options.durability(), lease: this.#lease }),
      vacated: () => this.#roomLeft(),
    };
  }

  /** All leases together are at most a quarter of the bound, so that what is lent and not used keeps nobody waiting. */
  get #lease(): Room {
    const { bound } = this.#options;
    const shares = 4 * Math.max(1, this.#receivers.length);
    const share = (max: number, all: number) =>
      Math.max(1, Math.min(max, Math.floor(all / shares)));
    return {
      records: share(leasedRecordsMax, bound.recordsMax),
      bytes: share(leasedBytesMax, bound.bytesMax),
    };
  }

  #roomLeft(): void {
    for (const receiver of this.#receivers) receiver.roomLeft();
  }

  get #handlers(): ReceiverHandlers {
    return {
      "receiver.begin": async (value, { from }) => {
        const { streamUid } = this.#hosted(value as BeginRequest, from);
        const ledger = this.#options.ledger();
        const receiverStart = await ledger.startReceiver(streamUid);
        this.#hosted(value as BeginRequest, from);
        const positions = [...ledger.known.positions(streamUid)];
        return { receiverStart, positions } satisfies BeginAnswer;
      },
      "receiver.block": (value, { from }) => this.#register(value as BlockStored, from),
      "receiver.room": (value, { from, signal }) => {
        const room = value as RoomMessage;
        return this.#hosted(room, from).takeRoom(room, signal);
      },
      "receiver.roomBack": (value, { from }) => {
        const room = value as RoomMessage;
        this.#find(room.hosting, from)?.roomBack(room);
      },
      "receiver.told": (value, { from }) => {
        const told = value as ReceiverTold;
        this.#find(told.hosting, from)?.told(told, from);
      },
      "receiver.ended": (value, { from }) => {
        const { delayMs, hosting } = value as ReceiverEnded;
        this.#find(hosting, from)?.ended(hosting, delayMs);
      },
    };
  }

  async #register({ block, hosting }: BlockStored, from: string): Promise<void> {
    const receiver = this.#hosted({ hosting }, from, block);
    // Known before the block is: whoever is given the block may ask at once.
    this.#places.set(block.id, from);
    this.#noteLog(block, from);
    try {
      await receiver.register(block, (record) => this.#options.ledger().register(record));
    } catch (error) {
      this.#places.delete(block.id);
      throw error;
    }
  }

  /** An executor tells of its blocks in the order in which they are in its log. */
  #noteLog({ location }: BlockRecord, executor: string): void {
    if (location === undefined) return;
    const [, log = "", segment] = /^(.*)-(\d+)$/.exec(location.segment) ?? [];
    this.#logs.set(executor, { log, segment: Number(segment) });
  }

  #find(hosting: number, executor: string): HostedReceiver | undefined {
    return this.#receivers.find((receiver) => receiver.isHosted(hosting, executor));
  }

  #hosted({ hosting }: BeginRequest, executor: string, block?: BlockRecord): HostedReceiver {
    const receiver = this.#find(hosting, executor);
    if (receiver !== undefined && (block?.streamUid ?? receiver.streamUid) === receiver.streamUid) {
      return receiver;
    }
    throw new StreamError("receiver_superseded", { block: block?.id, executor, hosting });
  }
}

function isLoss(code: string): boolean {
  return code === "executor_lost" || code === "channel_closed" || code === "connection_refused";
}
