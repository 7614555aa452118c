/**
 * Owns: executors that are objects of this process, each with a graph of its own: what executor processes do, without
 * processes. Values are encoded on their way all the same, so that what cannot travel is found.
 * Does not own: loading the program (whoever makes them), what executors do (tasks/).
 *
 * I1. Nothing but encoded bytes passes from one side to the other. I2. What a killed executor goes on with reaches nobody.
 */
import { invariant, StreamError } from "../base/index.ts";
import {
  type Blockage,
  type CallOptions,
  type CallTarget,
  driverId,
  type ExecutorLink,
  type ExecutorRef,
  type Executors,
  type Handlers,
} from "./executors.ts";
import { decodeError, encodeError } from "./wire/error-form.ts";
import { MethodTable } from "./wire/index.ts";
import { decodeMessage, encodeMessage } from "./wire/message-format.ts";

export interface InProcessExecutorsOptions {
  readonly count: number;
  readonly fingerprint: string;
  /** Runs the program as that executor; it comes to `ready`, and never resolves. */
  readonly program: (link: ExecutorLink) => Promise<unknown>;
  /** Whether one that is killed is replaced (default true). */
  readonly replaces?: boolean;
  /** Sees the bytes of every message: who says it to whom, and by which method. */
  readonly onMessage?: (message: MessageSeen) => void;
}

/** A message on its way. */
export interface MessageSeen {
  readonly from: string;
  readonly to: string;
  readonly method: string;
  readonly bytes: number;
}

/** One side: the driver, or an executor. */
interface Side {
  readonly id: string;
  readonly methods: MethodTable;
  /** Aborted when it is gone. */
  readonly gone: AbortController;
}

/** Executors in this process. */
export class InProcessExecutors implements Executors {
  readonly #options: InProcessExecutorsOptions;
  readonly #driver: Side = newSide(driverId);
  readonly #sides = new Map<string, Side>();
  readonly #leaving = new Map<string, (() => void | Promise<void>)[]>();
  readonly #joined: ((executor: ExecutorRef) => void)[] = [];
  readonly #lost: ((executorId: string, error: StreamError) => void)[] = [];
  readonly #failed: ((error: StreamError) => void)[] = [];
  readonly #living: ExecutorRef[] = [];
  #made = 0;
  #isStopped = false;

  constructor(options: InProcessExecutorsOptions) {
    this.#options = options;
  }

  async start(): Promise<void> {
    const { count } = this.#options;
    await Promise.all(Array.from({ length: count }, () => this.#launch()));
  }

  get living(): readonly ExecutorRef[] {
    return this.#living;
  }

  target(executorId: string): CallTarget {
    return this.#target(this.#driver, executorId);
  }

  request(
    executorId: string,
    method: string,
    value: unknown,
    options?: CallOptions,
  ): Promise<unknown> {
    return this.target(executorId).request(method, value, options);
  }

  stream(
    executorId: string,
    method: string,
    value: unknown,
    options?: CallOptions,
  ): AsyncIterable<unknown> {
    return this.target(executorId).stream(method, value, options);
  }

  notify(executorId: string, method: string, value: unknown): void {
    this.target(executorId).notify(method, value);
  }

  serve(handlers: Handlers): void {
    this.#driver.methods.add(handlers);
  }

  onJoined(listener: (executor: ExecutorRef) => void): void {
    this.#joined.push(listener);
  }

  onLost(listener: (executorId: string, error: StreamError) => void): void {
    this.#lost.push(listener);
  }

  /** In one process nobody could notice. */
  onBlocked(_listener: (executorId: string, blockage: Blockage) => void): void {}

  onFailed(listener: (error: StreamError) => void): void {
    this.#failed.push(listener);
  }

  async stop(): Promise<void> {
    if (this.#isStopped) return;
    this.#isStopped = true;
    for (const { id } of this.#living.splice(0)) {
      for (const leave of this.#leaving.get(id) ?? []) await leave();
      this.#sides.get(id)?.gone.abort(new StreamError("executors_stopped", {}));
    }
  }

  /** Ends an executor as SIGKILL would: it says nothing any more, and what it had is lost. */
  kill(executorId: string): void {
    const side = this.#sides.get(executorId);
    invariant(side !== undefined, "who is killed was alive");
    if (side.gone.signal.aborted) return;
    const error = new StreamError("executor_lost", { executor: executorId });
    const place = this.#living.findIndex(({ id }) => id === executorId);
    if (place >= 0) this.#living.splice(place, 1);
    side.gone.abort(error);
    for (const listener of this.#lost) listener(executorId, error);
    if (this.#options.replaces !== false && !this.#isStopped) this.#replace();
  }

  async #launch(): Promise<void> {
    const side = newSide(`executor-${this.#made++}`);
    this.#sides.set(side.id, side);
    let program: Promise<unknown> = Promise.resolve();
    const joined = new Promise<void>((resolve) => {
      program = this.#options.program(this.#linkOf(side, resolve));
    });
    await Promise.race([joined, program]);
  }

  #replace(): void {
    this.#launch().catch((error: unknown) => {
      const failing = new StreamError("executors_failing", {}, { cause: error });
      for (const listener of this.#failed) listener(failing);
    });
  }

  #linkOf(side: Side, joined: () => void): ExecutorLink {
    return {
      id: side.id,
      driver: this.#target(side, driverId),
      peer: (executorId) => this.#target(side, executorId),
      serve: (handlers) => side.methods.add(handlers),
      onLeaving: (listener) => {
        this.#leaving.set(side.id, [...(this.#leaving.get(side.id) ?? []), listener]);
      },
      enter: () => {},
      fail: () => this.kill(side.id),
      ready: (fingerprint) => {
        if (fingerprint !== this.#options.fingerprint) {
          const executor = side.id;
          return Promise.reject(new StreamError("fingerprint_differs", { executor }));
        }
        const ref = { id: side.id };
        this.#living.push(ref);
        for (const listener of this.#joined) listener(ref);
        joined();
        return new Promise(() => {});
      },
    };
  }

  #target(from: Side, toId: string): CallTarget {
    const side = () => (toId === driverId ? this.#driver : this.#sides.get(toId));
    return {
      request: (method, value, options) =>
        this.#call(from, side(), toId, method, value, options, async (answer) =>
          this.#travel(toId, from.id, method, await answer),
        ),
      stream: (method, value, options) => this.#stream(from, side(), toId, method, value, options),
      notify: (method, value) => {
        const call = this.#call(from, side(), toId, method, value, {}, async (answer) => {
          await answer;
        });
        call.catch(() => {});
      },
    };
  }

