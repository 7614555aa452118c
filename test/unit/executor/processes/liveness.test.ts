import { describe, expect, test } from "vitest";
import type { Blockage } from "../../../../src/executor/index.ts";
import { Liveness } from "../../../../src/executor/processes/liveness.ts";
import { ManualClock } from "../../../../src/testing/index.ts";

const options = { intervalMs: 1000, limitMs: 5000, blockedAfterMs: 100 };

interface Beat {
  answer: (blockage: Blockage) => void;
  fail: (error: Error) => void;
}

function watched() {
  const clock = new ManualClock();
  const beats: Beat[] = [];
  const told: string[] = [];
  const liveness = new Liveness(
    () =>
      new Promise((resolve, reject) => {
        beats.push({ answer: resolve, fail: reject });
      }),
    clock,
    options,
    {
      blocked: ({ operator, forMs }) => told.push(`blocked in ${operator} for ${forMs}`),
      silent: () => told.push("silent"),
      disconnected: () => told.push("disconnected"),
    },
  );
  const answer = async (blockage: Blockage) => {
    beats.at(-1)?.answer(blockage);
    await clock.yieldToEventLoop();
  };
  return { clock, beats, told, liveness, answer };
}

const well = { operator: undefined, forMs: 0 };

describe("liveness", () => {
  test("asks again an interval after it asked, one question at a time", async () => {
    const { clock, beats, told, answer } = watched();
    await clock.advance(400);
    expect(beats).toHaveLength(1);
    await answer(well);
    await clock.advance(599);
    expect(beats).toHaveLength(1);
    await clock.advance(1);
    expect(beats).toHaveLength(2);
    await clock.advance(4999);
    expect(beats).toHaveLength(2);
    expect(told).toEqual([]);
  });

  test("tells of silence once, after the limit", async () => {
    const { clock, told } = watched();
    await clock.advance(4999);
    expect(told).toEqual([]);
    await clock.advance(20_000);
    expect(told).toEqual(["silent"]);
  });

  test("takes in an answer that comes with the limit", async () => {
    const { clock, beats, told } = watched();
    setImmediate(() => setImmediate(() => beats[0]?.answer(well)));
    await clock.advance(5000);
    expect(told).toEqual([]);
  });

  test("tells of each blockage past its limit, and of none below", async () => {
    const { clock, told, answer } = watched();
    for (const forMs of [99, 100, 1100]) {
      await answer({ operator: "map-1", forMs });
      await clock.advance(1000);
    }
    expect(told).toEqual(["blocked in map-1 for 100", "blocked in map-1 for 1100"]);
  });

  test("tells when there is nobody to answer, and nothing after its stop", async () => {
    const gone = watched();
    gone.beats[0]?.fail(new Error("closed"));
    await gone.clock.advance(20_000);
    expect(gone.told).toEqual(["disconnected"]);
    const stopped = watched();
    stopped.liveness.stop();
    stopped.beats[0]?.fail(new Error("closed"));
    await stopped.clock.advance(20_000);
    expect(stopped.told).toEqual([]);
    expect(stopped.clock.pendingTimers).toBe(0);
  });
});
