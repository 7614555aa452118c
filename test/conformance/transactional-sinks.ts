/**
 * Owns: what every sink for `saveExactlyOnce` has to do, as tests over the real database.
 * Does not own: the databases (one test file each).
 */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { commitOnce, type OutputIdentity, type TransactionalSink } from "../../src/core/index.ts";

/** A database under test: two sinks on it, as two drivers would have them, and a table `written` of texts. */
export interface SinkUnderTest<Tx> {
  readonly sink: TransactionalSink<Tx>;
  /** Another connection to the same database. */
  readonly other: TransactionalSink<Tx>;
  /** Inserts a text into `written`. */
  write(tx: Tx, text: string): unknown;
  /** A statement that the database refuses. */
  failStatement(tx: Tx): unknown;
  /** What is committed in `written`, in order. */
  written(): Promise<readonly string[]>;
  /** How many rows the table has. */
  rowCount(table: "millrace_commits" | "millrace_epochs"): Promise<number>;
  close(): Promise<void>;
}

const identity: OutputIdentity = {
  applicationId: "app",
  outputUid: "counts",
  batchTimeMs: 1000,
  partition: 0,
  partitionCount: 2,
  epoch: 1,
};
const code = (expected: string) => expect.objectContaining({ code: expected });

/** Runs the suite; `open` gives an empty database. */
export function describeTransactionalSink<Tx>(
  name: string,
  open: () => Promise<SinkUnderTest<Tx>>,
): void {
  describe(`${name} as a transactional sink`, () => {
    let given: SinkUnderTest<Tx>;

    beforeEach(async () => {
      given = await open();
    });

    afterEach(() => given.close());

    const save = (
      text: string,
      change: Partial<OutputIdentity> = {},
      sink: TransactionalSink<Tx> = given.sink,
    ) => commitOnce(sink, { ...identity, ...change }, (tx) => given.write(tx, text));

    test("commits what was written, with a note of it", async () => {
      expect(await save("a")).toBe("committed");
      expect(await given.written()).toEqual(["a"]);
      expect(await given.rowCount("millrace_commits")).toBe(1);
    });

    test("makes its tables once, however many begin at the same time", async () => {
      await Promise.all([given.sink, given.other, given.sink].map((sink) => sink.prepare()));
      await given.sink.prepare();
      expect(await given.rowCount("millrace_epochs")).toBe(0);
    });

    test("fault 11: writes nothing for a partition that was committed before, in this life or a later one", async () => {
      await save("a");
      expect(await save("again")).toBe("skipped");
      expect(await save("after a crash", { epoch: 2 }, given.other)).toBe("skipped");
      expect(await given.written()).toEqual(["a"]);
    });

    test("tells partitions, batches, outputs and applications apart", async () => {
      await save("a");
      await save("b", { partition: 1 });
      await save("c", { batchTimeMs: 2000 });
      await save("d", { outputUid: "sums" });
      await save("e", { applicationId: "other app" });
      expect(await given.written()).toEqual(["a", "b", "c", "d", "e"]);
    });

    test("takes a note of whatever application and output are called", async () => {
      const odd = { applicationId: "it's ? $1 ü", outputUid: 'a "b"; --' };
      expect(await save("a", odd)).toBe("committed");
      expect(await save("b", odd)).toBe("skipped");
    });

    test("keeps nothing of a function that throws, which may then be tried again", async () => {
      const error = new Error("no");
      const failing = commitOnce(given.sink, identity, async (tx) => {
        await given.write(tx, "half");
        throw error;
      });
      await expect(failing).rejects.toBe(error);
      expect(await given.written()).toEqual([]);
      expect(await save("whole")).toBe("committed");
      expect(await given.written()).toEqual(["whole"]);
    });

    test("keeps nothing when a statement fails, and passes on what the database says", async () => {
      const failing = commitOnce(given.sink, identity, async (tx) => {
        await given.write(tx, "half");
        await given.failStatement(tx);
      });
      await expect(failing).rejects.toThrow(/nowhere/);
      expect(await given.written()).toEqual([]);
      expect(await save("whole")).toBe("committed");
    });

    test("of two that write the same partition at once, one does", async () => {
      for (let batchTimeMs = 1; batchTimeMs <= 10; batchTimeMs++) {
        const outcomes = await Promise.all([
          save(`${batchTimeMs}`, { batchTimeMs }),
          save(`${batchTimeMs}`, { batchTimeMs }, given.other),
        ]);
        expect(outcomes.sort()).toEqual(["committed", "skipped"]);
      }
      expect(await given.written()).toHaveLength(10);
    });

    test("partitions that are written at once all come through", async () => {
      const partitions = Array.from({ length: 12 }, (_, partition) => partition);
      await Promise.all(
        partitions.map((partition) =>
          save(
            `${partition}`,
            { partition, partitionCount: 12 },
            partition % 2 === 0 ? given.sink : given.other,
          ),
        ),
      );
      expect(await given.written()).toHaveLength(12);
    });

    test("fault 26: a driver of an earlier epoch is refused as soon as a later one has written", async () => {
      await save("a", { batchTimeMs: 1000 });
      await save("b", { batchTimeMs: 2000, epoch: 2 }, given.other);
      await expect(save("zombie", { batchTimeMs: 3000 })).rejects.toEqual(code("sink_fenced"));
      await expect(save("zombie", { batchTimeMs: 1000 })).rejects.toEqual(code("sink_fenced"));
      expect(await given.written()).toEqual(["a", "b"]);
    });

    test("fault 26: a driver that was about to tell its epoch when a later one did does not lower it", async () => {
      const { ledger } = given.sink;
      await save("a", { epoch: 2 });
      await given.other.transaction((tx) => ledger.raiseEpoch(tx, identity));
      await expect(save("zombie", { batchTimeMs: 3000 })).rejects.toEqual(code("sink_fenced"));
    });

    test("fault 26: the epochs of one application say nothing about another", async () => {
      await save("a", { epoch: 7 });
      expect(await save("b", { applicationId: "other app" })).toBe("committed");
    });

    test("refuses to go on with another number of partitions, which would write records twice", async () => {
      await save("a");
      const other = { partition: 1, partitionCount: 3 };
      await expect(save("b", other)).rejects.toEqual(code("sink_partitions_differ"));
      await expect(save("a", { partitionCount: 3 })).rejects.toEqual(
        code("sink_partitions_differ"),
      );
      expect(await save("c", { ...other, batchTimeMs: 2000 })).toBe("committed");
      expect(await given.written()).toEqual(["a", "c"]);
    });

    test("forgets the notes of batches before a time, and refuses such a batch from then on", async () => {
      await save("a", { batchTimeMs: 1000 });
      await save("b", { batchTimeMs: 2000 });
      await save("c", { applicationId: "other app" });
      await given.sink.transaction((tx) => given.sink.ledger.forget(tx, "app", 2000));
      expect(await given.rowCount("millrace_commits")).toBe(2);
      expect(await save("b", { batchTimeMs: 2000 })).toBe("skipped");
      await expect(save("a", { batchTimeMs: 1000 })).rejects.toEqual(code("sink_batch_forgotten"));
      // A time from before, as a driver may give that lost its place.
      await given.sink.transaction((tx) => given.sink.ledger.forget(tx, "app", 500));
      await expect(save("a", { batchTimeMs: 1000 })).rejects.toEqual(code("sink_batch_forgotten"));
      expect(await given.written()).toEqual(["a", "b", "c"]);
    });

    test("forgets an application, and no other", async () => {
      await save("a");
      await save("b", { applicationId: "other app" });
      await given.sink.transaction((tx) => given.sink.ledger.forgetApplication(tx, "app"));
      expect(await given.rowCount("millrace_commits")).toBe(1);
      expect(await given.rowCount("millrace_epochs")).toBe(1);
    });
  });
}
