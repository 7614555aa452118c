/** Owns: what output operations hand to the functions of a program. */

import { DatabaseSync } from "node:sqlite";
import { Pool, type PoolClient } from "pg";
import { expectTypeOf, test } from "vitest";
import {
  type BatchOutputIdentity,
  type OutputIdentity,
  type OutputOperation,
  type PostgresClient,
  postgresSink,
  type RDD,
  sqliteSink,
  type TransactionalSink,
} from "../../src/index.ts";
import { counts, lineSet, lines, lookUp } from "./given.ts";

test("foreachRDD hands over dataset and time, and waits for whatever the body gives", () => {
  const output = counts.foreachRDD((dataset, timeMs) => {
    expectTypeOf(dataset).toEqualTypeOf<RDD<[string, number]>>();
    expectTypeOf(timeMs).toEqualTypeOf<number>();
  });
  expectTypeOf(output).toEqualTypeOf<OutputOperation>();
  const seen: RDD<string>[] = [];
  lines.foreachRDD((dataset) => seen.push(dataset));
  lines.foreachRDD((dataset) => dataset.count());
  lines.foreachRDD(async (dataset) => dataset.saveAsTextFile("out"));
});

test("foreachPartition hands over records that are only read", () => {
  counts.foreachPartition(async (records, partition, timeMs) => {
    expectTypeOf(records).toEqualTypeOf<readonly [string, number][]>();
    expectTypeOf(partition).toEqualTypeOf<number>();
    expectTypeOf(timeMs).toEqualTypeOf<number>();
    for (const [word] of records) await lookUp(word);
  });
  void lineSet.foreachPartition((records) => Promise.all(records.map(lookUp)));
});

test("outputs are told what they are known by", () => {
  counts.foreachRDD((_dataset, _timeMs, output) => {
    expectTypeOf(output).toEqualTypeOf<BatchOutputIdentity>();
  });
  counts.foreachPartition((_records, _partition, _timeMs, identity) => {
    expectTypeOf(identity).toEqualTypeOf<OutputIdentity>();
  });
});

test("saveExactlyOnce hands over the records and what the database is reached by", () => {
  const output = counts.saveExactlyOnce(postgresSink(new Pool()), async (tx, records, identity) => {
    expectTypeOf(tx).toEqualTypeOf<PoolClient>();
    expectTypeOf(records).toEqualTypeOf<readonly [string, number][]>();
    expectTypeOf(identity).toEqualTypeOf<OutputIdentity>();
    for (const row of records) await tx.query("INSERT INTO counts VALUES ($1, $2)", row);
  });
  expectTypeOf(output).toEqualTypeOf<OutputOperation>();
  lines.saveExactlyOnce(sqliteSink(new DatabaseSync(":memory:")), (tx, records) => {
    expectTypeOf(tx).toEqualTypeOf<DatabaseSync>();
    for (const line of records) tx.prepare("INSERT INTO lines VALUES (?)").run(line);
  });
});

test("a pool of another make is as good, as long as it gives connections", () => {
  interface Connection extends PostgresClient {
    readonly mine: true;
  }
  const pool = { connect: async (): Promise<Connection> => ({}) as Connection };
  expectTypeOf(postgresSink(pool)).toEqualTypeOf<TransactionalSink<Connection>>();
});

test("a writer gets the records of the stream, and gives text or bytes", () => {
  counts.saveAsFiles("out", {
    extension: ".csv",
    write: (records) => records.map(([word, n]) => `${word},${n.toFixed(0)}\n`),
  });
  counts.saveAsFiles("out", {
    extension: ".bin",
    async *write(records) {
      yield new Uint8Array(records.length);
    },
  });
  void lineSet.saveAsFiles("out", { extension: ".txt", write: async (records) => records });
  // @ts-expect-error: numbers are neither
  counts.saveAsFiles("out", { extension: ".csv", write: (records) => records.map(([, n]) => n) });
});

test("an output can be given an id", () => {
  expectTypeOf(lines.print(20).uid("lines")).toEqualTypeOf<OutputOperation>();
  expectTypeOf(lines.saveAsTextFiles("out")).toEqualTypeOf<OutputOperation>();
});
