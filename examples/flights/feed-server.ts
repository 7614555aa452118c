/**
 * Owns: the feeder's end of the wire: a loopback TCP port on which one receiver at a time is served.
 * Does not own: what is due and acknowledged (feed.ts), the bytes (protocol.ts).
 *
 * I1 One receiver is served: a newer one replaces an older one the moment it has said where it goes on.
 * I2 A receiver's slowness is the only thing that holds lines back which are due; lines are made when the socket takes
 *    them, and no more of them wait in memory than the socket's buffer and one chunk.
 * I3 All that a receiver can make the server do is: send from a position, give up what it acknowledged, close.
 */
import { once } from "node:events";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import type { Feed, MonotonicClock } from "./feed.ts";
import {
  encodeEnd,
  encodeLines,
  encodeRefusal,
  ProtocolError,
  ReceiverDecoder,
} from "./protocol.ts";

/** Where the server's time comes from: the feeder's own clock, or one that a test moves. */
export interface FeedClock extends MonotonicClock {
  setTimer(delayMs: number, fire: () => void): { cancel(): void };
}

export interface FeedServerOptions {
  readonly feed: Feed;
  readonly lineAt: (position: number) => string;
  readonly clock: FeedClock;
  /** TCP port on 127.0.0.1; 0 takes a free one. */
  readonly port: number;
  /** Is told why a receiver was refused. */
  readonly onRefusal: (reason: string) => void;
}

const chunkLines = 1_000;
/** At a chosen rate, lines are sent in groups this far apart: each group is a wake-up and a packet. */
const groupMs = 20;
/** How long a connection may stay that is not served: before its greeting, and after its refusal. */
const patienceMs = 10_000;
const connectionsMax = 8;

export class FeedServer {
  /** The port on 127.0.0.1. */
  readonly port: number;
  /** Resolves when everything, the end included, is acknowledged. */
  readonly finished: Promise<void>;
  readonly #options: FeedServerOptions;
  readonly #server: Server;
  readonly #connections = new Set<Connection>();
  #served: Connection | undefined;
  #receivers = 0;
  #linesSent = 0;
  #finish: () => void = () => {};

  private constructor(server: Server, options: FeedServerOptions) {
    this.#server = server;
    this.#options = options;
    this.port = (server.address() as AddressInfo).port;
    this.finished = new Promise((resolve) => {
      this.#finish = resolve;
    });
    server.on("connection", (socket) => this.#accept(socket));
  }

  static async listen(options: FeedServerOptions): Promise<FeedServer> {
    const server = createServer();
    server.maxConnections = connectionsMax;
    server.listen(options.port, "127.0.0.1");
    await once(server, "listening");
    return new FeedServer(server, options);
  }

  /** How many receivers were served so far. */
  get receivers(): number {
    return this.#receivers;
  }

  /** How many lines were sent so far; one that was sent twice counts twice. */
  get linesSent(): number {
    return this.#linesSent;
  }

  /** Closes the port and whatever is connected to it. */
  async close(): Promise<void> {
    if (!this.#server.listening) return;
    const closed = once(this.#server, "close");
    this.#server.close();
    for (const connection of this.#connections) connection.destroy();
    await closed;
  }

  #accept(socket: Socket): void {
    const connection = new Connection(socket, this.#options, {
      greeted: () => {
        this.#served?.destroy();
        this.#served = connection;
        this.#receivers += 1;
      },
      sent: (lines) => {
        this.#linesSent += lines;
      },
      finished: () => this.#finish(),
    });
    this.#connections.add(connection);
    socket.once("close", () => this.#connections.delete(connection));
  }
}

interface ConnectionEvents {
  greeted(): void;
  sent(lines: number): void;
  finished(): void;
}

/** One receiver, from its greeting to the end of its connection. */
class Connection {
  readonly #socket: Socket;
  readonly #options: FeedServerOptions;
  readonly #events: ConnectionEvents;
  readonly #decoder = new ReceiverDecoder();
  /** The position to send next; undefined before the greeting. */
  #next: number | undefined;
  #wakeUp: { cancel(): void };

  constructor(socket: Socket, options: FeedServerOptions, events: ConnectionEvents) {
    this.#socket = socket;
    this.#options = options;
    this.#events = events;
    socket.setNoDelay(true);
    this.#wakeUp = options.clock.setTimer(patienceMs, () =>
      this.#refuse("it did not say from where"),
    );
    socket.on("data", (chunk) => this.#receive(chunk));
    socket.on("drain", () => this.#send());
    // A receiver that is gone is no fault of the feed: it comes back, or another one does.
    socket.on("error", () => {});
    socket.once("close", () => this.#wakeUp.cancel());
  }

  destroy(): void {
    this.#socket.destroy();
  }

  #receive(chunk: Buffer): void {
    if (this.#socket.writableEnded) return;
    try {
      for (const message of this.#decoder.push(chunk)) {
        const fault =
          message.kind === "from"
            ? this.#greet(message.position)
            : this.#acknowledge(message.position);
        if (fault !== undefined) return this.#refuse(fault);
      }
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      return this.#refuse(error.message);
    }
    if (this.#options.feed.isFinished) {
      this.#socket.end();
      this.#events.finished();
    }
  }

  #greet(position: number): string | undefined {
    const refusal = this.#options.feed.resumeAt(position);
    if (refusal !== undefined) return refusal;
    this.#next = position;
    this.#events.greeted();
    this.#send();
    return undefined;
  }

  #acknowledge(position: number): string | undefined {
    if (this.#next === undefined || position > this.#next) {
      return `position ${position} is acknowledged, and ${this.#next} was not sent yet`;
    }
    this.#options.feed.acknowledge(position);
    return undefined;
  }

  /** Sends what is due until the socket has enough; then "drain", or the time of the next line, calls it again. */
  #send(): void {
    const { feed, lineAt, clock } = this.#options;
    if (this.#next === undefined || !this.#socket.writable) return;
    this.#wakeUp.cancel();
    while (!this.#socket.writableNeedDrain && this.#next <= feed.total) {
      const from = this.#next;
      if (from >= feed.dueUntil) {
        this.#wakeUp = clock.setTimer(Math.max(groupMs, feed.msUntilDue(from)), () => this.#send());
        return;
      }
      if (from === feed.total) {
        this.#next = from + 1;
        this.#socket.write(encodeEnd(feed.total));
        return;
      }
      const until = Math.min(from + chunkLines, feed.dueUntil, feed.total);
      this.#next = until;
      this.#events.sent(until - from);
      this.#socket.write(encodeLines(from, until, lineAt));
    }
  }

  #refuse(reason: string): void {
    this.#options.onRefusal(reason);
    this.#wakeUp.cancel();
    this.#socket.end(encodeRefusal(reason));
    // It has this long to read why; closing at once could discard the reason on its way.
    this.#wakeUp = this.#options.clock.setTimer(patienceMs, () => this.destroy());
  }
}
