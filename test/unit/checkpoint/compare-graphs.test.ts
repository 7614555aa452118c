/** What becomes of a program's streams when another one starts over its checkpoint. Every labelled case has its test. */
import { describe, expect, test } from "vitest";
import {
  compareGraphs,
  type GraphComparison,
  type HeldData,
  heldIn,
  type StreamComparison,
  type UpgradeAllowances,
} from "../../../src/checkpoint/index.ts";
import { upgradeCases } from "../../../src/checkpoint/upgrade-cases.ts";
import type { GraphDescription, StreamDescription } from "../../../src/core/index.ts";
import { fixtureCheckpoint } from "./checkpoint-fixture.ts";
import { graph, input, output, stateful, stream } from "./described.ts";

const idle: HeldData = {
  inputs: new Set(),
  positions: new Set(),
  hasPendingBatches: false,
  recomputed: new Set(),
};

const busy: HeldData = {
  inputs: new Set(["in", "in-1", "in-2"]),
  positions: new Set(),
  hasPendingBatches: true,
  recomputed: new Set(["sums"]),
};

const program = graph(input("in"), stateful("sums", ["in"]), output("out", "sums"));

/** The program with some streams changed, left out (null) or added. */
function changed(changes: Readonly<Record<string, StreamDescription | null>>): GraphDescription {
  const kept = program.streams.flatMap((each) => {
    const change = changes[each.uid];
    return change === null ? [] : [change ?? each];
  });
  const known = new Set(program.streams.map(({ uid }) => uid));
  const added = Object.entries(changes).flatMap(([uid, each]) =>
    known.has(uid) || each === null ? [] : [each],
  );
  return graph(...kept, ...added);
}

const seenLabels = new Set<string>();

/** The comparison of one stream, and the whole. */
function compared(
  uid: string,
  old: GraphDescription,
  now: GraphDescription,
  held: HeldData = busy,
  allowances: UpgradeAllowances = {},
): StreamComparison & { readonly whole: GraphComparison } {
  const whole = compareGraphs(old, now, held, allowances);
  const found = whole.streams.find((each) => each.uid === uid);
  if (found === undefined) throw new Error(`nothing is said of ${uid}`);
  seenLabels.add(found.label);
  return { ...found, whole };
}

const allow = (...uids: readonly string[]): UpgradeAllowances => ({ allowDropped: uids });

const given = (each: StreamDescription): StreamDescription => ({ ...each, isUidGiven: true });

/** Twins, numbered as a graph numbers them. */
function twins(make: (uid: string) => StreamDescription, lineageUid: string, signatures: string) {
  return Array.from(signatures, (signature, index) => ({
    ...make(`${lineageUid}-${index + 1}`),
    lineageUid,
    signature,
  }));
}

describe("a stream is kept", () => {
  test("kept_by_name: by the uid that it is given, whatever it is made of now", () => {
    const moved = given({ ...stateful("sums", ["elsewhere"]), signature: "other" });
    const now = changed({ sums: moved });
    expect(compared("sums", program, now)).toMatchObject({
      outcome: "kept",
      label: "kept_by_name",
      oldUids: ["sums"],
      newUids: ["sums"],
      whole: { verdict: "start" },
    });
  });

  test("kept_by_lineage: by a derived uid that it alone has, whatever its functions do", () => {
    const now = changed({ sums: { ...stateful("sums", ["in"]), signature: "other" } });
    expect(compared("sums", program, now)).toMatchObject({ label: "kept_by_lineage" });
  });

  test("kept_with_twins: with its twins, where all of them are as they were", () => {
    const [old, now] = [0, 1].map(() =>
      graph(input("in"), ...twins((uid) => stateful(uid, ["in"]), "sums", "ab")),
    ) as [GraphDescription, GraphDescription];
    expect(compared("sums-2", old, now)).toMatchObject({
      outcome: "kept",
      label: "kept_with_twins",
      whole: { verdict: "start" },
    });
  });

  test("and a state may have another number of partitions, codec and version that can be read", () => {
    const old = changed({ sums: stateful("sums", ["in"], { state: { version: 1 } }) });
    const state = { version: 3, migratesFrom: [1, 2], partitions: 9, codecId: "avro:12" };
    const now = changed({ sums: stateful("sums", ["in"], { state }) });
    expect(compared("sums", old, now).outcome).toBe("kept");
    expect(compared("sums", now, now).outcome).toBe("kept");
  });

  test("and an input or output may be one that is set otherwise", () => {
    const old = changed({ out: given(output("out", "sums")), in: given(input("in")) });
    const now = changed({
      out: given(output("out", "sums", { kind: "foreachRDD" })),
      in: given(input("in", { parameters: ["other:9999"] })),
    });
    expect(compared("out", old, now).outcome).toBe("kept");
    expect(compared("in", old, now).outcome).toBe("kept");
  });
});

