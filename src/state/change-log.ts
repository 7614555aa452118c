/**
 * Owns: which keys of a partition in memory changed, and between which snapshots.
 * Does not own: which snapshot builds upon which (snapshot-chain.ts); how much may be noted
 * (state-snapshots.ts).
 *
 * I1. The pieces lie one behind the other in time. Each but the open one ends with the version that
 *     a snapshot was begun at, and its keys never change.
 * I2. A key that a version changed stands in the piece of that version; it may stand in others too.
 */
import { KeyMap } from "../codec/index.ts";

export type KeySet<K> = KeyMap<K, true>;

interface Piece<K> {
  readonly untilVersion: number;
  readonly keys: KeySet<K>;
}

export class ChangeLog<K> {
  #pieces: readonly Piece<K>[] = [];
  #open: KeySet<K> = new KeyMap();

  /** Notes the keys of the changes that a version made. */
  note(changes: KeyMap<K, unknown>): void {
    this.#open.setAll(changes, true);
  }

  noteKey(key: K): void {
    this.#open.set(key, true);
  }

  /** Ends the open piece: what it holds was changed by versions up to `version`. */
  cut(version: number): void {
    this.#pieces = [...this.#pieces, { untilVersion: version, keys: this.#open }];
    this.#open = new KeyMap();
  }

  /** How many keys changed after `version`, at which the log was cut; one may count several times. */
  countSince(version: number): number {
    return this.since(version).reduce((sum, keys) => sum + keys.size, this.#open.size);
  }

  /** The keys that changed after `version`, at which the log was cut, up to the last cut. */
  since(version: number): readonly KeySet<K>[] {
    return this.#pieces
      .filter(({ untilVersion }) => untilVersion > version)
      .map(({ keys }) => keys);
  }

  /** Puts one piece in the place of those after `afterVersion` up to `untilVersion`. */
  join(afterVersion: number, untilVersion: number, keys: KeySet<K>): void {
    this.#pieces = [
      ...this.#pieces.filter((piece) => piece.untilVersion <= afterVersion),
      { untilVersion, keys },
      ...this.#pieces.filter((piece) => piece.untilVersion > untilVersion),
    ];
  }
}
