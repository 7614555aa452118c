/**
 * Owns: what the driver of the main job tells its supervisor while it works, and what follows from that: what it was in
 * the middle of when it died.
 * Does not own: processes (supervisor.ts), when to kill (kill-plan.ts).
 *
 * I1 Messages arrive in the order in which they were sent, and those of a driver that was killed arrive before its end: so
 *    the activity after the last of them is what the kill hit.
 */

/** What a driver tells. */
export type DriverMessage =
  /** Everything below this position is in the receiver's log, and acknowledged. */
  | { readonly kind: "stored"; readonly until: number }
  /** A batch has been given all blocks that were there. */
  | { readonly kind: "batch-submitted" }
  | { readonly kind: "batch-started" }
  /** `flights` are all that were counted so far, in earlier lives too. */
  | { readonly kind: "batch-completed"; readonly flights: number; readonly processingMs: number }
  | { readonly kind: "snapshot-started"; readonly operatorUid: string }
  | { readonly kind: "snapshot-completed"; readonly operatorUid: string }
  /** A snapshot failed, and it is not known which. */
  | { readonly kind: "snapshot-failed" }
  /** A signal may stop it: from now on it has something to say at its end. */
  | { readonly kind: "can-stop" }
  /** All flights have been counted. */
  | { readonly kind: "ended" };

/** What a kill can hit. */
export type Target = "batch" | "snapshot" | "unallocated";

/** How people are told of it. */
export const targetTexts: Readonly<Record<Target, string>> = {
  unallocated: "blocks were in no batch yet",
  batch: "a batch ran",
  snapshot: "a state snapshot was in flight",
};

/** What one life of the driver is in the middle of. */
export class DriverActivity {
  #unallocatedBlocks = 0;
  #batches = 0;
  readonly #snapshots = new Set<string>();
  #flights = 0;
  #batchesCompleted = 0;
  #processingMs = 0;

  /** Goes on by a message. */
  take(message: DriverMessage): void {
    switch (message.kind) {
      case "stored":
        this.#unallocatedBlocks += 1;
        break;
      case "batch-submitted":
        this.#unallocatedBlocks = 0;
        break;
      case "batch-started":
        this.#batches += 1;
        break;
      case "batch-completed":
        this.#batches = Math.max(0, this.#batches - 1);
        this.#batchesCompleted += 1;
        this.#flights = message.flights;
        this.#processingMs = message.processingMs;
        break;
      case "snapshot-started":
        this.#snapshots.add(message.operatorUid);
        break;
      case "snapshot-completed":
        this.#snapshots.delete(message.operatorUid);
        break;
      case "snapshot-failed":
        this.#snapshots.clear();
        break;
      case "can-stop":
      case "ended":
        break;
    }
  }

  /** How many flights were counted, in all lives. */
  get flights(): number {
    return this.#flights;
  }

  get batchesCompleted(): number {
    return this.#batchesCompleted;
  }

  /** How long the last batch took. */
  get processingMs(): number {
    return this.#processingMs;
  }

  /** What it is in the middle of. */
  get targets(): Set<Target> {
    const targets = new Set<Target>();
    if (this.#unallocatedBlocks > 0) targets.add("unallocated");
    if (this.#batches > 0) targets.add("batch");
    if (this.#snapshots.size > 0) targets.add("snapshot");
    return targets;
  }
}