describe("a stream is new", () => {
  test("new: when the checkpoint has none of its uid", () => {
    const now = changed({ more: stateful("more", ["in"]), out2: output("out2", "more") });
    for (const uid of ["more", "out2"]) {
      expect(compared(uid, program, now)).toMatchObject({
        outcome: "new",
        label: "new",
        oldUids: [],
        whole: { verdict: "start", refusals: [] },
      });
    }
  });
});

describe("a stream is dropped", () => {
  test("dropped_state: with its state, which refuses to start and names both ways out", () => {
    const now = changed({ sums: null, out: output("out", "in"), other: stateful("other", ["in"]) });
    const { whole, ...found } = compared("sums", program, now);
    expect(found).toMatchObject({ outcome: "dropped", label: "dropped_state", newUids: [] });
    expect(whole.verdict).toBe("refuse");
    expect(whole.refusals).toEqual([
      "the state of sums has a state in the checkpoint, but is not in the program; to go on with it, " +
        'give .uid("sums") to the one that is meant (perhaps other); to lose what the checkpoint has ' +
        'of it, allowDropped: ["sums"]',
    ]);
  });

  test("dropped_allowed: when it is allowed by name", () => {
    const now = changed({ sums: null, in: null, out: null });
    const options = allow("sums", "in");
    expect(compared("sums", program, now, busy, options).label).toBe("dropped_allowed");
    expect(compared("in", program, now, busy, options)).toMatchObject({
      outcome: "dropped",
      label: "dropped_allowed",
      whole: { verdict: "start", unusedAllowances: [] },
    });
  });

  test("dropped_input_with_data: with data that are still needed, which refuses to start", () => {
    const now = changed({ in: null, in2: input("in2") });
    const { whole, ...found } = compared("in", program, now);
    expect(found).toMatchObject({ outcome: "dropped", label: "dropped_input_with_data" });
    expect(whole.refusals).toEqual([
      "the input in has data in the checkpoint that are still needed, but is not in the program; " +
        'to go on with it, give .uid("in") to the one that is meant; to lose what the checkpoint has ' +
        'of it, allowDropped: ["in"]',
    ]);
  });

  test("dropped_input_with_positions: with the place in its source, which another name would not have", () => {
    const now = changed({ in: null, in2: input("in2") });
    const read = { ...idle, positions: new Set(["in"]) };
    const { whole, ...found } = compared("in", program, now, read);
    expect(found).toMatchObject({ outcome: "dropped", label: "dropped_input_with_positions" });
    expect(whole.refusals.join()).toContain('give .uid("in") to the one that is meant');
    expect(compared("in", program, now, read, allow("in"))).toMatchObject({
      label: "dropped_allowed",
      whole: { verdict: "start", unusedAllowances: [] },
    });
  });

  test("dropped_input_idle: without such data", () => {
    const now = changed({ in: null, in2: input("in2") });
    expect(compared("in", program, now, idle)).toMatchObject({
      outcome: "dropped",
      label: "dropped_input_idle",
      whole: { verdict: "start" },
    });
  });

  test("dropped_output: when nobody wants its effect any more", () => {
    const now = changed({ out: null, other: output("other", "sums") });
    expect(compared("out", program, now)).toMatchObject({
      outcome: "dropped",
      label: "dropped_output",
      whole: { verdict: "start" },
    });
  });
});

