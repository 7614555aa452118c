import fc from "fast-check";
import { describe, test } from "vitest";
import { VersionedState } from "../../../src/state/index.ts";
import { StateModel } from "./state-model.ts";

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

type Step = (model: StateModel, partitions: number) => void;

const partitionSeed = fc.nat({ max: 5 });
const key = fc.constantFrom(...keys);
const gap = fc.constantFrom(1, 2, 3, 7, 20);
const slice = fc.integer({ min: 1, max: 4 });

const named = (name: string, step: Step): Step =>
  Object.assign(step, { [fc.toStringMethod]: () => name });

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc
      .tuple(partitionSeed, gap)
      .map(([p, g]) => named(`begin ${p} ${g}`, (m, n) => m.begin(p % n, g))),
  },
  {
    weight: 8,
    arbitrary: fc
      .tuple(partitionSeed, key)
      .map(([p, k]) => named(`set ${p} ${String(k)}`, (m, n) => m.set(p % n, k))),
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
      .map(([p, s, then]) => named(`due ${p} ${s} ${then}`, (m, n) => m.due(p % n, s, then))),
  },
  {
    weight: 7,
    arbitrary: partitionSeed.map((p) => named(`complete ${p}`, (m, n) => m.complete(p % n))),
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
    arbitrary: partitionSeed.map((p) =>
      named(`scan update ${p}`, (m, n) => m.openUpdateScan(p % n)),
    ),
  },
  { weight: 4, arbitrary: slice.map((s) => named(`slices ${s}`, (m) => m.scanSlices(s))) },
  // The whole batch of every partition, so that many versions come about.
  {
    weight: 4,
    arbitrary: fc
      .tuple(gap, fc.array(fc.tuple(partitionSeed, key, fc.boolean()), { maxLength: 6 }))
      .map(([g, changes]) =>
        named(`batch ${g} ${fc.stringify(changes)}`, (m, n) => {
          for (let p = 0; p < n; p += 1) m.begin(p, g);
          for (const [p, k, set] of changes) {
            if (set) m.set(p % n, k);
            else m.delete(p % n, k);
          }
          for (let p = 0; p < n; p += 1) m.complete(p);
        }),
      ),
  },
);

describe("versioned state does what a copy of a Map per version does", () => {
  test.each([
    { partitions: 1, timeoutMs: undefined },
    { partitions: 3, timeoutMs: undefined },
    { partitions: 1, timeoutMs: 5 },
    { partitions: 2, timeoutMs: 12 },
  ])("through any operations with %o", ({ partitions, timeoutMs }) => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80, size: "max" }), (steps) => {
        const state = new VersionedState<unknown, object>({ partitions, timeoutMs });
        const model = new StateModel(state, { partitions, timeoutMs, keys });
        for (const run of steps) run(model, partitions);
        model.finish();
      }),
      { numRuns: 300 },
    );
  });
});
