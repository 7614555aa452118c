/**
 * Owns: reading checkpoints, and telling a damaged, a foreign and a newer one from a good one.
 * Does not own: the layout (checkpoint-format.ts), what follows from a bad one: nobody falls back to an older one here.
 *
 * I1. A file that differs in a single bit from what was written is damaged, whatever it may look like: by the hash that its
 *     writer told, and where nobody kept that, by its seal.
 * I2. However bad the bytes are, reading ends, in time and memory bounded by their number.
 */
import { createHash } from "node:crypto";
import { StreamError } from "../base/index.ts";
import { readAvroContainer } from "../codec/index.ts";
import type { Store } from "../store/index.ts";
import {
  type Checkpoint,
  type CheckpointRef,
  checkpointFormatVersion,
  contradictionIn,
} from "./checkpoint.ts";
import {
  type CheckpointRecord,
  checkpointFormatName,
  checkpointOfRecords,
  checkpointShape,
} from "./checkpoint-format.ts";
import { sealStateOf } from "./checkpoint-seal.ts";
import { nameOfCheckpoint } from "./checkpoint-writer.ts";
import { assertFormat, namingFile } from "./file-format.ts";

/** What a checkpoint must turn out to be. */
export interface CheckpointExpectation extends Partial<CheckpointRef> {
  /** Whose it must be. */
  readonly applicationId?: string;
}

/**
 * Reads a checkpoint from its store: by what the journal tells of it, or by its name alone, where nothing vouches for its
 * bytes but its own seal. Throws `checkpoint_damaged`, `checkpoint_foreign`, `format_newer`, and what the store throws.
 */
export async function readCheckpoint(
  store: Store,
  ref: CheckpointRef | string,
  expected: { readonly applicationId?: string } = {},
): Promise<Checkpoint> {
  const known = typeof ref === "string" ? { name: ref } : ref;
  let bytes: Uint8Array;
  try {
    bytes = await store.read(known.name);
  } catch (thrown) {
    throw namingFile(thrown, "checkpoint_damaged", known.name);
  }
  return decodeCheckpoint(bytes, { ...known, ...expected });
}

/** The checkpoint in these bytes. Throws `checkpoint_damaged`, `checkpoint_foreign`, `format_newer`. */
export async function decodeCheckpoint(
  bytes: Uint8Array,
  expected: CheckpointExpectation = {},
): Promise<Checkpoint> {
  const file = expected.name ?? "(no name)";
  verifyBytes(bytes, expected, file);
  const seal = sealStateOf(bytes);
  if (seal === "broken") throw damaged(file, "its contents are not what its seal says");
  const checkpoint = checkpointOfRecords(await readRecords(bytes, file));
  if (typeof checkpoint === "string") throw damaged(file, checkpoint);
  if (seal === "none") throw damaged(file, "it has no seal");
  const contradiction = contradictionIn(checkpoint);
  if (contradiction !== undefined) throw damaged(file, contradiction);
  assertOurs(checkpoint, expected, file);
  return checkpoint;
}

async function readRecords(bytes: Uint8Array, file: string): Promise<readonly CheckpointRecord[]> {
  const records: CheckpointRecord[] = [];
  try {
    const { blocks } = await readAvroContainer([bytes], {}, (header) => {
      assertFormat(header, checkpointFormatName, {
        version: checkpointFormatVersion,
        file,
        refuse: (reason) => new StreamError("checkpoint_foreign", { file, reason }),
      });
      return checkpointShape;
    });
    for await (const block of blocks) {
      for (const record of block as CheckpointRecord[]) records.push(record);
    }
  } catch (thrown) {
    throw namingFile(thrown, "checkpoint_damaged", file);
  }
  return records;
}

function verifyBytes(bytes: Uint8Array, expected: CheckpointExpectation, file: string): void {
  const { byteCount, sha256 } = expected;
  if (byteCount !== undefined && byteCount !== bytes.length) {
    throw damaged(file, `it has ${bytes.length} bytes, not ${byteCount}`);
  }
  if (sha256 === undefined) return;
  const actual = createHash("sha256").update(bytes).digest("hex");
  if (actual !== sha256) throw damaged(file, `its sha256 is ${actual}, not ${sha256}`);
}

function assertOurs(checkpoint: Checkpoint, expected: CheckpointExpectation, file: string): void {
  const { applicationId, applicationName } = checkpoint;
  if (expected.applicationId !== undefined && expected.applicationId !== applicationId) {
    const details = { file, application: applicationName, applicationId };
    throw new StreamError("checkpoint_foreign", { ...details, expected: expected.applicationId });
  }
  // A copy under another name would pass for a newer or older one.
  const name = nameOfCheckpoint(checkpoint);
  if (expected.name !== undefined && expected.name !== name) {
    throw damaged(file, `it is a copy of ${name}`);
  }
}

function damaged(file: string, reason: string): StreamError {
  return new StreamError("checkpoint_damaged", { file, reason });
}
