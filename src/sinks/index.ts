export { datasetFiles } from "./dataset-files.ts";
export {
  type PostgresClient,
  type PostgresPool,
  type PostgresResult,
  type PostgresSinkOptions,
  postgresSink,
} from "./postgres-sink.ts";
export type { SqlRow, SqlValue } from "./sql-ledger.ts";
export { type SqliteDatabase, type SqliteStatement, sqliteSink } from "./sqlite-sink.ts";
export { printOn } from "./standard-output.ts";
