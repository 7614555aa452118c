/** Owns: what outputs are known by, to themselves and to whatever they write to. Plain data. */

/** An application in one life of its driver. */
export interface ApplicationIdentity {
  /** The same in every life; without a checkpoint directory there is one life, and this is drawn at random. */
  readonly applicationId: string;
  /** The number of the life, from 1; without a checkpoint directory 0. A driver of a lower epoch has lost its place. */
  readonly epoch: number;
}

/** One output operation of one batch. */
export interface BatchOutputIdentity extends ApplicationIdentity {
  readonly outputUid: string;
  /** In ms since the epoch. */
  readonly batchTimeMs: number;
}

/**
 * One partition of one output operation of one batch. All of it but the epoch is the same however often the batch is run,
 * in this life or a later one, so that it can serve as the key of what was written.
 */
export interface OutputIdentity extends BatchOutputIdentity {
  readonly partition: number;
  readonly partitionCount: number;
}
