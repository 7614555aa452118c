/**
 * Owns: what the driver and an executor that hosts receivers say to each other; plain data.
 * Does not own: how it travels (src/executor), what follows from it (hosted-receivers.ts on the driver, receiver-host.ts in
 * the executor).
 *
 * A hosting is one stay of a receiver in an executor; its number is never given again in a life of the driver. Whatever an
 * executor says names its hosting, and is refused when that one is over.
 */
import type { BlockRecord } from "./block-events.ts";
import type { ReceiverInfo } from "./receiver-info.ts";

/** What whoever is on the other side can be asked and told; part of the port of executors. */
export interface ReceiverLink {
  request(
    method: string,
    value: unknown,
    options?: { readonly signal?: AbortSignal },
  ): Promise<unknown>;
  notify(method: string, value: unknown): void;
}

/** Answers by method name; `from` is the executor that asks. */
export type ReceiverHandlers = Readonly<
  Record<
    string,
    (value: unknown, context: { readonly from: string; readonly signal: AbortSignal }) => unknown
  >
>;

/** `receiver.host`: the executor starts the receiver of the stream. */
export interface HostRequest {
  readonly hosting: number;
  readonly streamUid: string;
  /** Infinity for no limit. */
  readonly recordsPerSecond: number;
  /** How much room under the bound on unprocessed data is asked for at once. */
  readonly lease: Room;
  readonly durability: HostedDurability;
}

/** What of the driver's durability its executors need. */
export interface HostedDurability {
  readonly epoch: number;
  /** Whether blocks are logged. */
  readonly isLogged: boolean;
  /** Whether what travels with blocks goes into a journal. */
  readonly isJournaled: boolean;
}

export interface Room {
  readonly records: number;
  readonly bytes: number;
}

/** `receiver.shutDown`: answers, when all is stored, whether `onStop` was done in time. */
export interface ShutDownRequest {
  readonly hosting: number;
  readonly onStopTimeoutMs: number;
}

/** `receiver.begin`: numbers a start of the receiver. */
export interface BeginRequest {
  readonly hosting: number;
}

export interface BeginAnswer {
  readonly receiverStart: number;
  readonly positions: readonly (readonly [partition: string, next: number])[];
}

/** `receiver.block`: a block is stored here; it may be acknowledged when this is answered. */
export interface BlockStored {
  readonly hosting: number;
  readonly block: BlockRecord;
}

/** `receiver.room`: answered when the room is taken; `receiver.roomBack`: it is not needed. */
export interface RoomMessage extends Room {
  readonly hosting: number;
}

/** `receiver.told`: what listeners are to hear. */
export interface ReceiverTold {
  readonly hosting: number;
  readonly what: "started" | "error" | "stopped";
  readonly info: ReceiverInfo;
}

/** `receiver.ended`: the receiver wants to be started again, here or elsewhere. */
export interface ReceiverEnded {
  readonly hosting: number;
  readonly delayMs: number;
}

/** `blocks.remove`: nothing of batches before that time is kept any more, nor these blocks. */
export interface RemoveBlocks {
  readonly ids: readonly string[];
}
