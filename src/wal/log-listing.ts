/**
 * Owns: which files of a log there are.
 * Does not own: which there should be (log-plan.ts).
 */
import type { Store } from "../store/index.ts";
import { type LogNames, type SegmentIdentity, splitRepairedName } from "./log-names.ts";

/** Where a log stands. */
export interface LogPlace {
  readonly directory: string;
  /** Only where the log is kept twice. */
  readonly mirrorDirectory?: string | undefined;
  readonly names: LogNames;
}

/** Which of its copies: the two sides are written at the same time, and are the same byte for byte. */
export type LogSide = "primary" | "mirror";

/** A file of a log. */
export interface LogFile extends SegmentIdentity {
  readonly file: string;
  readonly byteCount: number;
  readonly side: LogSide;
  /** 0 for what the writer wrote, else the number of the repaired copy. */
  readonly repair: number;
}

export interface LogListing {
  readonly place: LogPlace;
  readonly files: readonly LogFile[];
  /** Files in these directories that are none of this log. */
  readonly strangers: readonly string[];
}

/** Lists the files of a log. Rejects as the store does. */
export async function listLog(store: Pick<Store, "list">, place: LogPlace): Promise<LogListing> {
  const files: LogFile[] = [];
  const strangers: string[] = [];
  for (const side of ["primary", "mirror"] as const) {
    const directory = directoryOf(place, side);
    if (directory === undefined) continue;
    const prefix = `${directory}/`;
    for await (const { byteCount, name: file } of store.list(prefix)) {
      const { original, repair } = splitRepairedName(file.slice(prefix.length));
      const identity = place.names.parse(original);
      if (identity === undefined) strangers.push(file);
      else files.push({ ...identity, file, byteCount, side, repair });
    }
  }
  return { place, files, strangers };
}

/** The directory of a side; undefined where the log is not kept twice. */
export function directoryOf(place: LogPlace, side: LogSide): string | undefined {
  return side === "primary" ? place.directory : place.mirrorDirectory;
}
