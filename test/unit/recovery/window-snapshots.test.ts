/** The snapshots of an incremental window carry what is in it: no data are kept for what leaves. */
import assert from "node:assert/strict";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { newestCheckpoints, readCheckpoint } from "../../../src/checkpoint/index.ts";
import { milliseconds, StreamingContext } from "../../../src/index.ts";
import { openStore } from "../../../src/store/index.ts";
import { ManualClock } from "../../../src/testing/index.ts";
import { caught } from "../context/driven-context.ts";
import { WordReceiver } from "./word-receiver.ts";

interface Shape {
  readonly windowMs: number;
  readonly slideMs: number;
  readonly snapshotMs: number;
}

interface Lived {
  readonly batches: readonly (readonly string[])[];
  readonly partitions: number;
  readonly dies: boolean;
  /** The batch interval (default 1000). */
  readonly intervalMs?: number;
  readonly endsWithSlide?: boolean;
  /** How long nobody lived before. */
  readonly downMs: number;
}

let applications = 0;

/** An application that lives several times, and what it counted in its window. */
class Application {
  readonly address = `memory:window-${applications++}`;
  readonly clock = new ManualClock(10_000);
  readonly counts = new Map<number, readonly string[]>();
  /** What each batch was made of. */
  readonly words = new Map<number, readonly string[]>();
  #given = 0;
  readonly #shape: Shape;

  constructor(shape: Shape) {
    this.#shape = shape;
  }

