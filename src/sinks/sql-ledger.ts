/**
 * Owns: the notes of a sink as two tables, in SQL that PostgreSQL and SQLite share (docs/format/sink-tables.md).
 * Does not own: connections and transactions (postgres-sink.ts, sqlite-sink.ts).
 */
import type {
  ApplicationIdentity,
  ApplicationRecord,
  CommitLedger,
  OutputIdentity,
} from "../core/index.ts";

/** What a database has to do for a ledger of tables. `?` stands for a parameter. */
export interface SqlDialect<Tx> {
  /** The rows of a query. */
  rows(tx: Tx, text: string, parameters: readonly SqlValue[]): Promise<readonly SqlRow[]>;
  /** How many rows a statement has changed. */
  changes(tx: Tx, text: string, parameters: readonly SqlValue[]): Promise<number>;
  /** Behind a SELECT: what lets nobody change the row before the end of the transaction; empty where nobody can. */
  readonly lockClause: string;
}

export type SqlValue = string | number;
export type SqlRow = Readonly<Record<string, unknown>>;

/** The statements that make the tables; safe to run again. */
export const ledgerTables: readonly string[] = [
  `CREATE TABLE IF NOT EXISTS millrace_epochs (
  application_id TEXT NOT NULL PRIMARY KEY,
  epoch BIGINT NOT NULL,
  forgotten_before_ms BIGINT NOT NULL
)`,
  `CREATE TABLE IF NOT EXISTS millrace_commits (
  application_id TEXT NOT NULL,
  output_uid TEXT NOT NULL,
  batch_time_ms BIGINT NOT NULL,
  partition_number INTEGER NOT NULL,
  partition_count INTEGER NOT NULL,
  epoch BIGINT NOT NULL,
  PRIMARY KEY (application_id, output_uid, batch_time_ms, partition_number)
)`,
];

/** Before any batch. */
const nothingForgottenMs = Number.MIN_SAFE_INTEGER;

/** The notes of a sink, in tables of its database. */
export class SqlLedger<Tx> implements CommitLedger<Tx> {
  readonly #dialect: SqlDialect<Tx>;

  constructor(dialect: SqlDialect<Tx>) {
    this.#dialect = dialect;
  }

  async application(tx: Tx, applicationId: string): Promise<ApplicationRecord | undefined> {
    const { lockClause } = this.#dialect;
    const text = `SELECT epoch, forgotten_before_ms FROM millrace_epochs WHERE application_id = ? ${lockClause}`;
    const [row] = await this.#dialect.rows(tx, text, [applicationId]);
    if (row === undefined) return undefined;
    return { epoch: Number(row["epoch"]), forgottenBeforeMs: Number(row["forgotten_before_ms"]) };
  }

  async raiseEpoch(tx: Tx, { applicationId, epoch }: ApplicationIdentity): Promise<void> {
    await this.#dialect.changes(
      tx,
      `INSERT INTO millrace_epochs (application_id, epoch, forgotten_before_ms) VALUES (?, ?, ?)
ON CONFLICT (application_id) DO UPDATE SET epoch = excluded.epoch
WHERE millrace_epochs.epoch < excluded.epoch`,
      [applicationId, epoch, nothingForgottenMs],
    );
  }

  async partitionCount(tx: Tx, identity: OutputIdentity): Promise<number | undefined> {
    const { applicationId, outputUid, batchTimeMs } = identity;
    const [row] = await this.#dialect.rows(
      tx,
      `SELECT partition_count FROM millrace_commits
WHERE application_id = ? AND output_uid = ? AND batch_time_ms = ? LIMIT 1`,
      [applicationId, outputUid, batchTimeMs],
    );
    return row === undefined ? undefined : Number(row["partition_count"]);
  }

  async insertCommit(tx: Tx, identity: OutputIdentity): Promise<boolean> {
    const { applicationId, outputUid, batchTimeMs, partition, partitionCount, epoch } = identity;
    const count = await this.#dialect.changes(
      tx,
      `INSERT INTO millrace_commits
(application_id, output_uid, batch_time_ms, partition_number, partition_count, epoch)
VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
      [applicationId, outputUid, batchTimeMs, partition, partitionCount, epoch],
    );
    return count === 1;
  }

  async forget(tx: Tx, applicationId: string, beforeBatchMs: number): Promise<void> {
    await this.#dialect.changes(
      tx,
      `UPDATE millrace_epochs SET forgotten_before_ms = ?
WHERE application_id = ? AND forgotten_before_ms < ?`,
      [beforeBatchMs, applicationId, beforeBatchMs],
    );
    await this.#dialect.changes(
      tx,
      "DELETE FROM millrace_commits WHERE application_id = ? AND batch_time_ms < ?",
      [applicationId, beforeBatchMs],
    );
  }

  async forgetApplication(tx: Tx, applicationId: string): Promise<void> {
    for (const table of ["millrace_commits", "millrace_epochs"]) {
      await this.#dialect.changes(tx, `DELETE FROM ${table} WHERE application_id = ?`, [
        applicationId,
      ]);
    }
  }
}