describe("a stream is incompatible", () => {
  const refused = (uid: string, old: GraphDescription, now: GraphDescription) => {
    const { whole, ...found } = compared(uid, old, now);
    expect(found.outcome).toBe("incompatible");
    expect(whole.verdict).toBe("refuse");
    expect(whole.refusals.join()).toContain(`change it back, or, to lose what`);
    expect(whole.refusals.join()).toContain(`allowDropped: ["${uid}"]`);
    return { label: found.label, reason: found.reason };
  };

  test("role_changed: when its uid was given to something else", () => {
    const now = changed({ sums: null, out: null, other: given(output("sums", "in")) });
    expect(refused("sums", program, now)).toEqual({
      label: "role_changed",
      reason: "was a stateful operator, and is an output",
    });
    // An operator without a state has no identity: to the checkpoint it is not there.
    const stateless = changed({ sums: given(stream({ uid: "sums", parents: ["in"] })) });
    expect(compared("sums", program, stateless).label).toBe("dropped_state");
  });

  test("kind_changed: when another operator makes its state, or another kind of source its data", () => {
    const sums = given(stateful("sums", ["in"], { kind: "mapWithState" }));
    expect(refused("sums", program, changed({ sums }))).toEqual({
      label: "kind_changed",
      reason: "was made by updateStateByKey, and is made by mapWithState",
    });
    const source = given(input("in", { kind: "file" }));
    expect(refused("in", program, changed({ in: source })).label).toBe("kind_changed");
  });

  test("layout_changed: when the window of its state has another size", () => {
    const of = (windowMs: number, slideMs: number) =>
      changed({
        sums: given(stateful("sums", ["in"], { state: { layout: { windowMs, slideMs } } })),
      });
    expect(refused("sums", of(4000, 1000), of(6000, 1000))).toEqual({
      label: "layout_changed",
      reason: "has a state that is of no use any more: windowMs was 4000 and is 6000",
    });
    expect(refused("sums", of(4000, 1000), changed({})).reason).toContain("is not set");
  });

  test("program_older_than_state: when the program is older than the state", () => {
    const old = changed({ sums: stateful("sums", ["in"], { state: { version: 3 } }) });
    const now = changed({ sums: stateful("sums", ["in"], { state: { version: 2 } }) });
    expect(refused("sums", old, now)).toEqual({
      label: "program_older_than_state",
      reason: "has a state of version 3, which a program of version 2 cannot know",
    });
  });

  test("migration_missing: when nothing makes the new version of the old one", () => {
    const old = changed({ sums: stateful("sums", ["in"], { state: { version: 1 } }) });
    const state = { version: 3, migratesFrom: [2] };
    const now = changed({ sums: stateful("sums", ["in"], { state }) });
    expect(refused("sums", old, now)).toEqual({
      label: "migration_missing",
      reason: "has a state of version 1, and no migration of it to version 3",
    });
  });

  test("codec_unreadable: when the program does not have the codec of its state", () => {
    const old = changed({ sums: stateful("sums", ["in"], { state: { codecId: "protobuf" } }) });
    expect(refused("sums", old, changed({}))).toEqual({
      label: "codec_unreadable",
      reason: "has a state that was written by the codec protobuf, which the program does not have",
    });
    expect(compared("sums", old, old).outcome).toBe("kept");
  });

  test("incompatible_allowed: and begins anew where that is allowed by name", () => {
    const sums = given(stateful("sums", ["in"], { kind: "mapWithState" }));
    expect(compared("sums", program, changed({ sums }), busy, allow("sums"))).toMatchObject({
      outcome: "incompatible",
      label: "incompatible_allowed",
      whole: { verdict: "start" },
    });
  });
});

