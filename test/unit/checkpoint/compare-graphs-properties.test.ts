/** What holds for the table of cases, and for any two programs, whatever they are. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { compareGraphs, type HeldData } from "../../../src/checkpoint/index.ts";
import {
  type Flaw,
  type UpgradeFacts,
  upgradeCases,
} from "../../../src/checkpoint/upgrade-cases.ts";
import type { GraphDescription, StreamDescription } from "../../../src/core/index.ts";
import { graph, input, output, stateful, stream } from "./described.ts";

describe("the table of cases", () => {
  const flaws: readonly (Flaw | undefined)[] = [
    undefined,
    "role",
    "kind",
    "layout",
    "program_older",
    "migration_missing",
    "codec_unreadable",
  ];
  const combinations = [true, false].flatMap((isHeld) =>
    [true, false].map((isPositionKnown) => ({ isHeld, isPositionKnown })),
  );
  const matched = ["given", "derived", "twins"] as const;
  const facts: readonly UpgradeFacts[] = (["input", "state", "output"] as const).flatMap((what) =>
    combinations.flatMap(({ isHeld, isPositionKnown }) =>
      [true, false].flatMap((isAllowed) => [
        ...matched.flatMap((match) =>
          flaws.map((flaw) => ({ what, match, flaw, isHeld, isPositionKnown, isAllowed })),
        ),
        ...(["ambiguous", "only_old", "only_new"] as const).map((match) => ({
          what,
          match,
          flaw: undefined,
          isHeld,
          isPositionKnown,
          isAllowed,
        })),
      ]),
    ),
  );

  test("has exactly one case for all facts, a state being always held", () => {
    for (const each of facts) {
      const labels = upgradeCases.filter(({ when }) => when(each)).map(({ label }) => label);
      const possible = each.what !== "state" || each.isHeld;
      if (possible) expect([each, labels]).toEqual([each, [expect.any(String)]]);
    }
  });

  test("refuses whatever would be lost, and nothing that is allowed by name", () => {
    for (const each of facts.filter(({ what, isHeld }) => what !== "state" || isHeld)) {
      const [found] = upgradeCases.filter(({ when }) => when(each));
      if (each.isAllowed) expect(found?.refuses).toBe(false);
      if (!each.isAllowed && each.flaw !== undefined) expect(found?.refuses).toBe(true);
      const isHeld = each.isHeld || (each.what === "input" && each.isPositionKnown);
      const isLost = each.match === "only_old" && isHeld && each.what !== "output";
      if (isLost && !each.isAllowed) expect(found?.refuses).toBe(true);
    }
  });

  test("has no label twice", () => {
    const labels = upgradeCases.map(({ label }) => label);
    expect(new Set(labels).size).toBe(labels.length);
  });
});

describe("of any two programs", () => {
  const streamOf = (uid: string, role: number): StreamDescription =>
    [input(uid), stateful(uid, []), output(uid, "x"), stream({ uid })][role % 4] ?? input(uid);

  const graphArbitrary: fc.Arbitrary<GraphDescription> = fc
    .uniqueArray(
      fc.record({
        name: fc.constantFrom("a", "b", "c", "d"),
        number: fc.constantFrom(undefined, 1, 2, 3),
        role: fc.nat({ max: 3 }),
        isUidGiven: fc.boolean(),
        signature: fc.constantFrom("s", "t"),
        version: fc.integer({ min: 1, max: 2 }),
        codeHash: fc.constantFrom("f", "g"),
      }),
      { selector: ({ name, number }) => `${name}${number ?? ""}`, maxLength: 8 },
    )
    .map((parts) =>
      graph(
        ...parts.map(({ name, number, role, isUidGiven, version, ...rest }) => {
          const uid = number === undefined ? name : `${name}-${number}`;
          const made = { ...streamOf(uid, role), ...rest, isUidGiven };
          const lineageUid = isUidGiven ? uid : name;
          const state = made.state && { ...made.state, version };
          return state === undefined ? { ...made, lineageUid } : { ...made, lineageUid, state };
        }),
      ),
    );

  const heldArbitrary: fc.Arbitrary<HeldData> = fc.record({
    inputs: fc.subarray(["a", "b", "a-1", "b-1", "c-2"]).map((uids) => new Set(uids)),
    positions: fc.subarray(["a", "b", "b-1", "c-1"]).map((uids) => new Set(uids)),
    hasPendingBatches: fc.boolean(),
    recomputed: fc.subarray(["a", "b", "a-1", "c-1"]).map((uids) => new Set(uids)),
  });

  const identities = ({ streams }: GraphDescription): string[] =>
    streams
      .filter(({ role, state }) => role !== "operator" || state !== undefined)
      .map(({ uid }) => uid)
      .sort();

  test("each stream is told of once, and what is kept has its uid in both", () => {
    fc.assert(
      fc.property(graphArbitrary, graphArbitrary, heldArbitrary, (old, now, held) => {
        const { streams } = compareGraphs(old, now, held);
        expect(streams.flatMap(({ oldUids }) => oldUids).sort()).toEqual(identities(old));
        expect(streams.flatMap(({ newUids }) => newUids).sort()).toEqual(identities(now));
        for (const { outcome, oldUids, newUids, uid } of streams) {
          if (outcome === "kept") expect([oldUids, newUids]).toEqual([[uid], [uid]]);
        }
      }),
    );
  });

  test("a program goes on over its own checkpoint, with everything kept and nothing changed", () => {
    fc.assert(
      fc.property(graphArbitrary, heldArbitrary, (now, held) => {
        // A graph numbers its twins from 1 on; one that does not is no graph of a program.
        fc.pre(isNumbered(now));
        const comparison = compareGraphs(now, now, held, { upgrade: "strict" });
        expect(comparison).toMatchObject({ verdict: "start", refusals: [], changedCode: [] });
        expect(comparison.streams.every(({ outcome }) => outcome === "kept")).toBe(true);
      }),
    );
  });

  test("a refused start is not refused once what it names is allowed", () => {
    fc.assert(
      fc.property(graphArbitrary, graphArbitrary, heldArbitrary, (old, now, held) => {
        const refused = compareGraphs(old, now, held);
        const names = refused.streams.filter(({ advice }) => advice !== undefined);
        const allowDropped = names.flatMap(({ oldUids }) => oldUids);
        const again = compareGraphs(old, now, held, { allowDropped });
        expect(again.verdict).toBe("start");
        expect(again.unusedAllowances).toEqual([]);
        expect(refused.verdict).toBe(names.length === 0 ? "start" : "refuse");
      }),
    );
  });

  function isNumbered({ streams }: GraphDescription): boolean {
    const groups = new Map<string, string[]>();
    for (const { uid, lineageUid, isUidGiven } of streams) {
      if (!isUidGiven) groups.set(lineageUid, [...(groups.get(lineageUid) ?? []), uid]);
    }
    return [...groups].every(([name, uids]) =>
      uids.length === 1
        ? uids[0] === name
        : uids.every((uid, index) => uid === `${name}-${index + 1}`),
    );
  }
});
