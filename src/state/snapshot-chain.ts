/**
 * Owns: the decision which snapshot the next one builds upon: the chain of snapshots that a restore
 * would read now, and how many keys each of them holds.
 * Does not own: which keys changed (the partitions); where snapshots are kept.
 *
 * A snapshot takes over those at the end of the chain that are not clearly larger than itself, as
 * the levels of a log-structured merge tree do. With `n` the keys of the state:
 * I1. Each snapshot but the full one is less than half as large as the one before it, as far as was
 *     known when it was planned; so a chain has at most log2(n) + 1 snapshots.
 * I2. A change is written again only into a snapshot more than twice as large as the one that held
 *     it: at most log2(n) times. Keys that change again and again are written once per snapshot.
 * I3. The deltas of a chain together hold at most half as many keys as the state: beyond that a full
 *     snapshot follows, which costs no more than twice the changes since the last full one.
 */

/** A durable snapshot: the first one of a chain is full, the others hold what changed after the one before. */
export interface ChainLink {
  readonly versionMs: number;
  /** The keys that it holds, deleted ones included; of no interest for a full one. */
  readonly keyCount: number;
}

/** What the next snapshot builds upon; undefined: nothing, it is full. */
export type SnapshotBase = number | undefined;

/** The version after which changes have to be known; undefined where there is no chain. */
export function newestOf(chain: readonly ChainLink[]): SnapshotBase {
  return chain.at(-1)?.versionMs;
}

/** How many keys the chain and the changes since its newest snapshot make together, the full one apart. */
export function changedKeyCount(chain: readonly ChainLink[], changedCount: number): number {
  return chain.slice(1).reduce((sum, link) => sum + link.keyCount, changedCount);
}

/** Whether so many changed keys are too many to go on with deltas (I3). */
export function asksForFull(changedKeys: number, stateSize: number): boolean {
  return changedKeys > stateSize / 2;
}

/** The base of the next snapshot, when `changedCount` keys changed since the newest one of the chain. */
export function nextBase(chain: readonly ChainLink[], changedCount: number): SnapshotBase {
  let keyCount = changedCount;
  let index = chain.length - 1;
  for (; index > 0; index -= 1) {
    const taken = chain[index]?.keyCount ?? 0;
    if (taken > 2 * keyCount) break;
    keyCount += taken;
  }
  return chain[index]?.versionMs;
}

/** The chain once the snapshot is durable; those that it took over leave it. */
export function chainWith(
  chain: readonly ChainLink[],
  base: SnapshotBase,
  link: ChainLink,
): readonly ChainLink[] {
  if (base === undefined) return [link];
  const kept = chain.findIndex(({ versionMs }) => versionMs === base);
  return [...chain.slice(0, kept + 1), link];
}
