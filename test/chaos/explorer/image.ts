/**
 * Owns: what a crash before a call leaves on the disk, by name:
 * `kill` all that was written; `synced` only what was synced; `torn-<seed>` of what waited some, in any combination, with the
 * last write cut somewhere; `within-<seed>` a process killed in the middle of the write that comes.
 */
import { seededRandom } from "../../../src/base/index.ts";
import type { SimulatedDisk } from "../../support/simulated-disk.ts";
import type { Recording } from "./recording.ts";

export interface Image {
  readonly call: number;
  readonly name: string;
  readonly disk: SimulatedDisk;
}

/** The disk of that name; undefined where there is none, as no write comes. Throws for a name that is none. */
export function imageAt(
  { life: { files } }: Recording,
  call: number,
  name: string,
): Image | undefined {
  const before = files.diskBefore(call);
  if (name === "kill") return { call, name, disk: before };
  if (name === "synced") return { call, name, disk: before.afterPowerLoss() };
  const [, kind, seed] = /^(torn|within)-(\d+)$/.exec(name) ?? [];
  if (kind === undefined) throw new Error(`there is no image "${name}"`);
  const random = seededRandom(kind, call, seed);
  const within = files.diskWithin(call, random);
  if (kind === "within") return within && { call, name, disk: within };
  return { call, name, disk: (within ?? before).afterPowerLoss(random) };
}

/** The names of the images of one call, the plainest first. */
export function imageNames(seeds: number): string[] {
  const drawn = Array.from({ length: seeds }, (_, index) => `torn-${index + 1}`);
  return ["kill", "synced", ...drawn, "within-1", "within-2"];
}

/**
 * The images of all calls of a life, each that differs from those before it, in what is on the disk or in what the world had
 * seen: what was seen has to hold.
 */
export function* imagesOf(
  recording: Recording,
  { seeds, untilCall = Number.POSITIVE_INFINITY }: { seeds: number; untilCall?: number },
): Generator<Image> {
  const { files, sights } = recording.life;
  const known = new Set<string>();
  let seenCount = 0;
  for (const call of files.points()) {
    if (call > untilCall) return;
    while ((sights[seenCount]?.call ?? Number.POSITIVE_INFINITY) <= call) seenCount += 1;
    for (const name of imageNames(seeds)) {
      const image = imageAt(recording, call, name);
      if (image === undefined) continue;
      const digest = `${seenCount} ${image.disk.digest()}`;
      if (known.has(digest)) continue;
      known.add(digest);
      yield image;
    }
  }
}