  async live(lived: Lived): Promise<void> {
    const { batches, dies, downMs, endsWithSlide = false, intervalMs = 1000, partitions } = lived;
    const { clock, counts } = this;
    const { slideMs, snapshotMs, windowMs } = this.#shape;
    const receiver = new WordReceiver();
    await clock.advance(downMs);
    const ssc = await StreamingContext.getOrCreate(this.address, () => {
      const context = new StreamingContext({
        batchInterval: milliseconds(intervalMs),
        clock,
        defaultParallelism: partitions,
        logger: { info: () => {}, warn: () => {}, error: () => {} },
      });
      const words = context.receiverStream(receiver).uid("words");
      words
        .foreachRDD(async (dataset, timeMs) => void this.words.set(timeMs, await dataset.collect()))
        .uid("batches");
      const window = words
        .map((word): [string, number] => [word, 1])
        .reduceByKeyAndWindow(
          (left, right) => left + right,
          (total, leaving) => total - leaving,
          milliseconds(windowMs),
          milliseconds(slideMs),
          { filter: (_, count) => count > 0 },
        )
        .uid("window");
      window.checkpoint(milliseconds(snapshotMs));
      window
        .foreachRDD(async (dataset, timeMs) => {
          counts.set(timeMs, (await dataset.collect()).map(String).sort());
        })
        .uid("shown");
      return context;
    });
    await ssc.start();
    for (const words of batches) {
      const timeMs = clock.now() - (clock.now() % intervalMs) + intervalMs;
      await receiver.give(this.#given, words);
      this.#given += words.length;
      await clock.advance(timeMs - clock.now());
    }
    // Until a slide has ended.
    const lastOf = (times: ReadonlyMap<number, unknown>) => Math.max(...times.keys());
    while (endsWithSlide && lastOf(this.words) > lastOf(counts)) await clock.advance(intervalMs);
    await (dies ? ssc.destroy() : ssc.stop());
  }

  /** What has to be in the window at a time. */
  expectedAt(atMs: number): readonly string[] {
    const counts = new Map<string, number>();
    for (const [timeMs, words] of this.words) {
      if (timeMs <= atMs - this.#shape.windowMs || timeMs > atMs) continue;
      for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
    }
    return [...counts].map(String).sort();
  }

  /** The batches that the newest checkpoint keeps. */
  async keptBatches(): Promise<number> {
    const store = await openStore(this.address);
    const names: string[] = [];
    for await (const { name } of store.list("checkpoints/")) names.push(name);
    const [newest = ""] = newestCheckpoints(names);
    const { batches } = await readCheckpoint(store, newest);
    await store.close();
    return batches.length;
  }

  check(): void {
    assert.equal([...this.words.values()].flat().length, this.#given);
    const seen = [...this.counts].map(([timeMs, counts]) => [timeMs, counts]);
    assert.deepEqual(
      seen,
      seen.map(([timeMs]) => [timeMs, this.expectedAt(Number(timeMs))]),
    );
  }
}

describe("an incremental window over several lives", () => {
  test("keeps the batches since its last snapshot, and not those of its length", async () => {
    const application = new Application({ windowMs: 30_000, slideMs: 1000, snapshotMs: 2000 });
    const life = { partitions: 2, dies: true, downMs: 0 };
    await application.live({
      ...life,
      batches: Array.from({ length: 20 }, (_, n) => [`${n % 7}`]),
    });
    expect(await application.keptBatches()).toBeLessThan(6);
    await application.live({
      ...life,
      partitions: 3,
      batches: Array.from({ length: 30 }, () => ["b"]),
    });
    expect(await application.keptBatches()).toBeLessThan(6);
    expect(application.counts.size).toBeGreaterThan(45);
    application.check();
  });

  test("holds what came in its last length, whatever was restored, in whatever partitions, after whatever gaps", async () => {
    const word = fc.constantFrom("a", "b", "c", "d", "e");
    const life = fc.record({
      batches: fc.array(fc.array(word, { maxLength: 3 }), { minLength: 1, maxLength: 7 }),
      partitions: fc.integer({ min: 1, max: 4 }),
      dies: fc.boolean(),
      downMs: fc.constantFrom(0, 0, 2000, 7000),
    });
    const shape = fc
      .record({ slides: fc.integer({ min: 1, max: 3 }), length: fc.integer({ min: 1, max: 4 }) })
      .chain(({ length, slides }) =>
        fc.record({
          slideMs: fc.constant(slides * 1000),
          windowMs: fc.constant(slides * length * 1000),
          snapshotMs: fc.constantFrom(slides * 1000, slides * 2000, slides * 3000),
        }),
      );
    await fc.assert(
      fc.asyncProperty(shape, fc.array(life, { minLength: 2, maxLength: 4 }), async (s, lives) => {
        const application = new Application(s);
        for (const each of lives) await application.live(each);
        application.check();
      }),
      { numRuns: 25 },
    );
  });

  test("batch interval changed: it holds the same on the new grid, and lets go what came on the old one", async () => {
    const word = fc.constantFrom("a", "b", "c");
    const life = fc.record({
      batches: fc.array(fc.array(word, { maxLength: 2 }), { minLength: 1, maxLength: 9 }),
      partitions: fc.integer({ min: 1, max: 3 }),
      dies: fc.constant(false),
      downMs: fc.constantFrom(0, 700, 5000),
      intervalMs: fc.constantFrom(250, 500, 700, 1400, 3500),
      endsWithSlide: fc.constant(true),
    });
    // A multiple of each interval.
    const shape = { windowMs: 21_000, slideMs: 7000, snapshotMs: 7000 };
    const others = fc.array(life, { minLength: 2, maxLength: 5 });
    await fc.assert(
      fc.asyncProperty(others, async (lives) => {
        const application = new Application(shape);
        for (const each of lives) await application.live(each);
        application.check();
      }),
      { numRuns: 15 },
    );
  });

  test("batch interval changed: in the middle of a slide it is refused, as no batch of the new grid would take what came", async () => {
    const application = new Application({ windowMs: 6000, slideMs: 3000, snapshotMs: 3000 });
    const life = { partitions: 1, dies: false, downMs: 0 };
    await application.live({ ...life, batches: [["a"], [], [], ["b"]] });
    const changed = { ...life, intervalMs: 500, batches: [["c"]], endsWithSlide: true };
    expect(await caught(application.live(changed))).toMatchObject({
      code: "interval_changed",
      details: { case: "batch interval changed, states behind their batches", operators: "window" },
    });
    await application.live({ ...life, batches: [[]], endsWithSlide: true });
    await application.live(changed);
    application.check();
  });
});