  async #call<R>(
    from: Side,
    to: Side | undefined,
    toId: string,
    method: string,
    value: unknown,
    { signal }: CallOptions = {},
    take: (answer: Promise<unknown>) => Promise<R>,
  ): Promise<R> {
    const gone = goneOf(from, to, toId);
    const given = this.#travel(from.id, toId, method, value);
    if (to === undefined) throw new StreamError("executor_lost", { executor: toId });
    const asked = AbortSignal.any([from.gone.signal, ...(signal === undefined ? [] : [signal])]);
    throwIfGone(gone, signal);
    const context = { from: from.id, signal: AbortSignal.any([asked, to.gone.signal]) };
    // Begun at once, so that what is asked in one order is begun in it.
    const answer = to.methods.call(method, given, context).catch((error: unknown) => {
      throw travelled(error);
    });
    return unlessAborted(take(answer), [...gone, ...(signal === undefined ? [] : [signal])]);
  }

  async *#stream(
    from: Side,
    to: Side | undefined,
    toId: string,
    method: string,
    value: unknown,
    options: CallOptions = {},
  ): AsyncGenerator<unknown> {
    const { signal } = options;
    const signals = [...goneOf(from, to, toId), ...(signal === undefined ? [] : [signal])];
    const iterable = await this.#call(from, to, toId, method, value, options, (answer) => answer);
    const items = iteratorOf(iterable as Iterable<unknown> | AsyncIterable<unknown>);
    try {
      for (;;) {
        const pulled = Promise.resolve(items.next()).catch((error: unknown) => {
          throw travelled(error);
        });
        const next = await unlessAborted(pulled, signals);
        if (next.done === true) return;
        yield this.#travel(toId, from.id, method, next.value);
      }
    } finally {
      void Promise.resolve(items.return?.()).catch(() => {});
    }
  }

  #travel(from: string, to: string, method: string, value: unknown): unknown {
    const pieces = encodeMessage(value);
    const bytes = Buffer.concat(pieces);
    this.#options.onMessage?.({ from, to, method, bytes: bytes.length });
    return decodeMessage(bytes);
  }
}

function newSide(id: string): Side {
  return { id, methods: new MethodTable(), gone: new AbortController() };
}

function goneOf(from: Side, to: Side | undefined, toId: string): AbortSignal[] {
  if (to === undefined) {
    return [AbortSignal.abort(new StreamError("executor_lost", { executor: toId }))];
  }
  return [from.gone.signal, to.gone.signal];
}

function throwIfGone(gone: readonly AbortSignal[], signal: AbortSignal | undefined): void {
  for (const each of gone) each.throwIfAborted();
  signal?.throwIfAborted();
}

function iteratorOf(
  iterable: Iterable<unknown> | AsyncIterable<unknown>,
): Iterator<unknown> | AsyncIterator<unknown> {
  return Symbol.asyncIterator in iterable
    ? iterable[Symbol.asyncIterator]()
    : iterable[Symbol.iterator]();
}

/** An error as it is on the other side. */
function travelled(error: unknown): unknown {
  return decodeError(encodeError(error));
}

function asError(reason: unknown): Error {
  if (reason instanceof Error) return reason;
  return new StreamError("job_cancelled", {}, { cause: reason });
}

/** What comes, unless one of the signals is aborted before. */
function unlessAborted<R>(coming: Promise<R>, signals: readonly AbortSignal[]): Promise<R> {
  const any = AbortSignal.any([...signals]);
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(asError(any.reason));
    if (any.aborted) abort();
    else any.addEventListener("abort", abort, { once: true });
    coming.then(resolve, reject).finally(() => any.removeEventListener("abort", abort));
  });
}
