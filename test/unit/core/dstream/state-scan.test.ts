import { expect, test } from "vitest";
import { DrivenContext } from "../../context/driven-context.ts";

test("of the keys of a state no more are taken than were asked for", async () => {
  await using driven = new DrivenContext({});
  const taken: number[] = [];
  const pairs = Array.from({ length: 100 }, (_, key): [number, number] => [key, 1]);
  driven
    .input([pairs, []])
    .updateStateByKey(
      (values: readonly number[], sum: number | undefined) => values.length + (sum ?? 0),
    )
    .foreachRDD(async (dataset) => {
      for (const count of [2, 5, 9]) taken.push((await dataset.take(count)).length);
    });
  await driven.ssc.start();
  await driven.batches(2);
  await driven.ssc.stop();
  expect(taken).toEqual([2, 5, 9, 2, 5, 9]);
});
