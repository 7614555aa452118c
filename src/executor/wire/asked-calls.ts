/**
 * Owns: the calls that this side of a connection has begun and that are not answered yet.
 * Does not own: answering calls (served-calls.ts), the connection (channel.ts).
 *
 * I1. A call that was given up keeps its number until the other side has ended it, so that a late answer is known.
 * I2. When the connection is gone every call fails, each once.
 */
import { Buffer } from "node:buffer";
import { StreamError } from "../../base/index.ts";
import type { CallOptions } from "../executors.ts";
import { decodeError } from "./error-form.ts";
import { callNumberMax, type Frame, frameKind } from "./frame-format.ts";
import type { FrameSender } from "./frame-writer.ts";
import { ItemInbox } from "./item-inbox.ts";
import { decodeMessage, encodeCall } from "./message-format.ts";

type AskedCall =
  | {
      readonly kind: "request";
      readonly answer: (value: unknown) => void;
      readonly fail: (error: unknown) => void;
    }
  | { readonly kind: "stream"; readonly inbox: ItemInbox }
  | { readonly kind: "given up" };

/** Begins calls, and takes their answers. */
export class AskedCalls {
  readonly #sender: FrameSender;
  readonly #calls = new Map<number, AskedCall>();
  #lastNumber = 0;
  #closedBy: StreamError | undefined;

  constructor(sender: FrameSender) {
    this.#sender = sender;
  }

  request(method: string, value: unknown, { signal }: CallOptions = {}): Promise<unknown> {
    return new Promise((resolve, reject) => {
      this.#mayAsk(signal);
      const number = this.#freeNumber();
      this.#sender.send(frameKind.request, number, encodeCall(method, value));
      const giveUp = () => {
        this.#giveUp(number);
        reject(reasonIn(signal));
      };
      const settled = () => signal?.removeEventListener("abort", giveUp);
      this.#calls.set(number, {
        kind: "request",
        answer: (answer) => {
          settled();
          resolve(answer);
        },
        fail: (error) => {
          settled();
          reject(error instanceof Error ? error : new StreamError("channel_closed", {}));
        },
      });
      signal?.addEventListener("abort", giveUp, { once: true });
    });
  }

  async *stream(
    method: string,
    value: unknown,
    { signal }: CallOptions = {},
  ): AsyncGenerator<unknown, void, undefined> {
    this.#mayAsk(signal);
    const number = this.#freeNumber();
    const inbox = new ItemInbox((bytes) => this.#credit(number, bytes));
    this.#sender.send(frameKind.stream, number, encodeCall(method, value));
    this.#calls.set(number, { kind: "stream", inbox });
    const giveUp = () => {
      this.#giveUp(number);
      inbox.giveUp(reasonIn(signal));
    };
    signal?.addEventListener("abort", giveUp, { once: true });
    try {
      for (let item = await inbox.take(); item !== undefined; item = await inbox.take()) {
        yield item.value;
      }
    } finally {
      signal?.removeEventListener("abort", giveUp);
      this.#giveUp(number);
    }
  }

  notify(method: string, value: unknown): void {
    this.#sender.send(frameKind.notification, 0, encodeCall(method, value));
  }

  /** Takes an answer, a failure, an item or an end. Throws `channel_damaged` where nobody asked for it. */
  receive({ kind, call: number, payload }: Frame): void {
    const call = this.#calls.get(number);
    if (call === undefined) throw unasked(number);
    if (kind === frameKind.item) {
      if (call.kind === "request") throw unasked(number);
      if (call.kind === "stream") call.inbox.add(payload);
      return;
    }
    this.#calls.delete(number);
    if (call.kind === "given up") return;
    if (kind === frameKind.failure) this.#fail(call, decodeError(payload));
    else if (kind === frameKind.answer && call.kind === "request") {
      call.answer(decodeMessage(payload));
    } else if (kind === frameKind.end && call.kind === "stream") call.inbox.end({});
    else throw unasked(number);
  }

  /** Fails what is under way, and all that is asked from now on. */
  close(error: StreamError): void {
    this.#closedBy = error;
    const calls = [...this.#calls.values()];
    this.#calls.clear();
    for (const call of calls) if (call.kind !== "given up") this.#fail(call, error);
  }

  #fail(call: Exclude<AskedCall, { kind: "given up" }>, error: Error): void {
    if (call.kind === "request") call.fail(error);
    else call.inbox.end({ error });
  }

  #mayAsk(signal: AbortSignal | undefined): void {
    if (signal?.aborted === true) throw reasonIn(signal);
    if (this.#closedBy !== undefined) throw this.#closedBy;
  }

  #giveUp(number: number): void {
    if (!this.#calls.has(number)) return;
    this.#calls.set(number, { kind: "given up" });
    this.#sender.send(frameKind.cancellation, number);
  }

  #credit(number: number, bytes: number): void {
    if (this.#calls.get(number)?.kind !== "stream") return;
    const payload = Buffer.alloc(4);
    payload.writeUInt32LE(bytes);
    this.#sender.send(frameKind.credit, number, [payload]);
  }

  #freeNumber(): number {
    do {
      this.#lastNumber = this.#lastNumber === callNumberMax ? 1 : this.#lastNumber + 1;
    } while (this.#calls.has(this.#lastNumber));
    return this.#lastNumber;
  }
}

function unasked(call: number): StreamError {
  return new StreamError("channel_damaged", { reason: "an answer that nobody asked for", call });
}

/** What an aborted signal was aborted with; `abort()` without a reason gives one too. */
function reasonIn(signal: AbortSignal | undefined): Error {
  const reason: unknown = signal?.reason;
  return reason instanceof Error ? reason : new Error(String(reason));
}