describe("a stream is ambiguous", () => {
  const two = graph(input("in"), ...twins((uid) => stateful(uid, ["in"]), "sums", "ab"));

  test("ambiguous: when its group of twins changed in any way, which refuses to start", () => {
    const others = ["abc", "a", "ba", "ax"].map((signatures) =>
      graph(input("in"), ...twins((uid) => stateful(uid, ["in"]), "sums", signatures)),
    );
    others.push(graph(input("in"), { ...stateful("sums", ["in"]), signature: "a" }));
    for (const now of others) {
      const { whole, ...found } = compared("sums", two, now);
      expect(found).toMatchObject({ outcome: "ambiguous", label: "ambiguous" });
      expect(found.oldUids).toEqual(["sums-1", "sums-2"]);
      expect(whole.verdict).toBe("refuse");
      expect(whole.refusals[0]).toContain(
        'give .uid("sums-1") or .uid("sums-2") to the one that is meant; to lose what the checkpoint ' +
          'has of it, allowDropped: ["sums-1", "sums-2"]',
      );
      // And the other way round: one that was alone got twins.
      expect(compared("sums", now, two).label).toBe("ambiguous");
    }
  });

  test("until each of them is given its old uid", () => {
    const now = graph(
      input("in"),
      given(stateful("sums-2", ["in"])),
      given(stateful("sums-1", ["in"])),
      stateful("sums", ["in"]),
    );
    const { whole } = compared("sums-1", two, now);
    expect(whole.verdict).toBe("start");
    expect(whole.streams.map(({ uid, outcome }) => `${uid} ${outcome}`)).toEqual([
      "in kept",
      "sums-2 kept",
      "sums-1 kept",
      "sums new",
    ]);
    // One that is left of twins is not told from the others by being left.
    const half = graph(input("in"), given(stateful("sums-1", ["in"])), stateful("sums", ["in"]));
    expect(compared("sums", two, half).label).toBe("ambiguous");
  });

  test("ambiguous_allowed: and begins anew where all of the group are allowed by name", () => {
    const now = graph(input("in"), ...twins((uid) => stateful(uid, ["in"]), "sums", "abc"));
    expect(compared("sums", two, now, busy, allow("sums-1")).label).toBe("ambiguous");
    expect(compared("sums", two, now, busy, allow("sums-1", "sums-2"))).toMatchObject({
      label: "ambiguous_allowed",
      whole: { verdict: "start", unusedAllowances: [] },
    });
  });

  test("ambiguous_idle: and begins anew where it is an output, and no batch is pending", () => {
    const of = (signatures: string) =>
      graph(input("in"), ...twins((uid) => output(uid, "in"), "out", signatures));
    expect(compared("out", of("ab"), of("abc"), idle)).toMatchObject({
      label: "ambiguous_idle",
      whole: { verdict: "start" },
    });
    expect(compared("out", of("ab"), of("abc"), busy).label).toBe("ambiguous");
    // The data of inputs go into states, pending or not.
    const inputs = (signatures: string) => graph(...twins((uid) => input(uid), "in", signatures));
    expect(compared("in", inputs("ab"), inputs("abc"), idle).label).toBe("ambiguous");
  });
});

