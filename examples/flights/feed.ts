/**
 * Owns: what a feed has to offer at a moment: the positions that fell due by its own pace, and those that nobody needs
 * any more because they are acknowledged.
 * Does not own: sockets (feed-server.ts), the lines themselves (a data set, by position).
 *
 * I1 What is due depends on time alone: it falls due whether a receiver is connected or not, and waits.
 * I2 `acknowledged` never goes back, and nothing from it on is ever given up.
 */

/** The most lines per second there can be: each is due at once, and the receiver's pace decides. */
export const unlimitedRate: number = Number.POSITIVE_INFINITY;

/** Milliseconds that never go back, from any start. */
export interface MonotonicClock {
  monotonicNow(): number;
}

export class Feed {
  /** How many lines there are; this is also the position of the end. */
  readonly total: number;
  readonly #linesPerSecond: number;
  readonly #clock: MonotonicClock;
  readonly #startedMs: number;
  #acknowledged = 0;

  /** The pace begins now: line p falls due p / linesPerSecond from here, the end where a line `total` would. */
  constructor(options: { total: number; linesPerSecond: number; clock: MonotonicClock }) {
    if (!(options.linesPerSecond > 0)) {
      throw new RangeError(`a feed needs a rate above 0, not ${options.linesPerSecond}`);
    }
    this.total = options.total;
    this.#linesPerSecond = options.linesPerSecond;
    this.#clock = options.clock;
    this.#startedMs = options.clock.monotonicNow();
  }

  /** Everything below this position is due; total + 1 once the end is. */
  get dueUntil(): number {
    const dueUntil = Math.floor((this.#elapsedMs() / 1000) * this.#linesPerSecond) + 1;
    return this.#linesPerSecond === unlimitedRate
      ? this.total + 1
      : Math.min(dueUntil, this.total + 1);
  }

  /** Milliseconds until the position falls due; 0 or less when it is. */
  msUntilDue(position: number): number {
    return (position / this.#linesPerSecond) * 1000 - this.#elapsedMs();
  }

  /** Everything below this position is safe with a receiver and may be given up; total + 1 counts the end in. */
  get acknowledged(): number {
    return this.#acknowledged;
  }

  /** Whether everything, the end included, is acknowledged. */
  get isFinished(): boolean {
    return this.#acknowledged === this.total + 1;
  }

  /**
   * A receiver wants to go on at the position; returns why it cannot. A position above `acknowledged` is how a receiver
   * tells that the acknowledgements in between were lost.
   */
  resumeAt(position: number): string | undefined {
    if (position < this.#acknowledged) {
      return `position ${position} was given up: everything below ${this.#acknowledged} is acknowledged`;
    }
    if (position > this.total + 1) {
      return `position ${position} does not exist: the feed ends at ${this.total}`;
    }
    this.#acknowledged = position;
    return undefined;
  }

  /** Everything below the position is safe with the receiver. */
  acknowledge(position: number): void {
    this.#acknowledged = Math.max(this.#acknowledged, position);
  }

  #elapsedMs(): number {
    return this.#clock.monotonicNow() - this.#startedMs;
  }
}
