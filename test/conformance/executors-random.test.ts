/** Random programs give the same under executors as in one process, whatever becomes of the executors. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { inProcess } from "../support/in-process-master.ts";
import { killing, outcomeOf, programPlans } from "./random-programs.ts";

const runs = { numRuns: Number(process.env["MILLRACE_RANDOM_PROGRAMS"] ?? 40) };

describe("a program under executors", () => {
  test("without a state gives what it gives in one process", async () => {
    const executors = fc.integer({ min: 1, max: 3 });
    await fc.assert(
      fc.asyncProperty(programPlans({ isStateful: false }), executors, async (plan, count) => {
        expect(await outcomeOf(plan, inProcess(count))).toEqual(await outcomeOf(plan, "local"));
      }),
      runs,
    );
  });

  test("with states gives what it gives in one process", async () => {
    await fc.assert(
      fc.asyncProperty(programPlans({ isStateful: true }), async (plan) => {
        expect(await outcomeOf(plan, inProcess(2))).toEqual(await outcomeOf(plan, "local"));
      }),
      runs,
    );
  });

  test("of which batches fail and are left out gives what it gives in one process", async () => {
    const plans = programPlans({ isStateful: true, isFailing: true });
    await fc.assert(
      fc.asyncProperty(plans, async (plan) => {
        expect(await outcomeOf(plan, inProcess(2))).toEqual(await outcomeOf(plan, "local"));
      }),
      runs,
    );
  });

  test("gives the same when executors are killed in the middle of whatever they do", async () => {
    const kills = fc.array(fc.nat({ max: 200 }), { minLength: 1, maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(programPlans({ isStateful: true }), kills, async (plan, afterMessages) => {
        const outcome = await outcomeOf(plan, inProcess(2), killing(afterMessages));
        expect(outcome).toEqual(await outcomeOf(plan, "local"));
      }),
      runs,
    );
  });
});
