/** Owns: names for streams that may have the same uid, as two inputs that are declared alike have. */
import type { StreamLineage } from "./stream.ts";

/**
 * The uid of each stream; where several have the same, the later ones get a number behind it, in the order of
 * declaration. Which of them is which after a change of the program nobody can tell: a restart refuses that.
 */
export function distinctUids<S extends StreamLineage>(
  streams: readonly S[],
): ReadonlyMap<S, string> {
  const taken = new Set(streams.map(({ uid }) => uid));
  const given = new Set<string>();
  const names = new Map<S, string>();
  for (const stream of streams) {
    let name = stream.uid;
    for (let n = 2; given.has(name); n += 1) {
      const numbered = `${stream.uid}~${n}`;
      name = taken.has(numbered) ? name : numbered;
    }
    given.add(name);
    names.set(stream, name);
  }
  return names;
}
