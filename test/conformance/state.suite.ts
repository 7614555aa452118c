/**
 * Owns: what every backend of a keyed state must do, shown against naive models.
 * Does not own: which backends there are (state-*.test.ts).
 */
import fc from "fast-check";
import { describe, test } from "vitest";
import { StateModel } from "./state-model.ts";
import { type Change, type NewState, SnapshotModel } from "./state-snapshot-model.ts";

const keys: readonly unknown[] = [
  "a",
  "b",
  "c",
  1,
  "1",
  null,
  [1],
  ["a", 2],
  { x: 1 },
  new Date(5),
];

type Step = (model: StateModel, partitions: number) => void | Promise<void>;

const partitionSeed = fc.nat({ max: 5 });
const key = fc.constantFrom(...keys);
const gap = fc.constantFrom(1, 2, 3, 7, 20);
const slice = fc.integer({ min: 1, max: 4 });

const named = (name: string, step: Step): Step =>
  Object.assign(step, { [fc.toStringMethod]: () => name });

const begin = (p: number, g: number): Step => named(`begin ${p} ${g}`, (m, n) => m.begin(p % n, g));

const set = (p: number, k: unknown): Step =>
  named(`set ${p} ${String(k)}`, (m, n) => m.set(p % n, k));

const complete = (p: number): Step => named(`complete ${p}`, (m, n) => m.complete(p % n));

const scanUpdate = (p: number): Step =>
  named(`scan update ${p}`, (m, n) => m.openUpdateScan(p % n));

const slices = (s: number): Step => named(`slices ${s}`, (m) => m.scanSlices(s));

const due = (p: number, s: number, then: "delete" | "leave"): Step =>
  named(`due ${p} ${s} ${then}`, (m, n) => m.due(p % n, s, then));

/** Partition, key, and whether the key is set or deleted. */
type BatchChange = readonly [number, unknown, boolean];

/** The whole batch of every partition. */
const batch = (g: number, changes: readonly BatchChange[]): Step =>
  named(`batch ${g} ${fc.stringify(changes)}`, async (m, n) => {
    for (let p = 0; p < n; p += 1) m.begin(p, g);
    for (const [p, k, isSet] of changes) {
      if (isSet) m.set(p % n, k);
      else m.delete(p % n, k);
    }
    for (let p = 0; p < n; p += 1) await m.complete(p);
  });

/** Found once, each for the reason above it. */
const examples: [Step[]][] = [
  // Deleting a key that is not held keeps no place for it among those that are due.
  [
    [
      batch(1, [
        [0, [1], false],
        [0, { x: 1 }, true],
        [0, [1], true],
      ]),
      begin(0, 20),
      due(0, 1, "delete"),
    ],
  ],
  // Nor does deleting a key that came in the same batch.
  [
    [
      batch(1, [
        [0, "a", true],
        [0, "b", true],
        [0, "a", false],
        [0, "a", true],
      ]),
      begin(0, 20),
      due(0, 4, "leave"),
    ],
  ],
  // Changes that move to disk within a batch lie there by key, and come by place.
  [
    [
      batch(1, []),
      begin(0, 1),
      set(0, [1]),
      set(0, "b"),
      set(0, "c"),
      scanUpdate(0),
      slices(1),
      set(0, "a"),
      set(0, "b"),
      complete(0),
      begin(0, 20),
      due(0, 4, "leave"),
    ],
  ],
];

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.tuple(partitionSeed, gap).map(([p, g]) => begin(p, g)),
  },
  {
    weight: 8,
    arbitrary: fc.tuple(partitionSeed, key).map(([p, k]) => set(p, k)),
  },
  {
    weight: 5,
    arbitrary: fc
      .tuple(partitionSeed, key)
      .map(([p, k]) => named(`delete ${p} ${String(k)}`, (m, n) => m.delete(p % n, k))),
  },
  {
    weight: 3,
    arbitrary: fc
      .tuple(partitionSeed, key)
      .map(([p, k]) => named(`touch ${p} ${String(k)}`, (m, n) => m.touch(p % n, k))),
  },
  {
    weight: 3,
    arbitrary: fc
      .tuple(partitionSeed, slice, fc.constantFrom<"delete" | "leave">("delete", "leave"))
      .map(([p, s, then]) => due(p, s, then)),
  },
  {
    weight: 7,
    arbitrary: partitionSeed.map(complete),
  },
  { weight: 1, arbitrary: fc.constant(named("restart", (m) => m.restart())) },
  {
    weight: 1,
    arbitrary: fc
      .integer({ min: 1, max: 4 })
      .map((kept) => named(`forget all but ${kept}`, (m) => m.forget(kept))),
  },
  { weight: 1, arbitrary: key.map((k) => named(`write late ${String(k)}`, (m) => m.writeLate(k))) },
  {
    weight: 2,
    arbitrary: fc
      .tuple(partitionSeed, fc.nat({ max: 3 }))
      .map(([p, v]) => named(`scan ${p} -${v}`, (m, n) => m.openScan(p % n, v))),
  },
  {
    weight: 1,
    arbitrary: partitionSeed.map(scanUpdate),
  },
  { weight: 4, arbitrary: slice.map(slices) },
  // So that many versions come about.
  {
    weight: 4,
    arbitrary: fc
      .tuple(gap, fc.array(fc.tuple(partitionSeed, key, fc.boolean()), { maxLength: 6 }))
      .map(([g, changes]) => batch(g, changes)),
  },
);

