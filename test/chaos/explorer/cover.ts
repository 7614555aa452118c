/**
 * Owns: that every place of the engine that calls the file port is crashed at, and fails, at least once; as a program that prints
 * what it covered as JSON.
 *
 * Syncs take no turn here, so that the stack at a call is that of its caller.
 */

import { messageOf } from "../../../src/base/index.ts";
import type { CountedCall } from "../../support/simulated-files.ts";
import { callSites, siteOf } from "./call-sites.ts";
import { faultAt } from "./faults.ts";
import { imageAt } from "./image.ts";
import { failing, isCoded, type Recording, record, recover } from "./recording.ts";
import { checkpointDirectory } from "./workload-life.ts";
import { workloads } from "./workloads/index.ts";

/** Calls of the second life that are looked at, as far as its start goes. */
const crashStride = 23;

const covered = new Set<string>();
const problems: string[] = [];

type Fault = Parameters<typeof failing>[1];

for (const workload of workloads.values()) {
  const { recordings, sites } = await watched((watch) => record(workload, { watch, syncTurns: 0 }));
  for (const [index, recording] of recordings.entries()) {
    await cover(recording, sites[index] ?? []);
    for (let call = 7; call < recording.life.files.calls.length; call += crashStride) {
      await coverNext(recording, call);
    }
  }
}
const all = callSites();
console.log(
  JSON.stringify({
    sites: all.length,
    uncovered: all.filter((site) => !covered.has(site)),
    strange: [...covered].filter((site) => !all.includes(site)),
    problems,
  }),
);

/** Lives, and where each of their calls came from. */
async function watched(
  live: (watch: (call: CountedCall) => void) => Promise<readonly Recording[]>,
): Promise<{ recordings: readonly Recording[]; sites: readonly (readonly string[])[] }> {
  const sites: string[][] = [];
  const recordings = await live(({ does, index }) => {
    if (index === 0) sites.push([]);
    sites.at(-1)?.push(siteOf(does));
  });
  return { recordings, sites };
}

/** Crashes a life at, and fails, the first call of each place that was not covered before; `under` a fault that it has anyway. */
async function cover(
  recording: Recording,
  sites: readonly string[],
  under: Fault = () => undefined,
): Promise<void> {
  for (const [call, site] of sites.entries()) {
    if (covered.has(site)) continue;
    covered.add(site);
    for (const at of [call, call + 1]) {
      const image = imageAt(recording, at, "synced");
      if (image === undefined) continue;
      const { failure, problems: found } = await recover(recording, at, image.disk);
      tell(site, failure === undefined ? found : [messageOf(failure)]);
    }
    const fault = faultAt(call, "EIO-nothing-once");
    const both: Fault = (each) => under(each) ?? fault(each);
    const seen: string[] = [];
    const { failure, recording: failed } = await failing(recording, (each) => {
      seen.push(siteOf(each.does));
      return both(each);
    });
    if (failure !== undefined && !isCoded(failure)) tell(site, [messageOf(failure)]);
    const { disk } = failed.life.files;
    const left = await recover(failed, failed.life.files.calls.length, disk);
    tell(site, left.failure === undefined ? left.problems : [messageOf(left.failure)]);
    // What only a failure leads to.
    await cover(failed, seen, both);
  }
}

/** The life that goes on from a crash, on a disk that another host has left something on. */
async function coverNext(recording: Recording, call: number): Promise<void> {
  const image = imageAt(recording, call, "kill");
  if (image === undefined) return;
  const unfinished = `${checkpointDirectory}/~unfinished`;
  if (typeof image.disk.find(unfinished) === "object") {
    const path = `${unfinished}/there~9~life~0`;
    image.disk.apply({ does: "makeFile", path, node: image.disk.nextNode });
  }
  const { recordings, sites } = await watched(async (watch) => {
    const next = await recover(recording, call, image.disk, { watch, syncTurns: 0 });
    return [next.recording];
  });
  for (const next of recordings) await cover(next, sites[0] ?? []);
}

function tell(site: string, found: readonly string[]): void {
  problems.push(...found.map((problem) => `${site}: ${problem}`));
}
