/**
 * Owns: SQLite as a sink that is exactly once, by a connection that its user has opened.
 * Does not own: its tables (sql-ledger.ts).
 * Invariants: I1 one transaction at a time: a connection has no more, and what else is executed on it meanwhile is part
 * of it. I2 what was committed is on the disk, also after power loss.
 */
import type { TransactionalSink } from "../core/index.ts";
import { ledgerTables, SqlLedger, type SqlRow, type SqlValue } from "./sql-ledger.ts";

/** A synchronous connection, as `DatabaseSync` of `node:sqlite` is one. */
export interface SqliteDatabase {
  exec(text: string): unknown;
  prepare(text: string): SqliteStatement;
}

export interface SqliteStatement {
  all(...parameters: SqlValue[]): unknown[];
  run(...parameters: SqlValue[]): { readonly changes: number | bigint };
}

/**
 * A sink for `saveExactlyOnce`. Give it a connection of its own, and one sink to all outputs that write by it: what others
 * execute on the connection while a partition is being written is part of its transaction. The functions that write are
 * handed the connection.
 */
export function sqliteSink<D extends SqliteDatabase>(database: D): TransactionalSink<D> {
  return new SqliteSink(database);
}

class SqliteSink<D extends SqliteDatabase> implements TransactionalSink<D> {
  readonly ledger: SqlLedger<D>;
  readonly #database: D;
  /** Resolves when the transactions that were asked for have ended. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(database: D) {
    this.#database = database;
    this.ledger = new SqlLedger<D>({
      rows: async (tx, text, parameters) => tx.prepare(text).all(...parameters) as SqlRow[],
      changes: async (tx, text, parameters) => Number(tx.prepare(text).run(...parameters).changes),
      lockClause: "",
    });
  }

  async prepare(): Promise<void> {
    await this.#alone(async () => {
      this.#makeDurable();
    });
    await this.transaction(async (database) => {
      for (const table of ledgerTables) database.exec(table);
    });
  }

  transaction<R>(work: (tx: D) => Promise<R>): Promise<R> {
    return this.#alone(async () => {
      const database = this.#database;
      // Not at the first write: what was read until then could be no longer true, and the write be refused.
      database.exec("BEGIN IMMEDIATE");
      try {
        const result = await work(database);
        database.exec("COMMIT");
        return result;
      } catch (error) {
        rollBack(database);
        throw error;
      }
    });
  }

  /** BUSY and LOCKED, of `node:sqlite` and of packages that name them. */
  isTransient(error: unknown): boolean {
    if (!(error instanceof Error)) return false;
    const { code, errcode } = error as { code?: unknown; errcode?: unknown };
    if (typeof errcode === "number") return errcode % 256 === 5 || errcode % 256 === 6;
    return typeof code === "string" && /^SQLITE_(BUSY|LOCKED)/.test(code);
  }

  /** In WAL mode NORMAL may lose commits in a power cut; what is journaled as done must not. */
  #makeDurable(): void {
    const [row] = this.#database.prepare("PRAGMA synchronous").all() as SqlRow[];
    if (Number(row?.["synchronous"]) < 2) this.#database.exec("PRAGMA synchronous = FULL");
  }

  /** Does work when all that was asked for before has ended. */
  #alone<R>(work: () => Promise<R>): Promise<R> {
    const result = this.#last.then(work);
    this.#last = result.catch(() => {});
    return result;
  }
}

/** Some errors have rolled back already, and there is nothing left to do so. */
function rollBack(database: SqliteDatabase): void {
  try {
    database.exec("ROLLBACK");
  } catch {}
}
