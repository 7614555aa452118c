/** Owns: any consistent checkpoint, for property tests. */
import fc from "fast-check";
import {
  type Checkpoint,
  type CheckpointBatch,
  type CheckpointBlock,
  checkpointFormatVersion,
  type StateSnapshotRef,
} from "../../../src/checkpoint/index.ts";
import type { StreamDescription } from "../../../src/core/index.ts";
import { valueArbitrary } from "../codec/value-arbitrary.ts";

const text = fc.string({ unit: "binary", maxLength: 8 });
const count = fc.nat();
const sha256 = fc.constant("ab".repeat(32));
const record = <T>(values: fc.Arbitrary<T>): fc.Arbitrary<Record<string, T>> =>
  fc.dictionary(fc.oneof(text, fc.constant("__proto__")), values, { maxKeys: 3 });

const streamDescription: fc.Arbitrary<StreamDescription> = fc.record(
  {
    uid: text,
    isUidGiven: fc.boolean(),
    lineageUid: text,
    role: fc.constantFrom("input", "operator", "output"),
    kind: text,
    parents: fc.array(text, { maxLength: 2 }),
    parameters: fc.array(valueArbitrary, { maxLength: 2 }),
    slideMs: count,
    spanMs: count,
    codeHash: text,
    signature: text,
    state: fc.record({
      version: count,
      codecId: text,
      partitions: count,
      layout: record(valueArbitrary),
      migratesFrom: fc.array(count, { maxLength: 2 }),
    }),
  },
  {
    requiredKeys: [
      "uid",
      "isUidGiven",
      "lineageUid",
      "role",
      "kind",
      "parents",
      "parameters",
      "slideMs",
      "spanMs",
      "signature",
    ],
  },
);

const block: fc.Arbitrary<CheckpointBlock> = fc.record(
  {
    id: text,
    streamUid: text,
    recordCount: count,
    byteCount: count,
    receiverStart: count,
    position: fc.record({ partition: text, from: count, until: count }),
    metadata: valueArbitrary.filter((value) => value !== undefined),
    form: fc.constantFrom("records", "bytes"),
    location: fc.record({ segment: text, offset: count, length: count, checksum: count }),
  },
  { requiredKeys: ["id", "streamUid", "recordCount", "receiverStart", "form"] },
);

const snapshot: fc.Arbitrary<StateSnapshotRef> = fc.record({
  operatorUid: text,
  versionMs: count,
  baseVersionMs: fc.constant(null),
  stateVersion: count,
  name: text,
  codecId: text,
  sha256,
  entryCount: count,
  byteCount: count,
});

/** A delta over each of them. */
function withDeltas(wholes: readonly StateSnapshotRef[]): StateSnapshotRef[] {
  return wholes.flatMap((whole) => [
    whole,
    { ...whole, versionMs: whole.versionMs + 2 ** 31, baseVersionMs: whole.versionMs },
  ]);
}

const unique = <T>(values: fc.Arbitrary<T>, by: (value: T) => unknown): fc.Arbitrary<T[]> =>
  fc.uniqueArray(values, { selector: by, maxLength: 4 });

/** A checkpoint that does not contradict itself. */
export const checkpointArbitrary: fc.Arbitrary<Checkpoint> = fc
  .record({
    blocks: unique(block, ({ id }) => id),
    batchSteps: fc.uniqueArray(fc.integer({ min: 1, max: 1000 }), { maxLength: 4 }),
    owners: fc.array(fc.nat({ max: 4 }), { minLength: 4, maxLength: 4 }),
    status: fc.constantFrom("completed" as const, "pending" as const),
    inputs: record(valueArbitrary),
    partitions: record(count),
    outputsDone: fc.array(text, { maxLength: 2 }),
    leftOutOf: fc.array(text, { maxLength: 2 }),
    head: fc.record({
      applicationId: text,
      applicationName: text,
      epoch: fc.nat({ max: 10 ** 9 }),
      number: count,
      writtenAtMs: count,
      configuration: fc.record({
        batchIntervalMs: count,
        defaultParallelism: count,
        options: record(valueArbitrary),
      }),
      zeroTimeMs: count,
      accumulators: record(valueArbitrary),
      rates: record(valueArbitrary),
      journal: fc.record({ segment: text, offset: count, sequence: count }),
      sealedLogs: fc.array(fc.record({ segment: text, byteCount: count }), { maxLength: 2 }),
    }),
    graph: unique(streamDescription, ({ uid }) => uid),
    streams: unique(
      fc.record({
        streamUid: text,
        receiverStart: count,
        positions: fc.array(fc.record({ partition: text, next: count }), { maxLength: 2 }),
        state: valueArbitrary.filter((value) => value !== undefined),
      }),
      ({ streamUid }) => streamUid,
    ),
    snapshots: unique(snapshot, ({ operatorUid, versionMs }) => `${operatorUid} ${versionMs}`),
  })
  .map(({ head, graph, blocks, batchSteps, owners, snapshots, ...rest }): Checkpoint => {
    const { status, inputs, partitions, outputsDone, leftOutOf, streams } = rest;
    const batches = batchSteps
      .toSorted((a, b) => a - b)
      .map((step, index): CheckpointBatch => {
        const own = blocks.filter((_, at) => owners[at] === index);
        return {
          batchTimeMs: head.zeroTimeMs + step,
          status,
          streams: own.map(({ id, streamUid }) => ({ streamUid, blockIds: [id] })),
          inputs,
          partitions,
          outputsDone,
          leftOutOf,
        };
      });
    return {
      formatVersion: checkpointFormatVersion,
      ...head,
      graph: { streams: graph },
      lastAllocatedMs: head.zeroTimeMs + 1000,
      batches,
      blocks,
      streams,
      snapshots: withDeltas(snapshots),
    };
  });
