/** Owns: damage to one file of a checkpoint directory, drawn by a seed: bits that flip, bytes that are gone, files that are. */
import { type Random, seededRandom } from "../../../src/base/index.ts";
import type { SimulatedDisk } from "../../support/simulated-disk.ts";
import { checkpointDirectory } from "./workload-life.ts";

export interface Damaged {
  readonly disk: SimulatedDisk;
  /** What was done, in words. */
  readonly what: string;
}

const kinds = [
  "flip",
  "flip",
  "flip",
  "flip",
  "cut",
  "cut",
  "delete",
  "zeros",
  "stale",
  "longer",
] as const;

/** The disk with damage of a seed; undefined where there is nothing to damage. */
export function damaged(disk: SimulatedDisk, seed: number): Damaged | undefined {
  const random = seededRandom("damage", seed);
  const files = [...disk.files()].filter(
    ([path]) => path.startsWith(`${checkpointDirectory}/`) && !path.includes("~unfinished"),
  );
  const [path, bytes] = files[random.nextInt(0, Math.max(0, files.length - 1))] ?? [];
  if (path === undefined || bytes === undefined) return undefined;
  const kind = kinds[random.nextInt(0, kinds.length - 1)] ?? "flip";
  const name = path.slice(checkpointDirectory.length + 1);
  if (kind === "delete")
    return { disk: disk.withFile(path, undefined), what: `${name} is deleted` };
  if (bytes.length === 0) return undefined;
  const { bytes: left, what } = harmed(kind, bytes, random, siblings(path, files));
  return { disk: disk.withFile(path, left), what: `${name} ${what}` };
}

function harmed(
  kind: Exclude<(typeof kinds)[number], "delete">,
  bytes: Uint8Array,
  random: Random,
  others: readonly Uint8Array[],
): { readonly bytes: Uint8Array; readonly what: string } {
  const at = random.nextInt(0, bytes.length - 1);
  const copy = new Uint8Array(bytes);
  if (kind === "cut")
    return { bytes: copy.slice(0, at), what: `is cut at ${at} of ${bytes.length}` };
  if (kind === "longer") {
    const more = Uint8Array.from({ length: random.nextInt(1, 40) }, () => random.nextInt(0, 255));
    return { bytes: new Uint8Array([...bytes, ...more]), what: `has ${more.length} bytes more` };
  }
  const other = others[random.nextInt(0, Math.max(0, others.length - 1))];
  if (kind === "stale" && other !== undefined) return { bytes: other, what: "holds another one" };
  if (kind === "zeros") {
    // In half of the cases from within the header on, as sectors of a disk are.
    const from = random.nextInt(0, 1) === 0 ? at % 40 : at;
    const end = Math.min(bytes.length, from + 512);
    return { bytes: copy.fill(0, from, end), what: `has zeros from ${from} to ${end}` };
  }
  const bit = random.nextInt(0, 7);
  copy[at] = (copy[at] ?? 0) ^ (1 << bit);
  return { bytes: copy, what: `has bit ${bit} of byte ${at} of ${bytes.length} flipped` };
}

/** What is in the other files of the same directory. */
function siblings(path: string, files: readonly [string, Uint8Array][]): Uint8Array[] {
  const directory = path.slice(0, path.lastIndexOf("/") + 1);
  return files
    .filter(([other]) => other !== path && other.startsWith(directory))
    .map(([, bytes]) => bytes);
}
