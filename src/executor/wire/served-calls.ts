/**
 * Owns: the calls of the other side that are being answered here.
 * Does not own: which methods there are (method-table.ts), the connection (channel.ts).
 *
 * I1. Handlers are called in the order in which the calls came.
 * I2. Each request ends with one answer or failure, each stream with one end or failure, also when it was cancelled.
 * I3. An item is sent only while the other side has allowed a byte more than were sent.
 */
import { Buffer } from "node:buffer";
import { type Logger, StreamError } from "../../base/index.ts";
import type { HandlerContext } from "../executors.ts";
import { encodeError } from "./error-form.ts";
import { type Frame, frameKind } from "./frame-format.ts";
import type { FrameSender } from "./frame-writer.ts";
import { costOf, windowBytes } from "./item-inbox.ts";
import { decodeCall, encodeMessage, type Payload, payloadBytesOf } from "./message-format.ts";
import type { MethodTable } from "./method-table.ts";

export interface ServedCallsOptions {
  readonly from: string;
  readonly sender: FrameSender;
  readonly methods: MethodTable;
  readonly logger: Logger;
}

/** One call that is being answered. Its signal is made when it is asked for: most handlers have no use for it. */
class ServedCall implements HandlerContext {
  readonly from: string;
  #controller: AbortController | undefined;
  #cancelledBy: Error | undefined;
  #allowedBytes = windowBytes;
  #wake: () => void = () => {};

  constructor(from: string) {
    this.from = from;
  }

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.isCancelled) this.#controller.abort(this.#cancelledBy);
    }
    return this.#controller.signal;
  }

  get isCancelled(): boolean {
    return this.#cancelledBy !== undefined;
  }

  cancel(reason: Error): void {
    if (this.isCancelled) return;
    this.#cancelledBy = reason;
    this.#controller?.abort(reason);
    this.#wake();
  }

  allow(bytes: number): void {
    this.#allowedBytes += bytes;
    this.#wake();
  }

  spend(bytes: number): void {
    this.#allowedBytes -= bytes;
  }

  get maySend(): boolean {
    return this.#allowedBytes > 0 || this.isCancelled;
  }

  /** Resolves when it may send again, or was cancelled. */
  async allowance(): Promise<void> {
    while (!this.maySend) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }
}

/** Answers calls. */
export class ServedCalls {
  readonly #options: ServedCallsOptions;
  readonly #calls = new Map<number, ServedCall>();
  #closedBy: StreamError | undefined;

  constructor(options: ServedCallsOptions) {
    this.#options = options;
  }

  /** Takes a request, a stream or a notification, or what concerns one. Throws `channel_damaged`. */
  receive(frame: Frame): void {
    switch (frame.kind) {
      case frameKind.notification:
        return this.#beNotified(frame);
      case frameKind.cancellation:
        return this.#calls.get(frame.call)?.cancel(new StreamError("call_cancelled", {}));
      case frameKind.credit:
        return this.#calls.get(frame.call)?.allow(creditIn(frame.payload));
      default:
        return this.#begin(frame);
    }
  }

  /** Nobody is there for an answer any more. */
  close(error: StreamError): void {
    this.#closedBy = error;
    for (const call of this.#calls.values()) call.cancel(error);
  }

  #begin({ kind, call: number, payload }: Frame): void {
    if (this.#calls.has(number)) {
      throw new StreamError("channel_damaged", { reason: "a call that is there", call: number });
    }
    const { method, value } = decodeCall(payload);
    const call = new ServedCall(this.#options.from);
    this.#calls.set(number, call);
    if (kind === frameKind.request) void this.#answer(number, call, method, value);
    else void this.#sendItems(number, call, method, value);
  }

  async #answer(number: number, call: ServedCall, method: string, value: unknown): Promise<void> {
    try {
      const answer = encodeMessage(await this.#options.methods.call(method, value, call));
      this.#end(frameKind.answer, number, answer);
    } catch (error) {
      this.#end(frameKind.failure, number, [encodeError(error)]);
    }
  }

  async #sendItems(
    number: number,
    call: ServedCall,
    method: string,
    value: unknown,
  ): Promise<void> {
    try {
      const items = iterableIn(method, await this.#options.methods.call(method, value, call));
      for await (const item of items) {
        if (!call.maySend) await call.allowance();
        if (call.isCancelled) break;
        const payload = encodeMessage(item);
        this.#options.sender.send(frameKind.item, number, payload);
        call.spend(costOf(payloadBytesOf(payload)));
      }
      this.#end(frameKind.end, number);
    } catch (error) {
      this.#end(frameKind.failure, number, [encodeError(error)]);
    }
  }

  #end(
    kind: typeof frameKind.answer | typeof frameKind.failure | typeof frameKind.end,
    number: number,
    payload: Payload = [],
  ): void {
    if (this.#closedBy === undefined) this.#options.sender.send(kind, number, payload);
    this.#calls.delete(number);
  }

  #beNotified({ payload }: Frame): void {
    const { method, value } = decodeCall(payload);
    const { from, methods, logger } = this.#options;
    const failed = (error: unknown) =>
      logger.error(`what ${from} told by ${method} was not taken in`, error);
    void methods.call(method, value, new ServedCall(from)).catch(failed);
  }
}

function creditIn(payload: Uint8Array): number {
  if (payload.length !== 4) {
    throw new StreamError("channel_damaged", { reason: "a credit of no known form" });
  }
  return Buffer.from(payload.buffer, payload.byteOffset, payload.length).readUInt32LE();
}

function iterableIn(method: string, answer: unknown): AsyncIterable<unknown> | Iterable<unknown> {
  const isIterable =
    typeof answer === "object" &&
    answer !== null &&
    (Symbol.asyncIterator in answer || Symbol.iterator in answer);
  if (!isIterable) throw new StreamError("answer_not_iterable", { method });
  return answer as AsyncIterable<unknown>;
}
