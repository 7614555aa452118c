import { describe, expect, test } from "vitest";
import { StreamError } from "../../../../src/base/index.ts";
import { type Placement, TaskSlots } from "../../../../src/executor/tasks/task-slots.ts";

const { signal } = new AbortController();
const anywhere: Placement = { preferred: () => undefined };
const preferring = (executor: string, avoid?: string): Placement => ({
  preferred: () => executor,
  avoid,
});

describe("places for tasks", () => {
  test("go to whoever prefers them, and to any other task rather than to none", async () => {
    const slots = new TaskSlots(1, () => ["a", "b"]);
    expect(await slots.take(preferring("b"), signal)).toBe("b");
    // It would have to wait for its own.
    expect(await slots.take(preferring("b"), signal)).toBe("a");
  });

  test("are given in order, but that one whose own becomes free goes first", async () => {
    const slots = new TaskSlots(1, () => ["a", "b"]);
    await slots.take(preferring("a"), signal);
    await slots.take(preferring("b"), signal);
    const order: string[] = [];
    const waiting = (["a", "b", "b"] as const).map(async (own, index) => {
      order.push(`${index} on ${await slots.take(preferring(own), signal)}`);
    });
    slots.release("b");
    await waiting[1];
    slots.release("b");
    await waiting[2];
    slots.release("b");
    await waiting[0];
    expect(order).toEqual(["1 on b", "2 on b", "0 on b"]);
  });

  test("of an executor where it failed are avoided as long as there is another", async () => {
    const living = ["a", "b"];
    const slots = new TaskSlots(1, () => living);
    expect(await slots.take(preferring("a", "a"), signal)).toBe("b");
    const waiting = slots.take(preferring("a", "a"), signal);
    living.pop();
    slots.changed();
    expect(await waiting).toBe("a");
  });

  test("come with an executor, and nobody waits for one that takes none", async () => {
    const living: string[] = [];
    const slots = new TaskSlots(1, () => living);
    const first = slots.take(anywhere, signal);
    const guest = slots.visit(anywhere, signal);
    living.push("a");
    slots.changed();
    expect(await Promise.all([first, guest, slots.visit(anywhere, signal)])).toEqual([
      "a",
      "a",
      "a",
    ]);
  });

  test("are waited for no longer than the job lives, or than executors come", async () => {
    const slots = new TaskSlots(1, () => []);
    const controller = new AbortController();
    const cancelled = slots.take(anywhere, controller.signal);
    controller.abort(new Error("stop"));
    await expect(cancelled).rejects.toMatchObject({ code: "job_cancelled" });
    const waiting = slots.take(anywhere, signal);
    slots.fail(new StreamError("executors_failing", {}));
    await expect(waiting).rejects.toMatchObject({ code: "executors_failing" });
    await expect(slots.take(anywhere, signal)).rejects.toMatchObject({ code: "executors_failing" });
  });
});
