/** Owns: journals that a driver may have written, drawn from a seed: every event fits those before it. */
import { type Random, seededRandom } from "../../../src/base/index.ts";
import type { StateSnapshotRef } from "../../../src/checkpoint/index.ts";
import type { BlockEvent, BlockRecord } from "../../../src/receiver/index.ts";
import { ReceivedBlockTracker } from "../../../src/receiver/index.ts";
import type { JournalEvent } from "../../../src/recovery/journal-events.ts";

const streamUids = ["lines", "clicks"];
const outputUids = ["print", "save"];
const hash = "cd".repeat(32);

/** About `length` events of a driver that lived several times. */
export function journalHistory(seed: number, length: number): readonly JournalEvent[] {
  const history = new History(seededRandom("journal history", seed));
  while (history.events.length < length) history.step();
  return history.events;
}

class History {
  readonly events: JournalEvent[] = [{ ...opened, epoch: 1 }];
  readonly #random: Random;
  readonly #blocks = new ReceivedBlockTracker();
  #epoch = 1;
  #blockCount = 0;
  #snapshots: StateSnapshotRef[] = [];
  #checkpoints = 0;

  constructor(random: Random) {
    this.#random = random;
  }

  step(): void {
    const steps = [
      () => this.#startReceiver(),
      () => this.#addBlock(),
      () => this.#addBlock(),
      () => this.#allocate(),
      () => this.#finishOutput(),
      () => this.#complete(),
      () => this.#snapshot(),
      () => this.#checkpoint(),
      () => this.#clean(),
      () => this.#reopen(),
    ];
    this.#one(steps)?.();
  }

  #one<T>(choices: readonly T[]): T | undefined {
    return choices[this.#random.nextInt(0, Math.max(0, choices.length - 1))];
  }

  #tell(event: JournalEvent | undefined): void {
    if (event === undefined) return;
    this.events.push(event);
    if (isBlockEvent(event)) this.#blocks.apply(event);
  }

  #startReceiver(): void {
    this.#tell(this.#blocks.nextReceiverStart(this.#one(streamUids) ?? ""));
  }

  #addBlock(): void {
    const streamUid = this.#one(streamUids) ?? "";
    const receiverStart = this.#blocks.receiverStart(streamUid);
    if (receiverStart === 0) return this.#startReceiver();
    this.#blockCount += 1;
    const id = `input-${streamUid}-${this.#epoch}-${this.#blockCount}`;
    const partition = String(this.#random.nextInt(0, 1));
    const from = this.#blocks.positions(streamUid).get(partition) ?? 0;
    const recordCount = this.#random.nextInt(1, 5);
    const position = { partition, from, until: from + recordCount };
    const hasPosition = this.#random.nextInt(0, 2) > 0;
    const location = { segment: "blocks/x", offset: from, length: 9, checksum: 7 };
    const block: BlockRecord = {
      id,
      streamUid,
      recordCount,
      receiverStart,
      form: "records",
      location,
      ...(hasPosition ? { position } : {}),
    };
    this.#tell({ kind: "block_added", block });
  }

  #allocate(): void {
    const afterMs = this.#blocks.lastAllocatedTimeMs ?? 0;
    const timeMs = afterMs + 1000 * this.#random.nextInt(1, 3);
    this.#tell(
      this.#blocks.allocate(timeMs, { inputs: { files: [timeMs] }, partitions: { n: 2 } }),
    );
  }

  #finishOutput(): void {
    const batchTimeMs = this.#one(this.#blocks.batchTimesMs);
    const outputUid = this.#one(outputUids) ?? "";
    if (batchTimeMs !== undefined) this.#tell({ kind: "output_done", batchTimeMs, outputUid });
  }

  #complete(): void {
    const batchTimeMs = this.#one(this.#blocks.batchTimesMs);
    const leftOutOf = this.#random.nextInt(0, 3) === 0 ? ["counts"] : [];
    if (batchTimeMs !== undefined) this.#tell({ kind: "batch_completed", batchTimeMs, leftOutOf });
  }

  #snapshot(): void {
    const versionMs = this.#one(this.#blocks.batchTimesMs);
    if (versionMs === undefined || this.#snapshots.some((s) => s.versionMs === versionMs)) return;
    const snapshot: StateSnapshotRef = {
      operatorUid: "counts",
      versionMs,
      baseVersionMs: null,
      stateVersion: 0,
      name: `state/counts/${versionMs}`,
      codecId: "value",
      sha256: hash,
      entryCount: 1,
      byteCount: 10,
    };
    this.#snapshots.push(snapshot);
    this.#tell({ kind: "snapshot_written", snapshot });
  }

  #checkpoint(): void {
    this.#checkpoints += 1;
    const name = `checkpoints/${this.#checkpoints}`;
    this.#tell({ kind: "checkpoint_written", checkpoint: { name, sha256: hash, byteCount: 5 } });
  }

  #clean(): void {
    const beforeMs = this.#one(this.#blocks.batchTimesMs);
    if (beforeMs !== undefined) this.#tell(this.#blocks.cleanup(beforeMs));
  }

  #reopen(): void {
    if (this.#random.nextInt(0, 2) > 0) return;
    if (this.#random.nextInt(0, 1) === 1) this.#tell({ kind: "driver_stopped", atMs: 3 });
    this.#epoch += 1;
    this.#tell({ ...opened, epoch: this.#epoch });
  }
}

const opened = {
  kind: "epoch_opened",
  epoch: 1,
  applicationName: "counts",
  atMs: 1,
  sealed: [],
} as const satisfies JournalEvent;

const blockKinds: ReadonlySet<JournalEvent["kind"]> = new Set<BlockEvent["kind"]>([
  "batch_allocated",
  "batches_cleaned",
  "block_added",
  "blocks_lost",
  "receiver_started",
]);

function isBlockEvent(event: JournalEvent): event is BlockEvent {
  return blockKinds.has(event.kind);
}
