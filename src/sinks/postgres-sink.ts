/**
 * Owns: PostgreSQL as a sink that is exactly once, by a pool that its user has made.
 * Does not own: its tables (sql-ledger.ts).
 * Invariants: I1 a connection goes back into the pool only when it is known to be in no transaction. I2 what was committed
 * is durable, whatever the server thinks of commits by itself. I3 a driver that stands still in a transaction keeps its
 * locks for a bounded time.
 */
import { StreamError } from "../base/index.ts";
import type { TransactionalSink } from "../core/index.ts";
import { ledgerTables, SqlLedger, type SqlRow } from "./sql-ledger.ts";

/** A pool, as `Pool` of `pg` is one. */
export type PostgresPool<C extends PostgresClient> =
  | { connect(): Promise<C> }
  // The compiler finds the client of a method with a second form only where that form is named, too.
  | { connect(): Promise<C>; connect(callback: (...args: never[]) => void): void };

/** A connection of a pool. */
export interface PostgresClient {
  query(text: string, parameters?: unknown[]): Promise<PostgresResult>;
  /** Gives it back; with an error it is closed. */
  release(error?: Error | boolean): void;
  on(event: "error", listener: (error: Error) => void): unknown;
  off(event: "error", listener: (error: Error) => void): unknown;
}

export interface PostgresResult {
  readonly command: string;
  readonly rowCount: number | null;
  readonly rows: readonly unknown[];
}

export interface PostgresSinkOptions {
  /** How transactions are kept apart (default: as the database does it, which is "read committed" as a rule). */
  readonly isolationLevel?: "read committed" | "repeatable read" | "serializable";
  /**
   * How long a transaction may do nothing before the server ends it (default 60,000 ms): a driver that hangs in one keeps
   * the next one waiting so long.
   */
  readonly idleInTransactionMs?: number;
}

/** A sink for `saveExactlyOnce`. The functions that write are handed a connection of the pool, in a transaction. */
export function postgresSink<C extends PostgresClient>(
  pool: PostgresPool<C>,
  options: PostgresSinkOptions = {},
): TransactionalSink<C> {
  return new PostgresSink(pool, options);
}

/** serialization_failure and deadlock_detected. */
const transientStates: ReadonlySet<unknown> = new Set(["40001", "40P01"]);
/** Of all processes that make the tables at once, one does. Any number that nobody else takes. */
const tablesLock = 7_204_551_917;

class PostgresSink<C extends PostgresClient> implements TransactionalSink<C> {
  readonly ledger: SqlLedger<C>;
  readonly #pool: PostgresPool<C>;
  readonly #begin: string;
  #commitsAreDurable = true;

  constructor(pool: PostgresPool<C>, options: PostgresSinkOptions) {
    const { idleInTransactionMs = 60_000, isolationLevel } = options;
    if (!Number.isSafeInteger(idleInTransactionMs) || idleInTransactionMs < 1) {
      const expected = "a whole number of milliseconds from 1 up";
      throw new StreamError("argument_invalid", { idleInTransactionMs, expected });
    }
    this.#pool = pool;
    const begin =
      isolationLevel === undefined ? "BEGIN" : `BEGIN ISOLATION LEVEL ${isolationLevel}`;
    this.#begin = `${begin}; SET LOCAL idle_in_transaction_session_timeout = ${idleInTransactionMs}`;
    this.ledger = new SqlLedger<C>({
      rows: async (tx, text, parameters) => {
        const { rows } = await tx.query(numbered(text), [...parameters]);
        return rows as readonly SqlRow[];
      },
      changes: async (tx, text, parameters) => {
        const { rowCount } = await tx.query(numbered(text), [...parameters]);
        return rowCount ?? 0;
      },
      // Shared: partitions are written side by side, and only a change of the epoch has to wait for them.
      lockClause: "FOR SHARE",
    });
  }

  async prepare(): Promise<void> {
    await this.transaction(async (client) => {
      const { rows } = await client.query("SELECT current_setting('synchronous_commit') AS mode");
      this.#commitsAreDurable = (rows as readonly SqlRow[])[0]?.["mode"] !== "off";
      // Who may write to the tables need not be one who may make some.
      if (await hasTables(client)) return;
      // Made by two at once, a table that must not exist twice is an error even if it may exist.
      await client.query(`SELECT pg_advisory_xact_lock(${tablesLock})`);
      for (const table of ledgerTables) await client.query(table);
    });
  }

  async transaction<R>(work: (tx: C) => Promise<R>): Promise<R> {
    const client = await this.#connect();
    // It is told of by the next query as well; without a listener the event would end the process.
    const ignore = (): void => {};
    client.on("error", ignore);
    let broken: Error | undefined;
    try {
      await client.query(this.#beginText);
      const result = await work(client);
      const { command } = await client.query("COMMIT");
      // That is how the server answers when a statement had failed and its error went no further.
      if (command !== "COMMIT") throw new StreamError("sink_not_committed", { command });
      return result;
    } catch (error) {
      broken = await rollBack(client);
      throw error;
    } finally {
      client.off("error", ignore);
      client.release(broken);
    }
  }

  isTransient(error: unknown): boolean {
    return error instanceof Error && transientStates.has((error as { code?: unknown }).code);
  }

  get #beginText(): string {
    return this.#commitsAreDurable
      ? this.#begin
      : `${this.#begin}; SET LOCAL synchronous_commit = on`;
  }

  async #connect(): Promise<C> {
    try {
      return await this.#pool.connect();
    } catch (error) {
      throw new StreamError("sink_unreachable", {}, { cause: error });
    }
  }
}

async function hasTables(client: PostgresClient): Promise<boolean> {
  const { rows } = await client.query(
    "SELECT to_regclass('millrace_epochs') IS NOT NULL AND to_regclass('millrace_commits') IS NOT NULL AS there",
  );
  return (rows as readonly SqlRow[])[0]?.["there"] === true;
}

/** Why the connection can be used no more, if so. */
async function rollBack(client: PostgresClient): Promise<Error | undefined> {
  try {
    await client.query("ROLLBACK");
    return undefined;
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

/** The parameters as PostgreSQL writes them: `$1`, `$2`. */
function numbered(text: string): string {
  let number = 0;
  return text.replaceAll("?", () => `$${++number}`);
}
