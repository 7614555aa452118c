/** Owns: streams as a graph description has them, for tests that need no program. */
import type {
  GraphDescription,
  StateDescription,
  StreamDescription,
} from "../../../src/core/index.ts";

export type StreamParts = Partial<Omit<StreamDescription, "state">> & {
  readonly uid: string;
  readonly state?: Partial<StateDescription>;
};

/** A stream with everything that is left out filled in. */
export function stream(parts: StreamParts): StreamDescription {
  const { state, ...rest } = parts;
  const full: StreamDescription = {
    isUidGiven: false,
    lineageUid: parts.uid,
    role: "operator",
    kind: "map",
    parents: [],
    parameters: [],
    slideMs: 1000,
    spanMs: 1000,
    signature: `signature of ${parts.uid}`,
    ...rest,
  };
  if (state === undefined) return full;
  const defaults = { version: 1, codecId: "value", partitions: 2, layout: {}, migratesFrom: [] };
  return { ...full, state: { ...defaults, ...state } };
}

export const input = (uid: string, parts: Partial<StreamParts> = {}): StreamDescription =>
  stream({ kind: "queue", ...parts, uid, role: "input" });

export const stateful = (
  uid: string,
  parents: readonly string[],
  parts: Partial<StreamParts> = {},
): StreamDescription => stream({ kind: "updateStateByKey", state: {}, ...parts, uid, parents });

export const output = (
  uid: string,
  parent: string,
  parts: Partial<StreamParts> = {},
): StreamDescription => stream({ kind: "print", ...parts, uid, role: "output", parents: [parent] });

export const graph = (...streams: readonly StreamDescription[]): GraphDescription => ({ streams });
