/**
 * Owns: the port of sinks that take a partition and the note of it in one transaction.
 * Does not own: how it is used (commit-once.ts), any database (src/sinks).
 *
 * Invariants of every implementation: I1 what a transaction did, with its notes, is there as a whole and for good when
 * `transaction` has resolved, and not at all when it has rejected, unless nobody can tell, as after a lost connection.
 * I2 transactions may run at once. I3 of two that note the same commit, one is told so, or fails in a way that
 * `isTransient` knows, or waits for the other.
 */
import type { ApplicationIdentity, OutputIdentity } from "./output-identity.ts";

/** What a sink knows of an application. */
export interface ApplicationRecord {
  /** The highest epoch that ever wrote to it. */
  readonly epoch: number;
  /** Commits of batches before this time are forgotten, so that nobody can tell whether they were made. */
  readonly forgottenBeforeMs: number;
}

/**
 * The notes of a sink, which stand beside the data in the same database. Every call is part of a transaction of the sink.
 */
export interface CommitLedger<Tx> {
  /**
   * What is known of an application, if anything. Nobody else may raise its epoch before this transaction has ended: a
   * driver that has lost its place must not commit after its successor began.
   */
  application(tx: Tx, applicationId: string): Promise<ApplicationRecord | undefined>;
  /** Notes an application, or raises its epoch; one that is as high already stays. */
  raiseEpoch(tx: Tx, application: ApplicationIdentity): Promise<void>;
  /** The partition count of any commit of that output of that batch; undefined where there is none. */
  partitionCount(tx: Tx, identity: OutputIdentity): Promise<number | undefined>;
  /** Notes a commit; false, and nothing changed, where that partition of that output of that batch is noted already. */
  insertCommit(tx: Tx, identity: OutputIdentity): Promise<boolean>;
  /** Removes the commits of batches before that time, and notes the time. */
  forget(tx: Tx, applicationId: string, beforeBatchMs: number): Promise<void>;
  /** Removes all that is known of an application. */
  forgetApplication(tx: Tx, applicationId: string): Promise<void>;
}

/**
 * A database as an output that is exactly once. `Tx` is what a transaction is handed to its user as: a connection, as a
 * rule.
 */
export interface TransactionalSink<Tx> {
  readonly ledger: CommitLedger<Tx>;
  /** Makes what the ledger is kept in, where it is not there; several may do so at once. */
  prepare(): Promise<void>;
  /** Runs `work` in a transaction: commits when it resolves, rolls back when it rejects, and rejects with the same. */
  transaction<R>(work: (tx: Tx) => Promise<R>): Promise<R>;
  /** Whether a transaction that failed so was rolled back, and would likely succeed if it were tried again. */
  isTransient(error: unknown): boolean;
}
