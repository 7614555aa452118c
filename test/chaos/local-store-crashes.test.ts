/**
 * A local store on a disk that is simulated: killed and cut off from power before and within each of its calls, and failed
 * at each of them.
 */
import { describe, expect, test } from "vitest";
import { type FilePort, seededRandom } from "../../src/base/index.ts";
import type { SimulatedDisk } from "../support/simulated-disk.ts";
import {
  type FileFault,
  failingAt,
  failingFrom,
  SimulatedFiles,
} from "../support/simulated-files.ts";
import {
  type History,
  problemsAfter,
  readAll,
  storeOn,
  strangeFailures,
  workloadOf,
} from "./store-workload.ts";

const seeds = [1, 2, 3, 4, 5, 6, 7, 8];

/** What is wrong in the code that writes: each has to be found. */
type Planted = (files: FilePort) => FilePort;

async function recorded(plant: Planted = (files) => files): Promise<{
  readonly files: SimulatedFiles;
  readonly history: History;
}> {
  const files = new SimulatedFiles();
  const { history, run } = workloadOf(storeOn(plant(files), 1), () => files.calls.length);
  await run();
  return { files, history };
}

interface Image {
  readonly crash: string;
  readonly call: number;
  readonly disk: SimulatedDisk;
}

/** What crashes at any point leave, each disk once. */
function* imagesOf(files: SimulatedFiles): Generator<Image> {
  const seen = new Set<string>();
  for (const call of files.points()) {
    const before = files.diskBefore(call);
    const disks: [string, SimulatedDisk][] = [
      ["killed", before],
      ["without power", before.afterPowerLoss()],
    ];
    for (const seed of seeds) {
      const random = seededRandom("crash", call, seed);
      const within = files.diskWithin(call, random);
      disks.push([`without power, seed ${seed}`, (within ?? before).afterPowerLoss(random)]);
      if (within !== undefined) disks.push([`killed within, seed ${seed}`, within]);
    }
    for (const [crash, disk] of disks) {
      // What has to be there grows with the calls, so a disk counts again at another one.
      const digest = `${call} ${disk.digest()}`;
      if (seen.has(digest)) continue;
      seen.add(digest);
      yield { crash, call, disk };
    }
  }
}

async function problemsOf(files: SimulatedFiles, history: History): Promise<string[]> {
  const problems: string[] = [];
  for (const { crash, call, disk } of imagesOf(files)) {
    const found = await problemsAfter(history, call, disk);
    const next = files.calls[call];
    const where = `${crash} before call ${call} (${next?.does ?? "end"} ${next?.path ?? ""})`;
    problems.push(...found.map((problem) => `${where}: ${problem}`));
    if (problems.length > 20) break;
  }
  return problems;
}

