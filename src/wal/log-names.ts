/**
 * Owns: the names of segments and of their repaired copies.
 * Does not own: which of them are there (log-listing.ts).
 */

/** Which segment a name means. */
export interface SegmentIdentity {
  readonly segment: number;
  /** The driver's life that writes under this name. */
  readonly epoch: number;
}

/** How the segments of one log are named within their directory. */
export interface LogNames {
  nameOf(identity: SegmentIdentity): string;
  /** Undefined for a name that is none of this log. */
  parse(name: string): SegmentIdentity | undefined;
}

const digits = 10;
const repairInfix = ".repaired-";
const repairPattern = /^(.*)\.repaired-([0-9]{4})$/;

/** `<segment>-<epoch>`: segments are numbered on through all epochs. */
export const journalNames: LogNames = {
  nameOf: ({ epoch, segment }) => `${padded(segment)}-${padded(epoch)}`,
  parse: (name) => {
    const match = /^([0-9]{10})-([0-9]{10})$/.exec(name);
    return match === null ? undefined : { segment: Number(match[1]), epoch: Number(match[2]) };
  },
};

/** `<epoch>-<writer>-<segment>`: each writer has a log of its own in each epoch. */
export function blockLogNames(writer: string): LogNames {
  return {
    nameOf: ({ epoch, segment }) => `${padded(epoch)}-${writer}-${padded(segment)}`,
    parse: (name) => {
      const parsed = parseBlockLogName(name);
      return parsed?.writer === writer ? parsed : undefined;
    },
  };
}

/** As `blockLogNames(writer).parse`, for whatever writer. */
export function parseBlockLogName(
  name: string,
): (SegmentIdentity & { readonly writer: string }) | undefined {
  const match = /^([0-9]{10})-(.+)-([0-9]{10})$/.exec(name);
  if (match === null) return undefined;
  return { epoch: Number(match[1]), writer: match[2] ?? "", segment: Number(match[3]) };
}

/** The name of the n-th repaired copy, from 1 on; 0 means the segment itself. */
export function repairedName(name: string, repair: number): string {
  return repair === 0 ? name : `${name}${repairInfix}${String(repair).padStart(4, "0")}`;
}

/** The segment whose copy a name means, and the number of the copy, 0 for the segment itself. */
export function splitRepairedName(name: string): {
  readonly original: string;
  readonly repair: number;
} {
  const match = repairPattern.exec(name);
  if (match === null) return { original: name, repair: 0 };
  return { original: match[1] ?? "", repair: Number(match[2]) };
}

function padded(count: number): string {
  return String(count).padStart(digits, "0");
}
