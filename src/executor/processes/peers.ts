/**
 * Owns: the connections of an executor to other executors: those that it makes when it asks one, those that it lets in.
 * Does not own: what they ask (the method table), the connection to the driver (process-link.ts).
 *
 * A connection is made by whoever asks, and used by it alone; it lasts until one of the two is gone.
 */
import { type Clock, type Logger, StreamError } from "../../base/index.ts";
import type { CallOptions, CallTarget } from "../executors.ts";
import {
  addressOf,
  type Channel,
  connectChannel,
  type Hello,
  type Listener,
  listenForChannels,
  MethodTable,
} from "../wire/index.ts";
import type { ExecutorSettings } from "./executor-settings.ts";

/** The other executors. */
export class Peers {
  readonly #settings: ExecutorSettings;
  readonly #methods: MethodTable;
  readonly #logger: Logger;
  readonly #targets = new Map<string, Peer>();

  constructor(settings: ExecutorSettings, methods: MethodTable, logger: Logger) {
    this.#settings = settings;
    this.#methods = methods;
    this.#logger = logger;
  }

  /** Lets others in. */
  listen(clock: Clock): Promise<Listener> {
    const { addressBase, id, token } = this.#settings;
    return listenForChannels({
      address: addressOf(addressBase, id),
      token,
      clock,
      logger: this.#logger,
      admit: (hello) => ({
        remote: nameIn(hello),
        methods: this.#methods,
        opened: () => {},
      }),
    });
  }

  target(id: string): CallTarget {
    const known = this.#targets.get(id);
    if (known !== undefined) return known;
    const peer = new Peer(id, () => this.#connect(id), this.#logger);
    this.#targets.set(id, peer);
    return peer;
  }

  #connect(id: string): Promise<Channel> {
    const { addressBase, token } = this.#settings;
    return connectChannel({
      address: addressOf(addressBase, id),
      token,
      hello: { id: this.#settings.id },
      remote: id,
      // Who is asked asks nothing over this connection.
      methods: new MethodTable(),
      logger: this.#logger,
      explain: (error) => Promise.resolve(lost(id, error)),
    });
  }
}

/** Another executor, connected to when it is first asked, and again when it is asked after a loss. */
class Peer implements CallTarget {
  readonly #id: string;
  readonly #connect: () => Promise<Channel>;
  readonly #logger: Logger;
  #channel: Promise<Channel> | undefined;

  constructor(id: string, connect: () => Promise<Channel>, logger: Logger) {
    this.#id = id;
    this.#connect = connect;
    this.#logger = logger;
  }

  async request(method: string, value: unknown, options?: CallOptions): Promise<unknown> {
    const channel = await this.#connected();
    return channel.request(method, value, options);
  }

  async *stream(method: string, value: unknown, options?: CallOptions): AsyncIterable<unknown> {
    const channel = await this.#connected();
    yield* channel.stream(method, value, options);
  }

  notify(method: string, value: unknown): void {
    this.#connected()
      .then((channel) => channel.notify(method, value))
      .catch((error: unknown) => {
        const isLost = error instanceof StreamError && error.code === "executor_lost";
        if (!isLost) this.#logger.error(`${this.#id} could not be told by ${method}`, error);
      });
  }

  #connected(): Promise<Channel> {
    this.#channel ??= this.#open();
    return this.#channel;
  }

  async #open(): Promise<Channel> {
    try {
      const channel = await this.#connect();
      void channel.closed.then(() => {
        this.#channel = undefined;
      });
      return channel;
    } catch (error) {
      this.#channel = undefined;
      throw lost(this.#id, error);
    }
  }
}

function lost(executor: string, cause: unknown): StreamError {
  return new StreamError("executor_lost", { executor }, { cause });
}

function nameIn(hello: Hello): string {
  const { id } = hello;
  if (typeof id !== "string") {
    throw new StreamError("channel_damaged", { reason: "a hello without a name" });
  }
  return id;
}
