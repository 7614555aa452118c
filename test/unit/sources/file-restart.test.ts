/** File streams over several lives of the driver: what was chosen is chosen once, and what came meanwhile is not left out. */
import { rm } from "node:fs/promises";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { InputDStream } from "../../../src/core/index.ts";
import { FileSelection, type FileSelectionState } from "../../../src/sources/file-selection.ts";
import { textFileStream } from "../../../src/sources/index.ts";
import { throughBytes } from "../receiver/memory-log.ts";
import { batchIntervalMs, FileFixture } from "./file-fixture.ts";

const code = (expected: string) => expect.objectContaining({ code: expected });

describe("a file stream after a restart", () => {
  let files: FileFixture;

  beforeEach(async () => {
    files = await FileFixture.make();
  });

  afterEach(async () => {
    await files.close();
  });

  /** The pin of the next batch, as a journal gives it back. */
  async function allocate(stream: InputDStream<string>): Promise<{ timeMs: number; pin: unknown }> {
    await files.clock.advance(batchIntervalMs);
    const timeMs = files.clock.now();
    return { timeMs, pin: throughBytes(await stream.allocate?.(timeMs)) };
  }

  /** The stream of the next life, which begins `downMs` later and is born then. */
  async function restarted(
    stream: InputDStream<string>,
    untilMs: number,
    downMs = 0,
  ): Promise<InputDStream<string>> {
    const state = throughBytes(stream.snapshot?.(untilMs));
    await files.clock.advance(downMs);
    const next = textFileStream(files.directory);
    next.restore?.(state);
    return files.start(next);
  }

  const linesOf = async (stream: InputDStream<string>, timeMs: number, pin: unknown) =>
    (await stream.compute(timeMs, pin))?.collect();

  test("replays a batch with exactly the files that it was given, whatever has come since", async () => {
    const stream = await files.start(textFileStream(files.directory));
    await files.write("a", "a\n", -1000);
    const { pin, timeMs } = await allocate(stream);
    const next = await restarted(stream, timeMs);
    next.adopt?.(timeMs, pin);
    await files.write("b", "b\n");
    expect(await linesOf(next, timeMs, pin)).toEqual(["a"]);
    expect(await files.collect(next)).toEqual(["b"]);
    expect(await files.collect(next)).toEqual([]);
  });

  test("refuses to replay a batch whose files changed or are gone", async () => {
    const stream = await files.start(textFileStream(files.directory));
    await files.write("a", "a\n", -1000);
    const { pin, timeMs } = await allocate(stream);
    const next = await restarted(stream, timeMs);
    await files.write("a", "other\n", -1000);
    await expect(linesOf(next, timeMs, pin)).rejects.toEqual(code("input_changed"));
    await rm(files.path("a"));
    await expect(linesOf(next, timeMs, pin)).rejects.toEqual(code("input_changed"));
  });

  test("takes with the first batch all that came while there was no driver, however long ago", async () => {
    const stream = await files.start(textFileStream(files.directory));
    await files.write("a", "a\n", -1000);
    const { timeMs } = await allocate(stream);
    await files.write("b", "b\n", -1000);
    await files.clock.advance(3_600_000);
    await files.write("c", "c\n", -1000);
    const next = await restarted(stream, timeMs, 3_600_000);
    expect(await files.collect(next)).toEqual(["b", "c"]);
    expect(await files.collect(next)).toEqual([]);
  });

  test("takes what came before the first batch of its first life, which never was", async () => {
    const stream = await files.start(textFileStream(files.directory));
    const startedMs = files.clock.now();
    await files.write("a", "a\n", -500);
    const next = await restarted(stream, startedMs, 5000);
    expect(await files.collect(next)).toEqual(["a"]);
  });

  test("gives each missed batch its own files, where each is made up for", async () => {
    const stream = await files.start(textFileStream(files.directory));
    const { timeMs } = await allocate(stream);
    await files.write("second", "second\n", -2000);
    await files.write("first", "first\n", -1000);
    const next = await restarted(stream, timeMs, 600_000);
    const batches: (string[] | undefined)[] = [];
    for (const missedMs of [timeMs + 1000, timeMs + 2000, timeMs + 3000]) {
      batches.push(await linesOf(next, missedMs, await next.allocate?.(missedMs)));
    }
    expect(batches).toEqual([["first"], ["second"], []]);
  });

  test("does not count as chosen what was chosen and never allocated", async () => {
    const stream = await files.start(textFileStream(files.directory));
    const { timeMs } = await allocate(stream);
    await files.write("a", "a\n", -1000);
    await allocate(stream);
    const next = await restarted(stream, timeMs, 5000);
    expect(await files.collect(next)).toEqual(["a"]);
  });

  test("looks back as long as it cannot see its directory, a while", async () => {
    const stream = await files.start(textFileStream(files.path("in")));
    const { timeMs } = await allocate(stream);
    const state = throughBytes(stream.snapshot?.(timeMs));
    await files.write("elsewhere", "a\n", -1000);
    await files.clock.advance(600_000);
    const next = textFileStream(files.path("in"));
    next.restore?.(state);
    await files.start(next);
    expect(await files.collect(next)).toEqual([]);
    await files.write("in/a", "a\n", 300_000);
    expect(await files.collect(next)).toEqual(["a"]);
    await files.write("in/b", "b\n", 300_000);
    expect(await files.collect(next)).toEqual([]);
  });
});

