/**
 * Owns: appending to a log: group commit, and the end of all writing at the first failure.
 * Does not own: segments (log-tail.ts); how much waits: whoever appends waits for it, and so bounds it.
 *
 * I1. An append resolves when its frame is durable in every copy, and appends resolve in their order.
 * I2. One group is under way at a time, and whoever comes meanwhile joins the next. So all frames of earlier groups were
 *     durable when a frame was written, and `unsyncedBefore` is its index within its group.
 * I3. After a failure nothing is written or tried again: what waits and what comes later is rejected. What reached the
 *     medium is unknown until it is read back.
 */
import { StreamError, sleep } from "../base/index.ts";
import { type FrameTransform, framePlace } from "./frame-place.ts";
import { payloadBytesMax } from "./log-format.ts";
import { type LogPosition, LogTail, type LogTailOptions } from "./log-tail.ts";
import type { FrameAddress } from "./segment-events.ts";

export interface LogWriterOptions extends LogTailOptions {
  /** How long a frame waits for others to join its group (default 0: for those of the same turn). */
  readonly commitDelayMs?: number | undefined;
  /** Makes of a payload what is stored (default: the payload itself). */
  readonly encode?: FrameTransform | undefined;
  /** Hears, once, of the failure that ended the writing. */
  readonly failed?: ((error: StreamError) => void) | undefined;
}

interface WaitingFrame {
  readonly kind: "frame";
  readonly arrivedMs: number;
  readonly payload: Uint8Array;
  /** The sequence number that it was encoded for. */
  sequence: number;
  stored: Uint8Array | Promise<Uint8Array>;
  readonly resolve: (address: FrameAddress) => void;
  readonly reject: (error: unknown) => void;
}

interface WaitingRoll {
  readonly kind: "roll";
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** `closing` still writes what was appended before the close; `ended` rejects with its error. */
type WriterState =
  | { readonly kind: "open" }
  | { readonly kind: "closing" }
  | { readonly kind: "ended"; readonly error: StreamError };

/** Makes the writer of a log whose segments from `firstSegment` on are not there yet. */
export function openLogWriter(options: LogWriterOptions): LogWriter {
  return new LogWriter(options);
}

/** The one writer of a log; its owners share it. */
export class LogWriter {
  readonly #options: LogWriterOptions;
  readonly #tail: LogTail;
  readonly #queue: (WaitingFrame | WaitingRoll)[] = [];
  readonly #hurry = new AbortController();
  #state: WriterState = { kind: "open" };
  #running: Promise<void> | undefined;
  #closed: Promise<void> | undefined;

  constructor(options: LogWriterOptions) {
    this.#options = options;
    this.#tail = new LogTail(options);
  }

  /**
   * Resolves when the frame is durable; the payload must not be changed before. Rejects with `log_failed`, `log_taken`
   * (somebody else writes this log), `log_closed`, `log_frame_too_large`, and with what `encode` throws.
   */
  append(payload: Uint8Array): Promise<FrameAddress> {
    return new Promise((resolve, reject) => {
      if (this.#refuses(reject)) return;
      // Encoded while others are made durable, for the number that it will have if these come about.
      const sequence = this.#nextSequence();
      const stored = this.#encode(payload, sequence);
      const arrivedMs = this.#options.clock.monotonicNow();
      this.#enqueue({ kind: "frame", arrivedMs, payload, sequence, stored, resolve, reject });
    });
  }

  /** The end of what is durable. */
  position(): LogPosition {
    return this.#tail.position;
  }

  /** Seals the segment behind what was appended so far; the next frame begins another. Rejects as `append`. */
  roll(): Promise<void> {
    return new Promise((resolve, reject) => {
      if (!this.#refuses(reject)) this.#enqueue({ kind: "roll", resolve, reject });
    });
  }

  /** Takes nothing more, makes durable what was appended, and seals. Rejects as `append`. Safe to call twice. */
  close(): Promise<void> {
    if (this.#state.kind === "open") {
      const sealed = this.roll();
      this.#state = { kind: "closing" };
      this.#hurry.abort();
      this.#closed = sealed.then(() => this.#end(this.#closedError()));
    }
    return this.#closed ?? Promise.resolve();
  }

  /** Ends all writing: what waits is rejected with `log_closed`. Resolves when the files are let go of. */
  async destroy(reason?: unknown): Promise<void> {
    this.#end(this.#closedError(reason));
    await this.#running;
    await this.#tail.abandon();
  }

  #refuses(reject: (error: unknown) => void): boolean {
    if (this.#state.kind === "open") return false;
    reject(this.#state.kind === "ended" ? this.#state.error : this.#closedError());
    return true;
  }

  #nextSequence(): number {
    // Nobody else asks for it.
    if (this.#options.encode === undefined) return 0;
    const waiting = this.#queue.filter(({ kind }) => kind === "frame").length;
    return this.#tail.position.sequence + waiting;
  }

  #encode(payload: Uint8Array, sequence: number): Uint8Array | Promise<Uint8Array> {
    const { encode, epoch, kind } = this.#options;
    if (encode === undefined) return payload;
    return encode(payload, framePlace(kind, this.#tail.position.file, { epoch, sequence }));
  }

  #enqueue(entry: WaitingFrame | WaitingRoll): void {
    this.#queue.push(entry);
    this.#running ??= this.#run();
  }

  async #run(): Promise<void> {
    // Whoever appends in the same turn joins the first group.
    await Promise.resolve();
    try {
      for (let next = this.#queue[0]; next !== undefined; next = this.#queue[0]) {
        if (next.kind === "roll") await this.#commitRoll(next);
        else await this.#commitFrames(next);
      }
    } catch (error) {
      this.#fail(error);
    } finally {
      this.#running = undefined;
    }
  }

  async #commitRoll(roll: WaitingRoll): Promise<void> {
    await this.#tail.seal();
    this.#leaveQueue(roll);
    roll.resolve();
  }

  async #commitFrames(first: WaitingFrame): Promise<void> {
    await this.#waitForOthers(first);
    const frames = await this.#encodedFrames();
    if (frames.length === 0) return;
    const addresses = await this.#tail.commit(frames.map(({ stored }) => stored));
    for (const [index, address] of addresses.entries()) {
      const frame = frames[index]?.waiting;
      if (frame === undefined) continue;
      this.#leaveQueue(frame);
      frame.resolve(address);
    }
  }

