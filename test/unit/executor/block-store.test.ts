import { mkdir, mkdtemp, readdir, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { systemClock } from "../../../src/base/index.ts";
import {
  encodeRecords,
  Pacer,
  type StorageLevelName,
  StorageLevels,
} from "../../../src/core/index.ts";
import { LocalBlockStore } from "../../../src/executor/block-store.ts";

const code = (expected: string) => expect.objectContaining({ code: expected });
const keepingLevels = Object.values(StorageLevels).filter(({ name }) => name !== "NONE");

const pacer = () => new Pacer(systemClock, new AbortController().signal);

/** Records that take about 8 KB in memory; the same number gives the same records. */
const about8KB = (seed: number): string[] =>
  Array.from({ length: 20 }, (_, index) => `${seed}.${index}`.padEnd(376, "-"));

/** Something that a test waits for, or lets wait. */
class Gate {
  open: () => void = () => {};
  readonly opened = new Promise<void>((resolve) => {
    this.open = resolve;
  });
}

describe("LocalBlockStore", () => {
  let directory: string;
  let store: LocalBlockStore;

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), "millrace-store-"));
    store = new LocalBlockStore({ clock: systemClock, directory });
  });

  afterEach(async () => {
    await store.close();
    await rm(directory, { recursive: true });
  });

  function boundedBy(memoryBytesMax: number): void {
    store = new LocalBlockStore({ clock: systemClock, directory, memoryBytesMax });
  }

  async function files(): Promise<string[]> {
    const entries = await readdir(directory, { recursive: true, withFileTypes: true });
    return entries
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name));
  }

  const put = (id: string, records: readonly unknown[], level: StorageLevelName) =>
    store.put(id, records, StorageLevels[level]);

  const putBytes = (id: string, bytes: Uint8Array, level: StorageLevelName) =>
    store.putBytes(id, bytes, StorageLevels[level], (kept) => [...kept]);

  test.each(keepingLevels)("records come back from $name as they were", async (level) => {
    const records = [1, "two", [3, { four: 4n }], new Date(5), new Map([[6, undefined]]), null];
    const block = await store.put("input-0-0", records, level);
    expect(block.recordCount).toBe(6);
    expect(await block.read()).toEqual(records);
    expect(await store.get("input-0-0")?.read()).toEqual(records);
  });

  test.each(keepingLevels)("bytes come back from $name through their decoder", async (level) => {
    const block = await store.putBytes("input-0-0", Uint8Array.of(1, 2, 3), level, (bytes) => [
      ...bytes,
    ]);
    expect(block.recordCount).toBe(0);
    expect(await block.read()).toEqual([1, 2, 3]);
  });

  test("any number of records survives being serialized", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.oneof(fc.integer(), fc.string(), fc.tuple(fc.string(), fc.double())), {
          maxLength: 1500,
          size: "max",
        }),
        async (records) => {
          expect(await (await put("input-0-0", records, "DISK_ONLY")).read()).toEqual(records);
        },
      ),
      { numRuns: 20 },
    );
  });

  test("in memory and deserialized, a block is the array that was put", async () => {
    const records = [{ a: 1 }];
    const block = await put("rdd-0-0", records, "MEMORY_ONLY");
    expect(await block.read()).toBe(records);
  });

  test("bytes that change after they were put do not change the block", async () => {
    const bytes = Uint8Array.of(1, 2, 3);
    const block = await putBytes("input-0-0", bytes, "MEMORY_ONLY_SER");
    bytes.fill(9);
    expect(await block.read()).toEqual([1, 2, 3]);
  });

  test("an empty block is a block", async () => {
    for (const level of keepingLevels) {
      expect(await (await store.put("rdd-0-0", [], level)).read()).toEqual([]);
    }
  });

  test("nothing is made on disk before a block goes there", async () => {
    await put("rdd-0-0", [1], "MEMORY_AND_DISK");
    expect(await readdir(directory)).toEqual([]);
    await put("rdd-0-1", [1], "DISK_ONLY");
    expect(await files()).toHaveLength(1);
  });

  test("a block that is put again takes the place of the one before, on disk too", async () => {
    const first = await put("rdd-0-0", [1], "DISK_ONLY");
    await put("rdd-0-0", [2], "DISK_ONLY");
    expect(await store.get("rdd-0-0")?.read()).toEqual([2]);
    await expect(first.read()).rejects.toEqual(code("block_unreadable"));
    expect(await files()).toHaveLength(1);
  });

  test("of writes of one id at the same time one stays, whole", async () => {
    const levels = ["DISK_ONLY", "MEMORY_ONLY", "MEMORY_ONLY_SER", "DISK_ONLY"] as const;
    await Promise.all(levels.map((level) => put("rdd-0-0", ["same"], level)));
    expect(await store.get("rdd-0-0")?.read()).toEqual(["same"]);
    await store.remove("rdd-0-0");
    expect(await files()).toEqual([]);
  });

  test.each(keepingLevels)(
    "a block removed from $name is unknown and unreadable",
    async (level) => {
      const block = await store.put("rdd-0-0", [1], level);
      await store.remove("rdd-0-0");
      expect(store.get("rdd-0-0")).toBeUndefined();
      await expect(block.read()).rejects.toEqual(code("block_unreadable"));
      expect(await files()).toEqual([]);
    },
  );

  test("removing what is not there does nothing", async () => {
    await store.remove("rdd-9-9");
  });

  test("a level that keeps nothing is refused", async () => {
    await expect(put("rdd-0-0", [1], "NONE")).rejects.toEqual(code("argument_invalid"));
  });

  test("a bound that is no number of bytes is refused", () => {
    expect(() => boundedBy(Number.NaN)).toThrow(code("argument_invalid"));
    expect(() => boundedBy(-1)).toThrow(code("argument_invalid"));
  });

  describe("values that the codec does not know", () => {
    const records = [1, { f: () => 1 }];

    test("are refused where they have to be serialized, and leave nothing behind", async () => {
      for (const level of ["MEMORY_ONLY_SER", "DISK_ONLY", "MEMORY_AND_DISK_SER"] as const) {
        await expect(put("rdd-0-0", records, level)).rejects.toEqual(code("value_unsupported"));
      }
      expect(store.get("rdd-0-0")).toBeUndefined();
      expect(await files()).toEqual([]);
    });

    test("are kept where nothing is serialized", async () => {
      expect(await (await put("rdd-0-0", records, "MEMORY_AND_DISK")).read()).toBe(records);
    });

    test("do not hinder another block when memory is full", async () => {
      boundedBy(10_000);
      const received = await put("input-0-0", [...about8KB(1), () => 1], "MEMORY_AND_DISK");
      const other = await put("input-0-1", about8KB(2), "MEMORY_AND_DISK");
      expect(await other.read()).toEqual(about8KB(2));
      expect(await received.read()).toHaveLength(21);
    });
  });

  describe("with a bound on memory", () => {
    test("blocks that may go to disk go there, the least recently used first", async () => {
      boundedBy(20_000);
      await put("input-0-0", about8KB(0), "MEMORY_AND_DISK");
      await put("input-0-1", about8KB(1), "MEMORY_AND_DISK");
      expect(await files()).toEqual([]);
      await store.get("input-0-0")?.read();
      await put("input-0-2", about8KB(2), "MEMORY_AND_DISK");
      expect(await files()).toHaveLength(1);
      const inMemory = async (id: string) =>
        (await store.get(id)?.read()) === (await store.get(id)?.read());
      expect(await inMemory("input-0-0")).toBe(true);
      expect(await inMemory("input-0-1")).toBe(false);
      for (const seed of [0, 1, 2]) {
        expect(await store.get(`input-0-${seed}`)?.read()).toEqual(about8KB(seed));
      }
    });

    test("bytes go to disk as they are", async () => {
      boundedBy(1000);
      await putBytes("input-0-0", new Uint8Array(800).fill(1), "MEMORY_AND_DISK_SER");
      await putBytes("input-0-1", new Uint8Array(800).fill(2), "MEMORY_AND_DISK_SER");
      expect(await files()).toHaveLength(1);
      expect(await store.get("input-0-0")?.read()).toEqual(Array.from({ length: 800 }, () => 1));
    });

    test("a block larger than memory goes to disk and drives nothing out", async () => {
      boundedBy(10_000);
      const small = await put("rdd-0-0", about8KB(0), "MEMORY_ONLY");
      await put("rdd-1-0", [...about8KB(1), ...about8KB(2)], "MEMORY_AND_DISK");
      expect(await files()).toHaveLength(1);
      expect(await small.read()).toEqual(about8KB(0));
    });

    test("partitions in memory only are given up, to be computed again", async () => {
      boundedBy(10_000);
      const old = await put("rdd-0-0", about8KB(0), "MEMORY_ONLY");
      await put("rdd-1-0", about8KB(1), "MEMORY_ONLY");
      expect(store.get("rdd-0-0")).toBeUndefined();
      await expect(old.read()).rejects.toEqual(code("block_unreadable"));
      expect(await store.get("rdd-1-0")?.read()).toEqual(about8KB(1));
    });

    test("a dataset larger than memory keeps its first partitions instead of none", async () => {
      boundedBy(10_000);
      await put("rdd-1-0", about8KB(0), "MEMORY_ONLY");
      await put("rdd-1-1", about8KB(1), "MEMORY_ONLY");
      expect(store.get("rdd-1-0")).toBeDefined();
      expect(store.get("rdd-1-1")).toBeUndefined();
      await put("rdd-11-0", about8KB(2), "MEMORY_ONLY");
      expect(store.get("rdd-1-0")).toBeUndefined();
    });

    test("received blocks in memory only are never given up", async () => {
      boundedBy(10_000);
      for (const index of [0, 1, 2]) await put(`input-0-${index}`, about8KB(index), "MEMORY_ONLY");
      await put("rdd-0-0", about8KB(3), "MEMORY_ONLY");
      expect(store.get("rdd-0-0")).toBeUndefined();
      for (const index of [0, 1, 2]) {
        expect(await store.get(`input-0-${index}`)?.read()).toEqual(about8KB(index));
      }
    });

    test.each(keepingLevels)(
      "a block that a log has makes room without a file, kept at $name",
      async (level) => {
        boundedBy(10_000);
        const logged = await encodeRecords(about8KB(0), pacer());
        const kept = await store.put("input-0-0", about8KB(0), level, { logged });
        expect(store.get("input-0-0") === undefined).toBe(!level.useMemory);
        await put("input-0-1", [...about8KB(1), 1], "MEMORY_ONLY");
        await store.put("input-0-2", about8KB(2), level, { logged });
        expect(store.get("input-0-0")).toBeUndefined();
        await expect(kept.read()).rejects.toEqual(code("block_unreadable"));
        expect(await files()).toEqual([]);
      },
    );

    test("bytes that a log has are kept without a copy, and make room without a file", async () => {
      boundedBy(1000);
      const bytes = new Uint8Array(800).fill(1);
      const decode = (kept: Uint8Array) => [kept];
      const level = StorageLevels.MEMORY_AND_DISK_SER;
      const block = await store.putBytes("input-0-0", bytes, level, decode, { logged: bytes });
      expect((await block.read())[0]).toBe(bytes);
      await store.putBytes("input-0-1", bytes, level, decode, { logged: bytes });
      expect(store.get("input-0-0")).toBeUndefined();
      expect(await files()).toEqual([]);
    });

    test("the serialized form that a log has is not made again", async () => {
      const logged = await encodeRecords(["logged"], pacer());
      const level = StorageLevels.MEMORY_ONLY_SER;
      const block = await store.put("input-0-0", ["given"], level, { logged });
      expect(await block.read()).toEqual(["logged"]);
      const objects = await store.put("input-0-1", ["given"], StorageLevels.MEMORY_ONLY, {
        logged,
      });
      expect(await objects.read()).toEqual(["given"]);
    });

    test("room that was given back can be used again", async () => {
      boundedBy(10_000);
      for (let round = 0; round < 5; round++) {
        await put("rdd-0-0", about8KB(round), "MEMORY_ONLY");
        expect(await store.get("rdd-0-0")?.read()).toEqual(about8KB(round));
        await store.remove("rdd-0-0");
      }
    });

    test("the serialized form counts with its bytes", async () => {
      boundedBy(16_000);
      await put("rdd-0-0", about8KB(0), "MEMORY_ONLY_SER");
      await put("rdd-1-0", about8KB(1), "MEMORY_ONLY_SER");
      expect(store.get("rdd-0-0")).toBeDefined();
      await put("rdd-2-0", about8KB(2), "MEMORY_ONLY_SER");
      expect(store.get("rdd-0-0")).toBeUndefined();
    });

    test("a block that is removed while it goes to disk leaves no file, and its room once", async () => {
      const turn = new Gate();
      const isEncoding = new Gate();
      let elapsedMs = 0;
      const clock = {
        ...systemClock,
        monotonicNow: () => (elapsedMs += 1000),
        yieldToEventLoop: () => {
          isEncoding.open();
          return turn.opened;
        },
      };
      store = new LocalBlockStore({ clock, directory, memoryBytesMax: 10_000 });
      await put("input-0-0", about8KB(0), "MEMORY_AND_DISK");
      const putting = put("input-0-1", about8KB(1), "MEMORY_AND_DISK");
      await isEncoding.opened;
      await store.remove("input-0-0");
      turn.open();
      await putting;
      expect(await files()).toEqual([]);
      expect(await store.get("input-0-1")?.read()).toEqual(about8KB(1));
      await put("input-0-2", about8KB(2), "MEMORY_AND_DISK");
      expect(await files()).toHaveLength(1);
    });

    test("whatever is put and removed at the same time, received blocks read as they were put", async () => {
      const ids = ["input-0-0", "input-0-1", "input-1-0", "rdd-0-0", "rdd-0-1", "rdd-1-0"];
      const change = fc.record({
        id: fc.constantFrom(...ids),
        level: fc.constantFrom("MEMORY_ONLY", "MEMORY_AND_DISK", "MEMORY_ONLY_SER", "DISK_ONLY"),
        length: fc.option(fc.integer({ min: 0, max: 40 })),
      } as const);
      const round = fc.uniqueArray(change, { selector: ({ id }) => id });
      await fc.assert(
        fc.asyncProperty(fc.array(round, { minLength: 1, maxLength: 12 }), async (rounds) => {
          // One that an earlier run has left, because it failed, must not fail this one.
          await store.close();
          boundedBy(12_000);
          const model = new Map<string, readonly string[]>();
          for (const changes of rounds) {
            await Promise.all(
              changes.map(async ({ id, level, length }) => {
                if (length === null) {
                  model.delete(id);
                  return store.remove(id);
                }
                const records = [...about8KB(length), ...about8KB(length + 1)].slice(0, length);
                model.set(id, records);
                return put(id, records, level);
              }),
            );
            for (const id of ids) {
              const kept = await store.get(id)?.read();
              if (kept !== undefined || id.startsWith("input")) expect(kept).toEqual(model.get(id));
            }
          }
          await store.close();
          expect(await readdir(directory)).toEqual([]);
        }),
        { numRuns: 60 },
      );
    });
  });

  describe("a file on disk", () => {
    const damages: [string, (file: string) => Promise<void>][] = [
      ["a flipped bit", flipLastBit],
      ["a cut end", async (file) => truncate(file, (await readFile(file)).length - 1)],
      ["no contents", (file) => truncate(file, 0)],
      ["no file", (file) => rm(file)],
    ];

    async function flipLastBit(file: string): Promise<void> {
      const bytes = await readFile(file);
      bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
      await writeFile(file, bytes);
    }

    test.each(damages)("with %s is an error, not data", async (_, damage) => {
      const block = await put("input-0-0", about8KB(0), "DISK_ONLY");
      for (const file of await files()) await damage(file);
      await expect(block.read()).rejects.toEqual(code("block_unreadable"));
      expect(store.get("input-0-0")).toBeDefined();
    });

    test("that cannot be read makes the store forget a partition, which is computed again", async () => {
      const block = await put("rdd-0-0", about8KB(0), "DISK_ONLY");
      for (const file of await files()) await flipLastBit(file);
      await expect(block.read()).rejects.toEqual(code("block_unreadable"));
      expect(store.get("rdd-0-0")).toBeUndefined();
    });

    test("that cannot be written is an error, and works again when the cause is gone", async () => {
      const blocked = join(directory, "blocked");
      await writeFile(blocked, "");
      store = new LocalBlockStore({ clock: systemClock, directory: blocked });
      await expect(put("rdd-0-0", [1], "DISK_ONLY")).rejects.toEqual(code("block_unwritable"));
      expect(store.get("rdd-0-0")).toBeUndefined();
      await rm(blocked);
      await mkdir(blocked);
      expect(await (await put("rdd-0-0", [1], "DISK_ONLY")).read()).toEqual([1]);
    });

    test("that finds no room when memory is full costs partitions, not received blocks", async () => {
      const blocked = join(directory, "blocked");
      await writeFile(blocked, "");
      store = new LocalBlockStore({
        clock: systemClock,
        directory: blocked,
        memoryBytesMax: 20_000,
      });
      await put("input-0-0", about8KB(0), "MEMORY_AND_DISK");
      await put("rdd-0-0", about8KB(1), "MEMORY_AND_DISK");
      await put("input-0-1", about8KB(2), "MEMORY_AND_DISK");
      expect(await store.get("input-0-0")?.read()).toEqual(about8KB(0));
      expect(store.get("rdd-0-0")).toBeUndefined();
      expect(await store.get("input-0-1")?.read()).toEqual(about8KB(2));
    });
  });

  describe("close", () => {
    test("removes every block and the folder, twice as well as once", async () => {
      const block = await put("rdd-0-0", [1], "DISK_ONLY");
      await put("rdd-0-1", [1], "MEMORY_ONLY");
      await store.close();
      await store.close();
      expect(store.get("rdd-0-0")).toBeUndefined();
      expect(store.get("rdd-0-1")).toBeUndefined();
      await expect(block.read()).rejects.toEqual(code("block_unreadable"));
      expect(await readdir(directory)).toEqual([]);
    });

    test("leaves alone what else is in the directory that was given", async () => {
      await writeFile(join(directory, "mine"), "");
      await put("rdd-0-0", [1], "DISK_ONLY");
      await store.close();
      expect(await readdir(directory)).toEqual(["mine"]);
    });

    test("waits for blocks that are being written, and removes them too", async () => {
      const writing = put("rdd-0-0", about8KB(0), "DISK_ONLY");
      await store.close();
      await writing;
      expect(store.get("rdd-0-0")).toBeUndefined();
      expect(await readdir(directory)).toEqual([]);
    });

    test("is the end: nothing is kept afterwards", async () => {
      await store.close();
      await expect(put("rdd-0-0", [1], "MEMORY_ONLY")).rejects.toEqual(code("block_store_closed"));
    });
  });
});
