import fc from "fast-check";
import { describe, test } from "vitest";
import { type Change, SnapshotModel } from "./snapshot-model.ts";

const keys: readonly unknown[] = ["a", "b", "c", "d", 1, 2, 3, 4, 5, 6, "1", null, [1], { x: 1 }];

type Step = (model: SnapshotModel) => void | Promise<void>;

const named = (name: string, step: Step): Step =>
  Object.assign(step, { [fc.toStringMethod]: () => name });

const change: fc.Arbitrary<Change> = fc.record({
  key: fc.constantFrom(...keys),
  what: fc.constantFrom<Change["what"]>("set", "set", "set", "delete", "touch"),
});

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc
      .tuple(fc.constantFrom(1, 2, 5, 9), fc.array(change, { maxLength: 5 }))
      .map(([gap, changes]) =>
        named(`batch ${gap} ${fc.stringify(changes)}`, (m) => m.batch(gap, changes)),
      ),
  },
  // What most of the state needs to be there for, so that deltas come about.
  {
    weight: 1,
    arbitrary: fc.constant(
      named("batch of all keys", (m) =>
        m.batch(
          1,
          keys.map((key) => ({ key, what: "set" })),
        ),
      ),
    ),
  },
  { weight: 4, arbitrary: fc.constant(named("begin", (m) => m.begin())) },
  {
    weight: 3,
    arbitrary: fc.integer({ min: 1, max: 4 }).map((n) => named(`read ${n}`, (m) => m.read(n))),
  },
  { weight: 4, arbitrary: fc.constant(named("confirm", (m) => m.confirm())) },
  { weight: 1, arbitrary: fc.constant(named("lose", (m) => m.lose())) },
  { weight: 2, arbitrary: fc.constant(named("forget", (m) => m.forget())) },
  {
    weight: 1,
    arbitrary: fc
      .integer({ min: 1, max: 5 })
      .map((partitions) => named(`restart ${partitions}`, (m) => m.restart(partitions))),
  },
);

describe("a state that is restored from its snapshots goes on as if it had never stopped", () => {
  test.each([
    { partitions: 1, timeoutMs: undefined },
    { partitions: 3, timeoutMs: undefined },
    { partitions: 1, timeoutMs: 8 },
    { partitions: 3, timeoutMs: 8 },
  ])("through any batches, lost and durable snapshots and restarts with %o", async (options) => {
    const property = fc.asyncProperty(
      fc.array(step, { maxLength: 60, size: "max" }),
      async (steps) => {
        const model = new SnapshotModel(options.partitions, options.timeoutMs);
        for (const run of steps) await run(model);
        await model.finish();
      },
    );
    await fc.assert(property, { numRuns: 300 });
  });
});
