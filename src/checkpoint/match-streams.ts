/**
 * Owns: finding the streams of an old program again in a new one: by a uid that was given, or by a lineage that is the
 * only one of its kind and has not changed. Pure.
 * Does not own: whether what was found again fits (upgrade-cases.ts).
 *
 * I1. A stream that is matched has the same uid in both programs, so that all that was written about it is found by it.
 * I2. Nothing is guessed: twins are matched only where the whole group is as it was.
 */
import { hasIdentity, type StreamDescription } from "../core/index.ts";

/** How a stream was found again. */
export type MatchKind =
  /** By the uid that the program gives it. */
  | "given"
  /** By a derived uid that no other stream shares. */
  | "derived"
  /** With its twins, all of which are as they were. */
  | "twins"
  /** Twins of which nobody can tell which is which. */
  | "ambiguous"
  | "only_old"
  | "only_new";

/** A stream, or a group of twins, in both programs. */
export interface StreamMatch {
  readonly kind: MatchKind;
  /** One each, but for `ambiguous`; none where there is none. */
  readonly old: readonly StreamDescription[];
  readonly new: readonly StreamDescription[];
}

/** Matches what has an identity: inputs, stateful operators and outputs; in the order of the new program, then of the old. */
export function matchStreams(
  oldStreams: readonly StreamDescription[],
  newStreams: readonly StreamDescription[],
): readonly StreamMatch[] {
  const olds = new Map(oldStreams.filter(hasIdentity).map((stream) => [stream.uid, stream]));
  const news = newStreams.filter(hasIdentity);
  const matches = new Map<StreamDescription, StreamMatch>();
  for (const stream of news) {
    const old = stream.isUidGiven ? olds.get(stream.uid) : undefined;
    if (old === undefined) continue;
    matches.set(stream, { kind: "given", old: [old], new: [stream] });
    olds.delete(stream.uid);
  }
  const oldGroups = groupsOf(olds.values());
  const newGroups = groupsOf(news.filter((stream) => !matches.has(stream)));
  for (const [lineageUid, group] of newGroups) {
    const old = oldGroups.get(lineageUid) ?? [];
    oldGroups.delete(lineageUid);
    for (const match of matchGroup(old, group)) {
      for (const stream of match.new) matches.set(stream, match);
    }
  }
  const inOrder = new Set(news.flatMap((stream) => matches.get(stream) ?? []));
  const dropped = [...oldGroups.values()].flat().map(onlyOld);
  return [...inOrder, ...dropped];
}

function onlyOld(stream: StreamDescription): StreamMatch {
  return { kind: "only_old", old: [stream], new: [] };
}

function groupsOf(streams: Iterable<StreamDescription>): Map<string, StreamDescription[]> {
  const groups = new Map<string, StreamDescription[]>();
  for (const stream of streams) {
    const group = groups.get(stream.lineageUid);
    if (group === undefined) groups.set(stream.lineageUid, [stream]);
    else group.push(stream);
  }
  return groups;
}

function matchGroup(
  old: readonly StreamDescription[],
  group: readonly StreamDescription[],
): readonly StreamMatch[] {
  if (old.length === 0) return group.map((each) => ({ kind: "only_new", old: [], new: [each] }));
  const isSameSize = old.length === group.length;
  const isSame = isSameSize && group.every(({ uid }, index) => uid === old[index]?.uid);
  const isAlone = group.length === 1;
  const isUnchanged = group.every(({ signature }, index) => signature === old[index]?.signature);
  if (!isSame || (!isAlone && !isUnchanged)) return [{ kind: "ambiguous", old, new: group }];
  const kind = isAlone ? "derived" : "twins";
  return group.map((each, index) => ({ kind, old: old.slice(index, index + 1), new: [each] }));
}
