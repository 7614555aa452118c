/**
 * Owns: one connection between two processes, over which both ask and answer.
 * Does not own: who may connect (handshake.ts), frames and payloads, what is asked.
 * Talks to: AskedCalls for what this side began, ServedCalls for what the other side began.
 *
 * I1. Damage closes the connection: nothing behind it is read.
 * I2. When the connection is gone, first it is found out why, then every call fails with that; `onClosed` hears it last.
 */
import type { Duplex } from "node:stream";
import { type Logger, StreamError } from "../../base/index.ts";
import type { CallOptions, CallTarget } from "../executors.ts";
import { AskedCalls } from "./asked-calls.ts";
import { type Frame, frameKind, payloadBytesMax } from "./frame-format.ts";
import { FrameReader } from "./frame-reader.ts";
import { FrameWriter } from "./frame-writer.ts";
import type { MethodTable } from "./method-table.ts";
import { ServedCalls } from "./served-calls.ts";

export interface ChannelOptions {
  /** Who is at the other end. */
  readonly remote: string;
  /** What the other end may ask. */
  readonly methods: MethodTable;
  readonly logger: Logger;
  /** Asked, once, what to tell whoever waits, when the connection is gone; it must not reject. */
  readonly explain?: (error: StreamError) => Promise<StreamError>;
}

/** Both directions of asking and answering over one connection. */
export class Channel implements CallTarget {
  readonly remote: string;
  readonly #connection: Duplex;
  readonly #options: ChannelOptions;
  readonly #reader = new FrameReader(() => payloadBytesMax);
  readonly #asked: AskedCalls;
  readonly #served: ServedCalls;
  readonly #closed: Promise<StreamError>;
  #tellClosed: (error: StreamError) => void = () => {};
  #gone: StreamError | undefined;

  constructor(connection: Duplex, options: ChannelOptions) {
    this.remote = options.remote;
    this.#connection = connection;
    this.#options = options;
    const sender = new FrameWriter(connection);
    const { remote: from, methods, logger } = options;
    this.#asked = new AskedCalls(sender);
    this.#served = new ServedCalls({ from, sender, methods, logger });
    this.#closed = new Promise((resolve) => {
      this.#tellClosed = resolve;
    });
    connection.on("data", (chunk: Buffer) => this.#receive(chunk));
    connection.on("end", () => this.#receiveEnd());
    connection.on("error", (error) => this.#lose(this.#closedError(error)));
    connection.on("close", () => this.#lose(this.#closedError(undefined)));
    // The handshake has paused it.
    connection.resume();
  }

  request(method: string, value: unknown, options?: CallOptions): Promise<unknown> {
    return this.#asked.request(method, value, options);
  }

  stream(method: string, value: unknown, options?: CallOptions): AsyncIterable<unknown> {
    return this.#asked.stream(method, value, options);
  }

  notify(method: string, value: unknown): void {
    this.#asked.notify(method, value);
  }

  /** Resolves, with the reason, when the connection is gone and every call has failed. */
  get closed(): Promise<StreamError> {
    return this.#closed;
  }

  /** Sends what was said, and closes; what is under way fails with `channel_closed`. */
  close(): void {
    this.#connection.end();
  }

  /** Closes at once. */
  destroy(error: StreamError): void {
    this.#lose(error);
  }

  #receive(chunk: Buffer): void {
    if (this.#gone !== undefined) return;
    this.#damageLoses(() => {
      for (const frame of this.#reader.read(chunk)) {
        // A handler may have closed the connection.
        if (this.#gone !== undefined) return;
        this.#dispatch(frame);
      }
    });
  }

  #receiveEnd(): void {
    this.#damageLoses(() => this.#reader.end());
    this.#lose(this.#closedError(undefined));
  }

  #dispatch(frame: Frame): void {
    switch (frame.kind) {
      case frameKind.answer:
      case frameKind.failure:
      case frameKind.item:
      case frameKind.end:
        return this.#asked.receive(frame);
      case frameKind.request:
      case frameKind.stream:
      case frameKind.notification:
      case frameKind.credit:
      case frameKind.cancellation:
        return this.#served.receive(frame);
    }
  }

  #damageLoses(act: () => void): void {
    try {
      act();
    } catch (error) {
      this.#lose(damageAt(this.remote, error));
    }
  }

  #closedError(cause: Error | undefined): StreamError {
    const options = cause === undefined ? {} : { cause };
    return new StreamError("channel_closed", { remote: this.remote }, options);
  }

  #lose(error: StreamError): void {
    if (this.#gone !== undefined) return;
    this.#gone = error;
    this.#connection.destroy();
    void this.#failAll(error);
  }

  async #failAll(error: StreamError): Promise<void> {
    const told = (await this.#options.explain?.(error)) ?? error;
    this.#asked.close(told);
    this.#served.close(told);
    this.#tellClosed(told);
  }
}

function damageAt(remote: string, error: unknown): StreamError {
  const isTold = error instanceof StreamError && error.code === "channel_damaged";
  return isTold
    ? new StreamError("channel_damaged", { remote, ...error.details }, { cause: error.cause })
    : new StreamError("channel_damaged", { remote }, { cause: error });
}
