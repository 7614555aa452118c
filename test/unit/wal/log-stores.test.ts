/**
 * Owns: that logs are the same on every store, real ones included.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import { LocalStore, MemoryStore, type Store } from "../../../src/store/index.ts";
import {
  cleanLog,
  judgeLog,
  type LogPlace,
  listLog,
  planLog,
  readFrame,
  readLog,
  repairSegment,
} from "../../../src/wal/index.ts";
import { openOn } from "../../support/s3-fixture.ts";
import { S3Server } from "../../support/s3-server.ts";
import { appendAll, bytesOf, journalFile, journalWriter, mirroredPlace } from "./log-fixture.ts";
import { MemoryMedium } from "./memory-medium.ts";

const root = mkdtempSync(join(tmpdir(), "millrace-logs-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));

let storeCount = 0;

const server = await S3Server.start();
afterAll(() => server.close());

const stores: readonly (readonly [name: string, open: () => Store | Promise<Store>])[] = [
  ["of files", () => new LocalStore(join(root, String((storeCount += 1))))],
  ["in memory", () => new MemoryStore()],
  [
    "in S3 (a server in this process)",
    () => openOn(server, { address: `s3://bucket/log-${(storeCount += 1)}` }),
  ],
  ["of objects that cannot grow", () => new MemoryMedium({ appends: false })],
];

async function read(store: Store, fromSegment?: number) {
  const place: LogPlace = {
    ...mirroredPlace,
    mirrorDirectory: store.openLog === undefined ? undefined : mirroredPlace.mirrorDirectory,
  };
  const listing = await listLog(store, place);
  const plan = planLog(listing, { fromSegment });
  const payloads: Uint8Array[] = [];
  const reports = [];
  const wrong = [];
  for await (const event of readLog(store, plan, { kind: "journal" })) {
    if (event.kind === "frame") payloads.push(event.payload);
    else if (event.kind === "segment") reports.push(event.report);
    else wrong.push(event);
  }
  return { listing, plan, payloads, reports, wrong };
}

describe.each(stores)("a log on a store %s", (_, open) => {
  test("gives back any frames, each at its address, after any rolls", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(fc.uint8Array({ maxLength: 5000 }), { minLength: 1, maxLength: 5 }), {
          maxLength: 6,
        }),
        fc.integer({ min: 1, max: 8000 }),
        async (groups, segmentBytesMax) => {
          const store = await open();
          const log = journalWriter(store, { segmentBytesMax, mirrorDirectory: "journal-mirror" });
          for (const group of groups) {
            const addresses = await Promise.all(group.map((payload) => log.append(payload)));
            for (const [index, address] of addresses.entries()) {
              const payload = await readFrame(store, address);
              expect(Buffer.compare(payload, group[index] ?? new Uint8Array(0))).toBe(0);
            }
          }
          await log.close();
          const { payloads, plan, reports, wrong } = await read(store);
          expect(wrong).toEqual([]);
          expect(payloads.map((each) => Buffer.from(each).toString("hex"))).toEqual(
            groups.flat().map((each) => Buffer.from(each).toString("hex")),
          );
          expect(judgeLog(plan, reports)).toMatchObject({ kind: "goes_on", bounds: [] });
          await store.close();
        },
      ),
      { numRuns: 12 },
    );
  });

  test("is cleaned, and repaired where a copy is gone", async () => {
    const store = await open();
    const log = journalWriter(store, { mirrorDirectory: "journal-mirror" });
    for (const texts of [["a", "b"], ["c"], ["d"]]) {
      await appendAll(log, texts);
      await log.roll();
    }
    await log.close();
    await cleanLog(store, (await read(store)).listing, { belowSequence: 3 });
    if (store.openLog !== undefined) await store.delete(journalFile(2));
    const before = await read(store, 2);
    for (const part of before.plan.parts) {
      if (!("until" in part)) await repairSegment(store, part, { kind: "journal" });
    }
    const { payloads, wrong } = await read(store, 2);
    expect(payloads.map((each) => Buffer.from(each).toString())).toEqual(["c", "d"]);
    expect(wrong).toEqual([]);
    await store.close();
  });

  test("ends a writer that finds its next segment taken, and leaves what is there", async () => {
    const store = await open();
    await store.create(journalFile(2), bytesOf("somebody else's"));
    const log = journalWriter(store);
    await log.append(bytesOf("a"));
    await log.roll();
    await expect(log.append(bytesOf("b"))).rejects.toMatchObject({ code: "log_taken" });
    expect(Buffer.from(await store.read(journalFile(2))).toString()).toBe("somebody else's");
    await log.destroy();
    await store.close();
  });
});
