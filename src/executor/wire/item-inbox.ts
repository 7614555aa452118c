/**
 * Owns: the items of one stream on the side that asked for them: those that came and were not taken yet, and the credit
 * that lets more come.
 * Does not own: which stream it is (asked-calls.ts).
 *
 * I1. What waits here is less than a window and one item, whatever the other side does.
 * I2. Items that came before a failure are handed out before it; after giving up, nothing is.
 */
import { StreamError } from "../../base/index.ts";
import { headerBytes } from "./frame-format.ts";
import { decodeMessage } from "./message-format.ts";

/** How many bytes of items, with their headers, may be under way and not taken yet. */
export const windowBytes: number = 4 * 1024 * 1024;

/** Each item costs its header as well, so that empty ones do not come without end. */
export function costOf(payloadBytes: number): number {
  return headerBytes + payloadBytes;
}

type Ending = { readonly error?: unknown };

/** Takes items in and hands them out. */
export class ItemInbox {
  readonly #giveCredit: (bytes: number) => void;
  readonly #items: Uint8Array[] = [];
  #next = 0;
  #uncreditedBytes = 0;
  #takenBytes = 0;
  #ending: Ending | undefined;
  #wake: () => void = () => {};

  /** `giveCredit` allows the other side that many bytes more. */
  constructor(giveCredit: (bytes: number) => void) {
    this.#giveCredit = giveCredit;
  }

  /** Throws `channel_damaged` where the other side sends more than it was allowed. */
  add(payload: Uint8Array): void {
    if (this.#uncreditedBytes >= windowBytes) {
      throw new StreamError("channel_damaged", { reason: "more items than were allowed" });
    }
    this.#uncreditedBytes += costOf(payload.length);
    this.#items.push(payload);
    this.#wake();
  }

  /** No more items come; with an error, it is thrown behind the last one. */
  end(ending: Ending): void {
    this.#ending ??= ending;
    this.#wake();
  }

  /** Drops what waits, and fails whoever takes. */
  giveUp(error: unknown): void {
    this.#ending = { error };
    this.#items.length = 0;
    this.#next = 0;
    this.#wake();
  }

  /** The next item; undefined behind the last one. Throws what the stream failed with. */
  async take(): Promise<{ readonly value: unknown } | undefined> {
    for (;;) {
      const payload = this.#items[this.#next];
      if (payload !== undefined) return { value: this.#handOut(payload) };
      if (this.#ending !== undefined) {
        if ("error" in this.#ending) throw this.#ending.error;
        return undefined;
      }
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  #handOut(payload: Uint8Array): unknown {
    this.#next += 1;
    if (this.#next === this.#items.length) {
      this.#items.length = 0;
      this.#next = 0;
    }
    this.#takenBytes += costOf(payload.length);
    if (this.#takenBytes >= windowBytes / 4) {
      this.#uncreditedBytes -= this.#takenBytes;
      this.#giveCredit(this.#takenBytes);
      this.#takenBytes = 0;
    }
    return decodeMessage(payload);
  }
}
