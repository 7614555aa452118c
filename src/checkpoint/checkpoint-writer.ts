/**
 * Owns: writing checkpoints.
 * Does not own: the layout (checkpoint-format.ts), when one is written and what follows from it (src/recovery).
 */
import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { invariant, StreamError } from "../base/index.ts";
import { AvroContainerWriter } from "../codec/index.ts";
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
  checkpointShape,
  recordsOfCheckpoint,
} from "./checkpoint-format.ts";
import { sealOver } from "./checkpoint-seal.ts";
import { checkpointName } from "./durable-names.ts";
import { formatMetadataName } from "./file-format.ts";

/**
 * The bytes of a checkpoint: equal checkpoints have equal bytes. Throws `value_unsupported` where something in it is not
 * plain data, and `invariant_violated` where it contradicts itself.
 */
export function encodeCheckpoint(checkpoint: Checkpoint): Uint8Array {
  const contradiction = contradictionIn(checkpoint);
  invariant(contradiction === undefined, `a checkpoint is consistent, but ${contradiction}`);
  const writer = new AvroContainerWriter({
    shape: checkpointShape,
    metadata: { [formatMetadataName]: `${checkpointFormatName}/${checkpointFormatVersion}` },
  });
  const chunks = [writer.begin()];
  for (const record of recordsOfCheckpoint(checkpoint)) {
    const chunk = writer.add(record);
    if (chunk !== undefined) chunks.push(chunk);
  }
  // The seal is a block of its own, so that it can stand behind what it is the hash of.
  chunks.push(writer.end() ?? new Uint8Array());
  writer.add(sealRecord(Buffer.concat(chunks)));
  chunks.push(writer.end() ?? new Uint8Array());
  return Buffer.concat(chunks);
}

function sealRecord(bytes: Uint8Array): CheckpointRecord {
  return { entry: { kind: "seal", value: { sha256: sealOver(bytes) } } };
}

/** What a checkpoint is called in its store. */
export function nameOfCheckpoint(
  checkpoint: Pick<Checkpoint, "epoch" | "number" | "lastAllocatedMs">,
): string {
  const { epoch, number, lastAllocatedMs } = checkpoint;
  return checkpointName({ timeMs: lastAllocatedMs, epoch, number });
}

/**
 * Writes a checkpoint; it is durable when this resolves, and counts once the journal names it. After a failure another
 * one with a higher number may be written. Throws what `encodeCheckpoint` and the store throw, and `store_taken`.
 */
export async function writeCheckpoint(
  store: Store,
  checkpoint: Checkpoint,
): Promise<CheckpointRef> {
  const bytes = encodeCheckpoint(checkpoint);
  const name = nameOfCheckpoint(checkpoint);
  if ((await store.create(name, bytes)) === "taken") {
    throw new StreamError("store_taken", { name, store: store.address });
  }
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  return { name, sha256, byteCount: bytes.length };
}
