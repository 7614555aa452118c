import { describe, expect, test } from "vitest";
import { DriverActivity, type DriverMessage } from "../../examples/flights/driver-messages.ts";
import { KillPlan } from "../../examples/flights/kill-plan.ts";

const completed = (flights: number): DriverMessage => ({
  kind: "batch-completed",
  flights,
  processingMs: 100,
});
const stored: DriverMessage = { kind: "stored", until: 1 };
const snapshotStarted: DriverMessage = { kind: "snapshot-started", operatorUid: "airports" };

function activityAfter(...messages: readonly DriverMessage[]): DriverActivity {
  const activity = new DriverActivity();
  for (const message of messages) activity.take(message);
  return activity;
}

describe("what the driver was in the middle of", () => {
  test("is the blocks that were stored since the last batch was submitted", () => {
    expect(activityAfter(stored, { kind: "batch-submitted" }).targets).toEqual(new Set());
    expect(activityAfter({ kind: "batch-submitted" }, stored).targets).toEqual(
      new Set(["unallocated"]),
    );
  });

  test("is a batch that has started and not completed", () => {
    const started = activityAfter({ kind: "batch-started" });
    expect(started.targets).toEqual(new Set(["batch"]));
    started.take(completed(5));
    expect(started.targets).toEqual(new Set());
    expect(started.flights).toBe(5);
  });

  test("is a snapshot of any operator that has started and not completed", () => {
    const activity = activityAfter(snapshotStarted, {
      kind: "snapshot-started",
      operatorUid: "routes",
    });
    activity.take({ kind: "snapshot-completed", operatorUid: "airports" });
    expect(activity.targets).toEqual(new Set(["snapshot"]));
    activity.take({ kind: "snapshot-completed", operatorUid: "routes" });
    expect(activity.targets).toEqual(new Set());
  });

  test("is no snapshot for sure when one of them has failed", () => {
    expect(activityAfter(snapshotStarted, { kind: "snapshot-failed" }).targets).toEqual(new Set());
  });
});

describe("the plan of kills", () => {
  const options = { kills: 6, flights: 1_000, batchIntervalMs: 500, seed: 7 };
  const everything = [stored, { kind: "batch-started" }, snapshotStarted] as const;

  /** When a life that has counted so many flights is killed, as messages of each kind come in. */
  function killOf(plan: KillPlan, flights: number): DriverMessage | undefined {
    const activity = activityAfter(completed(flights));
    for (const message of everything) {
      activity.take(message);
      if (plan.delayAfter(message, activity) !== undefined) return message;
    }
    return undefined;
  }

  test("aims at each of the three first, and then at any instant", () => {
    const plan = new KillPlan(options);
    const aimedAt = new Set<string | undefined>();
    for (const target of ["unallocated", "batch", "snapshot"]) {
      expect(plan.missing).toContain(target);
    }
    while (plan.missing.length > 0) {
      const [target] = plan.missing;
      if (target === undefined) break;
      aimedAt.add(killOf(plan, 1_000)?.kind);
      plan.killed(new Set([target]));
    }
    expect(aimedAt).toEqual(new Set(["stored", "batch-started", "snapshot-started"]));
    const activity = activityAfter(completed(1_000));
    expect(plan.delayAfter(completed(1_000), activity)).toBeLessThan(1_000);
  });

  test("aims again at what a kill has missed, and only then kills more often than asked for", () => {
    const plan = new KillPlan({ ...options, kills: 1 });
    const aim = plan.missing[0];
    plan.killed(new Set());
    expect(plan.missing[0]).toBe(aim);
    expect(killOf(plan, 1_000)).toBeDefined();
    plan.killed(new Set(["batch", "snapshot", "unallocated"]));
    expect(plan.missing).toEqual([]);
    expect(killOf(plan, 1_000)).toBeUndefined();
    expect(plan.made).toBe(2);
    expect(plan.hitsOf("batch")).toBe(1);
  });

  test("gives up after six kills more than were asked for", () => {
    const plan = new KillPlan(options);
    for (let kill = 0; kill < 12; kill += 1) {
      expect(killOf(plan, 1_000)).toBeDefined();
      plan.killed(new Set());
    }
    expect(killOf(plan, 1_000)).toBeUndefined();
    expect(plan.missing).toHaveLength(3);
  });

  test("lets each life complete a batch, and kills in mid-stream only", () => {
    const plan = new KillPlan(options);
    expect(killOf(plan, 10)).toBeUndefined();
    const fresh = activityAfter(...everything);
    for (const message of everything) expect(plan.delayAfter(message, fresh)).toBeUndefined();
    expect(killOf(plan, 190)).toBeDefined();
  });

  test("never kills when no kill was asked for", () => {
    const plan = new KillPlan({ ...options, kills: 0 });
    expect(plan.missing).toEqual([]);
    expect(killOf(plan, 1_000)).toBeUndefined();
  });

  test("is the same for the same seed, and another one for another", () => {
    const delays = (seed: number) => {
      const plan = new KillPlan({ ...options, seed });
      plan.killed(new Set(["batch", "snapshot", "unallocated"]));
      const activity = activityAfter(completed(1_000));
      return [1, 2, 3].map(() => plan.delayAfter(completed(1_000), activity));
    };
    expect(delays(1)).toEqual(delays(1));
    expect(delays(1)).not.toEqual(delays(2));
  });
});
