/**
 * Owns: what is told of a block in the receiver log.
 * Does not own: its form (docs/format/block.md, src/receiver).
 */
import { decodeBlock } from "../codec/index.ts";
import { loggedContent } from "../receiver/index.ts";

/** A block as the receiver log has it. */
export type LoggedBlock =
  | { readonly form: "records"; readonly records: readonly unknown[] }
  | { readonly form: "bytes"; readonly bytes: Uint8Array };

/** The block of a payload. Throws `value_undecodable`. */
export function describeBlock(payload: Uint8Array): LoggedBlock {
  if (payload[1] === 1) return { form: "bytes", bytes: loggedContent(payload, "bytes") };
  const records: unknown[] = [];
  const content = loggedContent(payload, "records");
  const view = new DataView(content.buffer, content.byteOffset, content.byteLength);
  for (let offset = 0; offset + runLengthBytes <= content.length; ) {
    const until = offset + runLengthBytes + view.getUint32(offset, true);
    for (const record of decodeBlock(content.subarray(offset + runLengthBytes, until))) {
      records.push(record);
    }
    offset = until;
  }
  return { form: "records", records };
}

const runLengthBytes = 4;
