import { Buffer } from "node:buffer";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Settlement } from "../../../src/base/index.ts";
import { ManualClock } from "../../../src/testing/index.ts";
import { readFrame } from "../../../src/wal/index.ts";
import {
  appendAll,
  bytesOf,
  contentOf,
  journalFile,
  journalWriter,
  mirrorFile,
  textsOf,
} from "./log-fixture.ts";
import { MemoryMedium, type Operation } from "./memory-medium.ts";

const mirrored = { mirrorDirectory: "journal-mirror" };

/** Lets everything go on that waits for nothing but promises. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 50; turn += 1) await Promise.resolve();
}

/** Holds back operations until they are let go. */
class Gate {
  readonly waiting: { readonly name: string; readonly settlement: Settlement }[] = [];

  constructor(medium: MemoryMedium, held: Operation) {
    medium.before = (operation, name) => {
      if (operation !== held) return undefined;
      const settlement = new Settlement();
      this.waiting.push({ name, settlement });
      return settlement.promise;
    };
  }

  /** Who waits; then lets them go. */
  async open(): Promise<string[]> {
    await settle();
    const opened = this.waiting.splice(0);
    for (const { settlement } of opened) settlement.resolve();
    await settle();
    return opened.map(({ name }) => name);
  }
}

describe("group commit", () => {
  test("takes all that is appended in one turn with one sync", async () => {
    const medium = new MemoryMedium();
    const log = journalWriter(medium);
    await appendAll(
      log,
      Array.from({ length: 100 }, (_, index) => `frame ${index}`),
    );
    expect(medium.count("sync")).toBe(1);
    expect(medium.count("append")).toBe(1);
  });

  test("has one sync under way, and all who arrive meanwhile join the next", async () => {
    const medium = new MemoryMedium();
    const gate = new Gate(medium, "sync");
    const log = journalWriter(medium);
    const done: string[] = [];
    const append = (text: string) => void log.append(bytesOf(text)).then(() => done.push(text));
    append("a");
    await settle();
    for (const text of ["b", "c", "d"]) {
      append(text);
      await settle();
    }
    expect(done).toEqual([]);
    expect(await gate.open()).toEqual([journalFile(1)]);
    expect(done).toEqual(["a"]);
    append("e");
    expect(await gate.open()).toEqual([journalFile(1)]);
    expect(done).toEqual(["a", "b", "c", "d"]);
    expect(await gate.open()).toEqual([journalFile(1)]);
    expect(done).toEqual(["a", "b", "c", "d", "e"]);
    expect(medium.count("sync")).toBe(3);
  });

  test("resolves when both copies are durable, which are synced at the same time", async () => {
    const medium = new MemoryMedium();
    const gate = new Gate(medium, "sync");
    const log = journalWriter(medium, mirrored);
    let isDone = false;
    const appended = log.append(bytesOf("a")).then(() => {
      isDone = true;
    });
    await settle();
    expect(gate.waiting.map(({ name }) => name)).toEqual([journalFile(1), mirrorFile(1)]);
    gate.waiting.shift()?.settlement.resolve();
    await settle();
    expect(isDone).toBe(false);
    await gate.open();
    await appended;
    expect(medium.file(mirrorFile(1)).equals(medium.file(journalFile(1)))).toBe(true);
  });

  test("waits for others as long as it is told, and no longer", async () => {
    const clock = new ManualClock();
    const medium = new MemoryMedium({ appends: false });
    const log = journalWriter(medium, { clock, commitDelayMs: 50 });
    const first = log.append(bytesOf("a"));
    await clock.advance(30);
    const second = log.append(bytesOf("b"));
    await clock.advance(19);
    expect(medium.count("create")).toBe(0);
    await clock.advance(1);
    await Promise.all([first, second]);
    expect(medium.count("create")).toBe(1);
    void log.append(bytesOf("c"));
    await log.close();
    expect(medium.count("create")).toBe(2);
    expect(clock.pendingTimers).toBe(0);
  });
});

