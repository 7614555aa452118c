/** Starts of a program that is not the one which left the directory, through `getOrCreate`. */
import { describe, expect, test, vi } from "vitest";
import { IncrementalWindowNode } from "../../../src/core/dstream/operators/incremental-window.ts";
import { StatefulNode } from "../../../src/core/dstream/stateful-node.ts";
import { milliseconds, seconds } from "../../../src/index.ts";
import type { Program } from "../../chaos/application-life.ts";
import {
  allCounts,
  firstLife,
  firstLifeWithPendingBatch,
  lastCounts,
  refused,
  said,
  secondLife,
  useDirectory,
} from "./lives-in-directory.ts";

useDirectory();

/** The words counted under a uid, by a function of the program's own choice. */
function countingBy(settings: {
  readonly uid?: string;
  readonly add?: number;
  readonly version?: number;
  readonly migrate?: (state: unknown) => number;
}): Program {
  return (lines, note) => {
    note("batch", lines);
    const { add = 1, uid = "counts", ...form } = settings;
    const counts = lines
      .map((word): [string, number] => [word, add])
      .updateStateByKey<string, number, number>(
        (values, count) => values.reduce((sum, each) => sum + each, count ?? 0),
        form,
      );
    note("counts", counts.uid(uid));
  };
}

/** Two states that nothing tells apart but their functions. */
const twins =
  (factors: readonly number[]): Program =>
  (lines, note) => {
    note("batch", lines);
    const pairs = lines.map((word): [string, number] => [word, 1]);
    const functions = [
      (ones: readonly number[], sum: number | undefined) => (sum ?? 0) + ones.length,
      (ones: readonly number[], sum: number | undefined) => (sum ?? 0) + ones.length * 10,
      (ones: readonly number[], sum: number | undefined) => (sum ?? 0) + ones.length * 100,
    ];
    for (const factor of factors) {
      const f = functions[factor];
      if (f !== undefined)
        note(`counts ${factor}`, pairs.updateStateByKey<string, number, number>(f));
    }
  };

