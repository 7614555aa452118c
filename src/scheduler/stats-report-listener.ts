/** Owns: a listener that says how long the last batches took. */
import type { Logger } from "../base/index.ts";
import type { BatchInfo, StreamingListener } from "./listener.ts";

const percents = [0, 5, 10, 25, 50, 75, 90, 95, 100] as const;

/** Says, after each batch, how total delay and processing time of the last batches are distributed (in ms). */
export class StatsReportListener implements StreamingListener {
  readonly #logger: Pick<Logger, "info">;
  readonly #batchesMax: number;
  readonly #batches: BatchInfo[] = [];

  /** Looks at the last `batchesMax` batches (default 10). */
  constructor(logger: Pick<Logger, "info">, batchesMax = 10) {
    this.#logger = logger;
    this.#batchesMax = batchesMax;
  }

  onBatchCompleted(info: BatchInfo): void {
    this.#batches.push(info);
    if (this.#batches.length > this.#batchesMax) this.#batches.shift();
    this.#report("total delay", ({ totalDelay }) => totalDelay);
    this.#report("processing time", ({ processingDelay }) => processingDelay);
  }

  #report(what: string, read: (info: BatchInfo) => number | undefined): void {
    const sorted = this.#batches
      .map(read)
      .filter((ms) => ms !== undefined)
      .sort((a, b) => a - b);
    const at = (percent: number): number =>
      sorted[Math.min(sorted.length - 1, Math.floor((percent / 100) * sorted.length))] ??
      Number.NaN;
    const columns = percents.map((percent) => `${percent}%: ${at(percent)}`).join("  ");
    this.#logger.info(`${what} of the last ${sorted.length} batches in ms:  ${columns}`);
  }
}
