/** From which snapshot each state is brought forward. Batches are at 1000, 2000, ... ms. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type BaseFacts, type BasePlan, chooseBases } from "../../../src/checkpoint/index.ts";
import type { GraphDescription, StreamDescription } from "../../../src/core/index.ts";
import { nextOnGrid, StreamGraph } from "../../../src/core/index.ts";
import { seconds } from "../../../src/index.ts";
import { DrivenContext } from "../context/driven-context.ts";
import { graph, input, output, stateful, stream } from "./described.ts";

const simple = graph(input("in"), stateful("sums", ["in"]), output("out", "sums"));

function facts(parts: Partial<BaseFacts> & { readonly graph: GraphDescription }): BaseFacts {
  return { zeroTimeMs: 0, versions: new Map(), outputsAfterMs: 10_000, ...parts };
}

const versionsOf = (versions: Readonly<Record<string, readonly number[]>>) =>
  new Map(Object.entries(versions));

const labels = ({ bases }: BasePlan) =>
  bases.map(({ operatorUid, label, versionMs }) => `${operatorUid} ${label} ${versionMs}`);

describe("the base of a state", () => {
  test("newest: is its newest snapshot, and nothing is computed again when that is of the last batch", () => {
    const plan = chooseBases(
      facts({ graph: simple, versions: versionsOf({ sums: [5000, 10_000] }) }),
    );
    expect(plan).toEqual({
      bases: [
        {
          operatorUid: "sums",
          label: "newest",
          versionMs: 10_000,
          hasSnapshot: true,
          neededAfterMs: 10_000,
        },
      ],
      inputsAfterMs: new Map([["in", 10_000]]),
      recomputed: new Set(),
      recomputeFromMs: undefined,
      missing: [],
    });
  });

  test("newest: an older one has the batches behind it computed again", () => {
    const plan = chooseBases(facts({ graph: simple, versions: versionsOf({ sums: [7000] }) }));
    expect(labels(plan)).toEqual(["sums newest 7000"]);
    expect(plan.inputsAfterMs).toEqual(new Map([["in", 7000]]));
    expect(plan.recomputed).toEqual(new Set(["sums"]));
    expect(plan.recomputeFromMs).toBe(8000);
  });

  test("older: a snapshot that is newer than the first pending batch is of no use", () => {
    const versions = versionsOf({ sums: [4000, 9000] });
    const plan = chooseBases(facts({ graph: simple, versions, outputsAfterMs: 6000 }));
    expect(labels(plan)).toEqual(["sums older 4000"]);
    expect(plan.recomputeFromMs).toBe(5000);
  });

  test("older: a state that another one is made of has to go back as far as that one", () => {
    const chain = graph(
      input("in"),
      stateful("first", ["in"]),
      stream({ uid: "mapped", parents: ["first"] }),
      stateful("second", ["mapped"]),
      output("out", "second"),
    );
    const versions = versionsOf({ first: [3000, 6000, 9000], second: [6000] });
    const plan = chooseBases(facts({ graph: chain, versions }));
    expect(labels(plan)).toEqual(["first older 6000", "second newest 6000"]);
    expect(plan.inputsAfterMs).toEqual(new Map([["in", 6000]]));
    const without = versionsOf({ first: [3000, 9000], second: [6000] });
    const longer = chooseBases(facts({ graph: chain, versions: without }));
    expect(labels(longer)).toEqual(["first older 3000", "second newest 6000"]);
    expect(longer.recomputeFromMs).toBe(4000);
  });

  test("older: a window over a state needs the datasets that are in it", () => {
    const window = graph(
      input("in"),
      stateful("sums", ["in"]),
      stream({ uid: "window", parents: ["sums"], slideMs: 1000, spanMs: 4000 }),
      output("out", "window"),
    );
    const versions = versionsOf({ sums: [5000, 7000, 8000] });
    // The batch of 11000 looks at those of 8000 to 11000.
    const plan = chooseBases(facts({ graph: window, versions }));
    expect(labels(plan)).toEqual(["sums older 7000"]);
    const tumbling = graph(
      input("in"),
      stateful("sums", ["in"]),
      stream({ uid: "window", parents: ["sums"], slideMs: 4000, spanMs: 4000 }),
      output("out", "window", { slideMs: 4000, spanMs: 4000 }),
    );
    // The next batch of that slide is 12000, and looks at those of 9000 to 12000.
    expect(labels(chooseBases(facts({ graph: tumbling, versions })))).toEqual(["sums newest 8000"]);
  });

  test("newest: an incremental window looks back by itself, unless its snapshot has what it looks at", () => {
    const graphOf = graph(
      input("in"),
      stream({ uid: "reduced", parents: ["in"] }),
      stateful("window", ["reduced"], { slideMs: 1000, spanMs: 5000 }),
      output("out", "window"),
    );
    const given = facts({ graph: graphOf, versions: versionsOf({ window: [9000] }) });
    expect(chooseBases(given).inputsAfterMs).toEqual(new Map([["in", 5000]]));
    const carrying = new Map([["window", new Set([9000])]]);
    expect(chooseBases({ ...given, carrying }).inputsAfterMs).toEqual(new Map([["in", 9000]]));
    const other = new Map([["window", new Set([8000])]]);
    expect(chooseBases({ ...given, carrying: other }).inputsAfterMs).toEqual(
      new Map([["in", 5000]]),
    );
  });

  test("from_the_start: without a snapshot that fits, it is made of all batches", () => {
    for (const sums of [[], [11_000]]) {
      const plan = chooseBases(facts({ graph: simple, versions: versionsOf({ sums }) }));
      expect(labels(plan)).toEqual(["sums from_the_start 0"]);
      expect(plan.recomputeFromMs).toBe(1000);
      expect(plan.missing).toEqual([]);
    }
    expect(labels(chooseBases(facts({ graph: simple, outputsAfterMs: 0 })))).toEqual([
      "sums from_the_start 0",
    ]);
    expect(chooseBases(facts({ graph: simple, outputsAfterMs: 0 })).recomputed.size).toBe(0);
  });

  test("begins: one that is new to the program has nothing to make again", () => {
    const plan = chooseBases(facts({ graph: simple, beginning: new Set(["sums"]) }));
    expect(labels(plan)).toEqual(["sums begins 10000"]);
    expect(plan.recomputed.size).toBe(0);
    expect(plan.inputsAfterMs).toEqual(new Map([["in", 10_000]]));
  });

  test("of one consumer does not pull along what is beside it", () => {
    const beside = graph(
      input("in"),
      input("other"),
      stateful("old", ["in"]),
      stateful("fresh", ["other"]),
      stream({ uid: "joined", parents: ["old", "fresh"] }),
      output("out", "joined"),
    );
    const versions = versionsOf({ old: [2000], fresh: [10_000] });
    const plan = chooseBases(facts({ graph: beside, versions }));
    expect(labels(plan)).toEqual(["old newest 2000", "fresh newest 10000"]);
    expect(plan.inputsAfterMs).toEqual(
      new Map([
        ["in", 2000],
        ["other", 10_000],
      ]),
    );
    expect(plan.recomputed).toEqual(new Set(["old"]));
  });

  test("that has no batch of its own between has nothing computed again", () => {
    const slow = graph(
      input("in"),
      stateful("window", ["in"], { slideMs: 4000, spanMs: 8000 }),
      output("out", "window", { slideMs: 4000, spanMs: 4000 }),
    );
    const plan = chooseBases(facts({ graph: slow, versions: versionsOf({ window: [8000] }) }));
    expect(plan).toMatchObject({ recomputed: new Set(), recomputeFromMs: undefined });
  });
});

describe("data that are gone", () => {
  test("make a plan impossible, and are named with the input", () => {
    const plan = chooseBases(facts({ graph: simple, dataAfterMs: 3000 }));
    expect(plan.missing).toEqual([{ inputUid: "in", neededAfterMs: 0, availableAfterMs: 3000 }]);
    const versions = versionsOf({ sums: [3000] });
    expect(chooseBases(facts({ graph: simple, versions, dataAfterMs: 3000 })).missing).toEqual([]);
  });

  test("before the first batch there were none", () => {
    const window = graph(
      input("in"),
      stream({ uid: "window", parents: ["in"], spanMs: 60_000 }),
      output("out", "window"),
    );
    const plan = chooseBases(facts({ graph: window, zeroTimeMs: 5000 }));
    expect(plan.inputsAfterMs).toEqual(new Map([["in", 5000]]));
    expect(plan.missing).toEqual([]);
  });
});

test("a real program looks back as far as its windows, whatever they are over", () => {
  const { ssc } = new DrivenContext();
  const numbers = ssc.queueStream<number>([]).uid("numbers");
  const pairs = numbers.map((n): [number, number] => [n, 1]);
  const add = (a: number, b: number): number => a + b;
  const subtract = (a: number, b: number): number => a - b;
  pairs
    .updateStateByKey<number, number, number>((values) => values.length)
    .uid("counts")
    .window(seconds(3))
    .print();
  pairs.reduceByKeyAndWindow(add, subtract, seconds(4), seconds(2)).uid("sums").print();
  const { scope } = numbers.node;
  if (!(scope instanceof StreamGraph)) throw new Error("a context has a graph");
  const versions = versionsOf({ counts: [2000, 8000, 10_000], sums: [6000, 10_000] });
  const plan = chooseBases(facts({ graph: scope.describe(), versions }));
  expect(labels(plan)).toEqual(["counts older 8000", "sums newest 10000"]);
  // The window of 12000 takes out what was in that of 10000: the batches of 7000 and 8000.
  expect(plan.inputsAfterMs).toEqual(new Map([["numbers", 6000]]));
});

describe("of any graph", () => {
  interface Node {
    readonly kind: "map" | "window" | "state" | "incremental";
    readonly parents: readonly number[];
    readonly spanSlides: number;
    readonly slides: number;
  }

  const nodeArbitrary: fc.Arbitrary<Node> = fc.record({
    kind: fc.constantFrom("map", "window", "state", "incremental"),
    parents: fc.array(fc.nat(), { minLength: 1, maxLength: 2 }),
    spanSlides: fc.integer({ min: 1, max: 4 }),
    slides: fc.integer({ min: 1, max: 3 }),
  });

  /** Two inputs, then the nodes; each takes parents of one slide from before it. Every leaf has an output. */
  function graphOf(nodes: readonly Node[]): GraphDescription {
    const streams: StreamDescription[] = [input("in-0"), input("in-1")];
    nodes.forEach(({ kind, parents, spanSlides, slides }, index) => {
      const chosen = parents.map((number) => streams[number % streams.length] ?? input("x"));
      const parentSlideMs = chosen[0]?.slideMs ?? 1000;
      const alike = chosen.filter((parent) => parent.slideMs === parentSlideMs);
      const uids = [...new Set(alike.map(({ uid }) => uid))];
      const isWindow = kind === "window" || kind === "incremental";
      const slideMs = isWindow ? parentSlideMs * slides : parentSlideMs;
      const windowMs = parentSlideMs * Math.max(spanSlides, slides);
      const spans = {
        map: slideMs,
        state: slideMs,
        window: windowMs,
        incremental: windowMs + slideMs,
      };
      const uid = `n${index}`;
      const parts = { kind, slideMs, spanMs: spans[kind] };
      const isStateful = kind === "state" || kind === "incremental";
      streams.push(
        isStateful ? stateful(uid, uids, parts) : stream({ ...parts, uid, parents: uids }),
      );
    });
    const consumed = new Set(streams.flatMap(({ parents }) => parents));
    const leaves = streams.filter(({ uid }) => !consumed.has(uid));
    return graph(
      ...streams,
      ...leaves.map(({ uid, slideMs }) => output(`out-${uid}`, uid, { slideMs, spanMs: slideMs })),
    );
  }

  const factsArbitrary: fc.Arbitrary<BaseFacts> = fc
    .record({
      nodes: fc.array(nodeArbitrary, { maxLength: 7 }),
      zeroTimeMs: fc.constantFrom(0, 500),
      steps: fc.nat({ max: 12 }),
      versions: fc.array(fc.array(fc.nat({ max: 14 }), { maxLength: 4 }), {
        minLength: 7,
        maxLength: 7,
      }),
    })
    .map(({ nodes, zeroTimeMs, steps, versions }) => {
      const made = graphOf(nodes);
      const known = made.streams.flatMap(({ uid, slideMs, state }, index) => {
        if (state === undefined) return [];
        // A version is of one of the operator's own batches.
        const times = (versions[index - 2] ?? []).map((n) => zeroTimeMs + (n + 1) * slideMs);
        return [[uid, [...new Set(times)]] as const];
      });
      return {
        graph: made,
        zeroTimeMs,
        outputsAfterMs: zeroTimeMs + steps * 1000,
        versions: new Map(known),
      };
    });

  /** Whether all outputs can be run for the next batches, from these bases and these data; the slow and plain way. */
  function canRun(
    { graph: made, zeroTimeMs, outputsAfterMs }: BaseFacts,
    bases: ReadonlyMap<string, number>,
    inputsAfterMs: ReadonlyMap<string, number>,
  ): boolean {
    const streams = new Map(made.streams.map((each) => [each.uid, each]));
    const known = new Map<string, boolean>();
    const isOnGrid = (timeMs: number, slideMs: number) => (timeMs - zeroTimeMs) % slideMs === 0;
    const hasDataset = (uid: string, timeMs: number): boolean => {
      const key = `${uid} ${timeMs}`;
      const found = known.get(key) ?? make(uid, timeMs);
      known.set(key, found);
      return found;
    };
    const hasInputs = ({ parents, spanMs }: StreamDescription, timeMs: number): boolean =>
      parents.every((uid) => {
        const slideMs = streams.get(uid)?.slideMs ?? 1000;
        const fromMs = Math.max(timeMs - spanMs, zeroTimeMs);
        for (let at = nextOnGrid(fromMs, slideMs, zeroTimeMs); at <= timeMs; at += slideMs) {
          if (!hasDataset(uid, at)) return false;
        }
        return true;
      });
    const make = (uid: string, timeMs: number): boolean => {
      const found = streams.get(uid);
      if (found === undefined || !isOnGrid(timeMs, found.slideMs)) return false;
      if (found.role === "input") return timeMs > (inputsAfterMs.get(uid) ?? Infinity);
      if (found.state === undefined) return hasInputs(found, timeMs);
      const baseMs = bases.get(uid) ?? Infinity;
      if (timeMs <= baseMs) return false;
      const isFirst = timeMs - found.slideMs <= baseMs;
      return (isFirst || hasDataset(uid, timeMs - found.slideMs)) && hasInputs(found, timeMs);
    };
    return made.streams
      .filter(({ role }) => role === "output")
      .every((out) => {
        let timeMs = outputsAfterMs;
        for (let n = 0; n < 6; n += 1) {
          timeMs = nextOnGrid(timeMs, out.slideMs, zeroTimeMs);
          if (!hasInputs(out, timeMs)) return false;
        }
        return true;
      });
  }

  test("all outputs can run from the chosen bases with the data that are said to be needed", () => {
    fc.assert(
      fc.property(factsArbitrary, (given) => {
        const plan = chooseBases(given);
        const bases = new Map(plan.bases.map((base) => [base.operatorUid, base.versionMs]));
        expect(canRun(given, bases, plan.inputsAfterMs)).toBe(true);
        expect(plan.missing).toEqual([]);
        for (const { hasSnapshot, operatorUid, versionMs } of plan.bases) {
          if (hasSnapshot) expect(given.versions.get(operatorUid)).toContain(versionMs);
          else expect(versionMs).toBe(given.zeroTimeMs);
        }
      }),
      { numRuns: 300 },
    );
  });

  test("no base could be a newer one, and no input could do with less", () => {
    fc.assert(
      fc.property(factsArbitrary, (given) => {
        const plan = chooseBases(given);
        const bases = new Map(plan.bases.map((base) => [base.operatorUid, base.versionMs]));
        for (const { operatorUid, versionMs } of plan.bases) {
          const newer = (given.versions.get(operatorUid) ?? []).filter((each) => each > versionMs);
          for (const version of newer) {
            const changed = new Map(bases).set(operatorUid, version);
            expect(canRun(given, changed, plan.inputsAfterMs)).toBe(false);
          }
        }
        for (const [uid, afterMs] of plan.inputsAfterMs) {
          const less = new Map(plan.inputsAfterMs).set(uid, afterMs + 1000);
          expect(canRun(given, bases, less)).toBe(false);
        }
      }),
      { numRuns: 300 },
    );
  });

  test("what is computed again begins behind the oldest base", () => {
    fc.assert(
      fc.property(factsArbitrary, (given) => {
        const { bases, recomputeFromMs, recomputed } = chooseBases(given);
        const slides = new Map(given.graph.streams.map(({ uid, slideMs }) => [uid, slideMs]));
        const times: number[] = [];
        for (const { operatorUid, versionMs } of bases) {
          const firstMs = versionMs + (slides.get(operatorUid) ?? 0);
          expect(recomputed.has(operatorUid)).toBe(firstMs <= given.outputsAfterMs);
          if (recomputed.has(operatorUid)) times.push(firstMs);
        }
        expect(recomputeFromMs).toBe(times.sort((x, y) => x - y)[0]);
      }),
    );
  });
});
