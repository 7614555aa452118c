import { describe, expect, test } from "vitest";
import { StreamError } from "../../../src/index.ts";
import { DriverKnowledge } from "../../../src/recovery/driver-knowledge.ts";
import { Journal } from "../../../src/recovery/journal.ts";
import { decodeEvent, encodeEvent } from "../../../src/recovery/journal-codec.ts";
import type { JournalEvent } from "../../../src/recovery/journal-events.ts";
import type { FrameAddress, LogWriter } from "../../../src/wal/index.ts";
import { caught, settle } from "../context/driven-context.ts";

const allocated = (batchTimeMs: number): JournalEvent => ({
  kind: "batch_allocated",
  batchTimeMs,
  streams: [],
  inputs: {},
  partitions: {},
});

const done = (batchTimeMs: number): JournalEvent => ({
  kind: "output_done",
  batchTimeMs,
  outputUid: "out",
});

/** A log whose frames become durable, or fail, when the test says so. */
class HeldWriter implements Pick<LogWriter, "append"> {
  readonly payloads: Uint8Array[] = [];
  readonly waiting: {
    readonly resolve: (address: FrameAddress) => void;
    readonly reject: (error: unknown) => void;
  }[] = [];

  append(payload: Uint8Array): Promise<FrameAddress> {
    this.payloads.push(payload);
    return new Promise((resolve, reject) => this.waiting.push({ resolve, reject }));
  }

  write(index: number): void {
    this.waiting[index]?.resolve({ segment: "journal/0", offset: 0, length: 1, checksum: 0 });
  }

  fail(index: number): void {
    this.waiting[index]?.reject(new StreamError("log_failed", { file: "journal/0" }));
  }
}

function journalOver(assertLeading: () => Promise<void> = async () => {}) {
  const writer = new HeldWriter();
  const knowledge = new DriverKnowledge();
  const fatal: unknown[] = [];
  const journal = new Journal({
    writer: writer as unknown as LogWriter,
    knowledge,
    fence: { assertLeading },
    sequence: 4,
    fatal: (error) => fatal.push(error),
  });
  return { fatal, journal, knowledge, writer };
}

/** What has become of promises by now. */
async function fates(promises: readonly Promise<void>[]): Promise<string[]> {
  const seen = promises.map(() => "waits");
  promises.forEach((promise, index) => {
    promise.then(
      () => {
        seen[index] = "resolved";
      },
      (error: unknown) => {
        seen[index] = error instanceof StreamError ? error.code : "rejected";
      },
    );
  });
  await settle();
  return seen;
}

describe("the journal", () => {
  test("has every kind of event back as it was", () => {
    const ref = { name: "checkpoints/x", sha256: "ab", byteCount: 3 };
    const events: JournalEvent[] = [
      allocated(1),
      done(1),
      { kind: "batch_completed", batchTimeMs: 1, leftOutOf: ["counts"] },
      { kind: "checkpoint_written", checkpoint: ref },
      { kind: "driver_stopped", atMs: 9 },
    ];
    expect(events.map((event) => decodeEvent(encodeEvent(event)))).toEqual(events);
  });

  test("lets memory know of an event only when it is durable", async () => {
    const { journal, knowledge, writer } = journalOver();
    const appended = journal.append(allocated(1000));
    await settle();
    expect(knowledge.progress).toEqual([]);
    writer.write(0);
    await appended;
    expect(knowledge.progress).toMatchObject([{ batchTimeMs: 1000 }]);
    expect(journal.sequence).toBe(5);
  });

  test("lets memory know of events in the order in which they were appended, whichever was told first", async () => {
    const { journal, knowledge, writer } = journalOver();
    const appended = [journal.append(allocated(1000)), journal.append(allocated(2000))];
    writer.write(1);
    await settle();
    expect(knowledge.progress).toEqual([]);
    writer.write(0);
    await Promise.all(appended);
    expect(knowledge.blocks.lastAllocatedTimeMs).toBe(2000);
    expect(journal.sequence).toBe(6);
  });

  test("row 17: after the first failure nothing behind it is known or resolves, whatever the log says of it", async () => {
    const { fatal, journal, knowledge, writer } = journalOver();
    const appended = [journal.append(allocated(1000)), journal.append(allocated(2000))];
    writer.fail(0);
    writer.write(1);
    expect(await fates(appended)).toEqual(["log_failed", "log_failed"]);
    const later = journal.append(done(1000));
    writer.write(2);
    expect(await caught(later)).toMatchObject({ code: "log_failed" });
    expect(knowledge.progress).toEqual([]);
    expect(journal.sequence).toBe(4);
    expect(fatal[0]).toMatchObject({ code: "log_failed" });
  });

  test("row 12: an allocation that cannot be written leaves the blocks where they were", async () => {
    const { journal, knowledge, writer } = journalOver();
    const block = {
      id: "b1",
      streamUid: "in",
      recordCount: 1,
      receiverStart: 1,
      form: "records",
    } as const;
    const added = journal.append({ kind: "block_added", block });
    writer.write(0);
    await added;
    const given = journal.append({
      kind: "batch_allocated",
      batchTimeMs: 1000,
      streams: [{ streamUid: "in", blockIds: ["b1"] }],
      inputs: {},
      partitions: {},
    });
    writer.fail(1);
    await caught(given);
    const [stream] = knowledge.blocks.snapshot().streams;
    expect(stream?.unallocated).toMatchObject([{ id: "b1" }]);
  });

  test("row 26: asks for a later epoch after the event is durable, and resolves for none that finds one", async () => {
    const asked: string[] = [];
    let isLeading = true;
    const { fatal, journal, writer } = journalOver(async () => {
      asked.push("asked");
      if (!isLeading) throw new StreamError("epoch_superseded", { epoch: 9 });
    });
    const first = journal.append(allocated(1000));
    await settle();
    expect(asked).toEqual([]);
    writer.write(0);
    await first;
    expect(asked).toEqual(["asked"]);
    isLeading = false;
    const second = journal.append(done(1000));
    writer.write(1);
    expect(await caught(second)).toMatchObject({ code: "epoch_superseded" });
    expect(fatal).toMatchObject([{ code: "epoch_superseded" }]);
  });

  test("refuses an event of a kind that it does not know, by its name", () => {
    const strange = { kind: "moon_rose" } as unknown as JournalEvent;
    expect(() => decodeEvent(encodeEvent(strange))).toThrow(/moon_rose/);
  });
});
