import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";
import { type LevelOptions, VersionedState } from "../../src/state/index.ts";
import { stateConformance } from "./state.suite.ts";
import type { NewState } from "./state-snapshot-model.ts";

const root = mkdtempSync(join(tmpdir(), "millrace-state-"));
let stateCount = 0;

afterAll(() => rmSync(root, { recursive: true, force: true }));

const newState =
  (options: Omit<LevelOptions, "directory">): NewState =>
  (stateOptions) => {
    stateCount += 1;
    const directory = join(root, `${stateCount}`);
    return new VersionedState({
      ...stateOptions,
      level: { ...options, directory: () => directory },
    });
  };

stateConformance({ name: "in LevelDB", newState: newState({}), runs: 20 });

stateConformance({
  name: "in LevelDB, with changes that move to disk,",
  newState: newState({ changesInMemoryMax: 2 }),
  runs: 20,
});