describe("the first failure", () => {
  test("ends all writing, whichever operation fails, and costs nothing that was acknowledged", async () => {
    for (let failing = 1; ; failing += 1) {
      const medium = new MemoryMedium();
      let operations = 0;
      let failedAt = Number.POSITIVE_INFINITY;
      medium.before = (operation) => {
        if (operation === "read") return;
        operations += 1;
        // Later ones would succeed, as a second fsync does.
        if (operations === failing) failedAt = operations;
        if (operations === failing) throw new Error("input/output error");
      };
      const failures: unknown[] = [];
      const log = journalWriter(medium, {
        ...mirrored,
        segmentBytesMax: 250,
        failed: (error) => failures.push(error),
      });
      const acknowledged: string[] = [];
      const rejected: unknown[] = [];
      const append = (text: string) =>
        log.append(bytesOf(text)).then(
          () => void acknowledged.push(text),
          (error: unknown) => void rejected.push(error),
        );
      for (let round = 0; round < 4; round += 1) {
        await Promise.all([append(`${round} a`), append(`${round} b`), append(`${round} c`)]);
      }
      const closed = await log.close().then(
        () => "closed",
        () => "failed",
      );
      // The other copy may have been under way.
      expect(operations).toBeLessThanOrEqual(failedAt + 3);
      const durable: string[] = [];
      for (let segment = 1; medium.files.has(journalFile(segment)); segment += 1) {
        const bytes = medium.file(journalFile(segment));
        const length = medium.synced.get(journalFile(segment)) ?? 0;
        medium.files.set(journalFile(segment), bytes.subarray(0, length));
        durable.push(...textsOf((await contentOf(medium, journalFile(segment))).frames));
      }
      expect(durable.slice(0, acknowledged.length)).toEqual(acknowledged);
      if (failedAt === Number.POSITIVE_INFINITY) {
        expect({ closed, failures, rejected }).toEqual({
          closed: "closed",
          failures: [],
          rejected: [],
        });
        expect(acknowledged).toHaveLength(12);
        expect(failing).toBeGreaterThan(20);
        return;
      }
      expect(failures).toHaveLength(1);
      expect(failures[0]).toMatchObject({
        code: "log_failed",
        cause: new Error("input/output error"),
      });
      expect(new Set(rejected).size).toBeLessThanOrEqual(1);
      expect(acknowledged.length + rejected.length).toBe(12);
      await expect(log.append(bytesOf("later"))).rejects.toBe(failures[0]);
    }
  });

  test("rejects those under way, those that wait and those that come later, and is told once", async () => {
    const medium = new MemoryMedium();
    const gate = new Gate(medium, "sync");
    let toldCount = 0;
    const log = journalWriter(medium, { failed: () => void (toldCount += 1) });
    const underWay = log.append(bytesOf("a"));
    await settle();
    const waiting = log.append(bytesOf("b"));
    const rolled = log.roll();
    for (const each of [underWay, waiting, rolled]) each.catch(() => {});
    gate.waiting[0]?.settlement.reject(new Error("no space left on device"));
    await settle();
    for (const each of [underWay, waiting, rolled, log.append(bytesOf("c")), log.roll()]) {
      await expect(each).rejects.toMatchObject({ code: "log_failed" });
    }
    expect(toldCount).toBe(1);
    expect(medium.count("sync")).toBe(1);
    await log.close();
    await log.destroy();
  });

  test("of a name that somebody else has taken says so, on media of objects", async () => {
    const medium = new MemoryMedium({ appends: false });
    medium.files.set(journalFile(2), Buffer.from("another driver's"));
    const failures: unknown[] = [];
    const log = journalWriter(medium, { failed: (error) => failures.push(error) });
    await log.append(bytesOf("a"));
    await expect(log.append(bytesOf("b"))).rejects.toMatchObject({ code: "log_taken" });
    await expect(log.append(bytesOf("c"))).rejects.toMatchObject({ code: "log_taken" });
    expect(failures).toMatchObject([{ code: "log_taken", details: { file: journalFile(2) } }]);
    expect(medium.file(journalFile(2)).toString()).toBe("another driver's");
  });

  test("of a payload is its own only: what cannot be encoded, or is too large, harms nobody else", async () => {
    const medium = new MemoryMedium();
    const log = journalWriter(medium, {
      encode: async (payload) => {
        if (payload.length === 0) throw new Error("nothing to encode");
        return payload.length === 1 ? new Uint8Array(2 ** 28 + 1) : payload;
      },
    });
    const [good, bad, tooLarge, alsoGood] = ["good", "", "x", "also good"].map((text) =>
      log.append(bytesOf(text)),
    );
    await expect(bad).rejects.toThrow("nothing to encode");
    await expect(tooLarge).rejects.toMatchObject({ code: "log_frame_too_large" });
    await Promise.all([good, alsoGood]);
    await log.close();
    const { damage, frames } = await contentOf(medium, journalFile(1));
    expect(damage).toEqual([]);
    expect(textsOf(frames)).toEqual(["good", "also good"]);
    expect(frames.map(({ sequence }) => sequence)).toEqual([1, 2]);
  });
});

