/**
 * Owns: the receiver of records that a TCP server sends, with a decoder of one's choice.
 * Does not own: the connection (tcp-connection.ts), the decoders.
 */
import { functionArgument } from "../base/index.ts";
import type { StorageLevelName } from "../core/index.ts";
import { Receiver } from "../receiver/index.ts";
import { type Decoder, type DecoderFactory, decoderError, storeDecoded } from "./decoder.ts";
import { type LineOptions, lineDecoder } from "./line-decoder.ts";
import { checkAddress, receiveFrom, type TcpAddress } from "./tcp-connection.ts";

export interface SocketOptions {
  /** Where the blocks are kept (default MEMORY_AND_DISK). */
  readonly storageLevel?: StorageLevelName | undefined;
}

/**
 * Connects to a TCP server and stores the records that a decoder makes of its bytes, one by one. It connects again when
 * the connection is refused, ends or fails. The server has to wait while records cannot be taken.
 */
export class SocketReceiver<T> extends Receiver<T> {
  readonly #address: TcpAddress;
  readonly #decoder: DecoderFactory<T>;

  /** Throws `argument_invalid`, `storage_level_unknown`. */
  constructor(address: TcpAddress, decoder: DecoderFactory<T>, options: SocketOptions = {}) {
    super(options);
    checkAddress(address);
    this.#address = address;
    this.#decoder = functionArgument("decoder", decoder);
  }

  override onStart(): Promise<void> {
    return receiveFrom(this, this.#address, (socket) => {
      const decoder = this.#newDecoder();
      return storeDecoded(socket, decoder, (record) => this.store(record));
    });
  }

  #newDecoder(): Decoder<T> {
    try {
      return this.#decoder((message, error) => this.reportError(message, error));
    } catch (error) {
      throw decoderError(error);
    }
  }

  /** There is nothing left to close: the end of `signal` has closed the socket. */
  override onStop(): void {}
}

/** A receiver of the UTF-8 lines that a TCP server sends. Throws `argument_invalid`, `storage_level_unknown`. */
export function socketTextStream(
  host: string,
  port: number,
  options: SocketOptions & LineOptions = {},
): SocketReceiver<string> {
  return new SocketReceiver({ host, port }, lineDecoder(options), options);
}

/** A receiver of what a decoder makes of a TCP server's bytes. Throws `argument_invalid`, `storage_level_unknown`. */
export function socketStream<T>(
  host: string,
  port: number,
  decoder: DecoderFactory<T>,
  options: SocketOptions = {},
): SocketReceiver<T> {
  return new SocketReceiver({ host, port }, decoder, options);
}
