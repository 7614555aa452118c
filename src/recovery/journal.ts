/**
 * Owns: the way of every event: written to the journal, taken into memory, then allowed to have consequences.
 * Does not own: frames and syncs (src/wal), what events mean (driver-knowledge.ts), the epochs (epochs.ts).
 *
 * Invariants: I1 memory takes events in the order in which they went to the journal, and none that the journal did not
 * take. I2 an event has consequences (an acknowledgement, a next step) only if no higher epoch existed after it was durable.
 * I3 after the first failure nothing resolves any more.
 */
import type { LogWriter } from "../wal/index.ts";
import type { DriverKnowledge } from "./driver-knowledge.ts";
import type { EpochFence } from "./epochs.ts";
import { encodeEvent } from "./journal-codec.ts";
import type { JournalEvent } from "./journal-events.ts";

/** The journal of a life of the driver. */
export class Journal {
  readonly #writer: LogWriter;
  readonly #knowledge: DriverKnowledge;
  readonly #fence: Pick<EpochFence, "assertLeading">;
  readonly #fatal: (error: unknown) => void;
  #applied: Promise<void> = Promise.resolve();
  #sequence: number;

  /** `sequence` is that of the last event that the knowledge holds; `fatal` hears of the failure that ends the process. */
  constructor(options: {
    readonly writer: LogWriter;
    readonly knowledge: DriverKnowledge;
    readonly fence: Pick<EpochFence, "assertLeading">;
    readonly sequence: number;
    readonly fatal: (error: unknown) => void;
  }) {
    this.#writer = options.writer;
    this.#knowledge = options.knowledge;
    this.#fence = options.fence;
    this.#sequence = options.sequence;
    this.#fatal = options.fatal;
  }

  /** The number of the last event that memory holds. */
  get sequence(): number {
    return this.#sequence;
  }

  /** Resolves when the event is durable and counts. Rejects with `log_failed`, `log_taken`, `epoch_superseded`. */
  async append(event: JournalEvent): Promise<void> {
    try {
      const written = this.#writer.append(encodeEvent(event));
      const applied = Promise.all([written, this.#applied]).then(() => {
        this.#sequence += 1;
        this.#knowledge.apply(event);
      });
      this.#applied = applied;
      // Whoever appended the event hears of it; the chain itself must not be an unhandled rejection.
      applied.catch(() => {});
      await applied;
      await this.#fence.assertLeading();
    } catch (error) {
      this.#fatal(error);
      throw error;
    }
  }
}
