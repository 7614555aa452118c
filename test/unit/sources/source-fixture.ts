/** Owns: a receiver of a source under a real tracker, driven by a manual clock, and a TCP server that a test speaks for. */
import { once } from "node:events";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import {
  type Receiver,
  type ReceiverInfo,
  type ReceiverOptions,
  ReceiverTracker,
} from "../../../src/receiver/index.ts";
import { ManualClock } from "../../../src/testing/manual-clock.ts";
import { MemoryBlocks } from "../receiver/memory-blocks.ts";

const blockIntervalMs = 200;
export const streamId = 7;

/** What was told to listeners of a receiver. */
export interface Told {
  readonly what: "started" | "error" | "stopped";
  readonly info: ReceiverInfo;
}

export class SourceFixture {
  readonly clock = new ManualClock(1_000_000);
  readonly blocks = new MemoryBlocks();
  readonly told: Told[] = [];
  #tracker: ReceiverTracker | undefined;
  #lastBatchMs = 0;

  /** Starts the receiver as that of stream 7. */
  async start<T>(receiver: Receiver<T>, options: ReceiverOptions = {}): Promise<void> {
    const note = (what: Told["what"]) => (info: ReceiverInfo) =>
      void this.told.push({ what, info });
    this.#tracker = new ReceiverTracker({
      clock: this.clock,
      blocks: this.blocks,
      events: {
        receiverStarted: note("started"),
        receiverError: note("error"),
        receiverStopped: note("stopped"),
      },
      options: { blockIntervalMs, restartDelayMs: 2000, ...options },
    });
    const registration = { streamId, streamUid: "source", name: "Source-7", receiver };
    this.#tracker.register(registration);
    await this.#tracker.start();
    await settle();
  }

  get tracker(): ReceiverTracker {
    if (this.#tracker === undefined) throw new Error("not started");
    return this.#tracker;
  }

  /** How often the receiver was started. */
  get starts(): number {
    return this.told.filter(({ what }) => what === "started").length;
  }

  /** The messages of the errors that were reported. */
  get errors(): string[] {
    return this.told
      .filter(({ what }) => what === "error")
      .map(({ info }) => info.lastErrorMessage);
  }

  /** Why the receiver stopped, each time. */
  get ends(): string[] {
    return this.told
      .filter(({ what }) => what === "stopped")
      .map(({ info }) => info.lastErrorMessage);
  }

  /** The blocks of a batch of what was received, as the batch reads them; the batch is not completed. */
  async openBatch(): Promise<(readonly unknown[])[]> {
    await settle();
    await this.clock.advance(blockIntervalMs);
    this.#lastBatchMs = this.clock.now();
    await this.tracker.allocate(this.#lastBatchMs);
    const blocks = this.tracker.blocksOf("source", this.#lastBatchMs);
    return Promise.all(blocks.map((block) => block.read()));
  }

  /** The records of a batch of what was received; the batch is completed, and receivers may take as much again. */
  async batch(): Promise<unknown[]> {
    const blocks = await this.openBatch();
    await this.tracker.forget(this.#lastBatchMs + 1);
    return blocks.flat();
  }

  /** Runs batches until their records are that many. */
  async batchesUntil(recordCount: number): Promise<unknown[]> {
    const records: unknown[] = [];
    await until(async () => {
      for (const record of await this.batch()) records.push(record);
      return records.length >= recordCount;
    });
    return records;
  }

  async stop(): Promise<void> {
    await this.#tracker?.stop({ timeoutMs: 1000 });
  }
}

/** Lets everything run that needs no time to pass. */
export async function settle(): Promise<void> {
  for (let round = 0; round < 3; round += 1) await new Promise((resolve) => setImmediate(resolve));
}

/** Waits for something that the machine does meanwhile; the limit of the test ends a wait in vain. */
export async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setImmediate(resolve));
}

/** A server on a free port, with every connection that it was ever asked for. */
export class TestServer {
  readonly #server: Server;
  readonly connections: Socket[] = [];

  private constructor(server: Server) {
    this.#server = server;
    server.on("connection", (socket) => {
      // A receiver that is stopped may reset the connection, which is no matter of the server's.
      socket.on("error", () => {});
      // What the receiver sends is never read; reading it shows the end of the connection.
      socket.resume();
      this.connections.push(socket);
    });
  }

  static async listen(port = 0): Promise<TestServer> {
    const server = createServer();
    const listening = once(server, "listening");
    server.listen(port, "127.0.0.1");
    await listening;
    return new TestServer(server);
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** The connection of that number, from 0, as soon as it is there. */
  async connection(index: number): Promise<Socket> {
    await until(() => this.connections.length > index);
    return this.connections[index] as Socket;
  }

  async close(): Promise<void> {
    for (const socket of this.connections) socket.destroy();
    const closed = once(this.#server, "close");
    this.#server.close();
    await closed;
  }
}