describe("a start of a program that has changed", () => {
  test("row 35: kept: a state goes on by its uid under a new function", async () => {
    const first = await firstLife("stop", { program: countingBy({}) });
    const life = await secondLife(first, { program: countingBy({ add: 10 }) });
    await life.receive(["to"]);
    await life.clock.advance(1000);
    expect(lastCounts(life)).toContain('["to",12]');
  });

  test("kept: completed batches that are computed again by changed code are told, or refused where that is wanted", async () => {
    const first = await firstLife("die", { program: countingBy({}) });
    const program: Program = (lines, note) => {
      note("batch", lines);
      const counts = lines
        .map((word): [string, number] => [word, 1])
        .updateStateByKey<string, number, number>((ones, count) => (count ?? 0) + ones.length * 2);
      note("counts", counts.uid("counts"));
    };
    const error = await refused({ program, context: { upgrade: "strict" } });
    expect(error).toMatchObject({ code: "upgrade_refused" });
    const life = await secondLife(first, { program });
    expect(said(life, "completed batches are computed again by it for counts")).not.toEqual([]);
    expect(lastCounts(life)).toContain('["to",4]');
  });

  test("new: a state begins with the first new batch, beside one that goes on", async () => {
    const first = await firstLife("die", { program: countingBy({}) });
    const program: Program = (lines, note, ssc) => {
      countingBy({})(lines, note, ssc);
      const pairs = lines.map((word): [string, number] => [word, 1]);
      const fresh = pairs.updateStateByKey<string, number, number>(
        (ones, n) => (n ?? 0) + ones.length,
      );
      note("fresh", fresh.uid("fresh"));
    };
    const life = await secondLife(first, { program });
    await life.receive(["to"]);
    await life.clock.advance(1000);
    expect(lastCounts(life)).toContain('["to",3]');
    expect([...life.outputs("fresh").values()].at(-1)).toEqual(['["to",1]']);
  });

  test("row 35: dropped: a state that would be lost is refused by its name, until it is allowed by name", async () => {
    const first = await firstLife("stop", { program: countingBy({}) });
    const program: Program = (lines, note) => note("batch", lines);
    const error = (await refused({ program })) as Error;
    expect(error).toMatchObject({ code: "upgrade_refused" });
    expect(String(error.cause)).toMatch(/counts.*allowDropped/);
    const life = await secondLife(first, { program, context: { allowDropped: ["counts"] } });
    expect(said(life, "state counts: dropped")).toHaveLength(1);
    expect(life.outputs("batch").size).toBeGreaterThan(0);
  });

  test("row 35: incompatible: a state of another version is refused, until the program migrates it", async () => {
    const first = await firstLife("stop", { program: countingBy({}) });
    const error = (await refused({ program: countingBy({ version: 2 }) })) as Error;
    expect(error).toMatchObject({ code: "upgrade_refused" });
    expect(String(error.cause)).toMatch(/counts.*version 1.*migrat/);
    const migrate = (state: unknown) => Number(state) * 100;
    const life = await secondLife(first, { program: countingBy({ version: 2, migrate }) });
    expect(lastCounts(life)).toContain('["to",200]');
  });

  test("row 35: ambiguous: twins that have changed are refused, and those that have not are not", async () => {
    const first = await firstLife("stop", { program: twins([0, 1]) });
    const error = (await refused({ program: twins([0, 2]) })) as Error;
    expect(error).toMatchObject({ code: "upgrade_refused" });
    expect(String(error.cause)).toMatch(/twins.*uid/);
    const life = await secondLife(first, { program: twins([0, 1]) });
    expect([...life.outputs("counts 1").values()].at(-1)).toContain('["to",20]');
  });

  test("batch interval changed: goes on with the states on a new grid when nothing is pending", async () => {
    const first = await firstLife("stop");
    const life = await secondLife(first, { context: { batchInterval: milliseconds(500) } });
    expect(said(life, "batch interval changed: 0 completed batches")).toHaveLength(1);
    await life.receive(["to"]);
    await life.clock.advance(1000);
    expect(lastCounts(life)).toContain('["to",3]');
    await life.stop();
    const third = await secondLife(life, {
      context: { batchInterval: milliseconds(500) },
      startMs: 40_000,
    });
    expect(lastCounts(third)).toContain('["to",3]');
  });

  test("batch interval changed: a crash on the new grid is one like any other", async () => {
    const first = await firstLife("stop");
    const life = await secondLife(first, { context: { batchInterval: milliseconds(500) } });
    await life.receive(["to"]);
    await life.clock.advance(1000);
    await life.die();
    const third = await secondLife(life, {
      context: { batchInterval: milliseconds(500) },
      startMs: 40_000,
    });
    expect(lastCounts(third)).toContain('["to",3]');
    await third.receive(["or"]);
    await third.clock.advance(1000);
    expect(lastCounts(third)).toContain('["or",2]');
  });

  test("batch interval changed: the last batch need not lie on the new grid, and windows that begin empty are told", async () => {
    const program: Program = (lines, note, ssc) => {
      countingBy({})(lines, note, ssc);
      note("window", lines.window(milliseconds(21_000)));
    };
    const first = await firstLife("stop", { program });
    expect(Math.max(...first.outputs("counts").keys()) % 700).not.toBe(0);
    const life = await secondLife(first, {
      program,
      context: { batchInterval: milliseconds(700) },
    });
    expect(said(life, "batch interval changed: 0 completed batches")).toHaveLength(1);
    expect(said(life, "windows begin empty on the new grid: window-")).toHaveLength(1);
    await life.receive(["to"]);
    await life.clock.advance(2800);
    expect(lastCounts(life)).toContain('["to",3]');
    expect([...life.outputs("window").values()].at(-1)).toEqual(['"to"']);
  });

  test("batch interval changed, windows without their batches: is refused by the names of the windows", async () => {
    const program: Program = (lines, note, ssc) => {
      countingBy({})(lines, note, ssc);
      const add = (left: number, right: number) => left + right;
      const pairs = lines.map((word): [string, number] => [word, 1]);
      const recent = pairs.reduceByKeyAndWindow(add, (a, b) => a - b, seconds(5), seconds(1));
      note("recent", recent.uid("recent"));
    };
    // As releases did that kept the data instead.
    const codecId = vi.spyOn(IncrementalWindowNode.prototype, "stateCodecId", "get");
    codecId.mockReturnValue("value");
    const snapshot = vi.spyOn(IncrementalWindowNode.prototype, "beginSnapshot");
    snapshot.mockImplementation(Reflect.get(StatefulNode.prototype, "beginSnapshot"));
    await firstLife("stop", { program });
    codecId.mockRestore();
    snapshot.mockRestore();
    const changed = { program, context: { batchInterval: milliseconds(500) } };
    expect(await refused(changed)).toMatchObject({
      code: "interval_changed",
      details: { intervalMs: 500, oldIntervalMs: 1000, operators: "recent" },
    });
  });

  test("batch interval changed, states behind their batches: is refused, as these would be made again on the old grid", async () => {
    const program: Program = (lines, note) => {
      note("batch", lines);
      const counts = lines
        .map((word): [string, number] => [word, 1])
        .updateStateByKey<string, number, number>((ones, n) => (n ?? 0) + ones.length);
      note("counts", counts.uid("counts"));
    };
    const first = await firstLife("die", { program });
    const changed = { program, context: { batchInterval: milliseconds(500) } };
    expect(await refused(changed)).toMatchObject({
      code: "interval_changed",
      details: { intervalMs: 500, oldIntervalMs: 1000, operators: "counts" },
    });
    await (await secondLife(first, { program })).stop();
    const third = await secondLife(first, { ...changed, startMs: 40_000 });
    expect(lastCounts(third)).toEqual(allCounts);
  });

  test("batch interval changed, batches pending: is refused with both intervals", async () => {
    await firstLifeWithPendingBatch();
    const error = await refused({ context: { batchInterval: milliseconds(500) } });
    expect(error).toMatchObject({
      code: "interval_changed",
      details: { intervalMs: 500, oldIntervalMs: 1000 },
    });
  });

  test("partitions changed: the state is spread over the new ones", async () => {
    const first = await firstLife("stop");
    const life = await secondLife(first, { context: { defaultParallelism: 3 } });
    expect(said(life, "partitions changed: ")).toHaveLength(1);
    expect(lastCounts(life)).toEqual(allCounts);
  });
});
