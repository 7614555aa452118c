/**
 * Owns: the names of durable things in a checkpoint directory. Numbers are padded, so that the order of the names' bytes is
 * the order of the numbers.
 * Does not own: the names of checkpoints and state snapshots (src/checkpoint), what the things hold.
 */

/** Where the journal is, and its second copy on media that append. */
export const journalDirectories = { primary: "journal", mirror: "journal-mirror" } as const;

/** Where the receiver log is. */
export const blockLogDirectory = "blocks";

/** The folder of the epoch records, with its slash. */
export const epochPrefix = "epoch/";

/** The record of the driver's n-th life. */
export function epochName(epoch: number): string {
  return `${epochPrefix}${padded(epoch)}`;
}

/** The epoch that a record is of; undefined for a name that is none. */
export function epochOfName(name: string): number | undefined {
  const match = /^epoch\/(\d{10})$/.exec(name);
  return match === null ? undefined : Number(match[1]);
}

/**
 * A segment of the journal, within its directory. The epoch is no part of it: two drivers on a store of create-only objects
 * compete for the same next name, and the one that comes late learns it by that.
 */
export function journalSegmentName(segment: number): string {
  return padded(segment);
}

/** A segment of the receiver log of one process in one life, within the directory. */
export function blockSegmentName(epoch: number, writer: string, segment: number): string {
  return `${padded(epoch)}-${writer}-${padded(segment)}`;
}

function padded(number: number): string {
  return String(number).padStart(10, "0");
}
