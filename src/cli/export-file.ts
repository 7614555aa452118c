/**
 * Owns: the files that an export makes: each appears under its name when it is whole, and none is overwritten.
 * Does not own: what is in them (src/inspect).
 */
import { access, link, open, unlink } from "node:fs/promises";
import type * as sqlite from "node:sqlite";
import { StreamError } from "../base/index.ts";
import type { ExportedRow } from "../inspect/index.ts";

/** Writes pieces into a new file. Throws `target_taken`, and what the pieces throw; then nothing stays. */
export async function writeExport(
  file: string,
  pieces: AsyncIterable<string | Uint8Array>,
): Promise<void> {
  await writeWhole(file, async (partial) => {
    const handle = await open(partial, "wx");
    try {
      for await (const piece of pieces) {
        const bytes = typeof piece === "string" ? new TextEncoder().encode(piece) : piece;
        for (let at = 0; at < bytes.length; ) {
          at += (await handle.write(bytes, at, bytes.length - at)).bytesWritten;
        }
      }
      await handle.sync();
    } finally {
      await handle.close();
    }
  });
}

const table = `CREATE TABLE state (
  key TEXT NOT NULL,
  key_json TEXT PRIMARY KEY,
  value_json TEXT NOT NULL,
  used_at_ms INTEGER
)`;

/** Writes rows into the table \`state\` of a new SQLite database. Throws `sqlite_unavailable`, and as `writeExport`. */
export async function writeSqlite(
  file: string,
  rows: AsyncIterable<readonly ExportedRow[]>,
): Promise<void> {
  const { DatabaseSync } = await loadSqlite();
  await writeWhole(file, async (partial) => {
    const database = new DatabaseSync(partial);
    try {
      database.exec(table);
      const insert = database.prepare("INSERT INTO state VALUES (?, ?, ?, ?)");
      database.exec("BEGIN");
      for await (const slice of rows) {
        for (const { key, keyJson, usedAtMs, valueJson } of slice) {
          insert.run(key, keyJson, valueJson, usedAtMs ?? null);
        }
      }
      database.exec("COMMIT");
    } finally {
      database.close();
    }
  });
}

/** Old ones have it behind a flag, and older ones have none. */
async function loadSqlite(): Promise<typeof sqlite> {
  try {
    return await import("node:sqlite");
  } catch (error) {
    throw new StreamError("sqlite_unavailable", { node: process.versions.node }, { cause: error });
  }
}

async function writeWhole(file: string, write: (partial: string) => Promise<void>): Promise<void> {
  if (await isThere(file)) throw new StreamError("target_taken", { file });
  const partial = `${file}.partial-${process.pid}`;
  try {
    await write(partial);
    // Unlike a rename, a link overwrites nothing.
    await link(partial, file);
  } catch (error) {
    const isTaken = (error as NodeJS.ErrnoException).code === "EEXIST";
    throw isTaken ? new StreamError("target_taken", { file }, { cause: error }) : error;
  } finally {
    await unlink(partial).catch(() => {});
  }
}

async function isThere(file: string): Promise<boolean> {
  try {
    await access(file);
    return true;
  } catch {
    return false;
  }
}
