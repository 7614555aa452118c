/**
 * Owns: the form of events in the journal, and of what each of its segments begins with: a value of the default codec
 * (docs/format/values.md), so that other programs can read them.
 * Does not own: frames and checksums (src/wal).
 */
import { StreamError } from "../base/index.ts";
import type { CheckpointRef } from "../checkpoint/index.ts";
import { decodeValue, encodeValue } from "../codec/index.ts";
import { isJournalEvent, type JournalEvent } from "./journal-events.ts";

export function encodeEvent(event: JournalEvent): Uint8Array {
  return encodeValue(event);
}

/** Throws `journal_event_unknown`, `value_undecodable`. */
export function decodeEvent(payload: Uint8Array): JournalEvent {
  const value = decodeValue(payload);
  if (isJournalEvent(value)) return value;
  const kind = (value as { kind?: unknown } | undefined)?.kind;
  throw new StreamError("journal_event_unknown", { kind });
}

/** What each segment of the journal opens with: the newest checkpoint there was, null before the first one. */
export function encodeOpening(checkpoint: CheckpointRef | undefined): Uint8Array {
  return encodeValue(checkpoint ?? null);
}
