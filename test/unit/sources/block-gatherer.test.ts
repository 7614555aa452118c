import { expect, test } from "vitest";
import { BlockGatherer } from "../../../src/sources/block-gatherer.ts";
import { ManualClock } from "../../../src/testing/manual-clock.ts";

/** A gatherer of blocks of up to three records, whose stores a test ends one by one. */
class Fixture {
  readonly clock = new ManualClock();
  readonly stored: { from: number; records: readonly string[] }[] = [];
  readonly ends: ((error?: Error) => void)[] = [];
  readonly failures: unknown[] = [];
  readonly gatherer: BlockGatherer<string> = new BlockGatherer({
    clock: this.clock,
    intervalMs: 100,
    recordsMax: 3,
    store: (records, from) => {
      this.stored.push({ from, records });
      return new Promise((resolve, reject) => {
        this.ends.push((error) => (error === undefined ? resolve() : reject(error)));
      });
    },
    failed: (error) => void this.failures.push(error),
  });
  #position = 0;

  /** What each `add` has returned. */
  readonly taken: (void | Promise<void>)[] = [];

  add(...records: string[]): void {
    for (const record of records) this.taken.push(this.gatherer.add(record, this.#position++));
  }
}

test("a full block is stored at once, and its records hold nobody up", () => {
  const fixture = new Fixture();
  fixture.add("a", "b", "c", "d");
  expect(fixture.taken).toEqual([undefined, undefined, undefined, undefined]);
  expect(fixture.stored).toEqual([{ from: 0, records: ["a", "b", "c"] }]);
});

test("when the next block is full too, its last record waits until it is its turn", async () => {
  const fixture = new Fixture();
  fixture.add("a", "b", "c", "d", "e", "f");
  expect(fixture.taken.slice(0, 5)).toEqual(Array(5).fill(undefined));
  expect(fixture.stored).toHaveLength(1);
  fixture.ends[0]?.();
  await fixture.taken[5];
  expect(fixture.stored[1]).toEqual({ from: 3, records: ["d", "e", "f"] });
});

test("a block that falls due while the one before is being stored follows it at once", async () => {
  const fixture = new Fixture();
  fixture.add("a", "b", "c", "d");
  await fixture.clock.advance(99);
  fixture.ends[0]?.();
  await fixture.clock.advance(0);
  expect(fixture.stored).toHaveLength(1);
  await fixture.clock.advance(1);
  expect(fixture.stored[1]).toEqual({ from: 3, records: ["d"] });
  fixture.add("e");
  await fixture.clock.advance(100);
  expect(fixture.stored).toHaveLength(2);
  fixture.ends[1]?.();
  await fixture.clock.advance(0);
  expect(fixture.stored[2]).toEqual({ from: 4, records: ["e"] });
});

test("each record waits for the interval of its own block, not for one that was full before", async () => {
  const fixture = new Fixture();
  fixture.add("a");
  await fixture.clock.advance(60);
  fixture.add("b", "c");
  fixture.ends[0]?.();
  await fixture.clock.advance(0);
  fixture.add("d");
  await fixture.clock.advance(60);
  expect(fixture.stored).toHaveLength(1);
  await fixture.clock.advance(40);
  expect(fixture.stored).toHaveLength(2);
});

test("after a failure nothing more is stored", async () => {
  const fixture = new Fixture();
  fixture.add("a", "b", "c", "d", "e");
  const failure = new Error("full");
  fixture.ends[0]?.(failure);
  await fixture.gatherer.finish();
  fixture.add("f", "g", "h");
  await fixture.clock.advance(1000);
  expect(fixture.stored).toHaveLength(1);
  expect(fixture.failures).toEqual([failure]);
});
