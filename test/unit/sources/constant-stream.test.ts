import { expect, test } from "vitest";
import type { RDD } from "../../../src/core/index.ts";
import { ConstantInputStream } from "../../../src/sources/index.ts";
import { datasetOf, InputFixture, newEnvironment } from "./input-fixture.ts";

test("every batch has the same dataset", async () => {
  const environment = newEnvironment();
  const dataset = datasetOf(environment, [1, 2], [3]);
  const fixture = new InputFixture(new ConstantInputStream(dataset), environment);
  await fixture.start();
  expect(await fixture.dataset()).toBe(dataset);
  expect(await fixture.dataset()).toBe(dataset);
  expect(await fixture.batch()).toEqual([[1, 2], [3]]);
});

test("what is no dataset is refused at the call", () => {
  for (const rdd of [null, undefined, []]) {
    expect(() => new ConstantInputStream(rdd as unknown as RDD<unknown>)).toThrow(
      /argument_invalid/,
    );
  }
});