describe("segments", () => {
  test("are sealed before they would get too long; a longer frame has one of its own", async () => {
    const medium = new MemoryMedium();
    const log = journalWriter(medium, { segmentBytesMax: 200 });
    await appendAll(log, ["a".repeat(60), "b".repeat(60), "c".repeat(500), "d"]);
    await log.close();
    const texts: string[][] = [];
    for (let segment = 1; segment <= 4; segment += 1) {
      const { damage, end, frames } = await contentOf(medium, journalFile(segment), {
        expected: { kind: "journal", segment, epoch: 1 },
      });
      expect(damage).toEqual([]);
      expect(end.footer?.nextSequence).toBe(segment + 1);
      texts.push(textsOf(frames).map((text) => text.slice(0, 1)));
    }
    expect(texts).toEqual([["a"], ["b"], ["c"], ["d"]]);
  });

  test("take no frame when they are older than told", async () => {
    const clock = new ManualClock();
    const medium = new MemoryMedium();
    const log = journalWriter(medium, { clock, segmentAgeMaxMs: 1000 });
    await log.append(bytesOf("a"));
    await clock.advance(999);
    await log.append(bytesOf("b"));
    await clock.advance(1);
    await log.append(bytesOf("c"));
    await log.close();
    expect(textsOf((await contentOf(medium, journalFile(1))).frames)).toEqual(["a", "b"]);
    expect(textsOf((await contentOf(medium, journalFile(2))).frames)).toEqual(["c"]);
  });

  test("end where a roll was asked for, between the frames before and after it", async () => {
    const medium = new MemoryMedium();
    const log = journalWriter(medium, { ...mirrored });
    await log.roll();
    expect(log.position()).toMatchObject({ segment: 1, offset: 0, sequence: 1 });
    await Promise.all([log.append(bytesOf("a")), log.roll(), log.append(bytesOf("b")), log.roll()]);
    expect(log.position()).toEqual({ segment: 3, file: journalFile(3), offset: 0, sequence: 3 });
    await log.close();
    expect([...medium.files.keys()].sort()).toEqual(
      [journalFile(1), journalFile(2), mirrorFile(1), mirrorFile(2)].sort(),
    );
    expect(textsOf((await contentOf(medium, journalFile(1))).frames)).toEqual(["a"]);
  });

  test("are sealed by a footer that is synced behind what was synced before", async () => {
    const medium = new MemoryMedium();
    const log = journalWriter(medium);
    await log.append(bytesOf("a"));
    await log.close();
    const steps = medium.operations.map(({ operation }) => operation);
    expect(steps).toEqual(["open", "append", "sync", "append", "sync"]);
  });

  test("open with what the owner says when each of them is begun", async () => {
    const medium = new MemoryMedium();
    let count = 0;
    const opening = () => bytesOf(`opening ${(count += 1)}`);
    const log = journalWriter(medium, { opening });
    await log.append(bytesOf("a"));
    await log.roll();
    await log.append(bytesOf("b"));
    const { end } = await contentOf(medium, journalFile(2));
    expect(Buffer.from(end.header?.opening ?? []).toString()).toBe("opening 2");
    const tooLong = journalWriter(new MemoryMedium(), {
      opening: () => new Uint8Array(2 ** 16 + 1),
    });
    await expect(tooLong.append(bytesOf("a"))).rejects.toMatchObject({ code: "log_failed" });
  });

  test("are one object per group where the medium makes objects, header and footer included", async () => {
    const medium = new MemoryMedium({ appends: false });
    const log = journalWriter(medium, { ...mirrored, segmentBytesMax: 200 });
    await appendAll(log, ["a", "b"]);
    await appendAll(log, ["c".repeat(100), "d".repeat(100)]);
    expect(log.position()).toEqual({ segment: 4, file: journalFile(4), offset: 0, sequence: 5 });
    await log.close();
    expect([...medium.files.keys()]).toEqual([1, 2, 3].map(journalFile));
    const { damage, end, frames } = await contentOf(medium, journalFile(1));
    expect(damage).toEqual([]);
    expect(end.footer).toMatchObject({ frameCount: 2 });
    expect(textsOf(frames)).toEqual(["a", "b"]);
    expect(medium.count("create")).toBe(3);
  });
});

