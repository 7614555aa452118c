/**
 * Owns: when the driver of the main job is killed, and what that is to hit: drawn from a seed, spread over the feed.
 * Does not own: the killing (supervisor.ts), what a driver is in the middle of (driver-messages.ts).
 *
 * I1 A life counts at least one batch of its own before it is killed, so that a job that is killed still ends.
 * I2 A target that a kill missed is aimed at again by the next one; more kills than were asked for are made only for that.
 */
import type { DriverActivity, DriverMessage, Target } from "./driver-messages.ts";

/** The part of the feed in which the kills are, so that all of them are in mid-stream. */
const firstShare = 0.05;
const lastShare = 0.8;
/** How many more kills there may be than were asked for. */
const extraKillsMax = 6;

export interface KillPlanOptions {
  readonly kills: number;
  readonly flights: number;
  readonly batchIntervalMs: number;
  readonly seed: number;
}

export class KillPlan {
  readonly #options: KillPlanOptions;
  readonly #random: () => number;
  /** What no kill has hit yet, in the order in which it is aimed at. */
  #missing: Target[];
  readonly #hits = new Map<Target, number>();
  #made = 0;
  #nextAt: number;

  constructor(options: KillPlanOptions) {
    this.#options = options;
    this.#random = randomNumbers(options.seed);
    const targets: Target[] = ["batch", "snapshot", "unallocated"];
    this.#missing = options.kills === 0 ? [] : this.#shuffled(targets);
    this.#nextAt = this.#drawPlace();
  }

  /** How many kills there were. */
  get made(): number {
    return this.#made;
  }

  /** What no kill has hit. */
  get missing(): readonly Target[] {
    return this.#missing;
  }

  /** How many kills have hit it. */
  hitsOf(target: Target): number {
    return this.#hits.get(target) ?? 0;
  }

  /** In how many ms the driver is to be killed, now that this message has come; undefined for not yet. */
  delayAfter(message: DriverMessage, driver: DriverActivity): number | undefined {
    const { kills } = this.#options;
    const killsMax = this.#missing.length > 0 ? kills + extraKillsMax : kills;
    if (kills === 0 || this.#made >= killsMax) return undefined;
    if (driver.batchesCompleted === 0 || driver.flights < this.#nextAt) return undefined;
    switch (this.#missing[0]) {
      case "unallocated":
        return message.kind === "stored" ? 0 : undefined;
      case "snapshot":
        return message.kind === "snapshot-started" ? 0 : undefined;
      case "batch":
        return message.kind === "batch-started"
          ? Math.floor(this.#random() * driver.processingMs)
          : undefined;
      default:
        return Math.floor(this.#random() * this.#options.batchIntervalMs);
    }
  }

  /** The driver was killed in the middle of this. */
  killed(targets: ReadonlySet<Target>): void {
    this.#made += 1;
    for (const target of targets) this.#hits.set(target, this.hitsOf(target) + 1);
    this.#missing = this.#missing.filter((target) => !targets.has(target));
    this.#nextAt = this.#drawPlace();
  }

  /** After how many flights the next kill is: anywhere in its share of the feed. */
  #drawPlace(): number {
    const { flights, kills } = this.#options;
    const place = Math.min(1, (this.#made + this.#random()) / Math.max(1, kills));
    return flights * (firstShare + (lastShare - firstShare) * place);
  }

  #shuffled<T>(values: readonly T[]): T[] {
    return values
      .map((value) => ({ value, order: this.#random() }))
      .toSorted((one, other) => one.order - other.order)
      .map(({ value }) => value);
  }
}

/** Numbers from 0 up to 1, the same for the same seed: Weyl's sequence, mixed as MurmurHash3 ends. */
function randomNumbers(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x9e3779b9) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 16), 0x85ebca6b);
    mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
    return ((mixed ^ (mixed >>> 16)) >>> 0) / 2 ** 32;
  };
}
