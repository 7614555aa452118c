/**
 * Owns: the names of durable things in a checkpoint directory. Numbers are padded, so that the order of the names' bytes is
 * the order of the numbers.
 * Does not own: the names of segments (src/wal), of checkpoints and state snapshots (src/checkpoint).
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

function padded(number: number): string {
  return String(number).padStart(10, "0");
}
