/**
 * Owns: what a graph that mirrors the driver's, in an executor, asks the driver; interfaces only.
 * Does not own: how it is asked (src/executor).
 */
import type { DatasetShape, TaskContext } from "../rdd/index.ts";

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

/** What the driver chose for a batch of an input whose datasets every process can make. */
export interface InputFacts {
  readonly pin: unknown;
}

/** The driver, as a mirrored graph asks it. Streams go by their uids in the description of the graph. */
export interface GraphMirror {
  /** Undefined where the input has no records in the batch, as an earlier life of the driver gave it none. */
  inputAt(stream: string, timeMs: number): Promise<InputFacts | undefined>;
  /** The dataset that the driver alone makes of a batch time; undefined where there is none. */
  shapeAt(stream: string, timeMs: number): Promise<DatasetShape | undefined>;
  /** The times whose datasets a window is made of; asked where some may have been left out. */
  partsAt(stream: string, timeMs: number): Promise<readonly number[]>;
  /** The records of a partition of such a dataset, in arrays. */
  read(
    place: { readonly stream: string; readonly timeMs: number; readonly partition: number },
    task: TaskContext,
  ): AsyncIterable<readonly unknown[]>;
  /** Tells listeners of trouble that an input lives on with. */
  reportError(streamId: number, message: string, error: unknown): void;
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
