/**
 * Owns: how streams are called that differ in nothing that an id is made of: twins.
 * Does not own: the ids themselves (node.ts, output-node.ts); what a recovery makes of twins (src/checkpoint).
 *
 * I1. An id is given, or a hash of kinds, parameters and parents; a position in the program is never a part of it. Only
 *     twins are numbered, in the order of definition, so that each has an id of its own; no id of another stream is
 *     derived from such a number.
 */
/** A stream, as far as its id goes. */
export interface Identified {
  /** The id, unique once twins are numbered. */
  readonly uid: string;
  /** The id without the number of a twin. */
  readonly lineageUid: string;
  readonly isUidGiven: boolean;
  /** From 1; undefined where it is no twin. */
  numberTwin(number: number | undefined): void;
}

/** The id of a twin; of another stream its derived id. */
export function numberedUid(lineageUid: string, number: number | undefined): string {
  return number === undefined ? lineageUid : `${lineageUid}-${number}`;
}

/** The numbers of twins among these streams, from 1 in their order; undefined for the others. */
export function twinNumbers(
  streams: readonly Pick<Identified, "lineageUid" | "isUidGiven">[],
): readonly (number | undefined)[] {
  const counts = new Map<string, number>();
  const count = (uid: string): number => {
    const number = (counts.get(uid) ?? 0) + 1;
    counts.set(uid, number);
    return number;
  };
  const numbers = streams.map(({ lineageUid, isUidGiven }) =>
    isUidGiven ? undefined : count(lineageUid),
  );
  return numbers.map((number, index) =>
    counts.get(streams[index]?.lineageUid ?? "") === 1 ? undefined : number,
  );
}

/** Numbers the twins among these streams. */
export function numberTwins(streams: readonly Identified[]): void {
  const numbers = twinNumbers(streams);
  streams.forEach((stream, index) => stream.numberTwin(numbers[index]));
}
