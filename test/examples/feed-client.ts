/**
 * Owns: a receiver in the hands of a test: it says what the test tells it to and collects what the feeder says.
 */
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import {
  encodeAcknowledgement,
  encodeFrom,
  FeedDecoder,
  type FeedMessage,
} from "../../examples/flights/protocol.ts";

export class FeedClient {
  /** The lines by position, as far as they arrived. */
  readonly lines = new Map<number, string>();
  /** The end or the refusal, when it arrived. */
  last: FeedMessage | undefined;
  readonly #socket: Socket;
  readonly #closed: Promise<unknown>;
  #changed: () => void = () => {};
  #isClosed = false;

  private constructor(socket: Socket) {
    this.#socket = socket;
    this.#closed = once(socket, "close");
    socket.on("error", () => {});
    socket.once("close", () => {
      this.#isClosed = true;
      this.#changed();
    });
  }

  static async connect(port: number): Promise<FeedClient> {
    const socket = connect(port, "127.0.0.1");
    await once(socket, "connect");
    return new FeedClient(socket);
  }

  /** Connects and asks for everything from the position on. */
  static async from(port: number, position: number): Promise<FeedClient> {
    const client = await FeedClient.connect(port);
    client.say(encodeFrom(position));
    client.listen(position);
    return client;
  }

  say(text: string): void {
    this.#socket.write(text);
  }

  listen(from: number): void {
    const decoder = new FeedDecoder(from);
    this.#socket.on("data", (chunk) => {
      for (const message of decoder.push(chunk)) this.#take(message);
      this.#changed();
    });
  }

  acknowledge(position: number): void {
    this.say(encodeAcknowledgement(position));
  }

  /** Resolves when `count` lines arrived; rejects when the connection closed before. */
  async haveLines(count: number): Promise<void> {
    await this.#until(() => this.lines.size >= count);
  }

  /** Resolves with the end or the refusal. */
  async haveLast(): Promise<FeedMessage> {
    await this.#until(() => this.last !== undefined);
    if (this.last === undefined) throw new Error("nothing came last");
    return this.last;
  }

  /** Resolves when the feeder has closed the connection. */
  async closed(): Promise<void> {
    await this.#closed;
  }

  destroy(): void {
    this.#socket.destroy();
  }

  #take(message: FeedMessage): void {
    if (message.kind === "lines") {
      for (const [index, line] of message.lines.entries())
        this.lines.set(message.from + index, line);
    } else {
      this.last = message;
    }
  }

  async #until(condition: () => boolean): Promise<void> {
    while (!condition()) {
      if (this.#isClosed) throw new Error(`the feeder closed after ${this.lines.size} lines`);
      await new Promise<void>((resolve) => {
        this.#changed = resolve;
      });
    }
  }
}
