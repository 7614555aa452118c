/**
 * Owns: I7, what has to be on the disk after a life that ended gracefully: all that the kept checkpoints lead to is there, and of
 * checkpoints, state snapshots and files without a name nothing else is.
 */
import { checkpointsKept, readCheckpoint } from "../../../src/checkpoint/index.ts";
import { LocalStore } from "../../../src/store/local-store.ts";
import type { SimulatedDisk } from "../../support/simulated-disk.ts";
import { SimulatedFiles } from "../../support/simulated-files.ts";
import { checkpointDirectory } from "./workload-life.ts";

/** What is missing, and what is left over. */
export async function reachabilityProblems(disk: SimulatedDisk): Promise<string[]> {
  const names = [...disk.files().keys()].map((path) => path.slice(checkpointDirectory.length + 1));
  const checkpoints = names.filter((name) => name.startsWith("checkpoints/"));
  const store = new LocalStore(checkpointDirectory, { files: new SimulatedFiles({ disk }) });
  const reachable = new Set<string>(checkpoints);
  for (const name of checkpoints) {
    const { blocks, journal, snapshots } = await readCheckpoint(store, name);
    for (const snapshot of snapshots) reachable.add(snapshot.name);
    for (const { location } of blocks) if (location) reachable.add(location.segment);
    // A checkpoint of the first moment of a life names the segment that comes.
    if (journal.offset > 0) reachable.add(journal.segment);
  }
  await store.close();
  const present = new Set(names);
  const missing = [...reachable].filter((name) => !present.has(name));
  const left = names.filter((name) => /^(state|~unfinished)\//.test(name) && !reachable.has(name));
  return [
    ...missing.map((name) => `a checkpoint leads to ${name}, which is not there`),
    ...left.map((name) => `nothing leads to ${name}, which is left`),
    ...(checkpoints.length > checkpointsKept ? [`${checkpoints.length} checkpoints are left`] : []),
  ];
}
