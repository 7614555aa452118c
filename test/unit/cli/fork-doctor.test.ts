/** A fork goes on as its source would, and a doctor tells what he finds and leaves nothing behind. */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { credentials } from "../../support/s3-fixture.ts";
import { S3Server } from "../../support/s3-server.ts";
import { liveGolden } from "../recovery/golden-program.ts";
import { dataOf, millrace } from "./command-line.ts";
import { damages } from "./damage.ts";
import { contentsOf, directory, useGoldenDirectory } from "./golden-directory.ts";

useGoldenDirectory();

let server: S3Server;

beforeAll(async () => {
  server = await S3Server.start();
});

afterAll(() => server.close());

const store = () => ({
  s3: {
    endpoint: server.endpoint,
    credentials,
    region: "us-east-1",
    forcePathStyle: true,
    random: { next: () => 0, nextInt: (from: number) => from },
  },
});

/** The sums that a next life comes to, after the numbers 10 and 11. */
async function sumsAfter(address: string): Promise<unknown> {
  const life = { startMs: 1_357_008_290_000, batches: 1, firstNumber: 10, dies: false };
  const { isRecovering, sums } = await liveGolden(address, life);
  expect(isRecovering).toBe(true);
  return sums.at(-1)?.[1];
}

const goldenSums = [
  ["even", 30],
  ["odd", 36],
];

describe("millrace checkpoint fork", () => {
  test("makes a copy that goes on as the original does, which is left as it was", async () => {
    const before = contentsOf(directory);
    const copy = join(directory, "..", "copy");
    const { code, out } = await millrace(["ckpt", "fork", directory, copy]);
    expect(code).toBe(0);
    expect(out).toContain("a start finds: crash");
    expect(await sumsAfter(copy)).toEqual(goldenSums);
    expect(contentsOf(directory)).toEqual(before);
    expect(await sumsAfter(directory)).toEqual(goldenSums);
  });

  test("leaves out what no start needs", async () => {
    writeFileSync(join(directory, "state/sums/001357008280000-0000000001"), "garbage");
    const copy = join(directory, "..", "copy");
    await millrace(["ckpt", "fork", directory, copy]);
    expect([...contentsOf(copy).keys()]).not.toContain("state/sums/001357008280000-0000000001");
    expect((await millrace(["ckpt", "verify", copy])).out).not.toContain("damage");
  });

  test("goes into a bucket and back", async () => {
    const copy = join(directory, "..", "copy");
    const into = await millrace(["ckpt", "fork", directory, "s3://bucket/fork"], {
      store: store(),
    });
    expect(into).toMatchObject({ code: 0 });
    const back = await millrace(["ckpt", "fork", "s3://bucket/fork", copy], { store: store() });
    expect(back).toMatchObject({ code: 0 });
    expect((await millrace(["ckpt", "verify", copy])).code).toBe(0);
    expect(await sumsAfter(copy)).toEqual(goldenSums);
  });

  test("overwrites nothing", async () => {
    const copy = join(directory, "..", "copy");
    mkdirSync(copy);
    writeFileSync(join(copy, "letter.txt"), "dear");
    const { code, err } = await millrace(["ckpt", "fork", directory, copy]);
    expect(code).toBe(2);
    expect(err).toContain("[fork_target_used]");
    expect([...contentsOf(copy).keys()]).toEqual(["letter.txt"]);
  });

  test.each(["a checkpoint is changed", "both copies of the journal are changed"])(
    "is refused where %s, and begins no copy",
    async (kind) => {
      await damages[kind]?.(directory);
      const copy = join(directory, "..", "copy");
      const { code, err } = await millrace(["ckpt", "fork", directory, copy]);
      expect(code).toBe(4);
      expect(err).toContain("next: millrace checkpoint verify");
      expect(existsSync(copy)).toBe(false);
    },
  );

  test("tells which file is missing at the source, and takes its beginning away", async () => {
    await damages["a state snapshot is gone"]?.(directory);
    const { code, err } = await millrace([
      "ckpt",
      "fork",
      directory,
      join(directory, "..", "copy"),
    ]);
    expect(code).toBe(1);
    expect(err).toContain("state/sums/001357008283000-0000000001");
  });
});

describe("millrace checkpoint doctor", () => {
  test("looks without writing", async () => {
    const before = contentsOf(directory);
    const ran = await millrace(["ckpt", "doctor", directory, "--json"]);
    expect(ran.code).toBe(0);
    expect(dataOf(ran).map(({ check, status }) => [check, status])).toEqual([
      ["versions", "ok"],
      ["sqlite", "ok"],
      ["store", "ok"],
      ["contents", "ok"],
      ["clock", "ok"],
      ["driver", "ok"],
      ["writing", "skipped"],
    ]);
    expect(contentsOf(directory)).toEqual(before);
  });

  test("probes when it is asked to, and leaves nothing", async () => {
    const before = contentsOf(directory);
    const ran = await millrace(["ckpt", "doctor", directory, "--probe", "--json"]);
    expect(ran.code).toBe(0);
    const checks = dataOf(ran).map(({ check }) => check);
    expect(checks).toContain("conditional writes");
    expect(checks).toContain("sync");
    expect(contentsOf(directory)).toEqual(before);
  });

  test("makes no directory where there is none", async () => {
    const nothing = join(directory, "..", "nothing");
    const ran = await millrace(["ckpt", "doctor", nothing, "--probe"]);
    expect(ran.code).toBe(0);
    expect(ran.out).toContain("nothing of Millrace yet");
    expect(existsSync(nothing)).toBe(false);
  });

  test("finds a server that ignores conditional writes", async () => {
    for (const name of contentsOf(directory).keys()) {
      const bytes = readFileSync(join(directory, name));
      server.bucket.put({ key: `unfit/${name}`, bytes, metadata: {}, onlyIfNew: true });
    }
    const well = await millrace(["ckpt", "doctor", "s3://bucket/unfit", "--probe"], {
      store: store(),
    });
    expect(well.code).toBe(0);
    server.hook = () => ({ ignoreConditions: true });
    const ran = await millrace(["ckpt", "doctor", "s3://bucket/unfit", "--probe"], {
      store: store(),
    });
    server.hook = () => undefined;
    expect(ran.code).toBe(1);
    expect(ran.out).toContain("If-None-Match");
  });

  test("tells of a clock that is behind what was written", async () => {
    const ran = await millrace(["ckpt", "doctor", directory], { nowMs: 1_357_008_200_000 });
    expect(ran.code).toBe(0);
    expect(ran.out).toContain("clock\twarning");
  });

  test("tells that a start would be refused, and that a bucket does not answer", async () => {
    await damages["a checkpoint is changed"]?.(directory);
    const damaged = await millrace(["ckpt", "doctor", directory]);
    expect(damaged.code).toBe(1);
    expect(damaged.out).toContain("contents\tfailed");
    const s3 = { ...store().s3, endpoint: "http://127.0.0.1:9", attemptsMax: 1 };
    const silent = await millrace(["ckpt", "doctor", "s3://bucket/app"], { store: { s3 } });
    expect(silent.code).toBe(1);
    expect(silent.out).toContain("store_unreachable");
    rmSync(directory, { recursive: true });
  });
});
