/**
 * Owns: the layout of a checkpoint file, version 1, as docs/format/checkpoint.md has it: which records there are, in
 * which order, and how a checkpoint is put together from them.
 * Does not own: what a checkpoint holds (checkpoint.ts), the container (src/codec), files (checkpoint-writer.ts,
 * checkpoint-reader.ts).
 *
 * I1. The header counts the records of each kind, and the last block seals the others (checkpoint-seal.ts): a file that was
 *     cut or changed never reads as a good one, whoever reads it.
 * I2. Kinds of records are only ever appended: their numbers stand in every file written so far.
 */
import {
  type AvroShape,
  arrayShape,
  booleanShape,
  enumShape,
  longShape,
  mapShape,
  nullableShape,
  optionalShape,
  plainShape,
  recordShape,
  stringShape,
  type Tagged,
  unionShape,
} from "../codec/index.ts";
import type { StateDescription, StreamDescription } from "../core/index.ts";
import type {
  BlockLocation,
  Checkpoint,
  CheckpointBatch,
  CheckpointBlock,
  CheckpointConfiguration,
  CheckpointStream,
  LogPosition,
  SealedLog,
} from "./checkpoint.ts";
import type { StateSnapshotRef } from "./state-snapshot.ts";

/** What the metadata of the container say under `millrace.format`, before the slash and the version. */
export const checkpointFormatName = "checkpoint";

type Positions = CheckpointStream["positions"][number];
type Allocation = CheckpointBatch["streams"][number];
type SourcePosition = NonNullable<CheckpointBlock["position"]>;

interface Header
  extends Pick<
    Checkpoint,
    | "applicationId"
    | "applicationName"
    | "epoch"
    | "number"
    | "writtenAtMs"
    | "configuration"
    | "zeroTimeMs"
    | "lastAllocatedMs"
    | "journal"
  > {
  /** How many records of each kind there are, the header apart. */
  readonly counts: Readonly<Record<string, number>>;
}

const name = (record: string): string => `millrace.${record}`;

const headerShape = recordShape<Header>(name("CheckpointHeader"), {
  applicationId: stringShape,
  applicationName: stringShape,
  epoch: longShape,
  number: longShape,
  writtenAtMs: longShape,
  configuration: recordShape<CheckpointConfiguration>(name("CheckpointConfiguration"), {
    batchIntervalMs: longShape,
    defaultParallelism: longShape,
    options: mapShape(plainShape),
  }),
  zeroTimeMs: longShape,
  lastAllocatedMs: longShape,
  journal: recordShape<LogPosition>(name("LogPosition"), {
    segment: stringShape,
    offset: longShape,
    sequence: longShape,
  }),
  counts: mapShape(longShape),
});

const graphStreamShape = recordShape<Omit<StreamDescription, "runsOn">>(name("GraphStream"), {
  uid: stringShape,
  isUidGiven: booleanShape,
  lineageUid: stringShape,
  role: enumShape(name("StreamRole"), ["input", "operator", "output"]),
  kind: stringShape,
  parents: arrayShape(stringShape),
  parameters: arrayShape(plainShape),
  slideMs: longShape,
  spanMs: longShape,
  codeHash: optionalShape(stringShape),
  signature: stringShape,
  state: optionalShape(
    recordShape<StateDescription>(name("StateDescription"), {
      version: longShape,
      codecId: stringShape,
      partitions: longShape,
      layout: mapShape(plainShape),
      migratesFrom: arrayShape(longShape),
    }),
  ),
});

const streamShape = recordShape<CheckpointStream>(name("SourceState"), {
  streamUid: stringShape,
  receiverStart: longShape,
  positions: arrayShape(
    recordShape<Positions>(name("NextPosition"), { partition: stringShape, next: longShape }),
  ),
  state: optionalShape(plainShape),
});

const blockShape = recordShape<CheckpointBlock>(name("Block"), {
  id: stringShape,
  streamUid: stringShape,
  recordCount: longShape,
  byteCount: optionalShape(longShape),
  receiverStart: longShape,
  position: optionalShape(
    recordShape<SourcePosition>(name("SourceRange"), {
      partition: stringShape,
      from: longShape,
      until: longShape,
    }),
  ),
  metadata: optionalShape(plainShape),
  form: enumShape(name("BlockForm"), ["records", "bytes"]),
  location: optionalShape(
    recordShape<BlockLocation>(name("BlockLocation"), {
      segment: stringShape,
      offset: longShape,
      length: longShape,
      checksum: longShape,
    }),
  ),
});

const batchShape = recordShape<CheckpointBatch>(name("Batch"), {
  batchTimeMs: longShape,
  status: enumShape(name("BatchStatus"), ["completed", "pending"]),
  streams: arrayShape(
    recordShape<Allocation>(name("Allocation"), {
      streamUid: stringShape,
      blockIds: arrayShape(stringShape),
    }),
  ),
  inputs: mapShape(plainShape),
  partitions: mapShape(longShape),
  outputsDone: arrayShape(stringShape),
  leftOutOf: arrayShape(stringShape),
});

