import { expect, test } from "vitest";
import { DrivenContext, settle } from "./driven-context.ts";

test("an unused receiver stream does not feed its twin", async () => {
  await using driven = new DrivenContext();
  const { ssc } = driven;
  const used = ssc.iterableStream([1, 2]);
  ssc.iterableStream([3, 4]);
  const batches = driven.collect(used);
  await ssc.start();
  await driven.batches(2);
  await settle();
  expect([...batches.values()].flat()).toEqual([1, 2]);
});
