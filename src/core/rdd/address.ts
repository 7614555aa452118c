/**
 * Owns: what datasets and stages are called, so that every process of a program finds the same ones without being sent any
 * lineage. Plain data.
 * Does not own: giving addresses out (numbering.ts), sending them (src/executor).
 */

/** A dataset: the stream that made it, for which batch time, and its place among those that it made. */
export interface DatasetAddress {
  /** The stream's uid in the description of the graph. */
  readonly stream: string;
  readonly timeMs: number;
  /** 0 is the dataset of the stream itself. */
  readonly index: number;
}

/** A stage: a dataset that reads it, and the way from there, by the places of dependencies. */
export interface StageAddress extends DatasetAddress {
  readonly path: readonly number[];
}
