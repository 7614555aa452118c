/**
 * Owns: what can be wrong with a log, in words and numbers, and the error that a caller throws who cannot go on with it.
 * Does not own: the finding (segment-reader.ts, log-reader.ts), what to do about it (tail-policy.ts and the callers).
 */
import { type ErrorCode, StreamError } from "../base/index.ts";

/** What is wrong. */
export type DamageKind =
  /** The file ends within its header. */
  | "header_cut"
  | "header_damaged"
  /** It is a segment, but not the one that its name says. */
  | "header_mismatch"
  /** It is no segment of any version. */
  | "foreign"
  | "format_newer"
  /** The file ends within a frame whose header is right. */
  | "frame_cut"
  /** The header of a frame is right, its payload is not. */
  | "frame_damaged"
  /** Bytes that are neither frame nor footer. */
  | "bytes_damaged"
  /** A frame is right in itself, but not the one that has to come here. */
  | "frame_misplaced"
  /** The footer tells of other frames than there are. */
  | "footer_mismatch"
  | "bytes_behind_footer"
  /** The file is shorter than the length at which it was sealed. */
  | "segment_cut"
  /** The medium refuses to read it. */
  | "segment_unreadable"
  | "segment_missing"
  /** Later segments hold frames, and this one has no footer. */
  | "segment_unsealed"
  /** Two copies hold different frames of one sequence number, both right in themselves. */
  | "copies_differ";

/** Sequence numbers from `from` on, until before `until`, or until an unknown end. */
export interface SequenceRange {
  readonly from: number;
  readonly until: number | undefined;
}

/** One thing that is wrong with one file. */
export interface LogDamage {
  readonly kind: DamageKind;
  /** Its name in the store. */
  readonly file: string;
  readonly offset: number;
  /** How many bytes are concerned; undefined where that is unknown. */
  readonly byteCount: number | undefined;
  /** For people. */
  readonly why: string;
  /** The frames that this copy lacks for it, as far as that is known; an empty range means none. */
  readonly lost: SequenceRange | undefined;
}

/** What says that the store was opened with other options than it was written with; the frame itself is whole. */
const openedOtherwise: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  "encryption_key_missing",
  "encryption_key_wrong",
  "envelope_missing",
  "envelope_unencrypted",
  "envelope_version_unknown",
]);

/**
 * For a frame that is as it was written, and that the store's transform refuses: the transform's own error where it is about
 * the options of the store, else `log_damaged`.
 */
export function undecodable(
  { offset, segment: file }: { readonly offset: number; readonly segment: string },
  cause: unknown,
): StreamError {
  if (cause instanceof StreamError && openedOtherwise.has(cause.code)) {
    return new StreamError(cause.code, { ...cause.details, file, offset }, { cause });
  }
  return new StreamError("log_damaged", { file, offset, damage: "payload_undecodable" }, { cause });
}

/** What a caller throws who cannot go on: `format_newer`, `log_foreign` or `log_damaged`. */
export function damageError(damage: LogDamage, details: Record<string, unknown> = {}): StreamError {
  const { file, kind, lost, offset, why } = damage;
  if (kind === "format_newer") return new StreamError("format_newer", { file, why, ...details });
  if (kind === "foreign") return new StreamError("log_foreign", { file, why, ...details });
  const frames = lost === undefined || lost.from === lost.until ? undefined : rangeText(lost);
  return new StreamError("log_damaged", { file, offset, damage: kind, why, frames, ...details });
}

function rangeText({ from, until }: SequenceRange): string {
  if (until === undefined) return `from ${from}`;
  return until === from + 1 ? `${from}` : `${from} to ${until - 1}`;
}
