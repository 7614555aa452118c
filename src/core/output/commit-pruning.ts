/**
 * Owns: removing the notes of commits that no batch can ask for any more.
 * Does not own: which those are (the engine tells a time).
 * Invariants: I1 there is one removal at a time, and a failed one costs nothing but room: the next one makes up for it.
 */
import type { TransactionalSink } from "./transactional-sink.ts";

/** Rows that may gather before a removal is worth its transaction. */
const commitsMin = 1000;

/** Removes the notes of one output from its sink. */
export class CommitPruning<Tx> {
  readonly #sink: TransactionalSink<Tx>;
  #commits = 0;
  #applicationId: string | undefined;
  #running: Promise<void> | undefined;

  constructor(sink: TransactionalSink<Tx>) {
    this.#sink = sink;
  }

  /** Hears of a commit. */
  committed(applicationId: string): void {
    this.#applicationId = applicationId;
    this.#commits++;
  }

  /** Begins to remove the notes of batches before that time, when there are enough of them. */
  forget(beforeBatchMs: number): void {
    const applicationId = this.#applicationId;
    if (applicationId === undefined || this.#commits < commitsMin) return;
    if (this.#running !== undefined) return;
    this.#commits = 0;
    const { ledger } = this.#sink;
    this.#running = this.#sink
      .transaction((tx) => ledger.forget(tx, applicationId, beforeBatchMs))
      .catch(() => {
        this.#commits += commitsMin;
      })
      .finally(() => {
        this.#running = undefined;
      });
  }

  /** Removes all notes of an application that has no later life. Rejects with what the sink throws. */
  async forgetApplication(): Promise<void> {
    const applicationId = this.#applicationId;
    await this.#running;
    if (applicationId === undefined) return;
    await this.#sink.transaction((tx) => this.#sink.ledger.forgetApplication(tx, applicationId));
  }
}
