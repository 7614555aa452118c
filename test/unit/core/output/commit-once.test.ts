import { beforeEach, describe, expect, test } from "vitest";
import { type Clock, systemClock } from "../../../../src/base/index.ts";
import {
  type ApplicationRecord,
  type CommitLedger,
  commitOnce,
  type OutputIdentity,
  type TransactionalSink,
} from "../../../../src/core/index.ts";

const identity: OutputIdentity = {
  applicationId: "app",
  outputUid: "counts",
  batchTimeMs: 1000,
  partition: 0,
  partitionCount: 1,
  epoch: 3,
};
const code = (expected: string) => expect.objectContaining({ code: expected });
const busy = new Error("busy");

/** A sink that fails as it is told, and remembers what it was asked for. */
class ScriptedSink implements TransactionalSink<string> {
  /** What the next calls of `prepare` and of `transaction` fail with. */
  readonly failures: { prepare: Error[]; transaction: Error[] } = {
    prepare: [],
    transaction: [],
  };
  readonly calls: string[] = [];
  known: ApplicationRecord | undefined = { epoch: 3, forgottenBeforeMs: 0 };
  isNoted = false;
  transactions = 0;

  readonly ledger: CommitLedger<string> = {
    application: async () => this.known,
    raiseEpoch: async (_tx, { epoch }) => {
      this.calls.push(`raise to ${epoch}`);
      this.known = { epoch, forgottenBeforeMs: 0 };
    },
    partitionCount: async () => undefined,
    insertCommit: async () => {
      this.calls.push("note");
      return !this.isNoted;
    },
    forget: async () => {},
    forgetApplication: async () => {},
  };

  async prepare(): Promise<void> {
    this.calls.push("prepare");
    const failure = this.failures.prepare.shift();
    if (failure !== undefined) throw failure;
  }

  async transaction<R>(work: (tx: string) => Promise<R>): Promise<R> {
    this.transactions++;
    const failure = this.failures.transaction.shift();
    if (failure !== undefined) throw failure;
    return work(`transaction ${this.transactions}`);
  }

  isTransient(error: unknown): boolean {
    return error === busy;
  }
}

/** Every timer fires at once; `pausesMs` are the times that were asked for. */
function impatientClock(): { readonly clock: Clock; readonly pausesMs: number[] } {
  const pausesMs: number[] = [];
  const clock: Clock = {
    ...systemClock,
    setTimer: (delayMs, fire) => {
      pausesMs.push(delayMs);
      return systemClock.setTimer(0, fire);
    },
  };
  return { clock, pausesMs };
}

describe("commitOnce", () => {
  let sink: ScriptedSink;
  let written: string[];
  const write = (tx: string): void => {
    written.push(tx);
  };

  beforeEach(() => {
    sink = new ScriptedSink();
    written = [];
  });

  test("notes the commit before it writes, in the same transaction", async () => {
    const outcome = await commitOnce(sink, identity, (tx) => {
      sink.calls.push(`write by ${tx}`);
    });
    expect(outcome).toBe("committed");
    expect(sink.calls).toEqual(["prepare", "note", "write by transaction 1"]);
  });

  test("writes nothing when the commit is noted already", async () => {
    sink.isNoted = true;
    expect(await commitOnce(sink, identity, write)).toBe("skipped");
    expect(written).toEqual([]);
  });

  test.each([
    ["has not heard of the application", undefined],
    ["knows an earlier epoch", { epoch: 2, forgottenBeforeMs: 0 }],
  ])("tells its epoch to a sink that %s, in a transaction of its own", async (_, known) => {
    sink.known = known;
    expect(await commitOnce(sink, identity, write)).toBe("committed");
    expect(sink.calls).toEqual(["prepare", "raise to 3", "note"]);
    expect(written).toEqual(["transaction 3"]);
  });

  test("does nothing at all in a sink that knows a later epoch", async () => {
    sink.known = { epoch: 4, forgottenBeforeMs: 0 };
    await expect(commitOnce(sink, identity, write)).rejects.toMatchObject({
      code: "sink_fenced",
      details: { epoch: 3, laterEpoch: 4 },
    });
    expect(sink.calls).toEqual(["prepare"]);
  });

  test("refuses a batch that the sink has forgotten, and takes the first that it has not", async () => {
    sink.known = { epoch: 3, forgottenBeforeMs: 1001 };
    await expect(commitOnce(sink, identity, write)).rejects.toEqual(code("sink_batch_forgotten"));
    sink.known = { epoch: 3, forgottenBeforeMs: 1000 };
    expect(await commitOnce(sink, identity, write)).toBe("committed");
  });

  test("prepares a sink once, and again only after that has failed", async () => {
    sink.failures.prepare.push(new Error("no tables"));
    await expect(commitOnce(sink, identity, write)).rejects.toThrow("no tables");
    await commitOnce(sink, identity, write);
    await commitOnce(sink, identity, write);
    expect(sink.calls.filter((call) => call === "prepare")).toHaveLength(2);
  });

  test("tries again what failed because others were in the way, after pauses that grow", async () => {
    const { clock, pausesMs } = impatientClock();
    sink.failures.transaction.push(busy, busy, busy, busy, busy, busy);
    expect(await commitOnce(sink, identity, write, { clock })).toBe("committed");
    expect(written).toEqual(["transaction 7"]);
    expect(pausesMs).toHaveLength(6);
    expect(pausesMs[5]).toBeGreaterThan(10 * (pausesMs[0] ?? Number.NaN));
  });

  test("tries a bounded number of times, for a bounded time", async () => {
    const { clock, pausesMs } = impatientClock();
    sink.failures.transaction.push(...Array.from({ length: 100 }, () => busy));
    await expect(commitOnce(sink, identity, write, { clock })).rejects.toMatchObject({
      code: "sink_contended",
      cause: busy,
    });
    expect(sink.transactions).toBe(12);
    expect(pausesMs.reduce((sum, pauseMs) => sum + pauseMs, 0)).toBeLessThan(10_000);
  });

  test("passes on any other failure at once", async () => {
    const error = new Error("disk full");
    sink.failures.transaction.push(error);
    await expect(commitOnce(sink, identity, write)).rejects.toBe(error);
    expect(sink.transactions).toBe(1);
  });

  test("tries no more when it is cancelled", async () => {
    const abort = new AbortController();
    const { clock } = impatientClock();
    sink.failures.transaction.push(...Array.from({ length: 100 }, () => busy));
    const stopping: TransactionalSink<string> = Object.assign(sink, {
      isTransient: () => {
        if (sink.transactions === 3) abort.abort(new Error("stopped"));
        return true;
      },
    });
    const options = { clock, signal: abort.signal };
    await expect(commitOnce(stopping, identity, write, options)).rejects.toEqual(
      code("job_cancelled"),
    );
    expect(sink.transactions).toBe(3);
  });
});