describe("changed code", () => {
  const line = (code: string, sums = "s") =>
    graph(
      input("in"),
      stream({ uid: "parsed", parents: ["in"], codeHash: code }),
      stateful("sums", ["parsed"], { codeHash: sums }),
      stream({ uid: "shown", parents: ["sums"], codeHash: `${code} behind` }),
      output("out", "shown", { codeHash: `${code} too` }),
    );

  test("is told where completed batches are computed again by it, and nowhere else", () => {
    const { changedCode, verdict } = compareGraphs(line("a"), line("b", "t"), busy);
    expect(changedCode).toEqual([
      { uid: "sums", kind: "updateStateByKey", change: "functions", operatorUids: ["sums"] },
      { uid: "parsed", kind: "map", change: "functions", operatorUids: ["sums"] },
    ]);
    expect(verdict).toBe("start");
    expect(compareGraphs(line("a"), line("a"), busy).changedCode).toEqual([]);
    expect(compareGraphs(line("a"), line("b"), idle).changedCode).toEqual([]);
  });

  test('is refused by upgrade: "strict", unless nothing is computed again', () => {
    const strict = { upgrade: "strict" } as const;
    const refused = compareGraphs(line("a"), line("b"), busy, strict);
    expect(refused.verdict).toBe("refuse");
    expect(refused.refusals).toEqual([
      "the functions of parsed changed, and completed batches would be computed again by it for sums, " +
        'which upgrade: "strict" refuses; stop the old program gracefully first, so that nothing has to ' +
        'be computed again, or start with upgrade: "allow"',
    ]);
    expect(compareGraphs(line("a"), line("b"), idle, strict).verdict).toBe("start");
    expect(compareGraphs(line("a"), line("a"), busy, strict).verdict).toBe("start");
  });

  test("is seen behind a uid that was given, and where the lineage or a parameter changed", () => {
    const of = (window: number, ...extra: readonly StreamDescription[]) =>
      graph(
        input("in"),
        stream({ uid: `window-${window}`, kind: "window", parents: ["in"], parameters: [window] }),
        ...extra,
        given(stateful("sums", [extra.at(-1)?.uid ?? `window-${window}`])),
      );
    expect(compareGraphs(of(1), of(2), busy).changedCode).toMatchObject([
      { uid: "window-2", change: "parameters" },
    ]);
    const inserted = stream({ uid: "filter-x", kind: "filter", parents: ["window-1"] });
    expect(compareGraphs(of(1), of(1, inserted), busy).changedCode).toMatchObject([
      { uid: "filter-x", change: "lineage" },
    ]);
  });

  test("is looked for up to a state that is only read", () => {
    const chain = (code: string) =>
      graph(
        input("in"),
        stateful("first", ["in"], { codeHash: code }),
        stateful("second", ["first"]),
        output("out", "second"),
      );
    const of = (...uids: string[]) =>
      compareGraphs(chain("a"), chain("b"), { ...busy, recomputed: new Set(uids) }).changedCode;
    expect(of("second")).toEqual([]);
    expect(of("first", "second")).toMatchObject([
      { uid: "first", operatorUids: ["first", "second"] },
    ]);
  });

  test("of a state that is not kept computes nothing again", () => {
    const old = line("a");
    const now = graph(
      ...line("b").streams.map((each) =>
        each.uid === "sums" ? given({ ...each, kind: "mapWithState" }) : each,
      ),
    );
    expect(compareGraphs(old, now, busy, allow("sums")).changedCode).toEqual([]);
  });
});

describe("what a checkpoint holds", () => {
  test("are inputs with blocks and pins that are still needed, and pending batches", () => {
    const held = heldIn(fixtureCheckpoint, new Set());
    expect(held).toEqual({
      inputs: new Set(["feed", "files"]),
      positions: new Set(["feed"]),
      hasPendingBatches: true,
      recomputed: new Set(),
    });
    const batches = fixtureCheckpoint.batches.map((batch) => ({
      ...batch,
      status: "completed" as const,
    }));
    const blocks = fixtureCheckpoint.blocks.slice(0, 2);
    const done = { ...fixtureCheckpoint, batches, blocks };
    expect(heldIn(done, new Set())).toMatchObject({ inputs: new Set(), hasPendingBatches: false });
    // A state that is made anew needs them once more.
    expect(heldIn(done, new Set(["a"])).inputs).toEqual(new Set(["feed", "files"]));
    const unallocated = { ...done, batches: [], blocks };
    expect(heldIn(unallocated, new Set()).inputs).toEqual(new Set(["feed"]));
  });
});

test("an allowance that allows nothing is told", () => {
  const { unusedAllowances } = compareGraphs(program, program, busy, allow("sums", "gone"));
  expect(unusedAllowances).toEqual(["sums", "gone"]);
});

test("every case of the table has its test above", () => {
  const labels = upgradeCases.map(({ label }) => label);
  expect(labels.filter((label) => !seenLabels.has(label))).toEqual([]);
});
