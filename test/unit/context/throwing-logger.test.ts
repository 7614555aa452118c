import { expect, test } from "vitest";
import { DrivenContext } from "./driven-context.ts";

test("a logger that throws does not stop the context", async () => {
  const refuse = (): never => {
    throw new Error("the disk is full");
  };
  await using driven = new DrivenContext({
    attempts: 1,
    logger: { info: refuse, warn: refuse, error: refuse },
  });
  const numbers = driven.input([[1], [2], [3]]);
  numbers.foreachRDD((_dataset, timeMs) => {
    if (timeMs === 1000) throw new Error("the first batch fails");
  });
  const seen = driven.collect(numbers);
  await driven.ssc.start();
  await driven.batches(3);
  expect(driven.ssc.state).toBe("ACTIVE");
  expect([...seen.values()].flat()).toEqual([1, 2, 3]);
});
