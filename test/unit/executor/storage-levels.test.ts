import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { beforeAll, describe, expect, test } from "vitest";

const program = fileURLToPath(new URL("level-usage.ts", import.meta.url));

interface Usage {
  readonly heap: number;
  readonly external: number;
  readonly disk: number;
}

interface Report {
  readonly same: boolean;
  readonly kept: Usage;
  readonly removed: Usage;
  readonly filesAfterClose: number;
}

const places = [
  ["MEMORY_ONLY", "heap"],
  ["MEMORY_ONLY_2", "heap"],
  ["MEMORY_AND_DISK", "heap"],
  ["MEMORY_AND_DISK_2", "heap"],
  ["MEMORY_ONLY_SER", "external"],
  ["MEMORY_ONLY_SER_2", "external"],
  ["MEMORY_AND_DISK_SER", "external"],
  ["MEMORY_AND_DISK_SER_2", "external"],
  ["OFF_HEAP", "external"],
  ["DISK_ONLY", "disk"],
  ["DISK_ONLY_2", "disk"],
  ["DISK_ONLY_3", "disk"],
] as const;

/** With a bound of 1000 bytes on memory. */
const placesWithoutRoom = [
  ["MEMORY_AND_DISK", "disk"],
  ["MEMORY_AND_DISK_SER", "disk"],
  ["MEMORY_ONLY", "heap"],
] as const;

const megabyte = 1_000_000;
/** The records of the program take about 9 MB as objects and 1.8 MB encoded. */
const objectBytesMin = 5 * megabyte;
const encodedBytesMin = megabyte;
const nothingMax = megabyte / 2;

function expectPlace(usage: Usage, place: "heap" | "external" | "disk" | "nowhere"): void {
  if (place === "heap") expect(usage.heap).toBeGreaterThan(objectBytesMin);
  else expect(usage.heap).toBeLessThan(nothingMax);
  if (place === "external") expect(usage.external).toBeGreaterThan(encodedBytesMin);
  else expect(usage.external).toBeLessThan(nothingMax);
  if (place === "disk") expect(usage.disk).toBeGreaterThan(encodedBytesMin);
  else expect(usage.disk).toBe(0);
}

describe("what received records take is where their storage level says", () => {
  const reports = new Map<string, Report>();

  beforeAll(async () => {
    const levels = [
      ...places.map(([level]) => level),
      ...placesWithoutRoom.map(([level]) => `${level}:1000`),
    ];
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ["--expose-gc", "--no-warnings", program, ...levels],
      { env: { ...process.env, NODE_OPTIONS: "" } },
    );
    stdout
      .trim()
      .split("\n")
      .forEach((line, index) => {
        reports.set(levels[index] ?? "", JSON.parse(line) as Report);
      });
  }, 120_000);

  function reportOf(level: string): Report {
    const report = reports.get(level);
    if (report === undefined) throw new Error(`no report about ${level}`);
    return report;
  }

  test.each(places)("%s: %s", (level, place) => {
    const { same, kept, removed, filesAfterClose } = reportOf(level);
    expect(same).toBe(true);
    expectPlace(kept, place);
    expectPlace(removed, "nowhere");
    expect(filesAfterClose).toBe(0);
  });

  test.each(placesWithoutRoom)("%s without room in memory: %s", (level, place) => {
    const { same, kept, removed } = reportOf(`${level}:1000`);
    expect(same).toBe(true);
    expectPlace(kept, place);
    expectPlace(removed, "nowhere");
  });
});
