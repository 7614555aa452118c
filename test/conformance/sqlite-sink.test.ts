import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { sqliteSink } from "../../src/sinks/index.ts";
import { describeTransactionalSink } from "./transactional-sinks.ts";

for (const journalMode of ["delete", "wal"]) {
  describeTransactionalSink(`SQLite (${journalMode})`, async () => {
    const place = mkdtempSync(join(tmpdir(), "millrace-sqlite-"));
    const file = join(place, "sink.sqlite");
    const [one, two] = [new DatabaseSync(file), new DatabaseSync(file)];
    one.exec(`PRAGMA journal_mode = ${journalMode}`);
    one.exec("CREATE TABLE written (id INTEGER PRIMARY KEY, text TEXT)");
    return {
      sink: sqliteSink(one),
      other: sqliteSink(two),
      write: (tx, text) => tx.prepare("INSERT INTO written (text) VALUES (?)").run(text),
      failStatement: (tx) => tx.exec("INSERT INTO nowhere VALUES (1)"),
      written: async () =>
        one
          .prepare("SELECT text FROM written ORDER BY id")
          .all()
          .map(({ text }) => String(text)),
      rowCount: async (table) =>
        Number(one.prepare(`SELECT count(*) AS count FROM ${table}`).get()?.["count"]),
      close: async () => {
        one.close();
        two.close();
        rmSync(place, { recursive: true });
      },
    };
  });
}
