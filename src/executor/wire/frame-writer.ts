/**
 * Owns: putting frames on a connection; what is sent in one turn goes out with one system call.
 * Does not own: what is in them (message-format.ts).
 */
import { Buffer } from "node:buffer";
import type { Duplex } from "node:stream";
import { StreamError } from "../../base/index.ts";
import { type FrameKind, frameHeader, payloadBytesMax } from "./frame-format.ts";
import { type Payload, payloadBytesOf } from "./message-format.ts";

/** Sends frames in order. */
export interface FrameSender {
  /** Throws `message_too_large`, and has sent nothing then; on a connection that is closed it does nothing. */
  send(kind: FrameKind, call: number, payload?: Payload): void;
}

/** Frames up to this size are copied into one buffer: that is cheaper than a list of pieces. */
const copiedBytesMax = 4096;

/** Writes frames to a connection. */
export class FrameWriter implements FrameSender {
  readonly #connection: Duplex;
  #isCorked = false;

  constructor(connection: Duplex) {
    this.#connection = connection;
  }

  send(kind: FrameKind, call: number, payload: Payload = []): void {
    const payloadBytes = payloadBytesOf(payload);
    if (payloadBytes > payloadBytesMax) {
      throw new StreamError("message_too_large", { bytes: payloadBytes, limit: payloadBytesMax });
    }
    if (!this.#connection.writable) return;
    this.#corkForThisTurn();
    const header = frameHeader(kind, call, payloadBytes);
    if (payloadBytes <= copiedBytesMax) {
      this.#connection.write(Buffer.concat([header, ...payload]));
      return;
    }
    this.#connection.write(header);
    for (const piece of payload) this.#connection.write(piece);
  }

  #corkForThisTurn(): void {
    if (this.#isCorked) return;
    this.#isCorked = true;
    this.#connection.cork();
    process.nextTick(() => {
      this.#isCorked = false;
      this.#connection.uncork();
    });
  }
}