const snapshotShape = recordShape<StateSnapshotRef>(name("StateSnapshotRef"), {
  operatorUid: stringShape,
  versionMs: longShape,
  baseVersionMs: nullableShape(longShape),
  stateVersion: longShape,
  name: stringShape,
  codecId: stringShape,
  sha256: stringShape,
  entryCount: longShape,
  byteCount: longShape,
});

interface NamedValue {
  readonly name: string;
  readonly value: unknown;
}

const accumulatorShape = recordShape<NamedValue>(name("Accumulator"), {
  name: stringShape,
  value: plainShape,
});

interface RateState {
  readonly streamUid: string;
  readonly state: unknown;
}

const rateShape = recordShape<RateState>(name("RateState"), {
  streamUid: stringShape,
  state: plainShape,
});

const sealedLogShape = recordShape<SealedLog>(name("SealedLog"), {
  segment: stringShape,
  byteCount: longShape,
});

interface Seal {
  /** Of all bytes of the file before the block of this record. */
  readonly sha256: string;
}

interface Contents {
  readonly header: Header;
  readonly graph: StreamDescription;
  readonly stream: CheckpointStream;
  readonly block: CheckpointBlock;
  readonly batch: CheckpointBatch;
  readonly snapshot: StateSnapshotRef;
  readonly accumulator: NamedValue;
  readonly rate: RateState;
  readonly sealedLog: SealedLog;
  readonly seal: Seal;
}

const entryShape = unionShape<Contents>({
  header: headerShape,
  graph: graphStreamShape,
  stream: streamShape,
  block: blockShape,
  batch: batchShape,
  snapshot: snapshotShape,
  accumulator: accumulatorShape,
  rate: rateShape,
  sealedLog: sealedLogShape,
  seal: recordShape<Seal>(name("CheckpointSeal"), { sha256: stringShape }),
});

type Entry = Tagged<Contents>;

/** One record of the file; wrapped, as most tools want a record at the top. */
export interface CheckpointRecord {
  readonly entry: Entry;
}

/** The form of the records of a checkpoint file. */
export const checkpointShape: AvroShape<CheckpointRecord> = recordShape<CheckpointRecord>(
  name("CheckpointRecord"),
  { entry: entryShape },
);

/** The records of a checkpoint, the header first. */
export function* recordsOfCheckpoint(checkpoint: Checkpoint): Generator<CheckpointRecord> {
  const lists = listsOf(checkpoint);
  const counts = Object.fromEntries(
    Object.entries(lists).map(([kind, values]) => [kind, values.length]),
  );
  yield { entry: { kind: "header", value: { ...checkpoint, counts } } };
  for (const [kind, values] of Object.entries(lists)) {
    for (const value of values) yield { entry: { kind, value } as Entry };
  }
}

/** What there is any number of, in the order in which it is written. */
type Lists = { readonly [K in Exclude<keyof Contents, "header" | "seal">]: readonly Contents[K][] };

function listsOf(checkpoint: Checkpoint): Lists {
  return {
    graph: checkpoint.graph.streams,
    stream: checkpoint.streams,
    block: checkpoint.blocks,
    batch: checkpoint.batches,
    snapshot: checkpoint.snapshots,
    accumulator: Object.entries(checkpoint.accumulators).map(([each, value]) => ({
      name: each,
      value,
    })),
    rate: Object.entries(checkpoint.rates).map(([streamUid, state]) => ({ streamUid, state })),
    sealedLog: checkpoint.sealedLogs,
  };
}

/** Puts a checkpoint together from its records; a text says what is wrong with them. */
export function checkpointOfRecords(records: Iterable<CheckpointRecord>): Checkpoint | string {
  const lists: { [K in keyof Lists]: Contents[K][] } = {
    graph: [],
    stream: [],
    block: [],
    batch: [],
    snapshot: [],
    accumulator: [],
    rate: [],
    sealedLog: [],
  };
  let header: Header | undefined;
  for (const { entry } of records) {
    if (entry.kind === "seal") continue;
    if (entry.kind !== "header") (lists[entry.kind] as unknown[]).push(entry.value);
    else if (header !== undefined) return "it has two headers";
    else header = entry.value;
  }
  if (header === undefined) return "it has no header";
  const { counts, ...rest } = header;
  for (const [kind, values] of Object.entries(lists)) {
    const expected = counts[kind] ?? 0;
    if (values.length !== expected) {
      return `it has ${values.length} records of the kind ${kind}, not ${expected}`;
    }
  }
  return {
    formatVersion: 1,
    ...rest,
    graph: { streams: lists.graph },
    streams: lists.stream,
    blocks: lists.block,
    batches: lists.batch,
    snapshots: lists.snapshot,
    accumulators: Object.fromEntries(lists.accumulator.map((each) => [each.name, each.value])),
    rates: Object.fromEntries(lists.rate.map(({ streamUid, state }) => [streamUid, state])),
    sealedLogs: lists.sealedLog,
  };
}
