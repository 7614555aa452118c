/**
 * Owns: the changes that one attempt makes to one partition in LevelDB, as partition-update.ts does it
 * in memory.
 * Does not own: the overlay (level-overlay.ts); when it is applied (level-partition.ts).
 *
 * I1. Once taken, a late attempt that goes on writing fails instead of changing what is about to be
 *     seen.
 */
import { invariant } from "../base/index.ts";
import { LevelDue } from "./level-due.ts";
import { type LevelOverlay, used } from "./level-overlay.ts";
import type { LevelParts, LevelReader } from "./level-reader.ts";
import type { Protection } from "./protection.ts";
import type { StateReader, StateScan, StateUpdate } from "./state-partition.ts";
import { absent } from "./versioned-map.ts";

/** The partition that is updated. */
export interface LevelUpdateParts<K, S> extends LevelParts<S> {
  readonly index: number;
  readonly protection: Protection<S>;
  readonly timeoutMs: number | undefined;
  readonly base: LevelReader<K, S>;
  readonly overlay: LevelOverlay<K, S>;
}

export class LevelUpdate<K, S> implements StateUpdate<K, S> {
  readonly partition: number;
  readonly version: number;
  readonly mutable: boolean;
  readonly #parts: LevelUpdateParts<K, S>;
  #overlay: LevelOverlay<K, S> | undefined;

  constructor(parts: LevelUpdateParts<K, S>, version: number) {
    this.partition = parts.index;
    this.version = version;
    this.mutable = parts.protection.mutable;
    this.#parts = parts;
    this.#overlay = parts.overlay;
  }

  get base(): StateReader<K, S> {
    return this.#parts.base;
  }

  get(key: K): S | undefined {
    const change = this.#open().get(key);
    if (change === absent) return undefined;
    const value = change === undefined || change === used ? this.base.get(key) : change;
    return value === undefined ? undefined : this.#parts.protection.toHandOut(value);
  }

  has(key: K): boolean {
    const change = this.#open().get(key);
    return change === undefined ? this.base.has(key) : change !== absent;
  }

  set(key: K, value: S): void {
    invariant(value !== undefined, "a state value is not undefined");
    this.#open().set(key, this.#parts.protection.toStore(value));
  }

  delete(key: K): void {
    this.#open().set(key, absent);
  }

  touch(key: K): void {
    const overlay = this.#open();
    if (this.#parts.timeoutMs === undefined || overlay.get(key) !== undefined) return;
    if (this.base.has(key)) overlay.set(key, used);
  }

  scan(): StateScan<K, S> {
    const { toHandOut } = this.#parts.protection;
    const { mutable } = this;
    const scan = this.base.scan();
    return {
      next: (keysMax, visit) => {
        const goOn = () =>
          scan.next(keysMax, mutable ? (key, value) => visit(key, toHandOut(value)) : visit);
        const relief = this.#overlay?.relieve();
        return relief === undefined ? goOn() : relief.then(goOn);
      },
    };
  }

  due(): StateScan<K, S> {
    const { timeoutMs, base, protection } = this.#parts;
    if (timeoutMs === undefined) return { next: () => false };
    const isLeftOut = (key: K): boolean => this.#open().get(key) !== undefined;
    const due = new LevelDue(this.#parts, base, this.version - timeoutMs, isLeftOut);
    return {
      next: (keysMax, visit) => {
        this.#open();
        return due.next(keysMax, (key, value) => visit(key, protection.toHandOut(value)));
      },
    };
  }

  /** Closes the update. */
  take(): void {
    this.#open();
    this.#overlay = undefined;
  }

  #open(): LevelOverlay<K, S> {
    invariant(this.#overlay !== undefined, "an update is not used after it was completed");
    return this.#overlay;
  }
}
