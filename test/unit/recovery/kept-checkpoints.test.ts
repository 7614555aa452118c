/** How many checkpoints there are in a directory, while a program lives in it and lives again. */
import { expect, test } from "vitest";
import { counting } from "../../chaos/application-life.ts";
import { lifeIn, namesIn, useDirectory } from "./lives-in-directory.ts";

useDirectory();

const numberOf = (name: string) => Number(name.split("-").at(-1));

test("exactly three checkpoints are kept, the newest ones, those of an earlier life among them", async () => {
  const first = lifeIn({ startMs: 10_000, program: counting });
  await first.start();
  await first.clock.advance(8000);
  await first.stop();
  const kept = await namesIn("checkpoints");
  const newest = Math.max(...kept.map(numberOf));
  expect(newest).toBeGreaterThan(3);
  expect(kept.map(numberOf)).toEqual([newest - 2, newest - 1, newest]);
  const second = lifeIn({ startMs: 20_000, program: counting });
  await second.start();
  // That of the start is one of the three.
  const begun = await namesIn("checkpoints");
  expect(begun).toHaveLength(3);
  expect(begun.slice(0, 2)).toEqual(kept.slice(1));
  await second.clock.advance(5000);
  await second.stop();
  const last = await namesIn("checkpoints");
  expect(last).toHaveLength(3);
  expect(last.every((name) => name.includes("-0000000002-"))).toBe(true);
});
