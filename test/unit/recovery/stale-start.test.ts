/** A start that looked into the directory some time before it begins there, while another driver went on. */
import { expect, onTestFinished, test } from "vitest";
import { DurableDirectory } from "../../../src/context/durable-directory.ts";
import { DriverLife } from "../../../src/recovery/driver-life.ts";
import { counting, Life } from "../../chaos/application-life.ts";
import { directory, firstLife, useDirectory } from "./lives-in-directory.ts";

useDirectory();

const logger = { info: () => {}, warn: () => {}, error: () => {} };

test("goes on from what is there when the epoch is its own, though it has held the lock since before", async () => {
  await firstLife("stop");
  // It leads without the lock, as one does that has taken over.
  const leading = new Life({
    program: counting,
    records: ["to", "be", "or", "not", "to", "be"],
    startMs: 20_000,
    address: directory,
    directory: { lock: "none" },
    isReal: true,
  });
  await leading.start();
  const tools = { clock: leading.clock, logger };
  const opened = await DurableDirectory.open(directory, {}, tools);
  onTestFinished(() => opened.close());
  await leading.receive(["that", "is"]);
  await leading.clock.advance(2000);
  await leading.die();

  const { medium, observation } = opened;
  const who = { applicationName: "counts", host: "here", pid: 1, startedAtMs: 1, nonce: "n" };
  const life = await DriverLife.begin(
    { medium, clock: leading.clock, commitDelayMs: 0, who, fatal: () => {} },
    observation,
  );
  const { nextSequence } = observation.journal.end;
  expect(life.observation.journal.end.nextSequence).toBeGreaterThan(nextSequence);
  expect(life.journal.sequence).toBe(life.observation.journal.end.nextSequence);
  await life.close();
});
