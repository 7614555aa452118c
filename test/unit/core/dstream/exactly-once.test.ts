import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import {
  type BatchOutputIdentity,
  type OutputIdentity,
  sqliteSink,
} from "../../../../src/index.ts";
import { caught, DrivenContext } from "../../context/driven-context.ts";

let place: string;
let database: DatabaseSync;

beforeEach(() => {
  place = mkdtempSync(join(tmpdir(), "millrace-exactly-once-"));
  database = new DatabaseSync(join(place, "sink.sqlite"));
  database.exec("CREATE TABLE written (text TEXT, batch INTEGER)");
});

afterEach(() => {
  database.close();
  rmSync(place, { recursive: true });
});

const insertAll = (tx: DatabaseSync, records: readonly string[], batchTimeMs: number): void => {
  const insert = tx.prepare("INSERT INTO written VALUES (?, ?)");
  for (const record of records) insert.run(record, batchTimeMs);
};
const written = () =>
  database
    .prepare("SELECT text, batch FROM written ORDER BY batch, text")
    .all()
    .map(({ text, batch }) => `${batch} ${text}`);
const rowsOf = (table: string) => database.prepare(`SELECT * FROM ${table}`).all();

describe("what outputs are known by", () => {
  test("is told to foreachRDD and foreachPartition: the same in each attempt, another in each batch", async () => {
    await using engine = new DrivenContext();
    const batches: BatchOutputIdentity[] = [];
    const partitions: OutputIdentity[] = [];
    const stream = engine.input([["a", "b"], ["c"]], 2);
    stream
      .foreachRDD((_dataset, _timeMs, output) => {
        batches.push(output);
        if (batches.length === 1) throw new Error("once more");
      })
      .uid("all");
    stream.foreachPartition((_records, _partition, _timeMs, identity) => {
      partitions.push(identity);
    });
    await engine.ssc.start();
    await engine.batches(2);
    expect(batches.map(({ batchTimeMs }) => batchTimeMs)).toEqual([1000, 1000, 2000]);
    expect(batches[1]).toEqual(batches[0]);
    expect(batches[0]).toEqual({
      applicationId: expect.stringMatching(/^[0-9a-f-]{36}$/),
      epoch: 0,
      outputUid: "all",
      batchTimeMs: 1000,
    });
    expect(partitions.map(({ partition, partitionCount }) => [partition, partitionCount])).toEqual([
      [0, 2],
      [1, 2],
      [0, 2],
      [1, 2],
    ]);
    expect(new Set(partitions.map(({ applicationId }) => applicationId))).toEqual(
      new Set([batches[0]?.applicationId]),
    );
  });

  test("is another application for each context", async () => {
    const seen = new Set<string>();
    for (const _ of [1, 2]) {
      await using engine = new DrivenContext();
      engine.input([["a"]]).foreachRDD((_dataset, _timeMs, output) => {
        seen.add(output.applicationId);
      });
      await engine.ssc.start();
      await engine.batches(1);
    }
    expect(seen.size).toBe(2);
  });
});

describe("saveExactlyOnce", () => {
  test("writes each partition of each batch, with a note of it", async () => {
    await using engine = new DrivenContext();
    const sink = sqliteSink(database);
    engine
      .input([["a", "b"], ["c"]], 2)
      .saveExactlyOnce(sink, (tx, records, { batchTimeMs }) => insertAll(tx, records, batchTimeMs))
      .uid("letters");
    await engine.ssc.start();
    await engine.batches(2);
    expect(written()).toEqual(["1000 a", "1000 b", "2000 c"]);
    expect(rowsOf("millrace_commits")).toEqual(
      [
        [1000, 0],
        [1000, 1],
        [2000, 0],
        [2000, 1],
      ].map(([batch, partition]) => ({
        application_id: expect.any(String),
        output_uid: "letters",
        batch_time_ms: batch,
        partition_number: partition,
        partition_count: 2,
        epoch: 0,
      })),
    );
  });

  test("fault 11: a batch whose output fails in its second partition writes the first once", async () => {
    await using engine = new DrivenContext();
    let calls = 0;
    engine.input([["a", "b"]], 2).saveExactlyOnce(sqliteSink(database), (tx, records) => {
      insertAll(tx, records, 1000);
      if (++calls === 2) throw new Error("no");
    });
    await engine.ssc.start();
    await engine.batches(1);
    expect(written()).toEqual(["1000 a", "1000 b"]);
    expect(calls).toBe(3);
  });

  test("two outputs into one database are kept apart", async () => {
    await using engine = new DrivenContext({ concurrentJobs: 2 });
    const sink = sqliteSink(database);
    const stream = engine.input([["a"], ["b"]]);
    for (const suffix of ["!", "?"]) {
      stream.saveExactlyOnce(sink, (tx, records, { batchTimeMs }) =>
        insertAll(
          tx,
          records.map((record) => record + suffix),
          batchTimeMs,
        ),
      );
    }
    await engine.ssc.start();
    await engine.batches(2);
    expect(written()).toEqual(["1000 a!", "1000 a?", "2000 b!", "2000 b?"]);
  });

  test("a function that throws fails the output by that error, and the place of it", async () => {
    await using engine = new DrivenContext({ attempts: 1, onFailure: "stop" });
    engine
      .input([["a"]])
      .saveExactlyOnce(sqliteSink(database), () => {
        throw new Error("no such account");
      })
      .uid("accounts");
    await engine.ssc.start();
    await engine.batches(1);
    expect(await caught(engine.ssc.awaitTermination())).toMatchObject({
      code: "batch_failed",
      cause: {
        code: "user_function_failed",
        details: { batchTimeMs: 1000, partition: 0 },
        cause: { message: "no such account" },
      },
    });
  });

  test("notes of an application without a checkpoint directory go when it stops, and no others", async () => {
    const sink = sqliteSink(database);
    await sink.prepare();
    database.exec("INSERT INTO millrace_epochs VALUES ('other app', 3, 0)");
    database.exec("INSERT INTO millrace_commits VALUES ('other app', 'x', 1000, 0, 1, 3)");
    await using engine = new DrivenContext();
    engine.input([["a"]]).saveExactlyOnce(sink, () => {});
    await engine.ssc.start();
    await engine.batches(1);
    expect(rowsOf("millrace_commits")).toHaveLength(2);
    await engine.ssc.stop();
    expect(rowsOf("millrace_commits")).toMatchObject([{ application_id: "other app" }]);
    expect(rowsOf("millrace_epochs")).toMatchObject([{ application_id: "other app" }]);
  });

  test("notes do not pile up while it runs", async () => {
    await using engine = new DrivenContext();
    const batches = Array.from({ length: 30 }, () => ["a"]);
    // In memory, as thousands of syncs take long on a busy disk.
    database.close();
    database = new DatabaseSync(":memory:");
    engine.input(batches, 100).saveExactlyOnce(sqliteSink(database), () => {});
    await engine.ssc.start();
    await engine.batches(30);
    expect(rowsOf("millrace_commits").length).toBeLessThan(1500);
  });
});