type SnapshotStep = (model: SnapshotModel) => void | Promise<void>;

const namedStep = (name: string, step: SnapshotStep): SnapshotStep =>
  Object.assign(step, { [fc.toStringMethod]: () => name });

const change: fc.Arbitrary<Change> = fc.record({
  key: fc.constantFrom(...keys),
  what: fc.constantFrom<Change["what"]>("set", "set", "set", "delete", "touch"),
});

const snapshotStep: fc.Arbitrary<SnapshotStep> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc
      .tuple(fc.constantFrom(1, 2, 5, 9), fc.array(change, { maxLength: 5 }))
      .map(([gap, changes]) =>
        namedStep(`batch ${gap} ${fc.stringify(changes)}`, (m) => m.batch(gap, changes)),
      ),
  },
  // What most of the state needs to be there for, so that deltas come about.
  {
    weight: 1,
    arbitrary: fc.constant(
      namedStep("batch of all keys", (m) =>
        m.batch(
          1,
          keys.map((key) => ({ key, what: "set" })),
        ),
      ),
    ),
  },
  { weight: 4, arbitrary: fc.constant(namedStep("begin", (m) => m.begin())) },
  {
    weight: 3,
    arbitrary: fc.integer({ min: 1, max: 4 }).map((n) => namedStep(`read ${n}`, (m) => m.read(n))),
  },
  { weight: 4, arbitrary: fc.constant(namedStep("confirm", (m) => m.confirm())) },
  { weight: 1, arbitrary: fc.constant(namedStep("lose", (m) => m.lose())) },
  { weight: 2, arbitrary: fc.constant(namedStep("forget", (m) => m.forget())) },
  {
    weight: 1,
    arbitrary: fc
      .integer({ min: 1, max: 5 })
      .map((partitions) => namedStep(`restart ${partitions}`, (m) => m.restart(partitions))),
  },
);

/** How a backend is put to the test. */
export interface StateBackendUnderTest {
  readonly name: string;
  readonly newState: NewState;
  /** Each run makes states; fewer where that takes time. */
  readonly runs: number;
}

export function stateConformance({ name, newState, runs }: StateBackendUnderTest): void {
  describe(`state ${name} does what a copy of a Map per version does`, () => {
    test.each([
      { partitions: 1, timeoutMs: undefined },
      { partitions: 3, timeoutMs: undefined },
      { partitions: 1, timeoutMs: 5 },
      { partitions: 2, timeoutMs: 12 },
    ])(
      "through any operations with %o",
      { timeout: 120_000 },
      async ({ partitions, timeoutMs }) => {
        const property = fc.asyncProperty(
          fc.array(step, { maxLength: 80, size: "max" }),
          async (steps) => {
            const state = newState({ partitions, timeoutMs });
            await state.open();
            const model = new StateModel(state, { partitions, timeoutMs, keys });
            try {
              for (const run of steps) await run(model, partitions);
              await model.finish();
            } finally {
              await state.close();
            }
          },
        );
        await fc.assert(property, { numRuns: runs, examples });
      },
    );
  });

  describe(`state ${name} that is restored goes on as if it had never stopped`, () => {
    test.each([
      { partitions: 1, timeoutMs: undefined },
      { partitions: 3, timeoutMs: undefined },
      { partitions: 1, timeoutMs: 8 },
      { partitions: 3, timeoutMs: 8 },
    ])(
      "through any batches, lost and durable snapshots and restarts with %o",
      { timeout: 120_000 },
      async (options) => {
        const property = fc.asyncProperty(
          fc.array(snapshotStep, { maxLength: 60, size: "max" }),
          async (steps) => {
            const model = new SnapshotModel({ ...options, newState });
            await model.open();
            try {
              for (const run of steps) await run(model);
              await model.finish();
            } finally {
              await model.close();
            }
          },
        );
        await fc.assert(property, { numRuns: runs });
      },
    );
  });
}
