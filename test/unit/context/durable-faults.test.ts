/** Faults that a running application lives through; rows of the fault table by their numbers. */
import { describe, expect, test } from "vitest";
import {
  openStore,
  registerScheme,
  type Store,
  StreamError,
  StreamingContext,
  seconds,
} from "../../../src/index.ts";
import { MemoryStore } from "../../../src/store/index.ts";
import { ManualClock } from "../../../src/testing/index.ts";

const letters = "a b c d e f g h i j k l m n o p q r s t".split(" ");

/** Stores that outlive the contexts of a test, by address; while `isFull` says so, checkpoints find no room. */
const stores = new Map<string, MemoryStore>();
let isFull = false;

registerScheme("faulty", async (address) => {
  const store = stores.get(address) ?? new MemoryStore(address);
  stores.set(address, store);
  return limited(store);
});

function limited(store: Store): Store {
  return {
    address: store.address,
    create: (name, content) => {
      if (isFull && name.startsWith("checkpoints/")) {
        return Promise.reject(new StreamError("store_full", { name, store: store.address }));
      }
      return store.create(name, content);
    },
    read: (name) => store.read(name),
    readRange: (name, offset, byteCount) => store.readRange(name, offset, byteCount),
    has: (name) => store.has(name),
    list: (prefix, options) => store.list(prefix, options),
    delete: (name) => store.delete(name),
    openLog: store.openLog?.bind(store),
    close: () => Promise.resolve(),
  };
}

async function namesIn(address: string, prefix: string): Promise<string[]> {
  const names: string[] = [];
  for await (const { name } of (await openStore(address)).list(prefix)) names.push(name);
  return names;
}

/** An application that counts what it is fed, record by record. */
async function begin(address: string, clock: ManualClock, records: readonly string[]) {
  const sums: (readonly [number, number])[] = [];
  const failures: unknown[] = [];
  const acknowledged: number[] = [];
  const ssc = await StreamingContext.getOrCreate(address, () => {
    const context = new StreamingContext({
      appName: "faults",
      batchInterval: seconds(1),
      clock,
      logger: { info: () => {}, warn: () => {}, error: () => {} },
      unprocessedRecordsMax: 2,
    });
    const lines = context.resumableStream(
      {
        async *open(from: number) {
          for (const [index, record] of records.entries()) {
            if (index >= from) yield { position: index, record };
          }
        },
        acknowledge: (until) => void acknowledged.push(until),
      },
      { clock, blockRecordsMax: 1 },
    );
    lines
      .map((line) => [line, 1])
      .updateStateByKey((values: readonly number[], sum: number | undefined) =>
        values.reduce((left, right) => left + right, sum ?? 0),
      )
      .foreachRDD(async (dataset, timeMs) => {
        const counts = await dataset.collect();
        sums.push([timeMs, counts.reduce((sum, [, count]) => sum + count, 0)]);
      });
    return context;
  });
  ssc.addStreamingListener({ onCheckpointFailed: ({ error }) => void failures.push(error) });
  await ssc.start();
  return { ssc, sums, failures, acknowledged };
}

describe("a full store", () => {
  test("row 15: costs a checkpoint, not a batch; the journal stays, receivers wait, and it goes on when there is room", async () => {
    const address = "faulty:full";
    const clock = new ManualClock();
    const life = await begin(address, clock, letters);
    await clock.advance(1000);
    const before = await namesIn(address, "checkpoints/");
    isFull = true;
    try {
      await clock.advance(4000);
      expect(life.failures[0]).toMatchObject({ code: "store_full" });
      // Those that had taken their room before the failure was known are processed; then receivers wait.
      const [, processed = 0] = life.sums.at(-1) ?? [];
      expect(processed).toBeLessThan(letters.length);
      await clock.advance(5000);
      expect(life.sums.at(-1)).toEqual([10_000, processed]);
      expect(life.acknowledged.at(-1)).toBe(processed);
      expect(await namesIn(address, "checkpoints/")).toEqual(before);
    } finally {
      isFull = false;
    }
    await clock.advance(15_000);
    expect(life.sums.at(-1)?.[1]).toBe(letters.length);
    expect((await namesIn(address, "checkpoints/")).length).toBeGreaterThan(0);
    await life.ssc.destroy();
    const next = await begin(address, clock, [...letters, "more"]);
    await clock.advance(2000);
    expect(next.sums.at(-1)?.[1]).toBe(letters.length + 1);
    await next.ssc.destroy();
  });
});

describe("a graceful stop that cannot write its last checkpoint", () => {
  test("says so, loses nothing, and the next start goes on as after a crash", async () => {
    const address = "faulty:stop";
    const clock = new ManualClock();
    const life = await begin(address, clock, ["a", "b"]);
    await clock.advance(3000);
    isFull = true;
    try {
      await expect(life.ssc.stop()).rejects.toMatchObject({ code: "store_full" });
      await expect(life.ssc.awaitTermination()).rejects.toMatchObject({ code: "store_full" });
    } finally {
      isFull = false;
    }
    const next = await begin(address, clock, ["a", "b", "c"]);
    await clock.advance(2000);
    expect(next.sums.at(-1)?.[1]).toBe(3);
    await next.ssc.destroy();
  });
});

describe("epochs", () => {
  test("row 27: are never given again: their records stay, whatever is cleaned", async () => {
    const address = "faulty:epochs";
    const clock = new ManualClock();
    for (let life = 1; life <= 5; life += 1) {
      const { ssc } = await begin(address, clock, ["a", "b"]);
      await clock.advance(5000);
      await ssc.stop();
      expect(await namesIn(address, "epoch/")).toHaveLength(life);
    }
    expect((await namesIn(address, "checkpoints/")).length).toBeLessThanOrEqual(3);
  });
});

describe("a wall clock that jumps", () => {
  test("row 28: while the application runs neither adds nor skips a batch", async () => {
    const clock = new ManualClock(7_200_000);
    const { ssc, sums } = await begin("faulty:clock", clock, ["a"]);
    await clock.advance(2000);
    clock.stepWallClock(-3_600_000);
    await clock.advance(2000);
    clock.stepWallClock(7_200_000);
    await clock.advance(2000);
    expect(sums.map(([timeMs]) => timeMs - 7_200_000)).toEqual(
      [1, 2, 3, 4, 5, 6].map((n) => n * 1000),
    );
    await ssc.destroy();
  });

  test("row 28: back between two lives is not waited for, and no batch time comes twice", async () => {
    const address = "faulty:back";
    const first = new ManualClock(7_200_000);
    const life = await begin(address, first, ["a", "b"]);
    await first.advance(3000);
    await life.ssc.destroy();
    const second = new ManualClock(3_600_000);
    const next = await begin(address, second, ["a", "b", "c"]);
    await second.advance(2000);
    expect(next.sums.map(([timeMs]) => timeMs)).toEqual([7_204_000, 7_205_000]);
    expect(next.sums.at(-1)?.[1]).toBe(3);
    await next.ssc.destroy();
  });

  test("row 28: forward between two lives leaves a gap, and nothing is cleaned for it", async () => {
    const address = "faulty:forward";
    const first = new ManualClock(0);
    const life = await begin(address, first, ["a", "b"]);
    await first.advance(3000);
    await life.ssc.destroy();
    const second = new ManualClock(3_600_000);
    const next = await begin(address, second, ["a", "b", "c"]);
    await second.advance(2000);
    expect(next.sums.map(([timeMs]) => timeMs)).toEqual([3_601_000, 3_602_000]);
    expect(next.sums.at(-1)?.[1]).toBe(3);
    await next.ssc.destroy();
  });
});
