/** Owns: where a program wants its states: in memory, or in LevelDB, in a directory for each operator. */
import { join } from "node:path";
import { StreamError } from "../../base/index.ts";
import type { LevelOptions } from "../../state/index.ts";

/** "memory", or "leveldb" for a state that is larger than memory. */
export type StateBackend = "memory" | "leveldb";

/** What a context says about the states of its operators. */
export interface StatePlaces {
  readonly backend: StateBackend;
  /** Where the states in LevelDB are, while the context lives. */
  readonly directory: string | undefined;
}

export const statesInMemory: StatePlaces = { backend: "memory", directory: undefined };

/** Throws `argument_invalid` for what is no backend. */
export function checkStateBackend(argument: string, backend: StateBackend): void {
  if (backend === "memory" || backend === "leveldb") return;
  const expected = '"memory" or "leveldb"';
  throw new StreamError("argument_invalid", { argument, value: backend, expected });
}

/**
 * The directory of an operator's state, named by the uid that it has in the end; undefined where its state is in memory.
 * Throws `state_directory_missing`.
 */
export function levelOptionsOf(
  { backend, directory }: StatePlaces,
  uidOf: () => string,
): LevelOptions | undefined {
  if (backend === "memory") return undefined;
  if (directory === undefined) throw new StreamError("state_directory_missing", {});
  return { directory: () => join(directory, directoryNameOf(uidOf())) };
}

/** Another name for each uid, which every file system takes. */
function directoryNameOf(uid: string): string {
  const name = encodeURIComponent(uid).replace(/[*.]/g, (c) => `%${c.charCodeAt(0).toString(16)}`);
  return `state-${name}`;
}
