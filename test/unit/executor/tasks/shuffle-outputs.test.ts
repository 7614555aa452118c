import fc from "fast-check";
import { expect, test } from "vitest";
import { bucketItems } from "../../../../src/executor/tasks/shuffle-outputs.ts";

test("buckets come out of the items of a stream as they went in, and no item is large", () => {
  const sizes = fc.array(
    fc.oneof(fc.nat({ max: 40 }), fc.integer({ min: 200_000, max: 600_000 })),
    {
      maxLength: 8,
    },
  );
  fc.assert(
    fc.property(sizes, (lengths) => {
      const buckets = lengths.map((length, task) => ({
        task,
        bytes: new Uint8Array(length).fill(task + 1),
      }));
      const items = [...bucketItems(buckets)];
      const got = new Map<number, number>();
      for (const item of items) {
        const bytes = item.reduce((sum, piece) => sum + piece.bytes.length, 0);
        expect(bytes).toBeLessThanOrEqual(256 * 1024);
        for (const piece of item) {
          got.set(piece.task, (got.get(piece.task) ?? 0) + piece.bytes.length);
          expect(piece.bytes.every((byte) => byte === piece.task + 1)).toBe(true);
        }
      }
      expect([...got.values()]).toEqual(lengths);
      expect([...got.keys()]).toEqual(lengths.map((_, task) => task));
    }),
    { numRuns: 30 },
  );
});
