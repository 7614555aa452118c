/** A repair tells first what it would do and lose, does no more than that, and the next start goes on. */
import { existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { liveGolden } from "../recovery/golden-program.ts";
import { dataOf, millrace, type Ran } from "./command-line.ts";
import { damages, flip } from "./damage.ts";
import { contentsOf, directory, useGoldenDirectory } from "./golden-directory.ts";

useGoldenDirectory();

const repair = (...words: readonly string[]): Promise<Ran> =>
  millrace(["ckpt", "repair", directory, ...words]);

async function goesOn(firstNumber = 10, startMs = 1_357_008_390_000): Promise<unknown> {
  const life = { startMs, batches: 1, firstNumber, dies: true };
  const { isRecovering, sums } = await liveGolden(directory, life);
  expect(isRecovering).toBe(true);
  return sums.at(-1)?.[1];
}

function lockless(): readonly (readonly [string, string])[] {
  return [...contentsOf(directory)].filter(([name]) => !name.startsWith("lock/"));
}

const goldenSums = [
  ["even", 30],
  ["odd", 36],
];

describe("a damaged checkpoint", () => {
  test("is passed over by the one before and the whole journal: nothing is lost", async () => {
    await damages["a checkpoint is changed"]?.(directory);
    const { code, err } = await repair("--yes");
    expect(err).toContain("a start finds: checkpoint damaged");
    expect(err).toContain("nothing would be lost");
    expect(code).toBe(0);
    expect(await goesOn()).toEqual(goldenSums);
  });

  test("is kept aside, and what is left is well", async () => {
    const name = "checkpoints/001357008284000-0000000001-000006";
    await damages["a checkpoint is changed"]?.(directory);
    const damaged = readFileSync(join(directory, name));
    await repair("--yes");
    expect(existsSync(join(directory, name))).toBe(false);
    expect(readFileSync(join(directory, "audit/0000000002.set-aside", name))).toEqual(damaged);
    const { code, out } = await millrace(["ckpt", "verify", directory]);
    expect({ code, isDamaged: out.includes("damage") }).toEqual({ code: 0, isDamaged: false });
    expect(JSON.parse(readFileSync(join(directory, "audit/0000000002"), "utf8"))).toMatchObject({
      action: "repair",
      user: "ada",
    });
  });

  test("that is gone is made up for in the same way", async () => {
    await damages["the newest checkpoint that was told of is gone"]?.(directory);
    expect((await repair("--yes")).code).toBe(0);
    expect(await goesOn()).toEqual(goldenSums);
  });

  test("is not made up for where there is no other", async () => {
    await damages["all checkpoints are gone"]?.(directory);
    const before = lockless();
    const { code, err } = await repair("--yes");
    expect(code).toBe(4);
    expect(err).toContain("it cannot be repaired");
    expect(err).toContain("no checkpoint can be read");
    expect(lockless()).toEqual(before);
  });
});

describe("a damaged journal", () => {
  test("costs nothing where the damage is older than the newest checkpoint", async () => {
    await damages["both copies of the journal are changed"]?.(directory);
    const { code, err } = await repair("--yes");
    expect(err).toContain("nothing would be lost");
    expect(code).toBe(0);
    expect(await goesOn()).toEqual(goldenSums);
    expect((await millrace(["ckpt", "show", directory])).code).toBe(0);
  });

  test("in which events cannot be read tells what those behind them were about", async () => {
    rmSync(join(directory, "checkpoints/001357008284000-0000000001-000006"));
    // Within the event that tells of the checkpoint before.
    for (const folder of ["journal", "journal-mirror"]) {
      flip(join(directory, folder, "0000000000-0000000001"), 4950);
    }
    const dry = await repair("--dry-run", "--json");
    expect(dataOf<{ losses: string[] }>(dry).losses).toEqual([
      "what was noted where the journal cannot be read, and 2 events behind that",
      "that the batch 2013-01-01T02:44:44.000Z was completed: it may run again",
    ]);
    expect((await repair("--yes")).code).toBe(0);
    expect(await goesOn()).toEqual(goldenSums);
    expect((await millrace(["ckpt", "verify", directory])).out).not.toContain("refused");
  });

  test("without its end says that nobody knows what came behind the checkpoint", async () => {
    await damages["a segment of the journal is gone"]?.(directory);
    const dry = await repair("--dry-run", "--json");
    expect(dry.code).toBe(4);
    expect(dataOf<{ losses: string[] }>(dry).losses[0]).toContain("whatever the journal noted");
    expect((await repair("--yes")).code).toBe(0);
    expect(await goesOn(12)).toEqual([
      ["even", 42],
      ["odd", 49],
    ]);
  });

  test.each(["one copy of the journal is changed", "the end of the journal is torn"])(
    "needs no repair where %s: a start mends it",
    async (kind) => {
      await damages[kind]?.(directory);
      const before = lockless();
      const { code, err } = await repair("--yes");
      expect(code).toBe(0);
      expect(err).toContain("there is nothing to repair");
      expect(lockless()).toEqual(before);
    },
  );
});

describe("a damaged state snapshot", () => {
  test.each(["a state snapshot is changed", "a state snapshot is gone"])(
    "is not made up for where its data are gone: %s",
    async (kind) => {
      await damages[kind]?.(directory);
      const before = lockless();
      const { code, err } = await repair("--yes");
      expect(code).toBe(4);
      expect(err).toContain("state/sums/001357008283000-0000000001 cannot be read");
      expect(lockless()).toEqual(before);
    },
  );
});

describe("a repair", () => {
  test("does nothing in a dry run, without a yes, and in a newer format", async () => {
    await damages["a checkpoint is changed"]?.(directory);
    const before = lockless();
    expect((await repair("--dry-run")).code).toBe(4);
    expect((await repair()).code).toBe(2);
    await damages["a checkpoint is of a newer format"]?.(directory);
    expect(lockless().length).toBe(before.length + 1);
  });

  test("leaves a newer format to its release", async () => {
    await damages["a checkpoint is of a newer format"]?.(directory);
    const { code, err } = await repair("--yes");
    expect(code).toBe(4);
    expect(err).toContain("start that release");
    expect(readdirSync(join(directory, "epoch"))).toEqual(["0000000001"]);
  });

  test("has nothing to do where all is well, and says so", async () => {
    const { code, err, out } = await repair();
    expect({ code, out }).toEqual({ code: 0, out: "nothing was changed\n" });
    expect(err).toContain("there is nothing to repair");
  });

  test("makes nothing where nothing is", async () => {
    const nothing = join(directory, "..", "nothing");
    expect((await millrace(["ckpt", "repair", nothing, "--yes"])).code).toBe(3);
    expect(existsSync(nothing)).toBe(false);
  });
});
