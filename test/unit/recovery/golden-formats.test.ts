/** What the pages about the journal and the directory show is what the fixtures hold, and both load in every release. */
import { Buffer } from "node:buffer";
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { parseDurableName } from "../../../src/checkpoint/index.ts";
import { newestEpoch, observe, readEpoch } from "../../../src/recovery/index.ts";
import { decodeEvent, encodeEvent, encodeOpening } from "../../../src/recovery/journal-codec.ts";
import { openStore } from "../../../src/store/index.ts";
import { journalNames, judgeLog, listLog, planLog, readLog } from "../../../src/wal/index.ts";
import { goldenEvents, goldenOpening, goldenSequence } from "./golden-journal.ts";
import { liveGolden, windowing } from "./golden-program.ts";

const root = new URL("../../../", import.meta.url);
const read = (path: string): Buffer => readFileSync(new URL(path, root));
const fixtures = fileURLToPath(new URL("test/fixtures/v1/", root));

/** The examples of a page: lines of bytes in hexadecimal digits, each with what it means behind two spaces. */
function examplesOf(page: string): Buffer[] {
  const examples: string[][] = [[]];
  for (const line of read(page).toString().split("\n")) {
    const bytes = /^ {4}((?:[0-9a-f]{2} )*[0-9a-f]{2})(?: {2,}\S|$)/.exec(line)?.[1];
    if (bytes !== undefined) examples.at(-1)?.push(bytes);
    else if ((examples.at(-1)?.length ?? 0) > 0) examples.push([]);
  }
  return examples
    .filter((lines) => lines.length > 0)
    .map((lines) => Buffer.from(lines.join(" ").replaceAll(" ", ""), "hex"));
}

/** A copy of the directory that a driver left when it died. */
function diedDirectory(name = "directory"): string {
  const folder = fileURLToPath(new URL(`.tmp/golden-${name}`, root));
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  cpSync(`${fixtures}${name}`, folder, { recursive: true });
  return folder;
}

describe("the journal of version 1", () => {
  test("holds one event of each kind, and each reads as it was written", async () => {
    const store = await openStore(fixtures);
    const listing = await listLog(store, { directory: "journal", names: journalNames });
    const plan = planLog(listing);
    const events: unknown[] = [];
    const reports = [];
    for await (const event of readLog(store, plan, { kind: "journal" })) {
      expect(event.kind).not.toBe("damage");
      if (event.kind === "segment") reports.push(event.report);
      if (event.kind === "frame") {
        expect(event.sequence).toBe(goldenSequence + events.length);
        events.push(decodeEvent(event.payload));
      }
    }
    expect(events).toEqual(goldenEvents);
    expect(judgeLog(plan, reports)).toMatchObject({ kind: "goes_on", isTorn: false });
    await store.close();
  });

  test("is what this release writes, byte for byte", () => {
    const segment = read("test/fixtures/v1/journal/0000000001-0000000002");
    expect(segment.includes(Buffer.from(encodeOpening(goldenOpening)))).toBe(true);
    for (const event of goldenEvents) {
      expect(segment.includes(Buffer.from(encodeEvent(event)))).toBe(true);
    }
  });

  test("is what the examples of its page say", () => {
    const [opening, opened, ...others] = examplesOf("docs/format/journal.md");
    expect(others).toEqual([]);
    expect(opening).toEqual(Buffer.from(encodeOpening(goldenOpening)));
    const [first] = goldenEvents;
    expect(first && Buffer.from(encodeEvent(first))).toEqual(opened);
  });

  test("has a page that names every kind of event with all that it holds", () => {
    const page = read("docs/format/journal.md").toString();
    const missing = goldenEvents.flatMap((event) =>
      Object.keys(event).filter((field) => {
        const row = page.split("\n").find((line) => line.startsWith(`| \`${event.kind}\` |`));
        return field !== "kind" && row?.includes(`\`${field}\``) !== true;
      }),
    );
    expect(missing).toEqual([]);
  });
});

describe("the directory of version 1", () => {
  test("holds nothing whose name has no meaning", () => {
    const names = readdirSync(`${fixtures}directory`, { recursive: true, encoding: "utf8" });
    const files = names.filter((name) => /\d{10}/.test(name));
    expect(files.length).toBeGreaterThan(8);
    expect(files.filter((name) => parseDurableName(name).kind === "unknown")).toEqual([]);
  });

  test("tells who lived in it, as the example of its page says", async () => {
    const store = await openStore(`${fixtures}directory`);
    expect(await newestEpoch(store)).toBe(1);
    expect(await readEpoch(store, 1)).toMatchObject({
      applicationName: "golden",
      epoch: 1,
      host: "stream-1",
      pid: 4711,
      startedAtMs: 1_357_008_279_000,
    });
    await store.close();
    const [example, ...others] = examplesOf("docs/format/layout.md");
    expect(others).toEqual([]);
    expect(read("test/fixtures/v1/directory/epoch/0000000001")).toEqual(example);
  });

  test("is that of a driver that crashed, with nothing pending", async () => {
    const store = await openStore(`${fixtures}directory`);
    const { decision, left } = await observe(store, store);
    expect(decision.label).toBe("crash");
    expect(left?.checkpoint.applicationName).toBe("golden");
    expect(left?.knowledge.progress.filter(({ completed }) => completed === undefined)).toEqual([]);
    await store.close();
  });

  test("is gone on with: the next life has the sums of the first, and each number once", async () => {
    const life = { startMs: 1_357_008_290_000, batches: 1, firstNumber: 10, dies: false };
    const { isRecovering, sums } = await liveGolden(diedDirectory(), life);
    expect(isRecovering).toBe(true);
    expect(sums).toEqual([
      [
        1_357_008_291_000,
        [
          ["even", 30],
          ["odd", 36],
        ],
      ],
    ]);
  });
});

describe("a directory of before the snapshots of a window carried its batches", () => {
  test("is gone on with: what leaves the window is made again of the data, then snapshots carry it", async () => {
    const folder = diedDirectory("window-directory");
    const life = { batches: 3, dies: true, operator: windowing };
    const startMs = 1_357_008_284_000;
    const second = await liveGolden(folder, { ...life, startMs, firstNumber: 10 });
    const third = await liveGolden(folder, {
      ...life,
      startMs: startMs + 3000,
      firstNumber: 16,
    });
    // The sums of the last four of the batches 0, 1 | 2, 3 | 4, 5 | ...
    const sumsOf = (batch: number) => [
      ["even", 8 * batch - 12],
      ["odd", 8 * batch - 8],
    ];
    expect([second.isRecovering, third.isRecovering]).toEqual([true, true]);
    expect([...second.sums, ...third.sums]).toEqual(
      [5, 6, 7, 8, 9, 10].map((batch) => [1_357_008_280_000 + 1000 * batch, sumsOf(batch)]),
    );
  });
});