describe("a local store", () => {
  test("keeps its promises whenever it is killed or loses power, and after what the next process reads", async () => {
    const { files, history } = await recorded();
    expect(history.failures).toEqual([]);
    expect(await problemsOf(files, history)).toEqual([]);
    const count = [...imagesOf(files)].length;
    console.log(`local store: ${count} disks of ${files.calls.length} calls`);
    expect(count).toBeGreaterThanOrEqual(900);
  }, 120_000);

  test("does the same calls in each run", async () => {
    const [first, second] = await Promise.all([recorded(), recorded()]);
    expect(first.files.calls).toEqual(second.files.calls);
  });

  test("closes every file that it opens", async () => {
    const { files } = await recorded();
    expect(files.openFiles).toBe(0);
  });

  const faults: readonly (readonly [string, FileFault])[] = [
    ["fails and does nothing", { errno: "EIO" }],
    ["fails and happened all the same", { errno: "EIO", effect: "whole" }],
    ["writes a half", { errno: "ENOSPC", effect: "half" }],
    ["loses what waited for a sync", { errno: "EIO", effect: "lost" }],
    ["is forbidden", { errno: "EROFS" }],
    ["finds no free handle", { errno: "EMFILE" }],
  ];

  describe.each([
    ["once", failingAt],
    ["from then on", failingFrom],
  ] as const)("when a call fails %s", (_, failing) => {
    test.each(faults)(
      "and %s: whichever it is, it is survived or told by a code, and no promise is broken",
      async (__, fault) => {
        const { files: healthy } = await recorded();
        for (const index of healthy.points()) {
          const files = new SimulatedFiles({ fault: failing(index, fault) });
          const { history, run } = workloadOf(storeOn(files, 1), () => files.calls.length);
          await run();
          const where = `call ${index}, ${JSON.stringify(healthy.calls[index])}`;
          const problems = strangeFailures(history);
          if (files.openFiles > 0) problems.push("a file is left open");
          for (const disk of [files.disk, files.disk.afterPowerLoss()]) {
            const mayMissLogs = fault.effect === "lost";
            const call = files.calls.length;
            problems.push(...(await problemsAfter(history, call, disk, { mayMissLogs })));
          }
          expect({ where, problems }).toEqual({ where, problems: [] });
        }
      },
      120_000,
    );
  });

  describe("is found out when", () => {
    const nothing = async (): Promise<void> => {};
    const planted: readonly (readonly [string, string, Planted])[] = [
      [
        "it does not sync directories",
        "created and gone",
        (files) => ({ ...bound(files), syncDirectory: nothing }),
      ],
      [
        "it does not sync what leads to its directory",
        "gone",
        (files) => ({
          ...bound(files),
          syncDirectory: async (path) =>
            path.startsWith("/var/app/ckpt/") ? files.syncDirectory(path) : undefined,
        }),
      ],
      [
        "it does not sync what it writes",
        "not whole",
        (files) => ({
          ...bound(files),
          create: async (path) => ({ ...(await files.create(path)), sync: nothing }),
        }),
      ],
      [
        "it gives objects their names before they are written",
        "not whole",
        (files) => withNameFirst(files),
      ],
    ];

    test.each(planted)("%s", async (_, expected, plant) => {
      const { files, history } = await recorded(plant);
      const problems = await problemsOf(files, history);
      expect(problems.filter((problem) => problem.includes(expected))).not.toEqual([]);
    });

    test("it does not sync what it reads of a process that was killed", async () => {
      const { files } = await recorded();
      const lost: string[] = [];
      for (const call of files.points()) {
        const reading = new SimulatedFiles({ disk: files.diskBefore(call) });
        const idle = { ...bound(reading), syncFile: nothing, syncDirectory: nothing };
        const found = await readAll(storeOn(idle, 2));
        const after = new SimulatedFiles({ disk: reading.disk.afterPowerLoss() });
        const later = await readAll(storeOn(after, 3));
        for (const [name, bytes] of found) {
          if ((later.get(name)?.length ?? 0) < bytes.length) lost.push(name);
        }
      }
      expect(lost).not.toEqual([]);
    });
  });
});

/** The methods of a port as properties, so that some of them can be replaced. */
function bound(files: FilePort): FilePort {
  return {
    create: (path) => files.create(path),
    read: (path) => files.read(path),
    readRange: (path, offset, byteCount) => files.readRange(path, offset, byteCount),
    syncFile: (path) => files.syncFile(path),
    stat: (path) => files.stat(path),
    link: (path, newPath) => files.link(path, newPath),
    unlink: (path) => files.unlink(path),
    makeDirectory: (path) => files.makeDirectory(path),
    readDirectory: (path) => files.readDirectory(path),
    syncDirectory: (path) => files.syncDirectory(path),
  };
}

/** As a store would do that writes objects under their own names: no object is whole while it is being written. */
function withNameFirst(files: FilePort): FilePort {
  return {
    ...bound(files),
    link: async (path, newPath) => {
      const bytes = await files.read(path);
      const file = await files.create(newPath);
      await file.append(bytes);
      await file.sync();
      await file.close();
    },
  };
}
