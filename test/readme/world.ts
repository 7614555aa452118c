/**
 * Owns: what is around a block while it runs: a server that sends lines, a folder, a console, a database.
 * Does not own: the contexts of the block (driven-millrace.ts).
 */
import { mkdir, mkdtemp, readdir, rm, utimes, writeFile } from "node:fs/promises";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { format } from "node:util";
import { type DStream, DStream as Stream, type StreamingContext } from "../../src/index.ts";

/** What a block may use without declaring it. */
export interface Given {
  /** A context with batches of a second. */
  readonly ssc: StreamingContext;
  /** A pool of connections to a database that writes down what it is told. */
  readonly pool: Pool;
  /** Sees to it that every declared stream is computed, whether the block has an output for it or not. */
  watch(declared: Readonly<Record<string, unknown>>): void;
}

interface Pool {
  connect(): Promise<Connection>;
}

interface Connection {
  query(sql: string, parameters: readonly unknown[]): Promise<void>;
  release(): void;
}

/** A context that the test can bring to its end. */
export interface Finishing {
  computeAlways(stream: DStream<unknown>): void;
  finish(): Promise<void>;
  destroy(): Promise<void>;
}

let current: World | undefined;

function enter(world: World | undefined): void {
  current = world;
}

export function currentWorld(): World {
  if (current === undefined) throw new Error("no block is running");
  return current;
}

/** What a server sends for each batch, to whoever is connected. */
const linesOfBatch: readonly (readonly string[])[] = [["hello world"], ["hello again"]];
/** The files that come into the folder `logs` for each batch. */
const filesOfBatch: readonly Readonly<Record<string, string>>[] = [
  { "one.log": "disk full\nall is well\n" },
  { "two.log": "all is well\n" },
];

/** The server behind the port that README names 9999. */
export class LineServer {
  readonly #server: Server = createServer((socket) => this.#accept(socket));
  readonly #sockets = new Set<Socket>();
  #connected: () => void = () => {};

  async listen(): Promise<number> {
    await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
    return (this.#server.address() as AddressInfo).port;
  }

  async connection(): Promise<void> {
    if (this.#sockets.size > 0) return;
    await new Promise<void>((resolve) => {
      this.#connected = resolve;
    });
  }

  send(lines: readonly string[]): void {
    for (const socket of this.#sockets) socket.write(lines.map((line) => `${line}\n`).join(""));
  }

  /** Waits until nobody is connected any more. */
  async quiet(): Promise<void> {
    while (this.#sockets.size > 0) await turn();
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #accept(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on("close", () => this.#sockets.delete(socket));
    socket.on("error", () => {});
    this.#connected();
  }
}

export interface WorldOptions {
  readonly server: LineServer;
  readonly batches: number;
  readonly startMs: number;
  /** Whether the block connects to the server. */
  readonly usesServer: boolean;
}

/** The surroundings of one block. */
export class World {
  readonly batches: number;
  readonly contexts: Finishing[] = [];
  readonly warnings: string[] = [];
  readonly #options: WorldOptions;
  #written = "";
  #nowMs: number;
  #stored = 0;
  #storing = 0;

  constructor(options: WorldOptions) {
    this.#nowMs = options.startMs;
    this.batches = options.batches;
    this.#options = options;
  }

  /** What was printed, without empty lines at the end. */
  get written(): string {
    return this.#written.trimEnd();
  }

  /** The time that the contexts so far have reached: a later one, as after a restart, goes on from there. */
  get nowMs(): number {
    return this.#nowMs;
  }

  noteTime(nowMs: number): void {
    this.#nowMs = Math.max(this.#nowMs, nowMs);
  }

  write(text: string): void {
    this.#written += text;
  }

  warn(message: string): void {
    this.warnings.push(message);
  }

  /** What is stored durably takes as long as the disk does. */
  async whileStoring(store: () => Promise<void>): Promise<void> {
    this.#storing += 1;
    try {
      await store();
    } finally {
      this.#storing -= 1;
    }
  }

  noteStored(records: number): void {
    this.#stored += records;
  }

  /** Runs `body` in a folder of its own, with its console and this world around it. */
  async run(body: () => Promise<void>): Promise<void> {
    const before = { folder: process.cwd(), log: console.log };
    const folder = await mkdtemp(join(tmpdir(), "millrace-readme-"));
    await mkdir(join(folder, "logs"));
    enter(this);
    process.chdir(folder);
    console.log = (...args: readonly unknown[]) => this.write(`${format(...args)}\n`);
    try {
      await body();
      for (const context of this.contexts) await context.finish().catch(ifThereIsNoOutput);
    } finally {
      for (const context of this.contexts) await context.destroy();
      console.log = before.log;
      process.chdir(before.folder);
      await this.#options.server.quiet();
      await rm(folder, { recursive: true, force: true });
      enter(undefined);
    }
  }

  /** What a block without imports is called with. */
  given(ssc: () => StreamingContext): Given {
    let made: StreamingContext | undefined;
    const pool: Pool = {
      connect: async () => ({
        query: async (sql, parameters) => console.log(sql, JSON.stringify(parameters)),
        release: () => {},
      }),
    };
    return {
      get ssc() {
        made ??= ssc();
        return made;
      },
      pool,
      watch: (declared) => {
        const streams = Object.values(declared).filter((value) => value instanceof Stream);
        for (const stream of streams.toReversed()) {
          const context = this.contexts.find((each) => Object.is(each, stream.context));
          context?.computeAlways(stream);
        }
      },
    };
  }

  /** Brings in what arrives before a batch, and waits until it is received. */
  async deliver(batch: number, nowMs: number): Promise<void> {
    const { server, usesServer } = this.#options;
    if ((await readdir(".")).includes("logs")) {
      for (const [name, text] of Object.entries(filesOfBatch[batch] ?? {})) {
        await writeFile(join("logs", name), text);
        await utimes(join("logs", name), (nowMs + 1) / 1000, (nowMs + 1) / 1000);
      }
    }
    if (usesServer) {
      await server.connection();
      const lines = linesOfBatch[batch] ?? [];
      const expected = this.#stored + lines.length;
      server.send(lines);
      while (this.#stored < expected) await turn();
    }
    await this.#settled();
  }

  /** Sources of this process have nothing more to say when nothing was being stored for some turns of the event loop. */
  async #settled(): Promise<void> {
    let stored = -1;
    for (let calm = 0; calm < 20; calm += 1) {
      if (this.#stored !== stored || this.#storing > 0) calm = 0;
      stored = this.#stored;
      await turn();
    }
  }
}

function ifThereIsNoOutput(error: unknown): void {
  if ((error as { code?: unknown }).code !== "output_missing") throw error;
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
