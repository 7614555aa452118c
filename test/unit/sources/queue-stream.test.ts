import { expect, test } from "vitest";
import type { RDD } from "../../../src/core/index.ts";
import { QueueInputStream, type QueueStreamOptions } from "../../../src/sources/index.ts";
import { datasetOf, InputFixture, newEnvironment } from "./input-fixture.ts";

const environment = newEnvironment();

async function started<T>(
  queue: (RDD<T> | readonly T[])[],
  options?: QueueStreamOptions<T>,
): Promise<InputFixture<T>> {
  const fixture = new InputFixture(new QueueInputStream(queue, options), environment);
  await fixture.start();
  return fixture;
}

test("each batch takes one dataset, in order, with the partitions that it has", async () => {
  const fixture = await started([datasetOf(environment, [1, 2], [3]), datasetOf(environment, [4])]);
  expect(await fixture.batch()).toEqual([[1, 2], [3]]);
  expect(await fixture.batch()).toEqual([[4]]);
});

test("with oneAtATime false, a batch takes the union of all that are there", async () => {
  const queue = [datasetOf(environment, [1]), [2, 3], datasetOf(environment, [4])];
  const fixture = await started(queue, { oneAtATime: false });
  expect((await fixture.batch())?.flat()).toEqual([1, 2, 3, 4]);
  expect(queue).toEqual([]);
  queue.push([5]);
  expect((await fixture.batch())?.flat()).toEqual([5]);
});

test("what is pushed while the stream runs is seen", async () => {
  const queue: number[][] = [];
  const fixture = await started(queue);
  expect((await fixture.batch())?.flat()).toEqual([]);
  queue.push([1], [2]);
  expect((await fixture.batch())?.flat()).toEqual([1]);
  expect((await fixture.batch())?.flat()).toEqual([2]);
});

test("arrays of records are spread over the default number of partitions", async () => {
  const fixture = await started([[1, 2, 3, 4]]);
  expect(await fixture.batch()).toEqual([
    [1, 2],
    [3, 4],
  ]);
});

test("an empty queue gives one empty partition, the default dataset, or with null no partition", async () => {
  expect(await (await started<number>([])).batch()).toEqual([[]]);
  const defaultRDD = datasetOf(environment, [7], [8]);
  expect(await (await started([], { defaultRDD })).batch()).toEqual([[7], [8]]);
  expect(await (await started<number>([], { defaultRDD: null })).batch()).toEqual([]);
});

test("records are counted where that needs no job", async () => {
  const dataset = datasetOf(environment, [1]);
  const fixture = await started([[1, 2, 3], dataset, []]);
  for (let batch = 0; batch < 4; batch += 1) await fixture.batch();
  expect([...fixture.reported]).toEqual([
    [1000, 3],
    [3000, 0],
    [4000, 0],
  ]);
});

test("a queue that is no array is refused at the call", () => {
  expect(() => new QueueInputStream(undefined as unknown as number[][])).toThrow(
    /argument_invalid/,
  );
});
