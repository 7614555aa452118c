import { expect, test } from "vitest";
import { CommitPruning, type TransactionalSink } from "../../../../src/core/index.ts";

/** A sink that notes what it is to forget, and can be kept waiting. */
function forgettingSink() {
  const forgotten: string[] = [];
  const held: (() => void)[] = [];
  let failure: Error | undefined;
  const sink = {
    transaction: async <R>(work: (tx: undefined) => Promise<R>): Promise<R> => {
      await new Promise<void>((resolve) => held.push(resolve));
      if (failure !== undefined) throw failure;
      return work(undefined);
    },
    ledger: {
      forget: async (_tx: undefined, applicationId: string, beforeMs: number) => {
        forgotten.push(`${applicationId} before ${beforeMs}`);
      },
      forgetApplication: async (_tx: undefined, applicationId: string) => {
        forgotten.push(`all of ${applicationId}`);
      },
    },
  } as unknown as TransactionalSink<undefined>;
  const release = async (): Promise<void> => {
    for (const resolve of held.splice(0)) resolve();
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { sink, forgotten, release, held, fail: (error?: Error) => void (failure = error) };
}

function commit(pruning: CommitPruning<undefined>, times: number): void {
  for (let commits = 0; commits < times; commits++) pruning.committed("app");
}

test("notes are removed when a thousand have gathered, not with every batch", async () => {
  const { sink, forgotten, release, held } = forgettingSink();
  const pruning = new CommitPruning(sink);
  commit(pruning, 999);
  pruning.forget(5000);
  expect(held).toHaveLength(0);
  commit(pruning, 1);
  pruning.forget(6000);
  await release();
  pruning.forget(7000);
  await release();
  expect(forgotten).toEqual(["app before 6000"]);
});

test("there is one removal at a time", async () => {
  const { sink, forgotten, release, held } = forgettingSink();
  const pruning = new CommitPruning(sink);
  commit(pruning, 1000);
  pruning.forget(6000);
  commit(pruning, 1000);
  pruning.forget(7000);
  expect(held).toHaveLength(1);
  await release();
  pruning.forget(8000);
  await release();
  expect(forgotten).toEqual(["app before 6000", "app before 8000"]);
});

test("a removal that failed is made up for by the next", async () => {
  const { sink, forgotten, release, fail } = forgettingSink();
  const pruning = new CommitPruning(sink);
  commit(pruning, 1000);
  fail(new Error("no database"));
  pruning.forget(6000);
  await release();
  fail(undefined);
  pruning.forget(7000);
  await release();
  expect(forgotten).toEqual(["app before 7000"]);
});

test("an application that never committed has nothing to forget", async () => {
  const { sink, held } = forgettingSink();
  const pruning = new CommitPruning(sink);
  await pruning.forgetApplication();
  expect(held).toHaveLength(0);
});

test("all is forgotten after the removal that is under way", async () => {
  const { sink, forgotten, release } = forgettingSink();
  const pruning = new CommitPruning(sink);
  commit(pruning, 1000);
  pruning.forget(6000);
  const all = pruning.forgetApplication();
  await release();
  await release();
  await all;
  expect(forgotten).toEqual(["app before 6000", "all of app"]);
});
