/**
 * Owns: the receiver of whole blocks that a TCP server sends.
 * Does not own: the connection (tcp-connection.ts), the framing of the blocks (block-framing.ts).
 *
 * Invariant: I1 two blocks are in memory here at most: one that is being stored and one that comes in; their order is
 * kept.
 */
import type { Socket } from "node:net";
import { StreamError } from "../base/index.ts";
import type { AnyFunction } from "../core/index.ts";
import { Receiver } from "../receiver/index.ts";
import { positiveCount } from "./arguments.ts";
import { BlockFraming } from "./block-framing.ts";
import type { SocketOptions } from "./socket-receiver.ts";
import { checkAddress, receiveFrom, type TcpAddress } from "./tcp-connection.ts";

export interface RawSocketOptions<T> extends SocketOptions {
  /** The longest block that is taken (default 64 MiB). */
  readonly blockBytesMax?: number | undefined;
  /**
   * The records of a block; called each time the block is read (default: those that the default codec wrote). A
   * StreamError of kind `data` that it throws is reported, and the block counts as empty; any other fails the batch.
   */
  readonly decodeBlock?: ((bytes: Uint8Array) => readonly T[]) | undefined;
}

/**
 * Connects to a TCP server that sends blocks, each behind its length (4 bytes, big endian), and stores each one as it
 * came. It connects again when the connection is refused, ends or fails, and after a length that cannot be.
 */
export class RawBlockReceiver<T> extends Receiver<T> {
  readonly #address: TcpAddress;
  readonly #blockBytesMax: number;
  readonly #decode: (bytes: Uint8Array) => readonly T[];
  readonly #functions: readonly AnyFunction[];

  /** Throws `argument_invalid`, `storage_level_unknown`. */
  constructor(address: TcpAddress, options: RawSocketOptions<T> = {}) {
    super(options);
    checkAddress(address);
    this.#address = address;
    this.#blockBytesMax = positiveCount("blockBytesMax", options.blockBytesMax ?? 2 ** 26);
    this.#functions = options.decodeBlock === undefined ? [] : [options.decodeBlock];
    this.#decode = options.decodeBlock ?? ((bytes) => super.decodeBlock(bytes));
  }

  override get functions(): readonly AnyFunction[] {
    return this.#functions;
  }

  override onStart(): Promise<void> {
    return receiveFrom(this, this.#address, (socket) => this.#receive(socket));
  }

  /** There is nothing left to close: the end of `signal` has closed the socket. */
  override onStop(): void {}

  /** Malformed bytes of a source fail no batch, which would fail again with every attempt. */
  override decodeBlock(bytes: Uint8Array): readonly T[] {
    try {
      return this.#decode(bytes);
    } catch (error) {
      if (!(error instanceof StreamError && error.kind === "data")) throw error;
      this.reportError("a received block could not be decoded and counts as empty", error);
      return [];
    }
  }

  async #receive(socket: Socket): Promise<void> {
    const framing = new BlockFraming(this.#blockBytesMax, (message, error) =>
      this.reportError(message, error),
    );
    let storing = Promise.resolve();
    try {
      for await (const chunk of socket as AsyncIterable<Uint8Array>) {
        for (const block of framing.decode(chunk)) {
          await storing;
          storing = this.storeBuffer(block);
          // The next block, before which it is awaited, may be long in coming.
          storing.catch((error) => socket.destroy(error));
        }
      }
      framing.end();
    } catch (error) {
      if (error instanceof StreamError && error.code === "block_length_invalid") {
        this.reportError(error.message, error);
      }
      throw error;
    } finally {
      // The restart that follows would refuse a block that still waits for room.
      await storing;
    }
  }
}

/** A receiver of whole blocks that a TCP server sends. Throws `argument_invalid`, `storage_level_unknown`. */
export function rawSocketStream<T>(
  host: string,
  port: number,
  options: RawSocketOptions<T> = {},
): RawBlockReceiver<T> {
  return new RawBlockReceiver({ host, port }, options);
}
