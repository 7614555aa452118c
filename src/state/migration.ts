/**
 * Owns: the version of the values of a state, and how values of an older one are brought up to it.
 * Does not own: where a version is recorded (the checkpoint); when values are loaded (restore.ts).
 */
import { StreamError } from "../base/index.ts";
import type { StateEntry } from "./state-partition.ts";

/**
 * What a program says about the form of its state values. The form has version 1 where it says
 * nothing.
 */
export interface StateVersion<K, S> {
  /** A whole number of 1 or more; give a higher one with each change of the form of the values. */
  readonly version?: number | undefined;
  /**
   * Makes a value of today's form of one that an older version of the program stored: `unknown`,
   * because its type is that of a program of the past. Undefined removes the key. Called once for
   * each value that is restored, never in a batch.
   */
  readonly migrate?: ((value: unknown, fromVersion: number, key: K) => S | undefined) | undefined;
}

const versionMax = 10_000;

/** Throws `argument_invalid` for what is no version. */
export function checkStateVersion(version: number): void {
  if (Number.isSafeInteger(version) && version >= 1 && version <= versionMax) return;
  const expected = `a whole number from 1 to ${versionMax}`;
  throw new StreamError("argument_invalid", { argument: "version", value: version, expected });
}

/** The older versions whose values `migrate` is asked to bring up to date. */
export function migratesFrom<K, S>({ version = 1, migrate }: StateVersion<K, S>): number[] {
  if (migrate === undefined) return [];
  return Array.from({ length: version - 1 }, (_, index) => index + 1);
}

/**
 * The function that values stored as `storedVersion` go through; undefined where they stay as they
 * are. Throws `state_version_newer`, and `state_version_older` where there is no `migrate`.
 */
export function migrationFrom<K, S>(
  storedVersion: number,
  { version = 1, migrate }: StateVersion<K, S>,
  operator: string,
): ((entry: StateEntry<K>) => StateEntry<K, S>) | undefined {
  if (storedVersion === version) return undefined;
  if (storedVersion > version) {
    throw new StreamError("state_version_newer", { operator, storedVersion, version });
  }
  if (migrate === undefined) {
    throw new StreamError("state_version_older", { operator, storedVersion, version });
  }
  return (entry) => {
    const { group, key, value, usedAtMs } = entry;
    if (value === undefined) return { group, key, value, usedAtMs };
    try {
      return { group, key, value: migrate(value, storedVersion, key), usedAtMs };
    } catch (cause) {
      const details = { operator, key, storedVersion, version };
      throw new StreamError("state_migration_failed", details, { cause });
    }
  };
}
