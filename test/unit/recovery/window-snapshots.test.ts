/** The snapshots of an incremental window carry what is in it: no data are kept for what leaves. */
import assert from "node:assert/strict";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { newestCheckpoints, readCheckpoint } from "../../../src/checkpoint/index.ts";
import { milliseconds, Receiver, StreamingContext, seconds } from "../../../src/index.ts";
import { openStore } from "../../../src/store/index.ts";
import { ManualClock } from "../../../src/testing/index.ts";

/** Stores what it is told to. */
class WordReceiver extends Receiver<string> {
  override onStart(): void {}
  override onStop(): void {}

  async give(from: number, words: readonly string[]): Promise<void> {
    if (words.length === 0) return;
    const until = from + words.length;
    await this.storeMany(words, { position: { partition: "0", from, until } });
  }
}

interface Shape {
  readonly windowMs: number;
  readonly slideMs: number;
  readonly snapshotMs: number;
}

interface Lived {
  readonly batches: readonly (readonly string[])[];
  readonly partitions: number;
  readonly dies: boolean;
  /** How long nobody lived before. */
  readonly downMs: number;
}

let applications = 0;

/** An application that lives several times, and what it counted in its window. */
class Application {
  readonly address = `memory:window-${applications++}`;
  readonly clock = new ManualClock(10_000);
  readonly counts = new Map<number, readonly string[]>();
  readonly given: { readonly timeMs: number; readonly word: string }[] = [];
  readonly #shape: Shape;

  constructor(shape: Shape) {
    this.#shape = shape;
  }

  async live({ batches, dies, downMs, partitions }: Lived): Promise<void> {
    const { clock, counts } = this;
    const { slideMs, snapshotMs, windowMs } = this.#shape;
    const receiver = new WordReceiver();
    await clock.advance(downMs);
    const ssc = await StreamingContext.getOrCreate(this.address, () => {
      const context = new StreamingContext({
        batchInterval: seconds(1),
        clock,
        defaultParallelism: partitions,
        logger: { info: () => {}, warn: () => {}, error: () => {} },
      });
      const window = context
        .receiverStream(receiver)
        .uid("words")
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
      const timeMs = clock.now() - (clock.now() % 1000) + 1000;
      await receiver.give(this.given.length, words);
      this.given.push(...words.map((word) => ({ timeMs, word })));
      await clock.advance(1000);
    }
    await (dies ? ssc.destroy() : ssc.stop());
  }

  /** What has to be in the window at a time. */
  expectedAt(atMs: number): readonly string[] {
    const counts = new Map<string, number>();
    for (const { timeMs, word } of this.given) {
      const isIn = timeMs > atMs - this.#shape.windowMs && timeMs <= atMs;
      if (isIn) counts.set(word, (counts.get(word) ?? 0) + 1);
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
});
