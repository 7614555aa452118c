/**
 * Owns: what a stream graph looks like from outside, as plain data: what a checkpoint keeps of the program, and what the
 * next start compares with its own.
 * Does not own: the comparison (src/checkpoint), how ids come about (stream-ids.ts).
 */
import { StreamError } from "../../base/index.ts";
import { shortHash } from "./code-hash.ts";
import { type Identified, numberedUid, twinNumbers } from "./stream-ids.ts";

/** What a stream is to a recovery: data comes in by it, it makes some of others, or it has an effect. */
export type StreamRole = "input" | "operator" | "output";

/** What a recovery has to know of the state of a stateful operator. */
export interface StateDescription {
  /** The version of what the program keeps per key; raised by the program when that changes. */
  readonly version: number;
  /** How values are written: `value` by the default codec, `avro:<fingerprint>` by a declared schema. */
  readonly codecId: string;
  readonly partitions: number;
  /** What an old state depends on, so that none can be taken over when it changes: the size of a window. */
  readonly layout: Readonly<Record<string, unknown>>;
  /** Older versions that this program can migrate. */
  readonly migratesFrom: readonly number[];
}

/** What a stream tells of itself, wherever in a graph it stands. */
export interface StreamFacts {
  readonly role: StreamRole;
  readonly kind: string;
  /** What tells it from another one of its kind over the same parents; plain data. */
  readonly parameters: readonly unknown[];
  /** The time between two of its datasets. */
  readonly slideMs: number;
  /** Its dataset of t is made of those of its parents in (t - spanMs, t]. */
  readonly spanMs: number;
  /** A hash of the sources of its functions; undefined where it has none. */
  readonly codeHash?: string;
  /** Where its body was declared to run, if that is not the driver; the processes of one program agree on it, a checkpoint does not keep it. */
  readonly runsOn?: "executors";
  readonly state?: StateDescription;
}

/** One input, operator or output. */
export interface StreamDescription extends StreamFacts {
  /** The id, unique in the graph. */
  readonly uid: string;
  /** Whether the program gave it; else it is derived from the lineage. */
  readonly isUidGiven: boolean;
  /** The derived id without the number that tells twins apart; the uid itself where it was given. */
  readonly lineageUid: string;
  readonly parents: readonly string[];
  /** A hash of all that went into it, functions included, up to the streams with a given uid: what tells twins apart. */
  readonly signature: string;
}

/** A stream graph: all that its outputs depend on, each stream behind those that it is made of. */
export interface GraphDescription {
  readonly streams: readonly StreamDescription[];
}

/** A stream that can be described. */
export interface Describable extends Identified {
  readonly parents: readonly Describable[];
  readonly facts: StreamFacts;
}

/** All that these streams are made of, and they themselves, each behind its parents. */
export function lineageOf<S extends { readonly parents: readonly S[] }>(
  streams: readonly S[],
): readonly S[] {
  const seen = new Set<S>();
  const visit = (stream: S): void => {
    if (seen.has(stream)) return;
    // Marked when it is complete, as the order of a set is that in which it was filled.
    stream.parents.forEach(visit);
    seen.add(stream);
  };
  streams.forEach(visit);
  return [...seen];
}

/**
 * Describes streams that are given as `lineageOf` gives them; twins among those that have an identity are numbered.
 * Throws `uid_taken` where a uid was given that is derived for another stream.
 */
export function describeStreams(streams: readonly Describable[]): GraphDescription {
  const numbers = twinNumbers(streams);
  const known = new Map<Describable, StreamDescription>();
  const uids = new Set<string>();
  streams.forEach((stream, index) => {
    const { facts, isUidGiven, lineageUid } = stream;
    // What has no state and no effect has no identity to keep; here it has to be told apart all the same.
    const uid = hasIdentity(facts) ? stream.uid : numberedUid(lineageUid, numbers[index]);
    if (uids.has(uid)) throw new StreamError("uid_taken", { uid });
    uids.add(uid);
    const parents = stream.parents.flatMap((parent) => known.get(parent) ?? []);
    known.set(stream, {
      uid,
      isUidGiven,
      lineageUid,
      ...facts,
      parents: parents.map((parent) => parent.uid),
      signature: shortHash([
        hasIdentity(facts) ? uid : lineageUid,
        facts.codeHash ?? null,
        parents.map((parent) => (parent.isUidGiven ? parent.uid : parent.signature)),
      ]),
    });
  });
  return { streams: [...known.values()] };
}

/** Whether a recovery has to find a stream again: by its data, its state, or what it has done. */
export function hasIdentity({ role, state }: Pick<StreamFacts, "role" | "state">): boolean {
  return role !== "operator" || state !== undefined;
}
