/** Owns: one event of each kind, as they stand in test/fixtures/v1/journal, which loads in every release. */
import type { CheckpointRef } from "../../../src/checkpoint/index.ts";
import type { JournalEvent } from "../../../src/recovery/journal-events.ts";

const sha256 = "5e".repeat(32);

/** What the segment opens with. */
export const goldenOpening: CheckpointRef = {
  name: "checkpoints/001357008280000-0000000001-000007",
  sha256,
  byteCount: 7042,
};

const events: { readonly [Kind in JournalEvent["kind"]]: JournalEvent & { kind: Kind } } = {
  epoch_opened: {
    kind: "epoch_opened",
    epoch: 2,
    applicationName: "counts",
    atMs: 1_357_008_281_000,
    sealed: [{ epoch: 1, segment: 0, length: 4096 }],
  },
  receiver_started: { kind: "receiver_started", streamUid: "orders", receiverStart: 3 },
  block_added: {
    kind: "block_added",
    block: {
      id: "input-orders-2-0",
      streamUid: "orders",
      recordCount: 2,
      receiverStart: 3,
      position: { partition: "0", from: 40, until: 42 },
      form: "records",
      location: {
        segment: "blocks/0000000002-driver-0000000000",
        offset: 52,
        length: 60,
        checksum: 3_735_928_559,
      },
    },
  },
  blocks_lost: {
    kind: "blocks_lost",
    streams: [
      {
        streamUid: "orders",
        blockIds: ["input-orders-1-9"],
        positions: [{ partition: "0", next: 38 }],
      },
    ],
  },
  batch_allocated: {
    kind: "batch_allocated",
    batchTimeMs: 1_357_008_282_000,
    streams: [{ streamUid: "orders", blockIds: ["input-orders-2-0"] }],
    inputs: {
      logs: { files: [{ path: "/in/a.log", byteCount: 11, modifiedMs: 1_357_008_281_500 }] },
    },
    partitions: {},
  },
  output_done: { kind: "output_done", batchTimeMs: 1_357_008_282_000, outputUid: "shown" },
  batch_completed: {
    kind: "batch_completed",
    batchTimeMs: 1_357_008_282_000,
    leftOutOf: ["sums"],
  },
  snapshot_written: {
    kind: "snapshot_written",
    snapshot: {
      operatorUid: "sums",
      versionMs: 1_357_008_282_000,
      baseVersionMs: null,
      stateVersion: 1,
      name: "state/sums/001357008282000-0000000002",
      codecId: "value",
      sha256,
      entryCount: 2,
      byteCount: 613,
    },
  },
  checkpoint_written: { kind: "checkpoint_written", checkpoint: goldenOpening },
  batches_cleaned: { kind: "batches_cleaned", batchTimesMs: [1_357_008_280_000] },
  driver_stopped: { kind: "driver_stopped", atMs: 1_357_008_283_000 },
};

/** In the order in which they are written. */
export const goldenEvents: readonly JournalEvent[] = Object.values(events);

/** The number of the first one. */
export const goldenSequence = 17;
