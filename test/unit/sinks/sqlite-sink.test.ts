import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type Clock, systemClock } from "../../../src/base/index.ts";
import { commitOnce, type OutputIdentity } from "../../../src/core/index.ts";
import { sqliteSink } from "../../../src/sinks/index.ts";

const identity: OutputIdentity = {
  applicationId: "app",
  outputUid: "counts",
  batchTimeMs: 1000,
  partition: 0,
  partitionCount: 2,
  epoch: 0,
};

describe("sqliteSink", () => {
  let place: string;
  let database: DatabaseSync;
  let other: DatabaseSync;

  beforeEach(() => {
    place = mkdtempSync(join(tmpdir(), "millrace-sqlite-"));
    const file = join(place, "sink.sqlite");
    [database, other] = [new DatabaseSync(file), new DatabaseSync(file)];
    database.exec("CREATE TABLE written (text TEXT)");
  });

  afterEach(() => {
    database.close();
    other.close();
    rmSync(place, { recursive: true });
  });

  const insert = (text: string) => (tx: DatabaseSync) =>
    tx.prepare("INSERT INTO written VALUES (?)").run(text);
  const written = () => database.prepare("SELECT text FROM written").all().length;

  test("does not mix the transactions of partitions that are written at once", async () => {
    const sink = sqliteSink(database);
    const slowly = commitOnce(sink, identity, async (tx) => {
      insert("a")(tx);
      await systemClock.yieldToEventLoop();
      throw new Error("no");
    });
    const beside = commitOnce(sink, { ...identity, partition: 1 }, insert("b"));
    await expect(slowly).rejects.toThrow("no");
    expect(await beside).toBe("committed");
    expect(written()).toBe(1);
  });

  test("has the database to itself from its beginning on, so that what it reads stays true", async () => {
    await sqliteSink(database).transaction(async () => {
      expect(() => other.exec("BEGIN IMMEDIATE")).toThrow(/locked/);
    });
    other.exec("BEGIN IMMEDIATE");
    other.exec("ROLLBACK");
  });

  test("waits for another connection that has the database locked", async () => {
    const sink = sqliteSink(database);
    other.exec("BEGIN IMMEDIATE");
    let pauses = 0;
    const clock: Clock = {
      ...systemClock,
      setTimer: (_delayMs, fire) => {
        if (++pauses === 3) other.exec("COMMIT");
        return systemClock.setTimer(0, fire);
      },
    };
    expect(await commitOnce(sink, identity, insert("a"), { clock })).toBe("committed");
    expect(pauses).toBe(3);
  });

  test("does not wait for ever", async () => {
    const sink = sqliteSink(database);
    other.exec("BEGIN IMMEDIATE");
    const clock: Clock = { ...systemClock, setTimer: (_, fire) => systemClock.setTimer(0, fire) };
    await expect(commitOnce(sink, identity, insert("a"), { clock })).rejects.toEqual(
      expect.objectContaining({ code: "sink_contended" }),
    );
  });

  test("makes a connection durable that would lose commits in a power cut", async () => {
    for (const [before, after] of [
      ["OFF", 2],
      ["NORMAL", 2],
      ["FULL", 2],
      ["EXTRA", 3],
    ] as const) {
      database.exec(`PRAGMA synchronous = ${before}`);
      await sqliteSink(database).prepare();
      expect(database.prepare("PRAGMA synchronous").get()).toEqual({ synchronous: after });
    }
  });

  test("tells an error when the function has ended the transaction", async () => {
    const ended = commitOnce(sqliteSink(database), identity, (tx) => tx.exec("ROLLBACK"));
    await expect(ended).rejects.toThrow(/no transaction is active/);
    expect(await commitOnce(sqliteSink(database), identity, insert("a"))).toBe("committed");
  });

  test("knows a busy database of other packages by its code", () => {
    const sink = sqliteSink(database);
    const error = (code: string) => Object.assign(new Error(code), { code });
    expect(sink.isTransient(error("SQLITE_BUSY"))).toBe(true);
    expect(sink.isTransient(error("SQLITE_BUSY_SNAPSHOT"))).toBe(true);
    expect(sink.isTransient(error("SQLITE_CONSTRAINT"))).toBe(false);
    expect(sink.isTransient("SQLITE_BUSY")).toBe(false);
  });
});