  async #waitForOthers({ arrivedMs }: WaitingFrame): Promise<void> {
    const { clock, commitDelayMs = 0 } = this.#options;
    const leftMs = commitDelayMs - (clock.monotonicNow() - arrivedMs);
    if (leftMs > 0) await sleep(clock, leftMs, this.#hurry.signal);
  }

  /** The frames at the head of the queue, up to a roll; one that cannot be encoded leaves it, and nobody else suffers. */
  async #encodedFrames(): Promise<{ waiting: WaitingFrame; stored: Uint8Array }[]> {
    const end = this.#queue.findIndex(({ kind }) => kind === "roll");
    const encoded: { waiting: WaitingFrame; stored: Uint8Array }[] = [];
    for (const waiting of this.#queue.slice(0, end === -1 ? undefined : end)) {
      if (waiting.kind === "roll") break;
      try {
        // One before it could not be encoded, so that it moves up.
        const sequence = this.#tail.position.sequence + encoded.length;
        if (this.#options.encode !== undefined && waiting.sequence !== sequence) {
          await waiting.stored;
          waiting.sequence = sequence;
          waiting.stored = this.#encode(waiting.payload, sequence);
        }
        waiting.stored = await waiting.stored;
        checkLength(waiting.stored);
        encoded.push({ waiting, stored: waiting.stored });
      } catch (error) {
        this.#leaveQueue(waiting);
        waiting.reject(error);
      }
    }
    return encoded;
  }

  /** Unless the queue was emptied meanwhile, by a destroy. */
  #leaveQueue(entry: WaitingFrame | WaitingRoll): void {
    const index = this.#queue.indexOf(entry);
    if (index !== -1) this.#queue.splice(index, 1);
  }

  #fail(cause: unknown): void {
    if (this.#state.kind === "ended") return;
    const isTold = cause instanceof StreamError && cause.code === "log_taken";
    const error = isTold ? cause : new StreamError("log_failed", this.#details(), { cause });
    this.#end(error);
    // The first failure has been told; that a file which is given up cannot be closed either adds nothing.
    void this.#tail.abandon().catch(() => {});
    this.#options.failed?.(error);
  }

  #end(error: StreamError): void {
    if (this.#state.kind === "ended") return;
    this.#state = { kind: "ended", error };
    this.#hurry.abort();
    for (const entry of this.#queue.splice(0)) entry.reject(error);
  }

  #closedError(reason?: unknown): StreamError {
    const options = reason === undefined ? {} : { cause: reason };
    return new StreamError("log_closed", this.#details(), options);
  }

  #details(): { file: string } {
    return { file: this.#tail.position.file };
  }
}

function checkLength(stored: Uint8Array): void {
  if (stored.length <= payloadBytesMax) return;
  throw new StreamError("log_frame_too_large", { byteCount: stored.length, payloadBytesMax });
}