describe("whenever the driver dies, a file", () => {
  const rememberMs = 5000;
  const life = fc.record({
    batches: fc.nat(8),
    /** The time between two of them: some may be left out, as the process was held up. */
    strideMs: fc.constantFrom(1000, 1000, 2000, 3000),
    /** Whether it dies when the last one is chosen and not journaled. */
    diesChoosing: fc.boolean(),
    /** How many of the first ones do not see the directory, after a restart. */
    blindBatches: fc.nat(1),
    /** The batch that a checkpoint follows, and one that a checkpoint comes amid of. */
    checkpointAfter: fc.nat(12),
    checkpointWhileChoosing: fc.nat(12),
    downMs: fc.oneof(fc.constant(0), fc.nat(3000), fc.nat(100_000)),
    /** When files come, from its begin on. */
    arrivals: fc.array(fc.nat(12_000), { maxLength: 6 }),
  });

  test("is chosen by one journaled batch, and by no other", () => {
    fc.assert(
      fc.property(fc.array(life, { minLength: 1, maxLength: 5 }), (lives) => {
        const there: { path: string; modifiedMs: number; byteCount: number }[] = [];
        const taken: string[] = [];
        let nowMs = 1_000_000;
        let lastMs = nowMs;
        let state: FileSelectionState | undefined;
        let journaled: { timeMs: number; chosen: typeof there }[] = [];
        for (const [index, { batches, downMs, ...plan }] of [...lives, idle].entries()) {
          const selection = new FileSelection(nowMs, rememberMs, state);
          for (const { chosen, timeMs } of journaled) selection.adopt(timeMs, chosen);
          const checkpoint = () => {
            state = throughBytes(selection.snapshot(lastMs));
            journaled = [];
          };
          if (state === undefined) checkpoint();
          for (const afterMs of plan.arrivals) {
            const modifiedMs = nowMs + 1 + afterMs;
            there.push({ path: `${index}.${there.length}`, modifiedMs, byteCount: 1 });
          }
          const choose = (timeMs: number, isComplete: boolean) => {
            selection.forgetOld(timeMs);
            const files = isComplete ? there.filter((one) => one.modifiedMs <= timeMs) : [];
            return throughBytes(selection.choose(timeMs, { files, isComplete }));
          };
          for (let batch = 0; batch < batches; batch += 1) {
            nowMs += plan.strideMs;
            const isBlind = index > 0 && batch < plan.blindBatches;
            const chosen = choose(nowMs, !isBlind);
            if (batch === plan.checkpointWhileChoosing) checkpoint();
            if (batch === batches - 1 && plan.diesChoosing) break;
            lastMs = nowMs;
            journaled.push({ timeMs: nowMs, chosen });
            taken.push(...chosen.map(({ path }) => path));
            if (batch === plan.checkpointAfter) checkpoint();
          }
          nowMs += downMs;
        }
        const expected = there.filter(({ modifiedMs }) => modifiedMs <= lastMs);
        expect(taken.toSorted()).toEqual(expected.map(({ path }) => path).toSorted());
      }),
      { numRuns: 1000 },
    );
  });

  const idle = {
    batches: 30,
    strideMs: 1000,
    diesChoosing: false,
    blindBatches: 0,
    checkpointAfter: -1,
    checkpointWhileChoosing: -1,
    downMs: 0,
    arrivals: [],
  };
});
