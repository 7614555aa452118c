/**
 * Owns: the decision which blocks a restart has lost for want of a receiver log, and how far the
 * positions of their sources go back for it.
 * Does not own: what is done about it (block-tracker.ts takes the event; the context tells it).
 *
 * Without the log a block lives in the memory of one process. What a source with positions sent is
 * asked for again from the first lost record on, so that none is left out; a record behind it that
 * was not lost comes twice.
 */
import type { BlockRecord, BlocksLost, SourcePosition } from "./block-events.ts";
import type { TrackerState } from "./tracker-state.ts";

/** What of this knowledge went with earlier processes; undefined when nothing did. */
export function decideLosses(
  state: TrackerState,
  isNeeded: (batchTimeMs: number) => boolean,
): BlocksLost | undefined {
  const lost = new Map<string, BlockRecord[]>();
  const note = (streamUid: string, blocks: readonly BlockRecord[]) => {
    const unreadable = blocks.filter(({ location }) => location === undefined);
    if (unreadable.length === 0) return;
    lost.set(streamUid, [...(lost.get(streamUid) ?? []), ...unreadable]);
  };
  for (const { batchTimeMs, streams } of state.batches) {
    if (!isNeeded(batchTimeMs)) continue;
    for (const { blocks, streamUid } of streams) note(streamUid, blocks);
  }
  for (const { streamUid, unallocated } of state.streams) note(streamUid, unallocated);
  if (lost.size === 0) return undefined;
  const streams = [...lost].map(([streamUid, blocks]) => ({
    streamUid,
    blockIds: blocks.map(({ id }) => id),
    positions: firstPositions(blocks),
  }));
  return { kind: "blocks_lost", streams };
}

function firstPositions(blocks: readonly BlockRecord[]): readonly SourcePosition[] {
  const first = new Map<string, number>();
  for (const { position } of blocks) {
    if (position === undefined) continue;
    const { from, partition } = position;
    first.set(partition, Math.min(first.get(partition) ?? from, from));
  }
  return [...first].map(([partition, next]) => ({ partition, next }));
}
