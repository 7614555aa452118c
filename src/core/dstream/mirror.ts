/**
 * Owns: what a graph that mirrors the driver's, in an executor, asks the driver; interfaces only.
 * Does not own: how it is asked (src/executor).
 */

/** What the version of a state that a batch time makes was built upon, as the driver decided when it made it. */
export interface StateFacts {
  /** The time of the version before; that before the first batch where there is none. */
  readonly sinceMs: number;
  /** Whether there is none, so that the state begins with what it was given. */
  readonly isFirst: boolean;
}

/** What has become of a version since it was made, by the time that a task of it runs. */
export interface StateTaskFacts {
  /** Whether the batch was given up, so that the state goes on without its data. */
  readonly isGivenUp: boolean;
}

/** The driver, as a mirrored graph asks it. */
export interface GraphMirror {
  /** Undefined where the driver made no version of that time. */
  stateAt(uid: string, timeMs: number): Promise<StateFacts | undefined>;
  /** What the executor that has that partition of the state has of a batch time: its pairs, or what its functions returned; in arrays. */
  readState(place: {
    readonly uid: string;
    readonly timeMs: number;
    readonly partition: number;
    /** Of what was mapped: the part for a partition of a batch that has others than the state; else 0. */
    readonly part: number;
    readonly what: "pairs" | "mapped";
  }): AsyncIterable<readonly unknown[]>;
}
