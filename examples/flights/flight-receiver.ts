/**
 * Owns: a reliable receiver: it takes flights from a feeder (protocol.ts), stores them in blocks with their positions,
 * and acknowledges a block when it is safe.
 * Does not own: when it starts and stops (the engine's part), what the lines mean (dataset.ts).
 *
 * I1 Acknowledged is only what `storeMany` has resolved for; what was not is sent again after a restart.
 * I2 One block is being stored, and lines for the next one gather meanwhile: blocks grow when storing is slow, up to
 *    `linesMax` lines (10,000). When so many have gathered the socket is not read, so that the feeder waits.
 * I3 The end of the feed is a record too, with a position of its own. Like any other it survives a crash, reaches the
 *    program wherever the receiver runs, and comes after all flights.
 */
import { connect, type Socket } from "node:net";
import { Receiver } from "millrace";
import { encodeAcknowledgement, encodeFrom, FeedDecoder, type FeedMessage } from "./protocol.ts";

/** The one partition of this source. */
const partition = "flights";
const endPrefix = "end\t";

/** How many flights the feed had, if the record is its end; undefined if it is a flight. */
export function totalOfEnd(record: string): number | undefined {
  return record.startsWith(endPrefix) ? Number(record.slice(endPrefix.length)) : undefined;
}

/** A stream of lines, one for each flight, and of one last record for the end of the feed. */
export class FlightReceiver extends Receiver<string> {
  readonly #host: string;
  readonly #port: number;
  readonly #linesMax: number;
  readonly #stored: (until: number) => void;

  /** `stored` hears of each block that is safe, by the position behind it. */
  constructor(options: {
    host?: string;
    port: number;
    linesMax?: number;
    stored?: (until: number) => void;
  }) {
    super();
    this.#linesMax = options.linesMax ?? 10_000;
    this.#host = options.host ?? "127.0.0.1";
    this.#port = options.port;
    this.#stored = options.stored ?? (() => {});
  }

  /** Receives until the feed has ended; is started again when the feeder is not there or goes away. */
  override async onStart(): Promise<void> {
    const { signal } = this;
    const from = this.positions.get(partition) ?? 0;
    const socket = connect({ host: this.#host, port: this.#port, noDelay: true, signal });
    const linesMax = this.#linesMax;
    const session = new FeedSession(socket, { from, linesMax, signal }, async (lines, position) => {
      await this.storeMany(lines, { position: { partition, ...position } });
      this.#stored(position.until);
    });
    try {
      await session.run();
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      if (!signal.aborted) this.restart(`lost the feeder: ${reason}`, { error });
    }
  }

  /** There is nothing left to close: the end of `signal` has closed the socket. */
  override onStop(): void {}
}

type StoreLines = (
  lines: readonly string[],
  position: { from: number; until: number },
) => Promise<void>;

/** One connection to a feeder. */
class FeedSession {
  readonly #socket: Socket;
  readonly #linesMax: number;
  readonly #signal: AbortSignal;
  readonly #store: StoreLines;
  readonly #decoder: FeedDecoder;
  readonly #gathered: string[] = [];
  /** The position of the first gathered line. */
  #from: number;
  #storing: Promise<void> | undefined;
  #failure: Error | undefined;
  #hasEnded = false;

  constructor(
    socket: Socket,
    { from, linesMax, signal }: { from: number; linesMax: number; signal: AbortSignal },
    store: StoreLines,
  ) {
    this.#socket = socket;
    this.#linesMax = linesMax;
    this.#signal = signal;
    this.#store = store;
    this.#from = from;
    this.#decoder = new FeedDecoder(from);
  }

  /** Resolves when the end of the feed is safe; rejects when that cannot be reached on this connection. */
  async run(): Promise<void> {
    this.#socket.write(encodeFrom(this.#from));
    try {
      for await (const chunk of this.#socket) await this.#receive(chunk);
    } catch (error) {
      throw this.#failure ?? error;
    } finally {
      this.#socket.destroy();
    }
    await this.#storing;
    if (this.#failure !== undefined) throw this.#failure;
    if (!this.#hasEnded)
      throw new Error("the feeder closed the connection before the end of the feed");
  }

  async #receive(chunk: Uint8Array): Promise<void> {
    for (const message of this.#decoder.push(chunk)) this.#gather(message);
    if (this.#gathered.length === 0) return;
    this.#storing ??= this.#storeGathered();
    if (this.#gathered.length >= this.#linesMax) await this.#storing;
  }

  #gather(message: FeedMessage): void {
    switch (message.kind) {
      case "lines":
        for (const line of message.lines) this.#gathered.push(line);
        break;
      case "end":
        this.#gathered.push(`${endPrefix}${message.total}`);
        this.#hasEnded = true;
        break;
      case "refused":
        throw new Error(`the feeder refuses to serve: ${message.reason}`);
    }
  }

  /** Stores what has gathered, and what gathers meanwhile; never rejects, but closes the connection. */
  async #storeGathered(): Promise<void> {
    try {
      while (this.#gathered.length > 0 && !this.#signal.aborted) {
        const lines = this.#gathered.splice(0, this.#linesMax);
        const from = this.#from;
        const until = from + lines.length;
        this.#from = until;
        await this.#store(lines, { from, until });
        this.#socket.write(encodeAcknowledgement(until));
      }
    } catch (error) {
      this.#failure = error instanceof Error ? error : new Error(String(error));
      this.#socket.destroy();
    } finally {
      this.#storing = undefined;
    }
  }
}
