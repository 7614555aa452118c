/**
 * Owns: the form of a block in a log (docs/format/block.md): a version, what it holds, and that.
 * Does not own: the encoding of records (src/core/block-bytes.ts), frames and checksums (the log).
 * Invariant: I1 a reader reads every version that was ever written, and refuses others.
 */
import type { Buffer } from "node:buffer";
import { StreamError } from "../base/index.ts";
import { encodeRecords, ownedCopy, type Pacer } from "../core/index.ts";
import type { BlockRecord } from "./block-events.ts";

const version = 1;
const formCodes: Readonly<Record<BlockRecord["form"], number>> = { records: 0, bytes: 1 };
const headerBytes = 2;

/** What goes into a block: records, or bytes that are records once decoded. */
export type BlockContent =
  | { readonly records: readonly unknown[] }
  | { readonly bytes: Uint8Array };

export function formOf(content: BlockContent): BlockRecord["form"] {
  return "bytes" in content ? "bytes" : "records";
}

/** The block as a log keeps it, in memory of its own; throws `value_unsupported`. */
export async function encodeLogged(content: BlockContent, pacer: Pacer): Promise<Buffer> {
  const header = Uint8Array.of(version, formCodes[formOf(content)]);
  if ("bytes" in content) return ownedCopy(content.bytes, header);
  return encodeRecords(content.records, pacer, header);
}

/** What is behind the header: the bytes that came, or those of `encodeRecords`. Throws `value_undecodable`. */
export function loggedContent(logged: Uint8Array, form: BlockRecord["form"]): Uint8Array {
  const [found, code] = logged;
  if (found !== version) {
    throw new StreamError("value_undecodable", { reason: `unknown version ${found} of a block` });
  }
  if (code !== formCodes[form]) {
    throw new StreamError("value_undecodable", { reason: `a block of ${form} was expected` });
  }
  return logged.subarray(headerBytes);
}
