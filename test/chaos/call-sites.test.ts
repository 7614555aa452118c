/** The places of the engine that call the file port: none is left out by the explorer. */
import { expect, test } from "vitest";
import { failingAt, SimulatedFiles } from "../support/simulated-files.ts";
import { runChild } from "./explorer/child.ts";
import figures from "./figures.json" with { type: "json" };
import { storeOn } from "./store-workload.ts";

/** What no workload comes by, and where it is tested instead. */
const elsewhere: readonly RegExp[] = [
  // Every 8 MiB of an object; the states of the workloads are small, and the test below has a large object.
  /^src\/store\/unfinished-files\.ts:\d+ sync$/,
];

test("each of them is crashed at, and fails, at least once, and every life goes on from that", async () => {
  const { code, stderr, stdout } = await runChild("cover.ts", []);
  expect({ code, stderr }).toMatchObject({ code: 0 });
  const { problems, sites, strange, uncovered } = JSON.parse(stdout);
  expect({ problems, strange }).toEqual({ problems: [], strange: [] });
  const open = uncovered.filter((site: string) => !elsewhere.some((known) => known.test(site)));
  expect(open).toEqual([]);
  expect(sites).toBeGreaterThanOrEqual(figures.callSites);
}, 300_000);

test("an object that is synced on the way is whole or not there, whichever of its calls fails or is the last", async () => {
  const chunk = new Uint8Array(5 * 2 ** 20).fill(7);
  async function* content() {
    yield chunk;
    yield chunk;
    yield chunk.subarray(0, 3);
  }
  const byteCount = 2 * chunk.length + 3;
  const healthy = new SimulatedFiles();
  await storeOn(healthy, 1).create("large", content());
  expect(healthy.calls.filter(({ does }) => does === "sync")).toHaveLength(2);
  for (const call of healthy.points()) {
    const failing = new SimulatedFiles({ fault: failingAt(call, { errno: "EIO" }) });
    const made = await storeOn(failing, 1)
      .create("large", content())
      .catch(() => "failed");
    for (const disk of [failing.disk, healthy.diskBefore(call).afterPowerLoss()]) {
      const store = storeOn(new SimulatedFiles({ disk }), 2);
      if (await store.has("large")) expect((await store.read("large")).length).toBe(byteCount);
      else expect(disk === failing.disk && made === "created").toBe(false);
    }
  }
}, 60_000);