describe("a driver that a sink has fenced off", () => {
  for (const onFailure of ["continue", "stop", { deadLetter: () => {} }] as const) {
    const name = typeof onFailure === "object" ? "a dead-letter function" : onFailure;
    test(`fault 26: stops at once, without another try, also with ${name}`, async () => {
      await using engine = new DrivenContext({ onFailure });
      const delivered: number[] = [];
      let tries = 0;
      const sink = sqliteSink(database);
      const transaction = sink.transaction.bind(sink);
      engine.input([["a"], ["b"], ["c"]]).saveExactlyOnce(sink, (tx, records, identity) => {
        insertAll(tx, records, identity.batchTimeMs);
      });
      engine.ssc.addStreamingListener({
        onBatchCompleted: ({ batchTime }) => void delivered.push(batchTime),
      });
      await engine.ssc.start();
      await engine.batches(1);
      database.exec("UPDATE millrace_epochs SET epoch = 7");
      sink.transaction = (work) => {
        tries++;
        return transaction(work);
      };
      await engine.batches(1);
      expect(await caught(engine.ssc.awaitTermination())).toMatchObject({
        code: "batch_failed",
        cause: { code: "sink_fenced" },
      });
      expect(engine.ssc.state).toBe("STOPPED");
      expect(written()).toEqual(["1000 a"]);
      // The one of the output, and the one by which the context forgets its notes.
      expect(tries).toBe(2);
    });
  }
});

describe("saving the batches of a stream", () => {
  const textIn = (directory: string) =>
    readdirSync(join(place, directory))
      .filter((name) => name.startsWith("part-"))
      .map((name) => readFileSync(join(place, directory, name), "utf8"))
      .join("");

  test("gives each batch a directory of its own, once, however often it is tried", async () => {
    await using engine = new DrivenContext();
    let calls = 0;
    const stream = engine.input([["a"], ["b"]]).map((record) => {
      calls++;
      return record;
    });
    stream.saveAsTextFiles(join(place, "out"), "txt").uid("texts");
    stream.foreachRDD(async (dataset, timeMs) => {
      await dataset.saveAsTextFile(join(place, `by-hand-${timeMs}`));
      if (calls < 3) throw new Error("once more");
    });
    await engine.ssc.start();
    await engine.batches(2);
    expect(readdirSync(place).filter((name) => !name.startsWith("sink"))).toEqual([
      "by-hand-1000",
      "by-hand-2000",
      "out-1000.txt",
      "out-2000.txt",
    ]);
    expect(textIn("out-2000.txt")).toBe("b\n");
    expect(textIn("by-hand-1000")).toBe("a\n");
    const manifest = readFileSync(join(place, "out-1000.txt", ".millrace-manifest.json"), "utf8");
    expect(JSON.parse(manifest)).toMatchObject({
      output: { outputUid: "texts", batchTimeMs: 1000 },
    });
  });

  test("fails a batch that would save into the directory of another", async () => {
    await using engine = new DrivenContext({ attempts: 1 });
    engine
      .input([["a"], ["b"]])
      .foreachRDD((dataset) => dataset.saveAsTextFile(join(place, "latest")));
    await engine.ssc.start();
    await engine.batches(2);
    await engine.ssc.stop();
    expect(await caught(engine.ssc.awaitTermination())).toMatchObject({
      cause: { code: "output_taken" },
    });
    expect(textIn("latest")).toBe("a\n");
  });
});
