import fc from "fast-check";
import { expect, test } from "vitest";
import { OrderedQueue } from "../../../src/base/index.ts";

test("what is first is the least by its order, and of equal ones that which was added first", () => {
  const operation = fc.oneof(
    { weight: 3, arbitrary: fc.nat({ max: 20 }) },
    { weight: 2, arbitrary: fc.constant("remove" as const) },
  );
  const property = fc.property(
    fc.array(operation, { maxLength: 400, size: "max" }),
    (operations) => {
      const queue = new OrderedQueue<{ readonly order: number }>(({ order }) => order);
      const naive: { readonly order: number }[] = [];
      for (const [index, each] of operations.entries()) {
        if (each === "remove") {
          queue.removeFirst();
          naive.shift();
        } else {
          const item = { order: each + Math.floor(index / 3) };
          queue.add(item);
          naive.push(item);
          naive.sort((a, b) => a.order - b.order);
        }
        expect(queue.first).toBe(naive[0]);
      }
    },
  );
  fc.assert(property, { numRuns: 300 });
});

test("a long queue leaves in order", () => {
  const queue = new OrderedQueue<number>((item) => item);
  for (let item = 0; item < 1000; item += 1) queue.add(item);
  for (let item = 0; item < 1000; item += 1) {
    expect(queue.first).toBe(item);
    queue.removeFirst();
  }
  expect(queue.first).toBeUndefined();
});