describe("the end of a writer", () => {
  test("by close makes durable what was appended before, seals, and takes nothing more", async () => {
    const medium = new MemoryMedium();
    const log = journalWriter(medium);
    const appended = appendAll(log, ["a", "b"]);
    const closed = log.close();
    await expect(log.append(bytesOf("c"))).rejects.toMatchObject({ code: "log_closed" });
    await Promise.all([appended, closed, log.close()]);
    const { end, frames } = await contentOf(medium, journalFile(1));
    expect(textsOf(frames)).toEqual(["a", "b"]);
    expect(end.footer).toBeDefined();
    await expect(log.append(bytesOf("c"))).rejects.toMatchObject({ code: "log_closed" });
  });

  test("by destroy rejects what waits, and seals nothing", async () => {
    const medium = new MemoryMedium();
    const gate = new Gate(medium, "sync");
    const log = journalWriter(medium);
    const underWay = log.append(bytesOf("a"));
    await settle();
    const waiting = log.append(bytesOf("b"));
    for (const each of [underWay, waiting]) each.catch(() => {});
    const destroyed = log.destroy(new Error("the driver stops"));
    for (const each of [underWay, waiting]) {
      await expect(each).rejects.toMatchObject({
        code: "log_closed",
        cause: new Error("the driver stops"),
      });
    }
    await gate.open();
    await destroyed;
    await log.destroy();
    await log.close();
    const { end, frames } = await contentOf(medium, journalFile(1));
    expect(textsOf(frames)).toEqual(["a"]);
    expect(end.footer).toBeUndefined();
  });
});

describe("a log of any frames", () => {
  const frame = fc.uint8Array({ maxLength: 300 });
  const step = fc.oneof(
    { weight: 5, arbitrary: fc.array(frame, { minLength: 1, maxLength: 6 }) },
    { weight: 1, arbitrary: fc.constant("roll" as const) },
  );

  test("gives them back in their order, each at its address, on every medium", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.boolean(),
        fc.array(step, { maxLength: 12 }),
        fc.integer({ min: 1, max: 1500 }),
        async (appends, steps, segmentBytesMax) => {
          const medium = new MemoryMedium({ appends });
          const invert = (bytes: Uint8Array) => bytes.map((byte) => byte ^ 0xff);
          const log = journalWriter(medium, {
            segmentBytesMax,
            firstSequence: 7,
            encode: (bytes) =>
              bytes.length % 2 === 0 ? invert(bytes) : Promise.resolve(invert(bytes)),
          });
          const written: Uint8Array[] = [];
          for (const each of steps) {
            if (each === "roll") await log.roll();
            else written.push(...each);
            if (each === "roll") continue;
            const addresses = await Promise.all(each.map((payload) => log.append(payload)));
            for (const [index, address] of addresses.entries()) {
              const payload = await readFrame(medium, address, { decode: invert });
              expect(Buffer.from(payload).equals(each[index] ?? Buffer.alloc(0))).toBe(true);
            }
          }
          await log.close();
          const read: Uint8Array[] = [];
          let segment = 1;
          for (; medium.files.has(journalFile(segment)); segment += 1) {
            const expected = { kind: "journal", segment, epoch: 1 } as const;
            const { damage, end, frames } = await contentOf(medium, journalFile(segment), {
              expected,
            });
            expect(damage).toEqual([]);
            expect(end.header?.firstSequence).toBe(7 + read.length);
            expect(end.footer?.frameCount).toBe(frames.length);
            read.push(...frames.map(({ stored }) => invert(stored)));
          }
          expect(medium.files.size).toBe(segment - 1);
          expect(read.map((bytes) => Buffer.from(bytes).toString("hex"))).toEqual(
            written.map((bytes) => Buffer.from(bytes).toString("hex")),
          );
        },
      ),
    );
  });
});
